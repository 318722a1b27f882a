"""Hugging Face greedy decoding, batch 1: 128 tokens behind 32, and a prompt of 512.
usage: decode.py MODEL float32|bfloat16 THREADS IDS.json [REPEATS]; prints one JSON object."""
import json, sys, time
from rows import *
import torch
from transformers import AutoModelForCausalLM

torch.set_num_threads(int(sys.argv[3]))
model = AutoModelForCausalLM.from_pretrained(sys.argv[1], dtype=getattr(torch, sys.argv[2])).eval()
ids = json.load(open(sys.argv[4]))
short, long = torch.tensor([ids[:32]]), torch.tensor([ids[:512]])
repeats = int(sys.argv[5]) if len(sys.argv) > 5 else 5
decode, prompt, first = [], [], []
with torch.inference_mode():
    for k in range(repeats + 1):
        out = model(short, use_cache=True)
        cache, token = out.past_key_values, out.logits[:, -1:].argmax(-1)
        made = [token.item()]
        start = time.perf_counter()
        for _ in range(127):
            out = model(token, past_key_values=cache, use_cache=True)
            token = out.logits[:, -1:].argmax(-1)
            made.append(token.item())
        decoding = 127 / (time.perf_counter() - start)
        start = time.perf_counter()
        model(long, logits_to_keep=1, use_cache=True)
        reading = 512 / (time.perf_counter() - start)
        if k: decode.append(decoding); prompt.append(reading); first = made[:16]
print(json.dumps({"decode_tok_s": median(decode), "prompt_tok_s": median(prompt), "first_ids": first, "peak_bytes": peak_bytes()}))
