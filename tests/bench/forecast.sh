#!/usr/bin/env bash
# `./dev bench forecast [OUT.jsonl]`: forecast beside the process's measured peak, 76 cells on this CPU (10 minutes when it is idle), each
# in a process of its own. A file begun is gone on with. A card's lines are made by forecast_cells.py measure gpu/forecast_cases.jsonl;
# where tests/bench/results/forecast_gpu.jsonl holds some, they get their table and are in the picture.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
results=tests/bench/results
out=${1:-$results/forecast_cpu.jsonl}
mkdir -p "$results"
python3 tests/bench/forecast_cells.py measure tests/bench/forecast_cases.jsonl "$out"
all=("$out")
if [[ -e $results/forecast_gpu.jsonl ]]; then
  all+=("$results/forecast_gpu.jsonl")
  python3 tests/bench/forecast_cells.py table "$results/forecast_gpu.jsonl" --md "$results/forecast_gpu.md" >/dev/null || true
fi
python3 tests/bench/forecast_cells.py table "${all[@]}" --svg "$results/forecast.svg" >/dev/null || true
python3 tests/bench/forecast_cells.py table "$out" --md "$results/forecast_cpu.md"
