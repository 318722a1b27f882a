# The training program on a login node: what is installed, its sources, a build that outlives the connection that began it.
# $1 what to do, $2 ROOT/worker, then what that takes. Prints "@@fact KEY VALUE"; writes below $2 alone.
#   $2/source-ID/tree  the unpacked bundle    $2/build/lock  of the build that goes on, then $2/build/last until its end was seen
export LC_ALL=C
umask 077
attune_do=$1 root=$2 state=$2/build
shift 2
fact() { printf '@@fact %s %s\n' "$1" "$(printf '%s' "$2" | tr '\n\t' '  ' | head -c 2000)"; }

born() { # born PID: when it started; nothing where it is gone
  local text
  { read -r text <"/proc/$1/stat"; } 2>/dev/null || return 1
  text=${text##*) }
  set -- $text
  [ "$1" != Z ] && printf '%s\n' "${20}"
}

goes_on() { # On another login node only its beat tells, and a disk of the network may show that late.
  local host pid at now
  [ -d "$state/lock" ] || return 1
  if { read -r host pid at <"$state/lock/owner"; } 2>/dev/null && [ "$host" = "$(uname -n)" ]; then
    [ "$(born "$pid")" = "$at" ]
    return
  fi
  : >"$state/now.$$" || return 0
  now=$(stat -c %Y "$state/now.$$")
  rm -f "$state/now.$$"
  [ $((now - $(stat -c %Y "$state/lock/beat" 2>/dev/null || echo 0))) -lt 180 ]
}

supervise() { # supervise STATE TOKEN BUILDER OPTIONS...: runs the builder, shows that it lives, ends it when asked
  cd -- "$1" || exit 1
  local log=$2.log child turn=0 asked=''
  printf '%s %s %s\n' "$(uname -n)" $$ "$(born $$)" >lock/owner.new && mv -f lock/owner.new lock/owner || exit 1
  shift 2
  set -m
  bash "$@" >"$log" 2>&1 </dev/null &
  child=$!
  set +m
  while kill -0 "$child" 2>/dev/null; do
    [ $((turn % 10)) -ne 0 ] || echo >lock/beat
    turn=$((turn + 1))
    if [ -z "$asked" ] && [ -e lock/stop ]; then
      asked=$turn
      kill -TERM -- "-$child" 2>/dev/null
    elif [ -n "$asked" ] && [ $((turn - asked)) -ge 20 ]; then
      kill -KILL -- "-$child" 2>/dev/null
    fi
    sleep 1
  done
  wait "$child"
  local code=$?
  [ $code -ne 0 ] || rm -rf -- "${1%/*}"/build-* # its objects serve no other build
  printf '%s\n' $code >lock/code
  rm -rf last
  mv -T lock last
}

look() { # look SOURCE ENVIRONMENT
  local where='' file name
  [ ! -d "$root/$1/tree" ] || fact source "$(sed -n 2p "$root/$1"/tree/*/BUNDLE 2>/dev/null)"
  [ -z "$2" ] || fact environment_sha256 "$(sha256sum <"$2" 2>/dev/null | cut -c1-64)"
  if goes_on; then
    fact build running
    where=$state/lock
  elif [ -d "$state/lock" ]; then # killed, with its login node or by it
    fact build gone
    where=$state/lock
  elif [ -d "$state/last" ]; then
    fact build ended
    where=$state/last
  fi
  if [ -n "$where" ]; then
    for name in token environment host; do fact "build_$name" "$(cat "$where/$name" 2>/dev/null)"; done
    fact build_code "$(cat "$where/code" 2>/dev/null)"
  fi
  for file in "$root"/*/worker.json; do
    [ -f "$file" ] || continue
    name=${file%/*}
    printf '@@worker %s %s\n' "${name##*/}" "$(head -c 65536 "$file" | tr -d '\n')"
    [ ! -f "$name/node.json" ] || printf '@@node %s %s\n' "${name##*/}" "$(head -c 4096 "$name/node.json" | tr -d '\n')"
  done
  fact end 1
}

place() { mkdir -p -- "$root/$1"; } # place SOURCE

unpack() { # unpack SOURCE; 74: it holds no builder
  cd -- "$root/$1" || exit 73
  if [ ! -d tree ]; then
    rm -rf tree.new
    mkdir tree.new && tar -xzf bundle.tar.gz -C tree.new && mv -T tree.new tree || exit 73
    rm -f bundle.tar.gz
  fi
  set -- tree/*/build_worker.sh
  [ -f "$1" ] || exit 74
}

start() { # start TOKEN ENVIRONMENT SOURCE OPTIONS...; 75: one goes on
  local token=$1 turn=0 builder
  for builder in "$root/$3"/tree/*/build_worker.sh; do :; done
  mkdir -p -- "$state" || exit 73
  if ! mkdir "$state/lock" 2>/dev/null; then
    goes_on && exit 75
    rm -rf "$state/gone.$token"
    mv -T "$state/lock" "$state/gone.$token" && rm -rf "$state/gone.$token"
    mkdir "$state/lock" || exit 75
  fi
  echo >"$state/lock/beat"
  printf '%s\n' "$token" >"$state/lock/token" && printf '%s\n' "$2" >"$state/lock/environment" && uname -n >"$state/lock/host" || exit 73
  shift 3
  rm -rf "$state/last" "$state"/*.log
  : >"$state/$token.log"
  setsid nohup bash -c "$(declare -f born supervise); supervise \"\$@\"" attune-worker-build "$state" "$token" "$builder" "$@" </dev/null >/dev/null 2>&1 &
  until [ -s "$state/lock/owner" ] || [ -d "$state/last" ]; do
    [ $((turn = turn + 1)) -lt 100 ] || { rm -rf "$state/lock"; exit 76; }
    sleep 0.1
  done
}

stop() { # 75: it has not ended yet
  local turn=0
  goes_on || return 0
  : >"$state/lock/stop"
  while goes_on; do
    [ $((turn = turn + 1)) -lt 150 ] || exit 75
    sleep 0.2
  done
}

seen() { [ "$(cat "$state/last/token" 2>/dev/null)" != "$1" ] || rm -rf "$state/last"; } # seen TOKEN

tried() { printf '%s\n' "$2" >"$root/$1/node.json.new" && mv -f "$root/$1/node.json.new" "$root/$1/node.json"; } # tried ID JSON

case $attune_do in
look | place | unpack | start | stop | seen | tried) "$attune_do" "$@" ;;
esac
