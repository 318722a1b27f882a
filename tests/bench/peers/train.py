"""Hugging Face transformers + PEFT training on the CPU.
usage: train.py MODEL ROWS.json '{"method":"lora|full","dtype":"float32|bfloat16","checkpointing":false,"steps":6,"warm":2,"threads":2}'
AdamW, clip 1, constant rate, batches of 8 rows in file order padded to the longest; prints one JSON object."""
import json, sys, time
from rows import *
import torch, peft
from transformers import AutoModelForCausalLM, AutoTokenizer

model_path, rows_path, case = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
torch.set_num_threads(case["threads"])
torch.manual_seed(42)
tokenizer = AutoTokenizer.from_pretrained(model_path)
model = AutoModelForCausalLM.from_pretrained(model_path, dtype=getattr(torch, case["dtype"]))
if case["method"] == "lora":
    model = peft.get_peft_model(model, peft.LoraConfig(r=8, lora_alpha=16, lora_dropout=0.0, target_modules="all-linear", task_type="CAUSAL_LM"))
if case["checkpointing"]:
    model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    if hasattr(model, "enable_input_require_grads"): model.enable_input_require_grads()
model.config.use_cache = False
model.train()
trained = [p for p in model.parameters() if p.requires_grad]
optimizer = torch.optim.AdamW(trained, lr=2e-4 if case["method"] == "lora" else 2e-5, weight_decay=0.0)
samples = [encode(tokenizer, row) for row in load(rows_path)[:8 * case["steps"]]]
seconds, real, losses = [], [], []
for k in range(case["steps"]):
    batch = samples[8 * k:8 * k + 8]
    width = max(len(ids) for ids, _ in batch)
    ids = torch.full((8, width), PAD); labels = torch.full((8, width), -100); mask = torch.zeros((8, width), dtype=torch.long)
    for r, (i, l) in enumerate(batch):
        ids[r, :len(i)] = torch.tensor(i); labels[r, :len(l)] = torch.tensor(l); mask[r, :len(i)] = 1
    start = time.perf_counter()
    loss = model(input_ids=ids, labels=labels, attention_mask=mask).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_(trained, 1.0)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    losses.append(loss.item())
    del loss
    seconds.append(time.perf_counter() - start)
    real.append(int(mask.sum()))
    print("peer step", k + 1, round(losses[-1], 5), round(seconds[-1], 2), "s", file=sys.stderr, flush=True)
warm = case["warm"]
print(json.dumps({"tok_s": sum(real[warm:]) / sum(seconds[warm:]), "peak_bytes": peak_bytes(), "losses": losses}))
