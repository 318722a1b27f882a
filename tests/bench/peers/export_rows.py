"""The peers' own batches as a dataset of `tokens` rows, and 512 ids for decoding.
usage: export_rows.py MODEL ROWS.json OUT.jsonl IDS.json"""
import sys
from rows import *
from transformers import AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
rows = load(sys.argv[2])
with open(sys.argv[3], "w") as out:
    for row in rows:
        ids, labels = encode(tokenizer, row)
        out.write(json.dumps({"ids": ids, "labels": labels}) + "\n")
json.dump(tokenizer.encode(" ".join(r["output"] for r in rows[:40]))[:512], open(sys.argv[4], "w"))
