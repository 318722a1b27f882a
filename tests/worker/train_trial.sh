#!/usr/bin/env bash
# Trains a tiny Baichuan2 for eight steps in a bare environment and prints a step's loss a line, so that two builds can be
# compared. usage: train_trial.sh ATTUNE FOLDER [DEVICE]
set -euo pipefail
attune=$(realpath -s "$1") device=${3:-cpu}
model=$(cd "$(dirname "${BASH_SOURCE[0]}")/../data/tiny_families/baichuan2" && pwd)
mkdir -p "$2"
cd "$2"
awk 'BEGIN {
  for (row = 0; row < 24; ++row) {
    ids = ""
    for (i = 0; i < 20 + row * 7 % 13; ++i) ids = ids (i ? "," : "") 3 + (row * 5 + i * i) % 97
    print "{\"ids\":[" ids "],\"labels\":[" ids "]}"
  }
}' >rows.jsonl
printf '{"name":"trial","model":"%s","dataset":[{"path":"rows.jsonl","format":"tokens"}],"max_length":64,"batch_size":2,"max_steps":8,%s}' \
  "$model" '"log_steps":1,"precision":"fp32","lora":{"rank":4},"optimizer":{"lr":0.01}' >run.json
rm -rf out
env -i HOME="$PWD" PATH=/usr/bin:/bin "$attune" train run.json --out out --device "$device" --threads 1 --seed 3 --json >events.jsonl
test -s out/adapter/adapter_model.safetensors
sed -n 's/.*"type":"step".*"loss":\([0-9.e+-]*\).*/\1/p' events.jsonl
