#!/usr/bin/env bash
# `./dev bench fit`: twenty configs that run out of a cap as typed, and the first proposal of Make it fit for each, trained.
# Options go to fit_configs.py.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
exec python3 tests/bench/fit_configs.py "$@"
