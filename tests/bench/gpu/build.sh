#!/bin/sh
# Builds attune, its core tests and step_bench from the worker's bundle against the machine's own libtorch: what a GPU box or
# a login node does. usage: tests/bench/gpu/build.sh [TARGET...]; needs .deps/worker and .deps/sentencepiece-* carried along.
set -e
cd "$(dirname "$0")/../../.."
[ -e .deps/worker/sentencepiece ] || cp -a .deps/sentencepiece-* .deps/worker/sentencepiece
[ -e build-worker/build.ninja ] || cmake --preset worker -G Ninja -DCMAKE_C_COMPILER=/usr/bin/gcc -DCMAKE_CXX_COMPILER=/usr/bin/g++ \
  > build-worker.log 2>&1 || { tail -30 build-worker.log; exit 1; }
ninja -C build-worker -k 0 "${@:-all}" > build-worker.log 2>&1 || { grep -E -A6 "error:|FAILED" build-worker.log | cut -c1-300 | head -80; exit 1; }
tail -1 build-worker.log
