"""Full fine-tuning of a model whose fp32 weights are more than the machine's memory: writes a Llama-shaped folder of random bf16
weights in shards, trains it with layers on the host, and prints one JSON line: peak memory of the run (as GNU time's maximum
resident set) beside the bytes of its weights in fp32, the forecast, losses and seconds a step.
usage: streamed_full.py ATTUNE FOLDER [--size 0.5|1.3|3|7] [--optimizer adafactor|sgd|adamw_8bit|adamw] [--steps 3] [--batch 1]
                        [--length 256] [--clip 0] [--precision bf16] [--threads 0] [--keep]
FOLDER gets the model (2 bytes a weight) and the run (up to three times that); all goes at the end unless --keep. Needs Python and numpy."""
import argparse, json, os, resource, shutil, struct, subprocess, sys, time
import numpy as np

args = argparse.ArgumentParser()
args.add_argument("attune")
args.add_argument("folder")
args.add_argument("--size", choices=["0.1", "0.5", "1.3", "3", "7"], default="0.5")
args.add_argument("--optimizer", default="adafactor")
args.add_argument("--steps", type=int, default=3)
args.add_argument("--batch", type=int, default=1)
args.add_argument("--length", type=int, default=256)
args.add_argument("--clip", type=float, default=0.0)
args.add_argument("--precision", default="bf16")
args.add_argument("--threads", type=int, default=0)
args.add_argument("--keep", action="store_true")
args = args.parse_args()

h, f, layers, heads = {"0.1": (768, 2048, 12, 12), "0.5": (1024, 2816, 32, 16), "1.3": (2048, 5504, 24, 16), "3": (3072, 8192, 26, 24),
                       "7": (4096, 11008, 32, 32)}[args.size]
vocab, SHARD, BLOCK = 32000, 2 << 30, 1 << 22


def shapes():
    yield "model.embed_tokens.weight", (vocab, h)
    for i in range(layers):
        p = "model.layers.%d." % i
        for x in "qkvo": yield p + "self_attn.%s_proj.weight" % x, (h, h)
        for x in ("gate", "up"): yield p + "mlp.%s_proj.weight" % x, (f, h)
        yield p + "mlp.down_proj.weight", (h, f)
        for x in ("input", "post_attention"): yield p + "%s_layernorm.weight" % x, (h,)
    yield "model.norm.weight", (h,)
    yield "lm_head.weight", (vocab, h)


def write_model(folder):
    os.makedirs(folder)
    every = [(name, shape, 2 * int(np.prod(shape))) for name, shape in shapes()]
    parts, filled = [[]], 0
    for tensor in every:
        if parts[-1] and filled + tensor[2] > SHARD: parts.append([]); filled = 0
        parts[-1].append(tensor); filled += tensor[2]
    rng, places = np.random.default_rng(1), {}
    for number, part in enumerate(parts, 1):
        file, at, header = "model-%05d-of-%05d.safetensors" % (number, len(parts)), 0, {}
        for name, shape, size in part:
            header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [at, at + size]}
            places[name] = file
            at += size
        text = json.dumps(header).encode()
        text += b" " * (-len(text) % 8)
        with open(os.path.join(folder, file), "wb") as out:
            out.write(struct.pack("<Q", len(text)) + text)
            for name, shape, size in part:
                for begin in range(0, size // 2, BLOCK):
                    n = min(BLOCK, size // 2 - begin)
                    if len(shape) == 1: bits = np.full(n, 0x3F80, np.uint16) # 1
                    else: bits = rng.integers(0, 65536, n, np.uint16) & 0x807F | 121 << 7 # +-[1, 2) / 64: a deviation of 0.023
                    out.write(bits.astype(np.uint16).tobytes())
    total = sum(size for _, _, size in every)
    json.dump({"metadata": {"total_size": total}, "weight_map": places}, open(os.path.join(folder, "model.safetensors.index.json"), "w"))
    json.dump(dict(architectures=["LlamaForCausalLM"], model_type="llama", hidden_size=h, intermediate_size=f, num_hidden_layers=layers,
                   num_attention_heads=heads, num_key_value_heads=heads, vocab_size=vocab, max_position_embeddings=4096, rms_norm_eps=1e-5,
                   rope_theta=10000.0, hidden_act="silu", tie_word_embeddings=False, bos_token_id=1, eos_token_id=2,
                   torch_dtype="bfloat16"), open(os.path.join(folder, "config.json"), "w"))
    return total // 2


count = sum(int(np.prod(shape)) for _, shape in shapes())
os.makedirs(args.folder, exist_ok=True)
# the model, two checkpoints as the run reckons with, and the result, in 16 bits; the optimizer's state in each checkpoint
state = {"adamw": 8, "adamw_8bit": 2.3}.get(args.optimizer, 0.01)
needed = (8 + 2 * state) * count * 1.02
if needed > shutil.disk_usage(args.folder).free: sys.exit("needs %.1f GB in %s" % (needed / 1e9, args.folder))
model, out = os.path.join(args.folder, "model"), os.path.join(args.folder, "run")
shutil.rmtree(out, ignore_errors=True)
if not os.path.exists(os.path.join(model, "config.json")):
    shutil.rmtree(model, ignore_errors=True)
    write_model(model)
rng = np.random.default_rng(2)
with open(os.path.join(args.folder, "rows.jsonl"), "w") as rows:
    for _ in range(args.batch * args.steps):
        ids = (rng.integers(3, 200, args.length)).tolist() # few different ones, so that there is something to learn
        rows.write(json.dumps({"ids": ids, "labels": ids}) + "\n")
json.dump({"name": "streamed", "model": model, "method": "full", "dataset": [{"path": "rows.jsonl", "format": "tokens"}], "max_length": args.length,
           "batch_size": args.batch, "max_steps": args.steps, "precision": args.precision, "offload": ["layers"], "clip_norm": args.clip,
           "threads": args.threads, "save_steps": 1000000, "keep_checkpoints": 1, "scheduler": {"name": "constant"},
           "optimizer": {"name": args.optimizer, "lr": 0.3 if args.optimizer == "sgd" else 1e-3}},
          open(os.path.join(args.folder, "run.json"), "w"))
free = next(int(line.split()[1]) * 1024 for line in open("/proc/meminfo") if line.startswith("MemAvailable"))
begin = time.time()
run = subprocess.run([args.attune, "train", os.path.join(args.folder, "run.json"), "--out", out, "--json"], stdout=subprocess.PIPE, text=True)
events = [json.loads(line) for line in run.stdout.splitlines()]
steps = [e for e in events if e.get("type") == "step"]
result = {"parameters": count, "fp32_bytes": 4 * count, "memory_free_bytes": free, "peak_bytes": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024,
          "optimizer": args.optimizer, "clip_norm": args.clip, "tokens": args.batch * args.length, "exit": run.returncode, "seconds": round(time.time() - begin, 1)}
result["peak_of_fp32"] = round(result["peak_bytes"] / result["fp32_bytes"], 3)
if steps:
    result.update(losses=[round(s["loss"], 4) for s in steps], step_seconds=round((steps[-1]["seconds"] - (steps[0]["seconds"] if len(steps) > 1 else 0)) / max(1, len(steps) - 1), 2))
    result["forecast_bytes"] = json.load(open(os.path.join(out, "run.json")))["record"].get("forecast_host_peak_bytes")
elif events: result["last"] = events[-1]
print(json.dumps(result))
if not args.keep:
    for path in (model, out): shutil.rmtree(path, ignore_errors=True)
sys.exit(run.returncode)
