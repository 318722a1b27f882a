"""Every figure of "Speed and memory": ours beside the peers, on the same rows, taken in turns. Run it by tests/bench/core.sh.
With --json one line a figure: {"name","value","unit","peer","ratio","goal","ok"}; peer and ratio are null where there is none."""
import argparse, functools, json, os, shutil, signal, subprocess, sys, tempfile, time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PEERS = os.path.join(ROOT, "tests", "bench", "peers")
BIN = os.path.join(ROOT, "build", "bin")
LINEAR, HEAD = 106_168_320, 28_311_552  # parameters of the starter model's blocks and of its (tied) head

arguments = argparse.ArgumentParser(description=__doc__)
arguments.add_argument("--peers", required=True, help="folder with venv, smollm2-hf and llama.cpp")
arguments.add_argument("--json", action="store_true")
arguments.add_argument("--list", action="store_true", help="names of the figures")
arguments.add_argument("--only", nargs="+", default=[], help="only figures whose name starts with one of these")
arguments.add_argument("--rows", default=os.path.join(ROOT, "..", "shared", "data", "alpaca_en_demo.json"))
arguments.add_argument("--rows-zh", default=os.path.join(ROOT, "..", "shared", "data", "alpaca_zh_demo.json"))
arguments.add_argument("--threads", type=int, default=2)
arguments.add_argument("--steps", type=int, default=6, help="optimizer steps of a training case")
arguments.add_argument("--warm", type=int, default=2, help="of which the first ones are not counted")
arguments.add_argument("--rounds", type=int, default=2, help="turns of peer and ours")
options = arguments.parse_args()
options.peers = os.path.abspath(options.peers)

PYTHON = os.path.join(options.peers, "venv", "bin", "python")
HF = os.path.join(options.peers, "smollm2-hf")
STARTER = os.path.join(ROOT, ".deps", "models", "SmolLM2-135M-Instruct.Q4_1.gguf")
WORK = tempfile.mkdtemp(prefix="attune-bench-")
ENV = dict(os.environ, OMP_NUM_THREADS=str(options.threads), HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false", RAYON_NUM_THREADS="1")
FAILED = []


def median(values):
    values = sorted(values)
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


def run(command):
    """stdout, wall seconds and peak resident bytes of a program that must succeed."""
    start = time.perf_counter()
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        child = subprocess.Popen(command, stdout=out, stderr=err, env=ENV, cwd=WORK)
        try:
            _, status, usage = os.wait4(child.pid, 0)
        except BaseException:  # interrupted: leave nothing running
            child.kill()
            raise
        child.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - start
        out.seek(0), err.seek(0)
        text, problem = out.read(), err.read()
    if child.returncode:
        raise RuntimeError(f"{os.path.basename(command[0])} ended with {child.returncode}: {(problem or text).strip()[-400:]}")
    return text, seconds, usage.ru_maxrss * 1024


def last_json(text):
    return json.loads(text.strip().split("\n")[-1])


def peer(script, *values):
    return last_json(run([PYTHON, os.path.join(PEERS, script), *map(str, values)])[0])


@functools.lru_cache(None)
def data():
    """The peers' batches as token rows, and ids for decoding."""
    rows, ids = os.path.join(WORK, "rows.jsonl"), os.path.join(WORK, "ids.json")
    run([PYTHON, os.path.join(PEERS, "export_rows.py"), HF, options.rows, rows, ids])
    open(os.path.join(WORK, "ids.txt"), "w").write(" ".join(map(str, json.load(open(ids)))))
    return rows, ids


def train_ours(method, dtype, packing, checkpointing):
    config = {"schema": 1, "name": "bench", "model": HF, "method": method, "dataset": [{"path": data()[0], "format": "tokens"}],
              "max_length": 512, "packing": packing, "shuffle": False, "batch_size": 8, "accumulation": 1, "max_steps": options.steps,
              "lora": {"rank": 8, "alpha": 16, "dropout": 0.0, "targets": ["all-linear"]},
              "optimizer": {"name": "adamw", "lr": 2e-4 if method == "lora" else 2e-5, "weight_decay": 0.0},
              "scheduler": {"name": "constant"}, "clip_norm": 1.0, "precision": dtype,
              "checkpointing": "full" if checkpointing else "none", "seed": 42, "log_steps": 1}
    path = os.path.join(WORK, "run.json")
    json.dump(config, open(path, "w"))
    out = tempfile.mkdtemp(dir=WORK) + "/run"
    text, _, peak = run([BIN + "/attune", "train", path, "--out", out, "--json", "--threads", str(options.threads)])
    shutil.rmtree(out, ignore_errors=True)
    events = [json.loads(line) for line in text.splitlines() if line.strip()]
    steps = [e for e in events if e["type"] == "step"]
    first, last = steps[options.warm - 1], steps[-1]   # seconds and tokens are cumulative
    seconds = last["seconds"] - first["seconds"]
    return {"tok_s": (last["tokens"] - first["tokens"]) / seconds, "trained_tok_s": (last["trained_tokens"] - first["trained_tokens"]) / seconds,
            "peak_bytes": peak, "losses": [e["loss"] for e in steps]}


def train_peer(method, dtype, checkpointing):
    case = {"method": method, "dtype": {"fp32": "float32", "bf16": "bfloat16"}[dtype], "checkpointing": checkpointing,
            "steps": options.steps, "warm": options.warm, "threads": options.threads}
    return peer("train.py", HF, options.rows, json.dumps(case))


def merged(results):
    """Medians of the numbers of several rounds; the rest from the last one."""
    return {k: median([r[k] for r in results]) if isinstance(v, (int, float)) else v for k, v in results[-1].items()}


@functools.lru_cache(None)
def training(method, dtype, packing, checkpointing, peer_checkpointing):
    ours, theirs = [], []
    for _ in range(options.rounds):
        theirs.append(train_peer(method, dtype, peer_checkpointing))
        ours.append(train_ours(method, dtype, packing, checkpointing))
    return merged(ours), merged(theirs)


@functools.lru_cache(None)
def limits():
    return last_json(run([BIN + "/limits_bench", str(options.threads)])[0])


@functools.lru_cache(None)
def decoding(dtype):
    """Ours, Hugging Face and llama.cpp (None where it is not set up), in turns."""
    rows, ids = data()
    ours, hf, llama = [], [], []
    libraries = os.path.join(options.peers, "npm", "package", "bins", "linux-x64")
    model = os.path.join(options.peers, "smollm2-" + {"fp32": "f32", "bf16": "bf16"}[dtype] + ".gguf")
    program = os.path.join(options.peers, "llama_peer")
    for _ in range(options.rounds):
        hf.append(peer("decode.py", HF, {"fp32": "float32", "bf16": "bfloat16"}[dtype], options.threads, ids))
        ours.append(last_json(run([BIN + "/decode_bench", HF, dtype, str(options.threads), ids])[0]))
        if os.path.exists(program) and os.path.exists(model):
            llama.append(last_json(run([program, libraries, model, str(options.threads), ids[:-4] + "txt"])[0]))
    return merged(ours), merged(hf), merged(llama) if llama else None


@functools.lru_cache(None)
def tokenizing(folder, rows, megabytes):
    ours, theirs = [], []
    file = next(file for file in (folder + "/tokenizer.json", folder + "/tokenizer.model") if os.path.exists(file))
    for _ in range(options.rounds):
        theirs.append(peer("tokenizer.py", file, rows, megabytes))
        ours.append(last_json(run([BIN + "/tokenizer_bench", folder, rows, str(megabytes)])[0]))
    return merged(ours), merged(theirs)


def emit(name, value, unit, other=None, goal=None, at_least=True, against_ratio=True):
    """Prints a figure; the goal is on the ratio to the peer, or on the value itself."""
    ratio = value / other if other else None
    judged = ratio if against_ratio and other is not None else value
    ok = None if goal is None or judged is None else (judged >= goal if at_least else judged <= goal)
    if options.json:
        print(json.dumps({"name": name, "value": value, "unit": unit, "peer": other, "ratio": ratio, "goal": goal, "ok": ok}), flush=True)
        return
    text = f"{name:28} {value:12.4g} {unit:9}"
    if other is not None: text += f" peer {other:10.4g}  {ratio:6.2f}x"
    if goal is not None: text += f"  goal {'>=' if at_least else '<='} {goal:g}  {'ok' if ok else 'MISSED'}"
    print(text, flush=True)


def speed(name, method, dtype, packing, goal):
    # "Best unpacked": the peer's batches padded to the longest row.
    ours, theirs = training(method, dtype, packing, False, False)
    emit(name, ours["tok_s"], "tok/s", theirs["tok_s"], goal)
    passes = 4 if method == "lora" else 6
    work = passes * (LINEAR * ours["tok_s"] + HEAD * ours["trained_tok_s"]) / 1e9
    emit(name + "_of_limit", work / limits()[f"gemm_{dtype}_GFLOP_s"], "share")


def memory(name, dtype, checkpointing, goal):
    ours, theirs = training("lora", dtype, False, checkpointing, checkpointing)
    emit(name, ours["peak_bytes"], "bytes", theirs["peak_bytes"], goal, at_least=False)


def decode(dtype):
    ours, hf, llama = decoding(dtype)
    share = ours["decode_tok_s"] * (LINEAR + HEAD) * {"fp32": 4, "bf16": 2}[dtype] / 1e9 / limits()["read_GB_s"]
    emit(f"decode_{dtype}_hf", ours["decode_tok_s"], "tok/s", hf["decode_tok_s"], 2.3)
    if llama: emit(f"decode_{dtype}_llama", ours["decode_tok_s"], "tok/s", llama["decode_tok_s"], 1.0)
    emit(f"decode_{dtype}_of_limit", share, "share", goal=0.6)
    if ours["first_ids"] != hf["first_ids"]: print(f"decode_{dtype}: ours and Hugging Face's answers differ", file=sys.stderr)


def prompt(dtype):
    ours, hf, llama = decoding(dtype)
    emit(f"prompt_{dtype}", ours["prompt_tok_s"], "tok/s", max(hf["prompt_tok_s"], llama["prompt_tok_s"] if llama else 0), 1.3)


def tokenizer(name, rows, megabytes, folder=None, goal=2.0):
    ours, theirs = tokenizing(folder or HF, rows, megabytes)
    if ours["tokens"] != theirs["tokens"]: print(name + ": the token counts differ", file=sys.stderr)
    emit(name, ours["encode_MB_s"], "MB/s", theirs["encode_MB_s"], goal)


def more_tokenizers():
    """Those that tests/parity/tokenizer_parity.py has fetched."""
    for name in ("llama2", "llama3", "qwen3", "gemma3", "deepseek_v3", "mistral_v3"):
        folder = os.path.join(options.peers, "tokenizers", name)
        if not os.path.isdir(folder): continue
        tokenizer(f"tokenizers_{name}_en", options.rows, 2, folder, 1.0)
        tokenizer(f"tokenizers_{name}_zh", options.rows_zh, 2, folder, 1.0)


def help_time():
    times = [run([BIN + "/attune", "--help"])[1] for _ in range(11)][1:]
    emit("help_time", median(times), "s", goal=0.3, at_least=False)


def first_token():
    def ours(model):
        command = [BIN + "/attune", "generate", "--model", model, "--prompt", "What is the capital of France?", "--greedy",
                   "--max-new-tokens", "1", "--json", "--threads", str(options.threads)]
        return median([run(command)[1] for _ in range(6)][1:])
    theirs = median([run([PYTHON, os.path.join(PEERS, "first_token.py"), HF])[1] for _ in range(3)])
    emit("first_token", ours(STARTER), "s", theirs, 1.0, at_least=False, against_ratio=False)
    emit("first_token_hf_folder", ours(HF), "s", theirs, 1.0, at_least=False, against_ratio=False)


def limit_figures():
    for name, value in limits().items(): emit("limit_" + name, value, name.split("_", 1 if name.startswith("read") else 2)[-1].replace("_s", "/s"))


FIGURES = {
    "limit": limit_figures,
    "train_fp32": lambda: speed("train_fp32", "lora", "fp32", False, 2.2),
    "train_bf16": lambda: speed("train_bf16", "lora", "bf16", False, 2.0),
    "packed_fp32": lambda: speed("packed_fp32", "lora", "fp32", True, 4.0),
    "packed_bf16": lambda: speed("packed_bf16", "lora", "bf16", True, 4.0),
    "full_fp32": lambda: speed("full_fp32", "full", "fp32", False, 2.0),
    "memory_fp32": lambda: memory("memory_fp32", "fp32", False, 0.5),
    "memory_bf16": lambda: memory("memory_bf16", "bf16", False, 0.5),
    "memory_checkpointed": lambda: memory("memory_checkpointed", "bf16", True, 0.3),
    "decode_fp32": lambda: decode("fp32"),
    "decode_bf16": lambda: decode("bf16"),
    "prompt_fp32": lambda: prompt("fp32"),
    "prompt_bf16": lambda: prompt("bf16"),
    "tokenizer_en": lambda: tokenizer("tokenizer_en", options.rows, 5),
    "tokenizer_zh": lambda: tokenizer("tokenizer_zh", options.rows_zh, 2),
    "tokenizers": more_tokenizers,
    "help_time": help_time,
    "first_token": first_token,
}


def main():
    if options.list:
        print("\n".join(FIGURES))
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options.rows, options.rows_zh = os.path.abspath(options.rows), os.path.abspath(options.rows_zh)
    try:
        for name, figure in FIGURES.items():
            if options.only and not any(name.startswith(prefix) for prefix in options.only): continue
            try:
                figure()
            except Exception as problem:  # one figure that cannot be taken must not hide the others
                FAILED.append(name)
                print(f"{name}: {problem}", file=sys.stderr, flush=True)
    finally:
        shutil.rmtree(WORK, ignore_errors=True)
    return 1 if FAILED else 0


sys.exit(main())
