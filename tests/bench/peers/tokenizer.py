"""Hugging Face tokenizers on the rows of a JSON file, one thread, CPU seconds.
usage: tokenizer.py TOKENIZER.json ROWS.json MEGABYTES; prints one JSON object."""
import sys, time
from rows import *
import tokenizers

tokenizer = tokenizers.Tokenizer.from_file(sys.argv[1])
rows = [r["instruction"] + "\n" + r["input"] + "\n" + r["output"] for r in load(sys.argv[2])]
texts, size = [], 0
while size < float(sys.argv[3]) * 1e6:
    for text in rows: texts.append(text); size += len(text.encode())
times = []
for _ in range(5):
    start = time.process_time()
    ids = [tokenizer.encode(text).ids for text in texts]
    times.append(time.process_time() - start)
print(json.dumps({"encode_MB_s": size / 1e6 / median(times), "tokens": sum(map(len, ids))}))
