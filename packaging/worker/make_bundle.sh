#!/usr/bin/env bash
# Packs the worker's source bundle: what `attune` needs to be built on a cluster's login node, everything but libtorch. The same
# sources give the same bytes, whoever packs them and when. Works without network.
# usage: make_bundle.sh OUT.tar.gz [THIRD_PARTY]      (the folder of third_party.sh; default .deps/worker)
set -euo pipefail
export LC_ALL=C
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
out=$(realpath -m "${1:?usage: make_bundle.sh OUT.tar.gz [THIRD_PARTY]}")
third_party=$(realpath -m "${2:-$root/.deps/worker}")
for need in include/nlohmann/json.hpp include/CLI/CLI.hpp pcre2/CMakeLists.txt sentencepiece/src/sentencepiece_processor.h; do
  if [[ ! -e $third_party/$need ]]; then
    echo "$third_party holds no third-party sources ($need is missing). Run ./dev setup --worker." >&2
    exit 1
  fi
done

version=$(sed -n 's/^project(attune VERSION \([0-9.]*\).*/\1/p' "$root/CMakeLists.txt")
name=attune-worker-$version
mkdir -p "$(dirname "$out")"
work=$(mktemp -d -p "$(dirname "$out")" .worker-bundle.XXXXXX)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/$name/third_party"

cd "$root"
# By kind of file, so that what lies about in a working tree stays out; without what needs ATTUNE_REMOTE.
find CMakeLists.txt LICENSE cmake core app/CMakeLists.txt app/cli app/module -type f ! -path 'app/cli/remote/*' \
  \( -name '*.cpp' -o -name '*.h' -o -name '*.cmake' -o -name '*.awk' -o -name CMakeLists.txt -o -name LICENSE \) -print0 |
  xargs -0 cp --parents -t "$work/$name"
cp packaging/worker/README.md packaging/worker/build_worker.sh packaging/worker/site_tools.sh "$work/$name/"

cd "$third_party"
# Without doctest, PCRE2's programs and most of its autotools: the worker is built without tests, by CMake.
find MANIFEST README include/nlohmann include/CLI sentencepiece pcre2/CMakeLists.txt pcre2/configure.ac pcre2/LICENCE pcre2/cmake pcre2/src pcre2/*.in -type f \
  ! -name Makefile.in ! -name 'pcre2test.c' ! -name 'pcre2grep.c' ! -name 'pcre2demo.c' ! -name '*_test.c' ! -name pcre2_fuzzsupport.c -print0 |
  xargs -0 cp --parents -t "$work/$name/third_party"

cd "$work"
find "$name" -type d -exec chmod 755 {} +
find "$name" -type f -exec chmod 644 {} +
chmod 755 "$name/build_worker.sh"
identity=$(find "$name" -type f | sort | xargs -d '\n' sha256sum | sha256sum | cut -c1-12)
printf '%s\n%s\n' "$version" "$identity" >"$name/BUNDLE"
chmod 644 "$name/BUNDLE"
tar --create --format=ustar --sort=name --mtime=@1767225600 --owner=0 --group=0 --numeric-owner "$name" | gzip -9 -n >bundle.tar.gz
mv -f bundle.tar.gz "$out"
echo "$out: $name, $identity, $(stat -c %s "$out") bytes" >&2
