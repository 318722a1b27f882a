#!/usr/bin/env python3
"""A run that truly runs out on a card: rows get longer while another process takes nearly all the memory that is left, so the long
ones do not fit as typed. The run has to go on by itself and end with the losses of a run that had the card to itself.

runs_out.py [--attune PATH] [--precision bf16]      (needs python3 with torch for the other process; a card)
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from fit_configs import write_model, write_rows  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
SHAPE = (1024, 2816, 12, 8, 4, 16384)
GREEDY = """
import sys, torch
free = torch.cuda.mem_get_info()[0]
taken = torch.empty(int(free - float(sys.argv[1]) * 2**30), dtype=torch.uint8, device="cuda")
print("taken", flush=True)
sys.stdin.read()
"""


def losses(lines):
    events = [json.loads(line) for line in lines]
    return [event["loss"] for event in events if event.get("type") == "step"], [e for e in events if e.get("type") == "memory_retry"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attune", default=os.path.join(ROOT, "build-worker/bin/attune"))
    parser.add_argument("--precision", default="bf16")
    parser.add_argument("--leave", default="2.5", help="GiB that the other process leaves")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        write_model(os.path.join(folder, "model"), SHAPE)
        rows = os.path.join(folder, "rows.jsonl")
        write_rows(rows, SHAPE[5], 64, 80)
        write_rows(os.path.join(folder, "long.jsonl"), SHAPE[5], 2048, 24)
        with open(rows, "a", encoding="utf-8") as out, open(os.path.join(folder, "long.jsonl"), encoding="utf-8") as long:
            out.write(long.read())
        with open(os.path.join(folder, "run.json"), "w", encoding="utf-8") as file:
            json.dump({"schema": 1, "name": "runs-out", "model": os.path.join(folder, "model"), "shuffle": False,
                       "dataset": [{"path": rows, "format": "tokens"}], "epochs": 1, "log_steps": 1, "batch_size": 8, "max_length": 2048,
                       "packing": False, "checkpointing": "none", "precision": options.precision}, file)

        def train(name, greedy):
            command = [options.attune, "train", os.path.join(folder, "run.json"), "--out", os.path.join(folder, name), "--json", "--device",
                       "cuda"]
            run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            lines, other = [], None
            for line in run.stdout:
                lines.append(line)
                if greedy and not other and '"type":"step"' in line.replace(" ", ""):
                    other = subprocess.Popen([sys.executable, "-c", GREEDY, options.leave], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                             text=True)
                    run.send_signal(19)  # stands still until the memory is taken
                    print("the other process:", other.stdout.readline().strip(), flush=True)
                    run.send_signal(18)
            code = run.wait()
            if other:
                other.stdin.close()
                other.wait()
            if code:
                print(run.stderr.read()[-800:], file=sys.stderr)
            return code, *losses(lines)

        begin = time.monotonic()
        alone, expected, none = train("alone", False)
        code, found, retries = train("beside", True)
    worst = max((abs(a - b) / abs(b) for a, b in zip(found, expected)), default=1)
    print(json.dumps({"exit": [alone, code], "steps": [len(expected), len(found)], "retries": retries, "retries_alone": len(none),
                      "worst_relative_difference": worst, "seconds": round(time.monotonic() - begin, 1)}))
    return 0 if alone == 0 and code == 0 and retries and len(found) == len(expected) and worst < 1e-3 else 1


if __name__ == "__main__":
    sys.exit(main())
