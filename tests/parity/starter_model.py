"""Reference numbers of transformers + PEFT for the starter model (SmolLM2-135M-Instruct dequantised to fp32).
usage: starter_model.py HF_FOLDER OUT_FOLDER   (committed result: tests/data/starter_model)
The initial adapter is drawn with our own counter-based numbers on both sides, so it is not committed."""
import json, os, sys
import numpy as np
import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, AutoTokenizer
from common import attune_init

HF, OUT = sys.argv[1], sys.argv[2]
os.makedirs(OUT, exist_ok=True)
torch.set_num_threads(2)
tok = AutoTokenizer.from_pretrained(HF)
m = AutoModelForCausalLM.from_pretrained(HF, dtype=torch.float32)
TEXT = ("Fine-tuning adapts a language model to a task with few examples. 微调让语言模型适应一个任务。 A low-rank adapter trains two small "
        "matrices beside each frozen weight; their product is the change. def add(a, b):\n    return a + b\n\nThe loss falls, then flattens 123.")
prompt = (tok.encode(TEXT, add_special_tokens=False) * 2)[:64]
assert len(prompt) == 64
ref = {"prompt": prompt, "positions": [0, 1, 7, 31, 40, 63], "stride": 97}
with torch.no_grad(): logits = m(input_ids=torch.tensor([prompt])).logits[0]
ref["max_abs"] = logits.abs().max().item()
ref["nll"] = torch.nn.functional.cross_entropy(logits[:-1].double(), torch.tensor(prompt[1:]), reduction="sum").item()
tensors = {"logits": logits[ref["positions"]][:, ::ref["stride"]].contiguous(),
           "argmax": logits.argmax(-1).to(torch.int64).contiguous()}
with torch.no_grad():
    ids = list(prompt[:24])
    for _ in range(64):
        ids.append(int(m(input_ids=torch.tensor([ids])).logits[0, -1].argmax()))
ref["greedy_prompt"], ref["greedy"] = prompt[:24], ids[24:]

SENTENCES = ["The rank of an adapter bounds what it can learn.", "A loss curve that rises again means overfitting.",
             "LoRA leaves the base model's weights as they are.", "Warm-up raises the rate slowly at the start.",
             "Packing puts several rows into one sequence.", "学习率太大，损失会发散。", "适配器只有几兆字节。", "An epoch is one pass over all rows."]
rows = []
for s in SENTENCES:
    ids = (tok.encode("Q: say it. A: " + s, add_special_tokens=False) + [2])[:32]
    rows.append((ids, [-100] * 6 + ids[6:]))
ref["rows"] = [{"ids": i, "labels": l} for i, l in rows]
pm = get_peft_model(m, LoraConfig(r=8, lora_alpha=16, lora_dropout=0.0, target_modules="all-linear", task_type="CAUSAL_LM"))
ref["seed"] = 1234
for k, p in pm.named_parameters():
    if "lora_A" in k:
        p.data.copy_(torch.from_numpy(attune_init(k.replace("base_model.model.", "").replace(".lora_A.default.weight", ""), tuple(p.shape), ref["seed"])))
module = lambda k: k.replace("base_model.model.", "").replace(".default.weight", "")


def batch_loss(step):
    total, count = 0.0, 0
    for j in range(ref["batch"]):
        ids, labels = rows[(step * ref["batch"] + j) % len(rows)]
        t = torch.tensor(labels[1:])
        total = total + torch.nn.functional.cross_entropy(pm(input_ids=torch.tensor([ids])).logits[0, :-1], t, ignore_index=-100, reduction="sum")
        count += int((t != -100).sum())
    return total / count


ps = [p for p in pm.parameters() if p.requires_grad]
ref["lr"], ref["batch"] = 1e-3, 2
opt = torch.optim.AdamW(ps, lr=ref["lr"], weight_decay=0.0)
for k, p in pm.named_parameters():   # gradients of A and B at a B that is not zero
    if "lora_B" in k: p.data.copy_(torch.from_numpy(0.2 * attune_init(module(k), tuple(p.shape), ref["seed"])))
batch_loss(0).backward()
for k, p in pm.named_parameters():
    if p.requires_grad and any(x in k for x in (".layers.0.", ".layers.29.")) and any(x in k for x in ("q_proj", "v_proj", "down_proj")):
        tensors["grad." + module(k)] = p.grad.reshape(-1)[::7].clone()
for k, p in pm.named_parameters():
    if "lora_B" in k: p.data.zero_()
    p.grad = None
losses, norms = [], []
for step in range(100):
    loss = batch_loss(step)
    losses.append(loss.item())
    loss.backward()
    norms.append(torch.nn.utils.clip_grad_norm_(ps, 1.0).item())
    opt.step(); opt.zero_grad()
ref["losses"], ref["grad_norms"] = losses, norms
save_file(tensors, os.path.join(OUT, "reference.safetensors"))
json.dump(ref, open(os.path.join(OUT, "reference.json"), "w"))
print(ref["nll"], losses[:4], losses[-4:])
