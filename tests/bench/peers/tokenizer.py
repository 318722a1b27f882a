"""Hugging Face tokenizers or sentencepiece on the rows of a JSON file, one thread, CPU seconds.
usage: tokenizer.py TOKENIZER.json|tokenizer.model ROWS.json MEGABYTES; prints one JSON object."""
import sys, time
from rows import *

if sys.argv[1].endswith(".model"):
    import sentencepiece
    encode = sentencepiece.SentencePieceProcessor(model_file=sys.argv[1]).encode
else:
    import tokenizers
    tokenizer = tokenizers.Tokenizer.from_file(sys.argv[1])
    encode = lambda text: tokenizer.encode(text, add_special_tokens=False).ids
rows = [r["instruction"] + "\n" + r["input"] + "\n" + r["output"] for r in load(sys.argv[2])]
texts, size = [], 0
while size < float(sys.argv[3]) * 1e6:
    for text in rows: texts.append(text); size += len(text.encode())
times = []
for _ in range(5):
    start = time.process_time()
    ids = [encode(text) for text in texts]
    times.append(time.process_time() - start)
print(json.dumps({"encode_MB_s": size / 1e6 / median(times), "tokens": sum(map(len, ids))}))
