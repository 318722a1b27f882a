"""Shared by the peers: rows of a JSON file as ids and labels through the model's own chat template, medians, peak memory."""
import json, os

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
PAD, CUTOFF = 2, 512


def load(path):
    return json.load(open(path))


def encode(tokenizer, row):
    """Ids and labels of one rendered row; everything up to the answer is -100."""
    text = row["instruction"] + ("\n" + row["input"] if row.get("input") else "")
    question = [{"role": "user", "content": text}]
    prompt = tokenizer.apply_chat_template(question, add_generation_prompt=True, tokenize=False)
    whole = tokenizer.apply_chat_template(question + [{"role": "assistant", "content": row["output"]}], tokenize=False)
    assert whole.startswith(prompt)
    first = tokenizer.encode(prompt, add_special_tokens=False)
    rest = tokenizer.encode(whole[len(prompt):], add_special_tokens=False)
    return (first + rest)[:CUTOFF], ([-100] * len(first) + rest)[:CUTOFF]


def median(values):
    values = sorted(values)
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


def peak_bytes():
    """Peak resident memory of this process."""
    for line in open("/proc/self/status"):
        if line.startswith("VmHWM"): return int(line.split()[1]) * 1024
