#!/usr/bin/env bash
# The worker's bundle is complete, has the same bytes whoever packs it, can be configured from; and the build script says what is
# wrong with a login node. Nothing is compiled beyond one file. usage: bundle_test.sh SOURCE BUILD   (77: no third-party sources)
set -euo pipefail
source=$1 build=$2
[[ -e $source/.deps/worker/sentencepiece ]] || { echo "skipped: no third-party sources, run ./dev setup --worker"; exit 77; }
torch=$(sed -n 5p "$build/torch.txt")
folder=$(mktemp -d)
trap 'umount "$folder/full" 2>/dev/null || true; rm -rf "$folder"' EXIT
failed=0
wrong() { echo "WRONG: $*"; failed=1; }

# The same bytes from another folder, with other times, modes and umask, and with what editors leave lying about.
"$source/packaging/worker/make_bundle.sh" "$folder/a.tar.gz"
mkdir "$folder/copy"
(cd "$source" && tar -c CMakeLists.txt LICENSE cmake core app packaging) | (cd "$folder/copy" && tar -xm)
echo junk >"$folder/copy/core/base/result.h.orig"
(umask 077 && chmod -R go-rwx "$folder/copy" && "$folder/copy/packaging/worker/make_bundle.sh" "$folder/b.tar.gz" "$source/.deps/worker")
cmp "$folder/a.tar.gz" "$folder/b.tar.gz" || wrong "two bundles of the same sources differ"
[[ $(stat -c %s "$folder/a.tar.gz") -lt 4000000 ]] || wrong "the bundle has grown to $(stat -c %s "$folder/a.tar.gz") bytes"

# Complete: one top folder, everything that it includes is in it.
mkdir "$folder/un packed"
tar -xzf "$folder/a.tar.gz" -C "$folder/un packed"
bundle=$(echo "$folder/un packed"/attune-worker-*)
[[ $(ls "$folder/un packed" | wc -l) -eq 1 && -d $bundle ]] || wrong "there is more than one top folder: $(ls "$folder/un packed")"
for file in BUNDLE LICENSE README.md build_worker.sh CMakeLists.txt third_party/MANIFEST third_party/pcre2/LICENCE third_party/sentencepiece/LICENSE; do
  [[ -s $bundle/$file ]] || wrong "the bundle has no $file"
done
for path in $(cd "$bundle" && find core app -name '*.cpp' -o -name '*.h' | xargs sed -n 's/^#include "\(.*\)"/\1/p' | sort -u); do
  [[ -e $bundle/$path ]] || wrong "$path is included, but not in the bundle"
done
for outside in ui remote app/gui app/cli/remote tests; do [[ ! -e $bundle/$outside ]] || wrong "$outside is in the bundle"; done

# What the script finds is what is on PATH: one folder of links a case.
tools() { # tools FOLDER NAME...: the usual tools and these
  local name path
  mkdir -p "$1"
  for name in bash sh env awk sed grep cat cp cut df du date dirname basename find head mkdir mktemp mv nice nproc ls rm rmdir sha256sum sort strip \
    tail touch tr uname wc xargs chmod ld as ar ranlib nm objcopy objdump readelf cmp sleep "${@:2}"; do
    path=$(command -v "$name") && ln -sf "$path" "$1/$name"
  done
}
run_script() { # run_script PATH ARGUMENTS...: its output in $folder/log
  local path=$1
  shift
  env -i HOME="$folder/home" TMPDIR="$folder" PATH="$path" bash "$bundle/build_worker.sh" "$@" >"$folder/log" 2>&1
}
expect() { # expect CODE WORDS PATH ARGUMENTS...: refused with this code, these words and an advice
  local code=$1 words=$2
  shift 2
  ! run_script "$@" || wrong "$code: was accepted"
  grep -q "^@@worker failed $code@@$" "$folder/log" && grep -q -- "$words" "$folder/log" && grep -q '^What to do: .' "$folder/log" ||
    { wrong "$code, $words: not said"; cat "$folder/log"; }
}
mkdir "$folder/home"
# This machine's own tools, wherever they are.
generator=make
! command -v ninja >/dev/null || generator=ninja
tools "$folder/all" g++ gcc cmake $generator
cat >"$folder/env.sh" <<'TEXT'
echo "a noisy environment"
export SITE_WORD=site
prefix=/nonsense here=/nonsense version=9 set_only=1
false
TEXT
if run_script "$folder/all" --torch "$torch" --environment "$folder/env.sh" --check; then
  grep -q "^@@worker progress 5 configured@@$" "$folder/log" || wrong "no progress line"
  grep -q "into $folder/home/.attune/worker/[0-9]" "$folder/log" || wrong "the environment's variables met the script's"
  [[ -e $(echo "$bundle"/build-*/CMakeCache.txt) ]] || wrong "nothing was configured"
  [[ ! -e $(echo "$bundle"/build-*/lock) ]] || wrong "the lock was left behind"
  ! grep '^Qt' "$bundle"/build-*/CMakeCache.txt || wrong "the worker looked for Qt"
  grep -q '^ATTUNE_REMOTE:BOOL=OFF' "$bundle"/build-*/CMakeCache.txt || wrong "the worker would be built with the supercomputer client"
else
  wrong "a good machine was refused"
  cat "$folder/log"
fi
(cd "$bundle" && g++ -std=c++17 -fsyntax-only -I. -isystem third_party/include app/cli/verbs/data_command.cpp) || wrong "a file does not compile from the bundle"

tools "$folder/bare" cmake $generator
expect no-compiler "no C++ compiler" "$folder/bare" --torch "$torch"
expect no-compiler "/nowhere/g++" "$folder/all" --torch "$torch" --compiler /nowhere/g++
printf '#!/bin/sh\necho "#define __GNUC__ 7"; echo "#define __GNUC_MINOR__ 3"; echo "#define __GNUC_PATCHLEVEL__ 1"\n' >"$folder/bare/g++"
chmod +x "$folder/bare/g++"
expect old-compiler "gcc 7.3.1" "$folder/bare" --torch "$torch"
tools "$folder/no_cmake" g++ gcc $generator
expect no-cmake "no CMake" "$folder/no_cmake" --torch "$torch"
printf '#!/bin/sh\necho "cmake version 3.9.6"\n' >"$folder/no_cmake/cmake"
chmod +x "$folder/no_cmake/cmake"
expect old-cmake "3.9.6" "$folder/no_cmake" --torch "$torch"
tools "$folder/no_make" g++ gcc cmake
expect no-make "neither make nor ninja" "$folder/no_make" --torch "$torch"
expect no-torch "knows no torch" "$folder/all"
expect no-torch "$folder/home holds no libtorch" "$folder/all" --torch "$folder/home"
mkdir -p "$folder/old/lib" "$folder/old/include/ATen/core" "$folder/old/include/torch/csrc/api/include/torch"
touch "$folder/old/lib/libc10.so"
expect no-torch "without its headers" "$folder/all" --torch "$folder/old"
touch "$folder/old/include/ATen/core/Tensor.h"
printf '#define TORCH_VERSION_MAJOR 1\n#define TORCH_VERSION_MINOR 13\n#define TORCH_VERSION_PATCH 1\n' >"$folder/old/include/torch/csrc/api/include/torch/version.h"
expect old-torch "1.13.1" "$folder/all" --torch "$folder/old"
# A vendor's build for DCU cards, as far as it is looked at before anything is linked.
printf '#define TORCH_VERSION_MAJOR 2\n#define TORCH_VERSION_MINOR 1\n#define TORCH_VERSION_PATCH 0\n' >"$folder/old/include/torch/csrc/api/include/torch/version.h"
printf "__version__ = '2.1.0+das1.1.git3ac1bdd.abi0.dtk2404'\ndebug = False\ncuda = None\nhip = '5.7.24164'\n" >"$folder/old/version.py"
touch "$folder/old/lib/libtorch.so" "$folder/old/lib/libtorch_hip.so" "$folder/old/lib/libc10_hip.so"
run_script "$folder/all" --torch "$folder/old" --build "$folder/dtk" --check || wrong "a libtorch for DCU was refused"
grep -q "^libtorch:  2.1.0+das1.1.git3ac1bdd.abi0.dtk2404 (dtk) in" "$folder/log" && grep -q "C++17 and string ABI 0" "$folder/log" && [[ $(sed -n 2p "$folder"/dtk/build-*/torch.txt) == hip ]] ||
  { wrong "a libtorch for DCU is not known"; cat "$folder/log"; }
expect environment "cannot be read" "$folder/all" --environment "$folder/none.sh"
echo 'exit 0' >"$folder/exits.sh"
expect environment "ended the shell" "$folder/all" --environment "$folder/exits.sh"
expect usage "no option --jbos" "$folder/all" --jbos 2
expect usage "no number" "$folder/all" --jobs '2;ls'
built=$(dirname "$(ls -d "$bundle"/build-*/CMakeCache.txt)")
mkdir "$built/lock"
echo "$(uname -n) $$" >"$built/lock/owner"
expect locked "process $$" "$folder/all" --torch "$torch" --environment "$folder/env.sh" --check
echo "$(uname -n) 999999999" >"$built/lock/owner"
run_script "$folder/all" --torch "$torch" --environment "$folder/env.sh" --check || wrong "the lock of a process that is gone was kept"
mkdir "$folder/full"
if mount -t tmpfs -o size=4m none "$folder/full" 2>/dev/null; then
  expect no-disk "MB free; the build needs" "$folder/all" --torch "$torch" --build "$folder/full/build" --check
else
  echo "not tried: a full disk (needs root)"
fi
[[ -z $(find "$folder/home" -name worker.json) ]] || wrong "a worker.json without a worker"
exit $failed
