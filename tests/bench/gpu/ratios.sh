#!/bin/bash
# Attune beside the fastest Python peers on one machine with four cards: four lanes at once, a card and a quarter of the cores
# each, after the build. Appends JSON lines to $OUT; table.py makes the table. Needs SITE=DIR with peers/wheels.sh's site.tgz.
# usage: OUT=DIR SITE=DIR tests/bench/gpu/ratios.sh        (about 6 minutes)
here=$(dirname "$0")
mkdir -p /tmp/site "$OUT" && tar xzf "$SITE/site.tgz" -C /tmp/site || exit 1
sh "$here/build.sh" step_bench || exit 1
quarter=$(($(nproc) / 4))
lane() { CUDA_VISIBLE_DEVICES=$1 OMP_NUM_THREADS=$quarter taskset -c $((quarter * $1))-$((quarter * $1 + quarter - 1)) "${@:2}"; }
lane 0 sh "$here/cases.sh" "$here/ratios.jsonl" "$OUT/ours.jsonl" > "$OUT/ours.log" 2>&1 &
export PYTHONPATH=/tmp/site
lane 1 python3 "$here/peers/sweep.py" "$here/peers/hf_train.jsonl" 400 3 > "$OUT/hf_train.log" 2>&1 &
lane 2 python3 "$here/peers/unsloth_sweep.py" "$here/peers/unsloth.jsonl" 420 > "$OUT/unsloth.log" 2>&1 &
lane 3 python3 "$here/peers/sweep.py" "$here/peers/hf_rest.jsonl" 400 3 > "$OUT/hf_rest.log" 2>&1 &
wait
cat "$OUT"/*.log | cut -c1-300
