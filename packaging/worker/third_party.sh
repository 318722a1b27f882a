#!/usr/bin/env bash
# Makes the folder of third-party sources from which the worker builds without network and without Debian's packages
# (make_bundle.sh packs it, the worker preset uses it in place): headers of nlohmann/json, CLI11 and doctest, and the sources
# of PCRE2 and SentencePiece. Everything is pinned by sha256 (SentencePiece by ./dev setup, which fetched it).
# usage: third_party.sh FOLDER SENTENCEPIECE      (needs Debian's apt and the -dev packages that ./dev setup installs)
set -euo pipefail

headers_sha256=9be50759bb37dd84cd8f08f3e35b397518f29fe61641d42d1f27d3e454ad8600
pcre2_version=10.42
pcre2_sha256=c33b418e3b936ee3153de2c61cc638e7e4fe3156022a5c77d0711bcbb9d64f1f

target=$(realpath -m "$1")
sentencepiece=$(realpath "$2")
manifest="nlohmann/json 3.11.2, CLI11 2.1.2, doctest 2.4.9 (headers $headers_sha256); PCRE2 $pcre2_version ($pcre2_sha256); $(basename "$sentencepiece")"
if [[ -e $target/MANIFEST && $(<"$target/MANIFEST") == "$manifest" ]]; then exit 0; fi

work=$(mktemp -d -p "$(dirname "$target")")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/bundle/include" "$work/lists/partial" "$work/cache/archives/partial" "$work/source"

cp -rL /usr/include/nlohmann /usr/include/CLI /usr/include/doctest "$work/bundle/include/"
found=$(cd "$work/bundle/include" && find . -type f | LC_ALL=C sort | xargs sha256sum | sha256sum | cut -d' ' -f1)
if [[ $found != "$headers_sha256" ]]; then
  echo "The headers in /usr/include are not those of Debian 12 that the bundle pins (sha256 of all: $found)." >&2
  exit 1
fi

# PCRE2's own tarball, through a temporary list of Debian's source packages.
sed 's/^Types:.*/Types: deb-src/; s/^deb /deb-src /' /etc/apt/sources.list.d/debian.sources >"$work/source.sources" 2>/dev/null ||
  sed 's/^deb /deb-src /' /etc/apt/sources.list >"$work/source.list"
apt=(apt-get -qq -o Acquire::http::Timeout=20 -o APT::Sandbox::User=root -o Dir::Etc::SourceParts=- -o Dir::Etc::SourceList="$(ls "$work"/source.*)"
  -o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache")
"${apt[@]}" update
(cd "$work/source" && "${apt[@]}" --tar-only --download-only source pcre2 >/dev/null)
tarball=$(ls "$work"/source/pcre2_${pcre2_version}.orig.tar.*)
echo "$pcre2_sha256  $tarball" | sha256sum --check --quiet
mkdir "$work/bundle/pcre2"
tar -xf "$tarball" -C "$work/bundle/pcre2" --strip-components=1
(cd "$work/bundle/pcre2" && rm -rf testdata doc maint vms src/sljit/test_src .github)
mkdir -p "$work/bundle/sentencepiece/src"
(cd "$sentencepiece" && cp -r LICENSE config.h.in third_party "$work/bundle/sentencepiece/" && cp -r src/builtin_pb src/*.h src/*.cc "$work/bundle/sentencepiece/src/")
(cd "$work/bundle/sentencepiece/src" && rm -f ./*_main.cc ./*_test.cc ./*train* normalization_rule.h unicode_script*)
cat >"$work/bundle/README" <<'TEXT'
Third-party sources for building Attune without network: headers of nlohmann/json (MIT), CLI11 (BSD-3-Clause) and doctest
(MIT), PCRE2 (BSD-3-Clause, see pcre2/LICENCE) and SentencePiece (Apache-2.0, with protobuf-lite, BSD-3-Clause). Use with -DATTUNE_BUNDLE_DIR=THIS_FOLDER.
TEXT
printf '%s\n' "$manifest" >"$work/bundle/MANIFEST"
chmod 755 "$work/bundle"
rm -rf "$target"
mv "$work/bundle" "$target"
du -sh "$target" >&2
