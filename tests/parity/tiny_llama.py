"""Tiny random Llamas with reference numbers of transformers + PEFT: logits, losses, gradients, 20 AdamW steps, greedy ids.
usage: tiny_llama.py OUT_FOLDER   (committed result: tests/data/tiny_llama)"""
import json, os, shutil, sys
import numpy as np
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import LlamaConfig, LlamaForCausalLM

torch.set_num_threads(1)
OUT = sys.argv[1]
BASE = dict(hidden_size=64, intermediate_size=80, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, head_dim=16,
            vocab_size=257, max_position_embeddings=256, rms_norm_eps=1e-5, initializer_range=0.2, bos_token_id=1, eos_token_id=2,
            tie_word_embeddings=False, attention_bias=False)
VARIANTS = {
    "plain": {},
    "tied": dict(tie_word_embeddings=True),
    "bias": dict(attention_bias=True, tie_word_embeddings=True),
    "llama3": dict(tie_word_embeddings=True, rope_parameters=dict(rope_type="llama3", rope_theta=10000.0, factor=8.0, low_freq_factor=1.0,
                                        high_freq_factor=4.0, original_max_position_embeddings=32)),
}


def rows(seed):
    g = np.random.default_rng(seed)
    out = []
    for n, masked in ((40, 7), (13, 3), (51, 20)):
        ids = g.integers(3, 257, n).tolist()
        out.append((ids, [-100] * masked + ids[masked:]))
    return out


def loss_sum(m, data):
    total, count = 0.0, 0
    for ids, labels in data:
        logits = m(input_ids=torch.tensor([ids])).logits[0, :-1]
        t = torch.tensor(labels[1:])
        total = total + torch.nn.functional.cross_entropy(logits, t, ignore_index=-100, reduction="sum")
        count += int((t != -100).sum())
    return total, count


def steps(m, data, lr):
    ps = [p for p in m.parameters() if p.requires_grad]
    opt = torch.optim.AdamW(ps, lr=lr, weight_decay=0.0)
    losses = []
    for _ in range(20):
        total, count = loss_sum(m, data)
        losses.append((total / count).item())
        (total / count).backward()
        opt.step(); opt.zero_grad()
    return losses


def greedy(m, prompt, n):
    ids = list(prompt)
    with torch.no_grad():
        for _ in range(n):
            ids.append(int(m(input_ids=torch.tensor([ids])).logits[0, -1].argmax()))
    return ids[len(prompt):]


for name, extra in VARIANTS.items():
    folder = os.path.join(OUT, name)
    shutil.rmtree(folder, ignore_errors=True)
    torch.manual_seed(sum(name.encode()))
    m = LlamaForCausalLM(LlamaConfig(**{**BASE, **extra}))
    for k, p in m.named_parameters():
        if "norm" in k: p.data.uniform_(0.5, 1.5)
        if k.endswith("bias"): p.data.normal_(0, 0.3)
    m = m.to(torch.bfloat16)
    m.save_pretrained(folder)                       # bf16 on disk, fp32 in every computation below
    os.remove(os.path.join(folder, "generation_config.json"))
    load = lambda: LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32)
    data = rows(7)
    m = load()
    ref = {"rows": [{"ids": i, "labels": l} for i, l in data]}
    tensors = {}
    with torch.no_grad(): tensors["logits"] = m(input_ids=torch.tensor([data[0][0]])).logits[0].clone()
    ref["greedy"] = greedy(m, data[0][0][:8], 64)
    total, count = loss_sum(m, data)
    ref["loss_sum"], ref["count"] = total.item(), count
    (total / count).backward()
    for k, p in m.named_parameters():               # every 37th element and the norm: the whole would be 700 KB
        tensors["full." + k] = p.grad.reshape(-1)[::37].clone()
        tensors["fullnorm." + k] = p.grad.norm().reshape(1)
    m.zero_grad()
    ref["full_lr"] = 1e-3
    ref["full_losses"] = steps(m, data, ref["full_lr"])

    m = load()
    torch.manual_seed(5)
    pm = get_peft_model(m, LoraConfig(r=4, lora_alpha=10, lora_dropout=0.0, target_modules="all-linear", task_type="CAUSAL_LM",
                                      rank_pattern={"mlp.up_proj": 3}, alpha_pattern={"layers.1.self_attn.q_proj": 6}))
    for k, p in pm.named_parameters():
        if "lora_B" in k: p.data.normal_(0, 0.1)
    pm.save_pretrained(os.path.join(folder, "adapter"))
    readme = os.path.join(folder, "adapter", "README.md")
    if os.path.exists(readme): os.remove(readme)
    path = os.path.join(folder, "adapter", "adapter_config.json")
    c = json.load(open(path)); c["base_model_name_or_path"] = "tiny"; json.dump(c, open(path, "w"), indent=1)
    with torch.no_grad(): tensors["lora_logits"] = pm(input_ids=torch.tensor([data[0][0]])).logits[0].clone()
    ref["lora_greedy"] = greedy(pm, data[0][0][:8], 64)
    total, count = loss_sum(pm, data)
    ref["lora_loss_sum"] = total.item()
    (total / count).backward()
    for k, p in pm.named_parameters():
        if p.requires_grad:
            tensors["lora." + k.replace("base_model.model.", "").replace(".default.weight", "")] = p.grad.clone()
    pm.zero_grad()
    ref["lora_lr"] = 1e-2
    ref["lora_losses"] = steps(pm, data, ref["lora_lr"])
    save_file({k: v.contiguous() for k, v in tensors.items()}, os.path.join(folder, "reference.safetensors"))
    json.dump(ref, open(os.path.join(folder, "reference.json"), "w"))
    print(name, ref["loss_sum"] / count, ref["full_losses"][-1], ref["lora_losses"][0], ref["lora_losses"][-1])
