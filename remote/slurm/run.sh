#!/bin/bash -l
# Attune's wrapper around one training on a compute node. Constant: every value comes from job.env beside it, where each line is
# NAME=VALUE with other bytes as \0ooo; nothing in it is evaluated. Keeps its own log, lets one attempt write at a time, passes
# signals on and leaves exit.json as its last word. Written for bash 4.2 and coreutils of 2013.
#   USR1: save a checkpoint and go on    USR2: the time limit is near: stop with a checkpoint, then requeue if asked    TERM: Slurm ends the job
#   INT: the user asked for an end: stop with a checkpoint
set +e +u
trap '' USR1 USR2 INT # until there is a trainer to tell
umask 077
folder=${1:-$PWD}
cd -- "$folder" || exit 70
folder=$PWD
exec </dev/null >>run.log 2>&1
ATTUNE_TOKEN='' ATTUNE_ENVIRONMENT='' ATTUNE_MANIFEST='' ATTUNE_RESUME_NEEDS='' ATTUNE_REQUEUE=0 ATTUNE_RELEASE=0 ATTUNE_GRACE=120 ATTUNE_LOCK_WAIT=90 ATTUNE_THREADS=0
attune_command=() attune_resume=()
[[ -r job.env ]] || { echo "attune: job.env is missing in $folder"; exit 70; }
while IFS= read -r attune_line; do
  printf -v attune_value '%b' "${attune_line#*=}"
  case ${attune_line%%=*} in
    TOKEN) ATTUNE_TOKEN=$attune_value ;;
    ENVIRONMENT) ATTUNE_ENVIRONMENT=$attune_value ;;
    MANIFEST) ATTUNE_MANIFEST=$attune_value ;;
    RESUME_NEEDS) ATTUNE_RESUME_NEEDS=$attune_value ;;
    REQUEUE) ATTUNE_REQUEUE=$attune_value ;;
    RELEASE) ATTUNE_RELEASE=$attune_value ;;
    THREADS) ATTUNE_THREADS=$attune_value ;;
    GRACE) ATTUNE_GRACE=$attune_value ;;
    LOCK_WAIT) ATTUNE_LOCK_WAIT=$attune_value ;;
    VARIABLE) [[ $attune_value =~ ^[A-Za-z_][A-Za-z0-9_]*= ]] && export "$attune_value" ;;
    COMMAND) attune_command+=("$attune_value") ;;
    RESUME) attune_resume+=("$attune_value") ;;
  esac
done <job.env
attune_release() { # what salloc holds; SCANCEL_... of a start-up file would leave it out
  [[ $ATTUNE_RELEASE = 1 && -n $SLURM_JOB_ID ]] && (unset ${!SCANCEL_@}; exec scancel "$SLURM_JOB_ID")
}
if [[ -e withdrawn ]]; then # whoever submitted it gave it up before Slurm took it
  echo "@@attune withdrawn $ATTUNE_TOKEN@@"
  attune_release
  exit 76
fi

# One writer: the lock is held by this shell and by the trainer, so an old attempt that lives on keeps it.
exec 9>>lock
flock -w "$ATTUNE_LOCK_WAIT" -E 99 9
if [[ $? = 99 ]]; then
  echo "@@attune refused $ATTUNE_TOKEN host=$(hostname) reason=another-attempt-is-running@@"
  exit 75
fi
echo x >>attempts
attune_attempt=$(wc -l <attempts)
attune_attempt=$((attune_attempt))
attune_nonce=$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n')
[[ -e exit.json ]] && mv -f exit.json "exit.$((attune_attempt - 1)).json"
echo "@@attune start $ATTUNE_TOKEN attempt=$attune_attempt job=${SLURM_JOB_ID:-0} host=$(hostname) time=$(date +%s) nonce=$attune_nonce@@"

attune_phase=environment attune_environment_rc=0 attune_rc=70 attune_signal=0 attune_stop='' attune_trainer='' attune_watch='' attune_requeued='' attune_caught=''

attune_manifest() { # "path":{"size":n,"sha256":"..."} of every file; names that are not plain ASCII are left out
  local name shown hash first=1 LC_ALL=C
  [[ -n $ATTUNE_MANIFEST && -d $ATTUNE_MANIFEST ]] || return 0
  while IFS= read -r -d '' name; do
    [[ $name = *[![:print:]]* ]] && continue
    hash=$(sha256sum <"$ATTUNE_MANIFEST/$name") || continue
    shown=${name//\\/\\\\}
    shown=${shown//\"/\\\"}
    [[ $first = 1 ]] || printf ','
    first=0
    printf '"%s":{"size":%s,"sha256":"%s"}' "$shown" "$(stat -c %s -- "$ATTUNE_MANIFEST/$name")" "${hash%% *}"
  done < <(find "$ATTUNE_MANIFEST" -type f -printf '%P\0' | sort -z)
}

attune_finish() {
  set +e # of an environment script that ended the shell by it
  trap '' EXIT TERM USR1 USR2 INT
  cd -- "$folder" # the environment script may have gone elsewhere
  [[ -n $attune_watch ]] && kill "$attune_watch" 2>/dev/null
  [[ -n $attune_requeued ]] && return
  if [[ $attune_phase != training ]]; then
    [[ $attune_phase = environment ]] || echo "attune: the environment script $ATTUNE_ENVIRONMENT ended the shell, by exit or set -e; it is sourced"
    echo "@@attune environment $ATTUNE_TOKEN rc=$attune_environment_rc@@"
  fi
  local end="@@attune end $ATTUNE_TOKEN rc=$attune_rc attempt=$attune_attempt nonce=$attune_nonce@@" manifest size
  manifest=$(attune_manifest)
  size=$(($(stat -c %s run.log) + ${#end} + 1))
  printf '{"token":"%s","rc":%d,"signal":%d,"stop":"%s","phase":"%s","environment_rc":%d,"attempt":%d,"nonce":"%s","log_size":%d,"manifest":{%s}}\n' \
    "$ATTUNE_TOKEN" "$attune_rc" "$attune_signal" "$attune_stop" "$attune_phase" "$attune_environment_rc" "$attune_attempt" "$attune_nonce" "$size" \
    "$manifest" | dd of=exit.json.tmp conv=fsync 2>/dev/null && mv -f exit.json.tmp exit.json
  echo "$end"
  attune_release
  exit "$attune_rc"
}
attune_pass() { # SIGNAL: to the trainer's process group
  [[ -z $attune_trainer ]] || kill -s "$1" -- "-$attune_trainer" 2>/dev/null || kill -s "$1" "$attune_trainer" 2>/dev/null
}
attune_later() { # SECONDS SIGNAL: unless the trainer ended by itself
  [[ -z $attune_watch && -n $attune_trainer ]] || return
  (
    trap '' USR1 USR2 INT
    sleep "$1" &
    trap "kill $!; exit" TERM
    wait $!
    attune_pass "$2"
  ) 9>&- &
  attune_watch=$!
}
attune_on() {
  attune_caught=1
  case $1 in
    USR1) attune_pass USR1 ;;
    # Slurm sends TERM to every process of a job, and a second one ends the trainer at once: ask for the checkpoint instead.
    TERM) attune_stop=${attune_stop:-term}; attune_pass USR1; attune_later "$ATTUNE_GRACE" TERM ;;
    INT) [[ -n $attune_stop ]] || { attune_stop=term; attune_pass TERM; attune_later "$ATTUNE_GRACE" KILL; } ;;
    USR2) [[ -n $attune_stop ]] || { attune_stop=limit; attune_pass TERM; attune_later "$ATTUNE_GRACE" KILL; } ;;
  esac
}
attune_traps() { trap attune_finish EXIT; trap 'attune_on TERM' TERM; trap 'attune_on USR1' USR1; trap 'attune_on USR2' USR2; trap 'attune_on INT' INT; }

attune_traps
if [[ -n $ATTUNE_ENVIRONMENT ]]; then
  attune_environment_rc=1 attune_rc=71 attune_phase=sourcing # what stays if the script exits
  set +u
  source "$ATTUNE_ENVIRONMENT"
  attune_environment_rc=$? attune_phase=environment
  set +e +u
  exec >>"$folder/run.log" 2>&1
  attune_traps
  [[ $attune_environment_rc = 0 ]] || exit 71
fi
cd -- "$folder"
echo "@@attune environment $ATTUNE_TOKEN rc=0@@"
attune_phase=training
if [[ $ATTUNE_THREADS -gt 0 ]]; then # as many as asked for, given and there
  attune_usable=$(unset OMP_NUM_THREADS OMP_THREAD_LIMIT; nproc 2>/dev/null)
  for attune_most in "${SLURM_CPUS_ON_NODE:-}" "$attune_usable"; do
    [[ $attune_most =~ ^[1-9][0-9]*$ && $attune_most -lt $ATTUNE_THREADS ]] && ATTUNE_THREADS=$attune_most
  done
  attune_command+=(--threads "$ATTUNE_THREADS")
fi
[[ $attune_attempt -gt 1 && ${#attune_resume[@]} -gt 0 && -e $ATTUNE_RESUME_NEEDS ]] && attune_command=("${attune_resume[@]}")
if [[ -z $attune_stop ]]; then
  # A group of its own; the signals wait as ignored until its handlers are there.
  (trap '' USR1 USR2; exec setsid "${attune_command[@]}") &
  attune_trainer=$!
  wait "$attune_trainer"
  attune_rc=$?
  if [[ -n $attune_caught ]]; then # bash may miss an end of the trainer beside a trap, and wait for ever
    while kill -0 "$attune_trainer" 2>/dev/null; do
      if [[ -n $attune_stop ]]; then sleep 0.2; else sleep 2; fi
    done
    wait "$attune_trainer"
    attune_now=$?
    [[ $attune_now = 127 ]] || attune_rc=$attune_now
  fi
  attune_trainer=''
else
  attune_rc=143
fi
[[ $attune_rc -gt 128 && $attune_rc -lt 193 ]] && attune_signal=$((attune_rc - 128))
if [[ $attune_stop = limit && $attune_rc -ge 128 && $ATTUNE_REQUEUE = 1 && -n $SLURM_JOB_ID ]]; then
  echo "@@attune requeue $ATTUNE_TOKEN attempt=$attune_attempt nonce=$attune_nonce@@"
  attune_requeued=1 attune_caught=
  exec 9>&-
  if (trap '' TERM; exec scontrol requeue "$SLURM_JOB_ID"); then # its TERM reaches scontrol too
    [[ -n $attune_caught ]] || { sleep 120 & wait $!; } # Slurm's TERM ends it, if it has not come yet
    exit 0
  fi
  attune_requeued=
fi
exit "$attune_rc"
