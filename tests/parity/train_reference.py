"""Reference numbers for the optimizer and the learning-rate schedules: torch.optim.AdamW and transformers' schedules.
Usage: train_reference.py OUT.json"""
import json, sys, torch
from transformers import get_scheduler

torch.manual_seed(7)
shapes = {"matrix": [3, 4], "norm": [4], "lora_B": [2, 3]}
params = {n: torch.nn.Parameter(torch.randn(s)) for n, s in shapes.items()}
out = {"start": {n: p.detach().flatten().tolist() for n, p in params.items()}, "shapes": shapes, "steps": []}
opt = torch.optim.AdamW([
    {"params": [params["matrix"]], "lr": 0.01, "weight_decay": 0.1},
    {"params": [params["norm"]], "lr": 0.01, "weight_decay": 0.0},
    {"params": [params["lora_B"]], "lr": 0.04, "weight_decay": 0.1},
], betas=(0.9, 0.98), eps=1e-8)
for step in range(6):
    grads = {}
    for n, p in params.items():
        p.grad = torch.randn_like(p) * (10.0 ** (step - 3))
        grads[n] = p.grad.flatten().tolist()
    norm = torch.nn.utils.get_total_norm([p.grad for p in params.values()]).item()
    opt.step()
    out["steps"].append({"grads": grads, "norm": norm, "after": {n: p.detach().flatten().tolist() for n, p in params.items()}})
out["schedules"] = []
for name in ["constant_with_warmup", "linear", "cosine"]:
    for total, warmup in [(10, 0), (10, 3), (7, 1), (1, 0), (5, 5)]:
        o = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.5)
        s = get_scheduler(name, o, num_warmup_steps=warmup, num_training_steps=total)
        lrs = []
        for _ in range(total):
            lrs.append(o.param_groups[0]["lr"])
            o.step(); s.step()
        out["schedules"].append({"name": name.replace("_with_warmup", ""), "total": total, "warmup": warmup, "lr": lrs})
json.dump(out, open(sys.argv[1], "w"))
