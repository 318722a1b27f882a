#!/usr/bin/env bash
# The worker on a real (one-node) cluster: the bundle goes over ssh into a user's home, is built there on the login node, and a
# Slurm job trains with it; its losses are compared with this tree's own program. By hand, as root; an hour of one core's time.
# usage: cluster_build.sh [LOOPBACK]      (default tests/cluster/loopback.sh)
# ATTUNE_TORCH_DIR: the libtorch to use, which the cluster's user must be able to read. SITE_LINES: more lines of its environment script
set -euo pipefail
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
loopback=${1:-$source/tests/cluster/loopback.sh}
torch=${ATTUNE_TORCH_DIR:-$(sed -n 5p "$source/build/torch.txt")}
folder=$(mktemp -d /tmp/attune-cluster.XXXXXX)
chmod 755 "$folder"
export LB_USER=${LB_USER:-lbworker} LB_SHORT_MINUTES=30
trap '"$loopback" stop "$folder/slurm" >/dev/null 2>&1; rm -rf "$folder"' EXIT
die() { echo "WRONG: $*"; exit 1; }
"$loopback" start "$folder/slurm" >/dev/null
. "$folder/slurm/env"

"$source/packaging/worker/make_bundle.sh" "$folder/bundle.tar.gz"
$LB_SSH 'mkdir -p .attune/worker && cat >.attune/worker/bundle.tar.gz' <"$folder/bundle.tar.gz"
printf 'module() { :; }\nexport SITE_TORCH=%s\n%s\n' "$torch" "${SITE_LINES:-}" | $LB_SSH 'cat >env.sh'
$LB_SSH 'bash -l -s' <<'REMOTE' || die "the build failed on the login node"
cd ~/.attune/worker && tar -xzf bundle.tar.gz && . ~/env.sh &&
  bash attune-worker-*/build_worker.sh --environment ~/env.sh --torch "$SITE_TORCH" --jobs 2 --prefix ~/.attune/worker/site
REMOTE
$LB_SSH 'cat .attune/worker/site/worker.json' | grep -q '"checked":true.*"checks"' || die "no worker.json in the home"

tar -C "$source/tests" -c worker/train_trial.sh data/tiny_families/baichuan2 | $LB_SSH 'mkdir -p tests && tar -C tests -x'
$LB_SSH 'cat >job.sh' <<'JOB'
#!/bin/bash
~/.attune/worker/site/bin/attune doctor --json --threads 2 >doctor.json && bash tests/worker/train_trial.sh ~/.attune/worker/site/bin/attune trial >losses
JOB
$LB_SSH 'sbatch --wait -p kshdtest -N 1 -n 2 --gres=dcu:1 -t 20 -o job.log job.sh' || { $LB_SSH 'cat job.log'; die "the job failed"; }
$LB_SSH 'grep -q checks doctor.json' || die "the doctor said nothing on the node"
$LB_SSH 'cat losses' >"$folder/losses"
bash "$source/tests/worker/train_trial.sh" "${REFERENCE:-$source/build/bin/attune}" "$folder/reference" >"$folder/expected"
sh "$source/tests/worker/compare_losses.sh" "$folder/losses" "$folder/expected" || die "the losses differ"
echo "passed"
