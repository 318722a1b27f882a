#!/bin/sh
# Builds the fuzz targets with clang: build.sh SOURCE BUILD CLANGXX GENERATOR JOBS
# A clang without the libFuzzer runtime fails here, with the package that carries it.
set -e
clang=$(dirname "$3")/$(basename "$3" | sed 's/clang++/clang/')
probe=$(mktemp -d)
echo 'extern "C" int LLVMFuzzerTestOneInput(const unsigned char *, unsigned long) { return 0; }' >"$probe/probe.cpp"
if ! "$3" -fsanitize=fuzzer,address "$probe/probe.cpp" -o "$probe/probe" 2>"$probe/log"; then
  cat "$probe/log"
  echo "clang has no libFuzzer runtime: install libclang-rt-14-dev (./dev setup does)."
  rm -r "$probe"
  exit 1
fi
rm -r "$probe"
cmake -S "$1" -B "$2" -G "$4" -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_C_COMPILER="$clang" -DCMAKE_CXX_COMPILER="$3" \
  -DATTUNE_ENGINE=OFF -DATTUNE_TESTS=OFF -DATTUNE_FUZZ=ON -DATTUNE_SANITIZE=fuzzer-no-link,address,undefined >"$2.log" 2>&1 ||
  { cat "$2.log"; exit 1; }
cmake --build "$2" --parallel "$5" --target fuzzers
