#!/usr/bin/env bash
# `./dev bench forecast [OUT.jsonl]`: forecast beside the process's measured peak, some 70 cells on this CPU, each in a process of
# its own; one table and one picture with the cells that a card's lines (tests/bench/results) add. A file begun is gone on with.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
results=tests/bench/results
out=${1:-$results/forecast_cpu.jsonl}
mkdir -p "$results"
python3 tests/bench/forecast_cells.py measure tests/bench/forecast_cases.jsonl "$out"
cards=()
[[ -e $results/forecast_gpu.jsonl ]] && cards=("$results/forecast_gpu.jsonl")
python3 tests/bench/forecast_cells.py table "$out" "${cards[@]}" --md "$results/forecast.md" --svg "$results/forecast.svg"
