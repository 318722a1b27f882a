#!/usr/bin/env bash
# Builds the worker from its bundle as a login node would: unpacked outside the tree, in a bare environment, without network where
# we may cut it, killed once on the way. Then trains with it and compares each step's loss with this tree's own program.
# An hour of one core's time; ./dev test --all runs it.
# usage: build_test.sh [OPTIONS OF build_worker.sh]; KEEP=FOLDER works in that folder and leaves it
set -euo pipefail
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
folder=${KEEP:-$(mktemp -d)}
[[ -n ${KEEP:-} ]] || trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder/home"
die() { echo "WRONG: $*"; tail -n 20 "$folder/build.log"; exit 1; }

"$source/packaging/worker/make_bundle.sh" "$folder/bundle.tar.gz"
rm -rf "$folder"/attune-worker-* "$folder/worker"
tar -xzf "$folder/bundle.tar.gz" -C "$folder"
bundle=$(echo "$folder"/attune-worker-*)
[[ " $* " == *" --torch "* ]] || set -- --torch "$(sed -n 5p "$source/build/torch.txt")" "$@"
command=(env -i HOME="$folder/home" PATH=/usr/bin:/bin CCACHE_DIR="${CCACHE_DIR:-$HOME/.cache/ccache}" CCACHE_BASEDIR="$bundle" CCACHE_NOHASHDIR=1
  bash "$bundle/build_worker.sh" --prefix "$folder/worker" "$@")
! unshare -n true 2>/dev/null || command=(unshare -n "${command[@]}")

echo "Building until something is compiled, then kill -9"
setsid "${command[@]}" >"$folder/build.log" 2>&1 &
builder=$!
until [[ $(find "$bundle"/build-* -name '*.o' 2>/dev/null | wc -l) -gt 20 ]]; do
  kill -0 $builder 2>/dev/null || die "the build ended early"
  sleep 1
done
own=$(ps -o pgid= -p $$ | tr -d ' ')
for group in $(ps -eo pgid=,args= | awk -v path="$bundle" -v own="$own" '$1 != own && index($0, path) { print $1 }' | sort -u); do kill -9 -- "-$group" 2>/dev/null || true; done
wait $builder 2>/dev/null || true
[[ ! -e $folder/worker/worker.json ]] || die "a worker.json of a build that was killed"
before=$(find "$bundle"/build-* -name '*.o' | wc -l)

echo "Going on ($before objects are there)"
"${command[@]}" >"$folder/build.log" 2>&1 || die "the build failed"
grep -q '^Going on with an earlier build' "$folder/build.log" || die "the second build did not go on"
[[ $(tail -n 1 "$folder/build.log") == "@@worker done $folder/worker@@" ]] || die "no line that says done"
sed -n 's/^@@worker progress \([0-9]*\) .*/\1/p' "$folder/build.log" | sort -n -c || die "progress went backwards"
for word in '"format":1' '"checked":true' '"cxx11_abi":' '"checks":\['; do
  grep -q "$word" "$folder/worker/worker.json" || die "worker.json has no $word"
done
started=$SECONDS
"${command[@]}" >"$folder/again.log" 2>&1 || die "a second build of the same failed"
[[ $((SECONDS - started)) -lt 120 ]] || die "a second build of the same took $((SECONDS - started)) s"

echo "Training"
bash "$source/tests/worker/train_trial.sh" "$folder/worker/bin/attune" "$folder/trial" >"$folder/losses"
bash "$source/tests/worker/train_trial.sh" "${REFERENCE:-$source/build/bin/attune}" "$folder/reference" >"$folder/expected"
sh "$source/tests/worker/compare_losses.sh" "$folder/losses" "$folder/expected" || die "the losses differ"
echo "passed"
