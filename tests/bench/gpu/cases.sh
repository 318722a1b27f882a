#!/bin/sh
# Runs step_bench on each line of a file of cases, one process a case, and appends its JSON lines to OUT.
# usage: tests/bench/gpu/cases.sh CASES.jsonl OUT.jsonl
while IFS= read -r case; do
  [ -n "$case" ] || continue
  timeout 150 "$(dirname "$0")/../../../build-worker/bin/step_bench" "$case" >> "$2" 2>> "$2.log" || echo "failed: $case" >> "$2.log"
  tail -1 "$2"
done < "$1"
