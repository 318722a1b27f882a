#!/bin/bash
# A whole one-node "supercomputer" on loopback, for tests: munged + slurmctld + slurmd + sshd.
#
#   loopback.sh start   STATE_DIR   idempotent; prints STATE_DIR/env (shell KEY=VALUE lines)
#   loopback.sh stop    STATE_DIR   idempotent; ends only what start began, by pid; removes STATE_DIR
#   loopback.sh status  STATE_DIR   0 all up, 3 something down, 4 never started
#   loopback.sh kill    STATE_DIR DAEMON   SIGKILL munged|slurmctld|slurmd|sshd|slurmdbd|mariadbd (faults)
#   loopback.sh down    STATE_DIR DAEMON   SIGTERM it and wait (an orderly restart: down, then up)
#   loopback.sh freeze  STATE_DIR DAEMON   SIGSTOP it;  thaw: SIGCONT
#   loopback.sh up      STATE_DIR DAEMON   start it again
#   loopback.sh drop    STATE_DIR          SIGKILL every live ssh session (the listener stays)
#   loopback.sh stall   STATE_DIR          SIGSTOP every live ssh session (a dead line without a reset); unstall: SIGCONT
#   loopback.sh rekey   STATE_DIR          new host key, sshd restarted ("REMOTE HOST IDENTIFICATION HAS CHANGED")
#
# Needs root and Debian 12's packages (5.4 MB to fetch, 10 s; policy-rc.d exit 101 keeps them from starting services):
#   apt-get update && apt-get install -y --no-install-recommends slurm-wlm munge openssh-server
# Everything lives in STATE_DIR, but for: the user LB_USER (made if missing, removed by stop only if start
# made it) and /run/sshd (sshd's built-in empty folder: it stays, because another instance may be using it).
# Settings by environment: LB_USER (lbtest) LB_PORT_BASE (0: free ports are picked) LB_CPUS (64) LB_DCU (2)
#   LB_SHORT_MINUTES (5: time limit of kshdtest) LB_MINJOBAGE (300 s that a finished job stays visible)
#   LB_SACCT (0; 1 adds slurmdbd over a private MariaDB, so that sacct works: packages slurmdbd mariadb-server,
#   27 MB more, 193 MB on disk) LB_2FA (0; 1 asks for the key and then, by keyboard-interactive, a password)
#   LB_SSHD_ONLY (0; 1 starts sshd alone and needs no Slurm) LB_PASSWORD (0; 1 lets the password loop-back-2fa in)
#   LB_SSHD_LINES (lines put before the others of sshd_config, where the first one counts)
set -u -o pipefail
umask 022
verb=${1:-} dir=${2:-} arg=${3:-}
die() { echo "loopback: $*" >&2; exit 1; }
usage() { sed -n '2,13s/^# \{0,1\}//p' "$0" >&2; exit 2; }
[[ -n "$verb" && -n "$dir" ]] || usage
[[ "$dir" = /* ]] || die "STATE_DIR must be absolute"
# it goes into slurm.conf, sshd_config and a unix socket path (107 bytes at most), so keep it plain
[[ "$dir" =~ ^/[A-Za-z0-9._/-]+$ && ${#dir} -le 70 ]] || die "STATE_DIR: plain characters, 70 at most"
[[ "$(id -u)" = 0 ]] || die "must be root"
LB_USER=${LB_USER:-lbtest} LB_CPUS=${LB_CPUS:-64} LB_DCU=${LB_DCU:-2}
LB_SACCT=${LB_SACCT:-0} LB_2FA=${LB_2FA:-0} LB_SHORT_MINUTES=${LB_SHORT_MINUTES:-5} LB_MINJOBAGE=${LB_MINJOBAGE:-300} LB_PORT_BASE=${LB_PORT_BASE:-0}
LB_SSHD_ONLY=${LB_SSHD_ONLY:-0} LB_PASSWORD=${LB_PASSWORD:-0} LB_SSHD_LINES=${LB_SSHD_LINES:-}
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
host=$(hostname -s)

# --- processes, by pid and start time (so that a reused pid is never signalled) -------------------------
born() { # PID: its start time; nothing for a zombie (a first process that does not reap leaves those about)
  local s; { read -r s <"/proc/$1/stat"; } 2>/dev/null || return 1
  s=${s##*) }; set -- $s; [[ "$1" != Z ]] && echo "${20}"
}
alive() { # NAME: the recorded process still runs
  local pid at; { read -r pid at <"$dir/pid/$1"; } 2>/dev/null || return 1
  [[ -n "$pid" && -n "$at" && "$(born "$pid")" = "$at" ]]
}
pid_of() { local pid _; read -r pid _ <"$dir/pid/$1" && echo "$pid"; }
spawn() { # NAME COMMAND...: a new session, no terminal, its pid recorded
  local name=$1; shift
  env -i PATH="$PATH" LANG=C.UTF-8 SLURM_CONF="$dir/slurm.conf" LB_TAG="$(cat "$dir/tag")" MYSQL_UNIX_PORT="$dir/db/socket" \
    setsid --fork "$BASH" -c 'echo $$ >"$0.new"; exec "$@"' "$dir/pid/$name" "$@" </dev/null >>"$dir/log/$name.out" 2>&1 9>&-
  local i; for i in {1..50}; do [[ -s "$dir/pid/$name.new" ]] && break; sleep 0.05; done
  local pid; pid=$(cat "$dir/pid/$name.new" 2>/dev/null) || die "$name did not start"
  rm -f "$dir/pid/$name.new"; echo "$pid $(born "$pid")" >"$dir/pid/$name"
}
wait_for() { # SECONDS WHAT COMMAND...
  local n=$(($1 * 10)) what=$2; shift 2
  while ((n-- > 0)); do "$@" >/dev/null 2>&1 && return 0; sleep 0.1; done
  echo "loopback: $what did not come up; the ends of the logs:" >&2
  tail -n 8 "$dir"/log/*.out "$dir"/log/*.log >&2 2>/dev/null
  return 1
}
end_pid() { # PID BORN: TERM, 3 s, KILL
  local i; [[ "$(born "$1")" = "$2" ]] || return 0
  kill -CONT "$1" 2>/dev/null; kill -TERM "$1" 2>/dev/null
  for i in {1..30}; do [[ "$(born "$1")" = "$2" ]] || return 0; sleep 0.1; done
  kill -KILL "$1" 2>/dev/null
}
end_all() { # lines "PID BORN" on stdin: TERM to all, up to 3 s, then KILL to what is left
  local -a list=(); local l i n; while read -r l; do [[ -n "$l" ]] && list+=("$l"); done
  for l in "${list[@]}"; do [[ "$(born "${l% *}")" = "${l#* }" ]] && kill -CONT "${l% *}" 2>/dev/null && kill -TERM "${l% *}" 2>/dev/null; done
  for i in {1..30}; do
    n=0; for l in "${list[@]}"; do [[ "$(born "${l% *}")" = "${l#* }" ]] && n=1; done
    ((n)) || return 0; sleep 0.1
  done
  for l in "${list[@]}"; do [[ "$(born "${l% *}")" = "${l#* }" ]] && kill -KILL "${l% *}" 2>/dev/null; done
}
ours() { # every process that carries this instance's tag, or descends from our sshd, or is of the user that start made
  local tag p f uid=- root=; tag=$(cat "$dir/tag" 2>/dev/null) || return 0
  [[ -s "$dir/made_user" ]] && uid=$(id -u "$(cat "$dir/made_user")" 2>/dev/null || echo -)
  alive sshd && root=$(pid_of sshd)
  declare -A up=(); local -a all=()
  for f in /proc/[0-9]*/stat; do
    local s; s=$(cat "$f" 2>/dev/null) || continue
    p=${f//[^0-9]/}; s=${s##*) }; set -- $s; up[$p]=$2; all+=("$p")
  done
  for p in "${all[@]}"; do
    [[ "$p" = $$ || "$p" = "$BASHPID" ]] && continue
    if { tr '\0' '\n' <"/proc/$p/environ"; } 2>/dev/null | grep -qxF "LB_TAG=$tag" ||
      [[ "$(stat -c %u "/proc/$p" 2>/dev/null)" = "$uid" ]]; then echo "$p"; continue; fi
    [[ -n "$root" ]] || continue
    local q=$p; while [[ -n "${up[$q]:-}" && "$q" != 1 && "$q" != 0 ]]; do
      q=${up[$q]}; [[ "$q" = "$root" ]] && { echo "$p"; break; }
    done
  done
}
sessions() { # the processes under our sshd listener, and those of a listener that is gone
  local root=- p; alive sshd && root=$(pid_of sshd)
  for p in $(ours); do [[ "$p" != "$root" && "$({ tr '\0' ' ' <"/proc/$p/cmdline"; } 2>/dev/null)" = sshd:* ]] && echo "$p"; done
}
free_port() { # one loopback port nobody listens on, from 20000 to 31999 (below the ephemeral range)
  local p i; for i in {1..200}; do
    p=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
    ss -Hltn "sport = :$p" | grep -q . || { [[ " ${taken:-} " = *" $p "* ]] || { echo "$p"; return; }; }
  done; die "no free port"
}

# --- the two options ---------------------------------------------------------------------------------------
acct_conf() {
  if [[ -e "$dir/sacct" ]]; then
    printf 'AccountingStorageType=accounting_storage/slurmdbd\nAccountingStorageHost=127.0.0.1\nAccountingStoragePort=%s\nAccountingStoragePass=%s\nAccountingStorageTRES=gres/dcu\n' "$dbp" "$dir/munge/socket"
  else echo AccountingStorageType=accounting_storage/none; fi
}
auth_conf() {
  if [[ -e "$dir/2fa" ]]; then printf 'UsePAM yes\nKbdInteractiveAuthentication yes\nAuthenticationMethods publickey,keyboard-interactive\n'
  else printf 'UsePAM no\nKbdInteractiveAuthentication no\n'; fi
}
daemons() { if [[ -e "$dir/sshd_only" ]]; then echo sshd; elif [[ -e "$dir/sacct" ]]; then echo munged mariadbd slurmdbd slurmctld slurmd sshd; else echo munged slurmctld slurmd sshd; fi; }

# --- configuration --------------------------------------------------------------------------------------
write_conf() {
  local user=$LB_USER home=$dir/home/$LB_USER
  mkdir -p "$dir"/{pid,log,munge,ctld,slurmd,ssh,bin,home} && chmod 755 "$dir" "$dir"/{log,munge,bin,home}
  [[ -s "$dir/tag" ]] || { head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$dir/tag"; }
  if [[ ! -s "$dir/ports" ]]; then
    ((LB_SACCT)) && touch "$dir/sacct"; ((LB_2FA)) && touch "$dir/2fa"
    ((LB_SSHD_ONLY)) && touch "$dir/sshd_only"; ((LB_PASSWORD)) && touch "$dir/password"
    local i p; taken=
    for i in 0 1 2 3; do
      if ((LB_PORT_BASE)); then p=$((LB_PORT_BASE + i)); else p=$(free_port); fi
      taken="$taken $p"
    done
    echo $taken >"$dir/ports"
  fi
  read -r sshp ctlp dp dbp <"$dir/ports"
  # password '*': no password, yet not '!', which sshd without PAM refuses as a locked account
  if ! getent passwd "$user" >/dev/null; then
    useradd --password '*' --no-create-home --home-dir "$home" --shell /bin/bash --no-log-init "$user" || die "useradd"
    echo "$user" >"$dir/made_user"
  fi
  home=$(getent passwd "$user" | cut -d: -f6)
  [[ "$home" = "$dir"/* ]] || die "user $user exists with another home ($home): choose LB_USER, or stop the other instance"
  if [[ ! -d "$home/.ssh" ]]; then
    mkdir -p "$home/.ssh"; chmod 700 "$home/.ssh"
    ssh-keygen -q -t ed25519 -N '' -C loopback-test -f "$dir/ssh/client_key"
    cp "$dir/ssh/client_key.pub" "$home/.ssh/authorized_keys"; chmod 600 "$home/.ssh/authorized_keys"
    chown -R "$user:" "$home"
  fi
  [[ -s "$dir/ssh/host_key" ]] || ssh-keygen -q -t ed25519 -N '' -C loopback-host -f "$dir/ssh/host_key"
  [[ -s "$dir/munge/key" ]] || { head -c 1024 /dev/urandom >"$dir/munge/key"; chmod 400 "$dir/munge/key"; }
  known_hosts

  cat >"$dir/slurm.conf" <<CONF
ClusterName=loopback
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmctldPort=$ctlp
SlurmdPort=$dp
# bind to what the names resolve to (127.0.0.1), not to 0.0.0.0
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$dir/munge/socket
StateSaveLocation=$dir/ctld
SlurmdSpoolDir=$dir/slurmd
SlurmctldPidFile=$dir/pid/slurmctld.own
SlurmdPidFile=$dir/pid/slurmd.own
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdLogFile=$dir/log/slurmd.log
SlurmctldDebug=info
SlurmdDebug=info
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
JobAcctGatherType=jobacct_gather/none
$(acct_conf)
JobCompType=jobcomp/filetxt
JobCompLoc=$dir/log/jobcomp.txt
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=5,bf_interval=5
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
GresTypes=dcu
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
ReturnToService=2
SlurmctldTimeout=10
SlurmdTimeout=20
KillWait=5
CompleteWait=0
InactiveLimit=0
MinJobAge=$LB_MINJOBAGE
BatchStartTimeout=10
MessageTimeout=10
TCPTimeout=2
UnkillableStepTimeout=30
NodeName=$host NodeAddr=127.0.0.1 CPUs=$LB_CPUS Boards=1 SocketsPerBoard=1 CoresPerSocket=$LB_CPUS ThreadsPerCore=1 RealMemory=4096 Gres=dcu:$LB_DCU State=UNKNOWN
PartitionName=kshdtest Nodes=$host MaxTime=$LB_SHORT_MINUTES DefaultTime=2 PriorityTier=1 PreemptMode=REQUEUE State=UP
PartitionName=normal Nodes=$host Default=YES MaxTime=2-00:00:00 DefaultTime=01:00:00 PriorityTier=1 PreemptMode=REQUEUE State=UP
PartitionName=urgent Nodes=$host MaxTime=60 DefaultTime=5 PriorityTier=10 PreemptMode=OFF State=UP
PartitionName=closed Nodes=$host MaxTime=60 State=DOWN
CONF
  printf 'AutoDetect=off\nNodeName=%s Name=dcu Count=%s\n' "$host" "$LB_DCU" >"$dir/gres.conf"
  printf 'CgroupPlugin=cgroup/v1\n' >"$dir/cgroup.conf"
  : >"$dir/plugstack.conf"

  cat >"$dir/ssh/sshd_config" <<CONF
$LB_SSHD_LINES
ListenAddress 127.0.0.1:$sshp
HostKey $dir/ssh/host_key
PidFile none
AllowUsers $user
PermitRootLogin no
PubkeyAuthentication yes
PasswordAuthentication $(if [[ -e "$dir/password" ]]; then echo yes; else echo no; fi)
$(auth_conf)
StrictModes yes
X11Forwarding no
AllowTcpForwarding yes
UseDNS no
PrintMotd no
PrintLastLog no
MaxSessions 10
MaxStartups 20:30:60
ClientAliveInterval 30
ClientAliveCountMax 3
$([[ "$LB_SSHD_LINES" = *Subsystem* ]] || echo Subsystem sftp internal-sftp)
SetEnv SLURM_CONF=$dir/slurm.conf PATH=$dir/bin:/usr/local/bin:/usr/bin:/bin LB_TAG=$(cat "$dir/tag")
CONF
  if [[ -e "$dir/sacct" ]]; then
    (umask 077; cat >"$dir/slurmdbd.conf" <<CONF
DbdHost=$host
DbdAddr=127.0.0.1
DbdPort=$dbp
SlurmUser=root
CommunicationParameters=NoInAddrAny
AuthType=auth/munge
AuthInfo=socket=$dir/munge/socket
StorageType=accounting_storage/mysql
StorageHost=localhost
StorageUser=root
StorageLoc=slurm_acct
LogFile=$dir/log/slurmdbd.log
PidFile=$dir/pid/slurmdbd.own
DebugLevel=info
CONF
    )
  fi
  [[ -e "$dir/2fa" || -e "$dir/password" ]] && [[ -s "$dir/made_user" ]] && echo "$user:loop-back-2fa" | chpasswd
  # the site's own command, as the production login node has one
  cat >"$dir/bin/whichpartition" <<'CONF'
#!/bin/sh
exec sinfo -h -o '%R' | sort -u
CONF
  chmod 755 "$dir/bin/whichpartition"
  cat >"$dir/env" <<CONF
LB_STATE=$dir
LB_SSH_HOST=127.0.0.1
LB_SSH_PORT=$sshp
LB_SSH_USER=$user
LB_SSH_KEY=$dir/ssh/client_key
LB_KNOWN_HOSTS=$dir/ssh/known_hosts
LB_HOME=$home
LB_NODE=$host
SLURM_CONF=$dir/slurm.conf
LB_SSH="ssh -p $sshp -i $dir/ssh/client_key -o IdentitiesOnly=yes -o BatchMode=yes -o UserKnownHostsFile=$dir/ssh/known_hosts -o GlobalKnownHostsFile=/dev/null $user@127.0.0.1"
CONF
}
known_hosts() { local a b; read -r a b _ <"$dir/ssh/host_key.pub"; read -r sshp _ <"$dir/ports"; echo "[127.0.0.1]:$sshp $a $b" >"$dir/ssh/known_hosts"; }

# --- daemons --------------------------------------------------------------------------------------------
listening() { ss -Hltn "sport = :$1" | grep -q .; }
up_one() {
  read -r sshp ctlp dp dbp <"$dir/ports"
  alive "$1" && return 0
  case $1 in
    munged) rm -f "$dir/munge/socket" "$dir/munge/socket.lock"
      spawn munged munged --foreground --key-file="$dir/munge/key" --socket="$dir/munge/socket" --origin=127.0.0.1 \
        --log-file="$dir/log/munged.log" --pid-file="$dir/munge/pid" --seed-file="$dir/munge/seed" --num-threads=2
      wait_for 10 munged munge --socket="$dir/munge/socket" -n ;;
    mariadbd)
      if [[ ! -d "$dir/db/data/mysql" ]]; then
        mkdir -p "$dir/db" && mariadb-install-db --no-defaults --user=root --datadir="$dir/db/data" --skip-test-db \
          --auth-root-authentication-method=socket >"$dir/log/mariadb-install.out" 2>&1 || return 1
      fi
      spawn mariadbd mariadbd --no-defaults --user=root --datadir="$dir/db/data" --socket="$dir/db/socket" --skip-networking \
        --pid-file="$dir/db/pid" --skip-log-bin --innodb-buffer-pool-size=64M --innodb-log-file-size=16M \
        --innodb-lock-wait-timeout=900 --innodb-flush-log-at-trx-commit=0
      wait_for 30 mariadbd mariadb-admin --no-defaults --socket="$dir/db/socket" ping ;;
    slurmdbd) SLURM_CONF=$dir/slurm.conf spawn slurmdbd slurmdbd -D
      wait_for 30 slurmdbd env SLURM_CONF="$dir/slurm.conf" sacctmgr -n show cluster
      SLURM_CONF="$dir/slurm.conf" sacctmgr -i add cluster loopback >/dev/null 2>&1; true ;;
    slurmctld) spawn slurmctld slurmctld -D -f "$dir/slurm.conf"
      wait_for 20 slurmctld env SLURM_CONF="$dir/slurm.conf" sh -c 'scontrol ping | grep -q "is UP"' ;;
    slurmd) spawn slurmd slurmd -D -f "$dir/slurm.conf" -N "$host"
      wait_for 30 slurmd env SLURM_CONF="$dir/slurm.conf" sh -c 'sinfo -h -o %t | grep -qxE "idle|mix|alloc|comp"' ;;
    sshd) if [[ ! -d /run/sshd ]]; then mkdir -p -m 755 /run/sshd; fi
      spawn sshd /usr/sbin/sshd -D -e -f "$dir/ssh/sshd_config"
      wait_for 10 sshd listening "$sshp" ;;
    *) die "no daemon called '$1'" ;;
  esac
}
need_name() { [[ " $(daemons) " = *" $arg "* && -n "$arg" ]] || die "DAEMON: one of $(daemons)"; }
need_dir() { [[ -s "$dir/tag" ]] || { echo "loopback: nothing was started in $dir" >&2; exit 4; }; }

case $verb in
  start)
    slurm="munged slurmctld slurmd srun"; ((LB_SSHD_ONLY)) && slurm=
    for c in $slurm sshd ss setsid useradd; do
      command -v "$c" >/dev/null || die "$c is missing: apt-get install -y --no-install-recommends slurm-wlm munge openssh-server iproute2"
    done
    ((LB_SSHD_ONLY)) || getent ahostsv4 "$host" | grep -q '^127\.' || die "the name $host must resolve to a loopback address in /etc/hosts"
    [[ -s "$dir/tag" || -z "$(ls -A "$dir" 2>/dev/null)" ]] || die "$dir holds something else: choose an empty or a new folder"
    mkdir -p "$dir" || die "cannot make $dir"
    exec 9>"$dir/lock"; flock -w 60 9 || die "another start or stop is under way"
    write_conf || die "configuration"
    for d in $(daemons); do up_one "$d" || exit 1; done
    cat "$dir/env" ;;
  stop)
    [[ -d "$dir" ]] || exit 0
    [[ -s "$dir/tag" ]] || die "$dir was not made by start: left alone"
    exec 9>"$dir/lock"; flock -w 60 9 || die "another start or stop is under way"
    # ask first, so that steps end as they would on a cluster; then whatever is left, by pid
    if [[ ! -e "$dir/sshd_only" ]] && alive slurmctld && alive munged; then
      kill -CONT "$(pid_of slurmctld)" "$(pid_of munged)" 2>/dev/null
      ids=$(SLURM_CONF="$dir/slurm.conf" timeout 5 squeue -h -o %A 2>/dev/null | sort -u | tr '\n' ' ')
      [[ -z "${ids// }" ]] || SLURM_CONF="$dir/slurm.conf" timeout 5 scancel $ids 2>/dev/null
      for i in {1..80}; do
        [[ -z "${ids// }" || -z "$(SLURM_CONF=$dir/slurm.conf timeout 5 squeue -h 2>/dev/null)" ]] && break; sleep 0.1
      done
    fi
    left=$(for p in $(ours); do echo "$p $(born "$p")"; done)   # before the listener goes: its children are known by it
    for d in sshd slurmd slurmctld slurmdbd mariadbd munged; do alive "$d" && end_pid $(cat "$dir/pid/$d"); done
    end_all <<<"$left"
    end_all < <(for p in $(ours); do echo "$p $(born "$p")"; done)   # what those started meanwhile
    if [[ -s "$dir/made_user" ]]; then userdel "$(cat "$dir/made_user")" 2>/dev/null; fi
    rm -rf --one-file-system -- "$dir" ;;
  status)
    need_dir; rc=0
    for d in $(daemons); do
      if alive "$d"; then echo "$d up $(pid_of "$d")"; else echo "$d down"; rc=3; fi
    done
    [[ -e "$dir/sshd_only" ]] && exit $rc
    SLURM_CONF="$dir/slurm.conf" timeout 10 sinfo -N -h -o 'node %N %T gres=%G partition=%P' 2>&1 || rc=3
    exit $rc ;;
  kill) need_dir; need_name; alive "$arg" && kill -KILL "$(pid_of "$arg")"; exit 0 ;;
  down) need_dir; need_name; alive "$arg" && end_pid $(cat "$dir/pid/$arg"); exit 0 ;;
  freeze) need_dir; need_name; alive "$arg" && kill -STOP "$(pid_of "$arg")" ;;
  thaw) need_dir; need_name; alive "$arg" && kill -CONT "$(pid_of "$arg")" ;;
  up) need_dir; need_name; up_one "$arg" ;;
  drop) need_dir; for p in $(sessions); do kill -KILL "$p" 2>/dev/null; done; exit 0 ;;
  stall) need_dir; for p in $(sessions); do kill -STOP "$p" 2>/dev/null; done; exit 0 ;;
  unstall) need_dir; for p in $(sessions); do kill -CONT "$p" 2>/dev/null; done; exit 0 ;;
  rekey) need_dir
    rm -f "$dir/ssh/host_key" "$dir/ssh/host_key.pub"; ssh-keygen -q -t ed25519 -N '' -C loopback-host -f "$dir/ssh/host_key"
    alive sshd && end_pid $(cat "$dir/pid/sshd"); up_one sshd ;;   # known_hosts keeps the old key on purpose
  *) usage ;;
esac
