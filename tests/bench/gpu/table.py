"""One table of a ratios.sh run: Attune's cases against the fastest peer of each row, measured on the same machine.
usage: table.py OUT_DIR        reads ours.jsonl, res_hf_train.jsonl, res_hf_rest.jsonl, res_unsloth.jsonl; prints Markdown"""
import json, os, sys

folder = sys.argv[1]


def lines(name):
    path = os.path.join(folder, name)
    return [json.loads(l) for l in open(path) if l.startswith("{")] if os.path.exists(path) else []


ours = lines("ours.jsonl")
peers = [p for p in lines("res_hf_train.jsonl") + lines("res_hf_rest.jsonl") + lines("res_unsloth.jsonl") if "tok_s" in p]


def row_of(case, unsloth=False):
    """What makes two cases the same work."""
    if case.get("mode") == "decode" or case.get("decode"): return ("decode", case.get("quant", case.get("quantization", "none")))
    if case.get("shape") == "13b": return ("13b", case["quantization"], case["batch"], case["seq"])
    recomputes = bool(case.get("ckpt", unsloth)) if "mode" in case else case.get("checkpointing") == "full"
    return ("train", case.get("quant", case.get("quantization", "none")), case["batch"], case["seq"], recomputes)


def is_unsloth(peer): return peer["id"].startswith("Unsloth")


NAMES = {"none": "bf16", "nf4": "NF4", "int8": "int8"}
print("| Work (Baichuan2-7B shape, LoRA r 8) | Attune tok/s | peak GiB | fastest peer | tok/s (best step) | peak GiB | ratio |")
print("|---|---|---|---|---|---|---|")
for case in ours:
    row = row_of(case)
    same = [p for p in peers if row_of(p, is_unsloth(p)) == row]
    best = max(same, key=lambda p: p["tok_s"], default=None)
    speed = case.get("tok_s", case.get("decode_tok_s"))
    if row[0] == "decode": name = f"decode {NAMES[row[1]]}, batch 1"
    elif row[0] == "13b": name = f"13B {NAMES[row[1]]} {row[3]}×{row[2]}, 16 GiB cap"
    else: name = f"{NAMES[row[1]]} {row[3]}×{row[2]}, {'recomputed' if row[4] else 'nothing recomputed'}"
    if case.get("offload"): name += ", offload"
    peer = f"{best['id']} | {best['tok_s']:,.0f} ({best.get('best_tok_s', best['tok_s']):,.0f}) | {best['peak_alloc_gib']:.2f} | {speed / best['tok_s']:.2f}" if best else "– | – | – | –"
    print(f"| {name} | {speed:,.0f} | {case['peak_alloc_gib']:.2f} | {peer} |")
