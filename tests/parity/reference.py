"""Reference numbers of one tiny model, for any torch module that returns logits: logits, losses, gradients, AdamW steps, greedy
ids, all for the base model and with a PEFT adapter. The C++ side is tests/model/tiny_models_test.cpp."""
import json, os
import numpy as np
import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file


def rows(seed, vocab=257):
    g = np.random.default_rng(seed)
    out = []
    for n, masked in ((40, 7), (13, 3), (51, 20)):
        ids = g.integers(3, vocab, n).tolist()
        out.append((ids, [-100] * masked + ids[masked:]))
    return out


def forget_lengths(m):
    """transformers' dynamic rotary scaling keeps the frequencies of the longest sequence it has seen: start anew."""
    for part in m.modules():
        if getattr(part, "rope_type", None) == "dynamic":
            part.max_seq_len_cached = part.original_max_seq_len
            part.register_buffer("inv_freq", part.original_inv_freq, persistent=False)


def logits(m, ids, **more):
    forget_lengths(m)
    out = m(input_ids=torch.tensor([ids]), **more)
    return out.logits if hasattr(out, "logits") else out


def loss_sum(m, data):
    total, count = 0.0, 0
    for ids, labels in data:
        t = torch.tensor(labels[1:])
        total = total + torch.nn.functional.cross_entropy(logits(m, ids)[0, :-1], t, ignore_index=-100, reduction="sum")
        count += int((t != -100).sum())
    return total, count


def steps(m, data, lr, number):
    opt = torch.optim.AdamW([p for p in m.parameters() if p.requires_grad], lr=lr, weight_decay=0.0)
    losses = []
    for _ in range(number):
        total, count = loss_sum(m, data)
        losses.append((total / count).item())
        (total / count).backward()
        opt.step(); opt.zero_grad()
    return losses


def greedy(m, prompt, n, cached=False):
    """Without a cache, or with transformers' own, which keeps keys turned by the frequencies of their time."""
    ids, cache, fed = list(prompt), None, list(prompt)
    with torch.no_grad():
        for _ in range(n):
            if cached:
                out = m(input_ids=torch.tensor([fed]), past_key_values=cache, use_cache=True)
                cache, last = out.past_key_values, out.logits[0, -1]
            else:
                last = logits(m, ids)[0, -1]
            fed = [int(last.argmax())]
            ids += fed
    return ids[len(prompt):]


def write_reference(folder, load, data, targets, steps_taken=10, cached=False, task="CAUSAL_LM", rank_pattern=None, alpha_pattern=None):
    """`load` gives a fresh fp32 model each time it is called. Writes reference.json, reference.safetensors and adapter/."""
    m = load()
    ref = {"rows": [{"ids": i, "labels": l} for i, l in data]}
    tensors = {}
    with torch.no_grad(): tensors["logits"] = logits(m, data[0][0])[0].clone()
    ref["greedy"] = greedy(m, data[0][0][:8], 64, cached)
    m = load()
    total, count = loss_sum(m, data)
    ref["loss_sum"], ref["count"] = total.item(), count
    (total / count).backward()
    for k, p in m.named_parameters():               # every 37th element and the norm: the whole would be 700 KB
        if p.grad is None: continue                 # what the text does not reach
        tensors["full." + k] = p.grad.reshape(-1)[::37].clone()
        tensors["fullnorm." + k] = p.grad.norm().reshape(1)
    m.zero_grad()
    ref["full_lr"] = 1e-3
    ref["full_losses"] = steps(m, data, ref["full_lr"], steps_taken)

    m = load()
    torch.manual_seed(5)
    pm = get_peft_model(m, LoraConfig(r=4, lora_alpha=10, lora_dropout=0.0, target_modules=targets, task_type=task,
                                      rank_pattern=rank_pattern or {}, alpha_pattern=alpha_pattern or {}))
    for k, p in pm.named_parameters():
        if "lora_B" in k: p.data.normal_(0, 0.1)
    pm.save_pretrained(os.path.join(folder, "adapter"))
    readme = os.path.join(folder, "adapter", "README.md")
    if os.path.exists(readme): os.remove(readme)
    path = os.path.join(folder, "adapter", "adapter_config.json")
    c = json.load(open(path)); c["base_model_name_or_path"] = "tiny"; json.dump(c, open(path, "w"), indent=1)
    with torch.no_grad(): tensors["lora_logits"] = logits(pm, data[0][0])[0].clone()
    ref["lora_greedy"] = greedy(pm, data[0][0][:8], 64, cached)
    total, count = loss_sum(pm, data)
    ref["lora_loss_sum"] = total.item()
    (total / count).backward()
    for k, p in pm.named_parameters():
        if p.requires_grad:
            tensors["lora." + k.replace("base_model.model.", "").replace(".default.weight", "")] = p.grad.clone()
    pm.zero_grad()
    ref["lora_lr"] = 1e-2
    ref["lora_losses"] = steps(pm, data, ref["lora_lr"], steps_taken)
    save_file({k: v.contiguous() for k, v in tensors.items()}, os.path.join(folder, "reference.safetensors"))
    json.dump(ref, open(os.path.join(folder, "reference.json"), "w"))
    print(os.path.basename(folder), ref["loss_sum"] / count, ref["full_losses"][-1], ref["lora_losses"][0], ref["lora_losses"][-1])
