#!/bin/sh
# Fuzzes one target for some seconds from its seeds: run.sh PROGRAM SEEDS SECONDS
# New inputs go to a scratch folder; an input that fails is kept beside the program as crash-*, oom-* or timeout-*.
set -e
corpus=$(mktemp -d)
trap 'rm -rf "$corpus"' EXIT
mkdir -p "$corpus/new"
seeds=
if [ -d "$2" ]; then seeds=$2; fi
"$1" -max_total_time="$3" -rss_limit_mb=512 -timeout=10 -artifact_prefix="$1-" -print_final_stats=1 -verbosity=0 "$corpus/new" $seeds
