#!/usr/bin/env bash
# `./dev bench gui`: figures of the window, offscreen, each in a process of its own.
# --json prints one line a figure: {"name","value","unit","goal","ok"}. --only NAME... takes some (--list names them).
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
figures=(first_paint long_run log_lines many_rows cpu_share memory memory_with_torch)
json= only=()
while [[ $# -gt 0 ]]; do
  case $1 in
  --json) json=1 ;;
  --only) shift; while [[ $# -gt 0 && $1 != --* ]]; do only+=("$1"); shift; done; continue ;;
  --list) printf '%s\n' "${figures[@]}"; exit ;;
  *) echo "gui.sh: unknown option $1" >&2; exit 2 ;;
  esac
  shift
done
[[ ${#only[@]} -gt 0 ]] || only=("${figures[@]}")
export QT_QPA_PLATFORM=${QT_QPA_PLATFORM:-offscreen}

show() { # from JSON lines to columns
  if [[ $json ]]; then cat; else sed -E 's/.*"name":"([^"]*)","value":([^,]*),"unit":"([^"]*)","goal":([^,]*),"ok":(.*)\}/\1\t\2 \3\tgoal \4\t\5/' | column -t -s$'\t'; fi
}

measure() {
  case $1 in
  first_paint) # the middle one of five starts, from just before the process is made
    for _ in 1 2 3 4 5; do build/bin/gui_bench first_paint "$(date +%s.%N)"; done |
      sort -t: -k3 -g | sed -n 3p ;;
  *) build/bin/gui_bench "$1" ;;
  esac
}

for name in "${only[@]}"; do measure "$name"; done | show
