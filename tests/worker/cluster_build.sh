#!/usr/bin/env bash
# The worker on a real (one-node) cluster, as a person gets it: `attune cluster install` sends the bundle into a user's home and builds
# it there on the login node; the line is cut and the program ended on the way; a Slurm job trains with it; its losses are compared with
# this tree's own program. By hand, as root; an hour of one core's time.
# usage: cluster_build.sh [OPTIONS OF attune cluster install]
# ATTUNE_TORCH_DIR: the libtorch to use, which the cluster's user must be able to read. SITE_LINES: more lines of its environment script
# LOOPBACK: another loopback.sh
set -euo pipefail
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
loopback=${LOOPBACK:-$source/tests/cluster/loopback.sh}
attune=$source/build/bin/attune
torch=${ATTUNE_TORCH_DIR:-$(sed -n 5p "$source/build/torch.txt")}
folder=$(mktemp -d /tmp/attune-cluster.XXXXXX)
chmod 755 "$folder"
export LB_USER=${LB_USER:-lbworker} LB_SHORT_MINUTES=30
trap '"$loopback" stop "$folder/slurm" >/dev/null 2>&1; rm -rf "$folder"' EXIT
die() { echo "WRONG: $*"; tail -n 20 "$folder"/*.log 2>/dev/null; exit 1; }
"$loopback" start "$folder/slurm" >/dev/null
. "$folder/slurm/env"
printf 'PATH=%s/bin:$PATH\n' "$LB_STATE" | $LB_SSH 'cat >.bash_profile'
printf 'module() { :; }\n%s\n' "${SITE_LINES:-}" | $LB_SSH 'cat >env.sh'

export HOME=$folder/home ATTUNE_WORKSPACE=$folder/workspace
mkdir -p "$HOME/.ssh"
cp "$LB_KNOWN_HOSTS" "$HOME/.ssh/known_hosts"
"$attune" cluster add loop --host 127.0.0.1 --port "$LB_SSH_PORT" --user "$LB_SSH_USER" --identity "$LB_SSH_KEY" --no-agent \
  --environment env.sh --partition kshdtest --gres dcu
install=("$attune" cluster install loop --bundle "$source/build/worker/attune-worker.tar.gz" --torch "$torch")
percent() { $LB_SSH 'cat .attune/worker/build/*.log 2>/dev/null' | sed -n 's/^@@worker progress \([0-9]*\) .*/\1/p' | tail -n 1; }

"${install[@]}" "$@" >"$folder/first.log" 2>&1 &
first=$!
until [[ $(percent) -ge 10 ]]; do
  kill -0 $first 2>/dev/null || die "the installation ended early"
  sleep 2
done
"$loopback" drop "$folder/slurm"
until [[ $(percent) -ge 15 ]]; do
  kill -0 $first 2>/dev/null || die "the installation ended with its line"
  sleep 2
done
log=$($LB_SSH 'ls .attune/worker/build/*.log')
kill -9 $first
wait $first 2>/dev/null || true
"${install[@]}" --json "$@" >"$folder/result.json" 2>"$folder/second.log" || die "the installation failed: $(cat "$folder/result.json")"
grep -q '"works":true' "$folder/result.json" && grep -q '"in_profile":true' "$folder/result.json" || die "it was not tried on a node: $(cat "$folder/result.json")"
[[ $($LB_SSH 'ls .attune/worker/build/*.log') == "$log" ]] || die "the second call did not take up the first one's build"
worker=$(sed -n 's/.*"binary":"\([^"]*\)".*/\1/p' "$folder/result.json")
$LB_SSH "cat '${worker%/bin/attune}/worker.json'" | grep -q '"checked":true.*"checks"' || die "no worker.json in the home"
[[ -z $($LB_SSH 'ls -d .attune/worker/source-*/tree/*/build-* 2>/dev/null') ]] || die "the build's objects were left behind"

tar -C "$source/tests" -c worker/train_trial.sh data/tiny_families/baichuan2 | $LB_SSH 'mkdir -p tests && tar -C tests -x'
printf '#!/bin/bash\nbash tests/worker/train_trial.sh %q trial >losses\n' "$worker" | $LB_SSH 'cat >job.sh'
$LB_SSH 'sbatch --wait -p kshdtest -N 1 -n 2 --gres=dcu:1 -t 20 -o job.log job.sh' || { $LB_SSH 'cat job.log'; die "the job failed"; }
$LB_SSH 'cat losses' >"$folder/losses"
bash "$source/tests/worker/train_trial.sh" "${REFERENCE:-$attune}" "$folder/reference" >"$folder/expected"
sh "$source/tests/worker/compare_losses.sh" "$folder/losses" "$folder/expected" || die "the losses differ"
echo "passed"
