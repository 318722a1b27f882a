#!/usr/bin/env bash
# `./dev bench gui`: figures of the window, offscreen, each in a process of its own.
# --json prints one line a figure: {"name","value","unit","goal","ok"}. --only NAME... takes some (--list names them).
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
figures=(first_paint long_run run_ends log_lines many_rows cpu_share memory memory_with_torch train_speed)
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

# The middle tokens/s of the steps of a run after its first five.
middle_speed() { sed -n 's/.*"tokens_per_second":\([0-9.e+]*\).*/\1/p' "$1" | tail -n +6 | sort -g | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }

# The same run by the command line and in the window, in turn; the middle of three each.
train_speed() {
  local work i
  work=$(mktemp -d)
  for i in 1 2 3; do
    build/bin/attune train resources/presets/tryout.json --set max_steps=40 --out "$work/cli-$i" --quiet >/dev/null
    middle_speed "$work/cli-$i/events.jsonl" >>"$work/cli"
    build/bin/gui_bench train "$work/studio-$i" 40
    middle_speed "$work/studio-$i"/runs/*/events.jsonl >>"$work/studio"
  done
  paste <(sort -g "$work/cli" | sed -n 2p) <(sort -g "$work/studio" | sed -n 2p) | awk '{
    printf "{\"name\":\"train_speed_cli\",\"value\":%g,\"unit\":\"tokens/s\",\"goal\":0,\"ok\":true}\n", $1
    printf "{\"name\":\"train_speed_in_window\",\"value\":%.3f,\"unit\":\"x cli\",\"goal\":0.95,\"ok\":%s}\n", $2 / $1, ($2 >= 0.95 * $1 ? "true" : "false")
  }'
  rm -r "$work"
}

measure() {
  case $1 in
  first_paint) # the middle one of five starts, from just before the process is made
    for _ in 1 2 3 4 5; do build/bin/gui_bench first_paint "$(date +%s.%N)"; done |
      sort -t: -k3 -g | sed -n 3p ;;
  train_speed) train_speed ;;
  *) build/bin/gui_bench "$1" ;;
  esac
}

for name in "${only[@]}"; do measure "$name"; done | show
