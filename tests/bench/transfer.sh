#!/usr/bin/env bash
# `./dev bench transfer`: a file to a loopback cluster and back (tests/cluster/loopback.sh: as root), by `attune cluster files` and by
# sftp in turn, at once and over a link of 50 ms. Options go to transfer_bench.py: --json, --only NAME..., --megabytes N, --rounds N,
# --folder F.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
exec python3 tests/bench/transfer_bench.py "$@"
