"""Random models of every family, of shapes nobody chose, saved by transformers (or plain_decoders.py) and scored by `attune`:
logits must agree to 1e-5. usage: fuzz_families.py ATTUNE [COUNT [SEED [FAMILY...]]]   exit 1 on a difference."""
import json, os, random, subprocess, sys, tempfile
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModelForCausalLM, Gemma3Config, Gemma3ForConditionalGeneration
from plain_decoders import Decoder, randomised

torch.set_num_threads(1)
ATTUNE = sys.argv[1]
COUNT = int(sys.argv[2]) if len(sys.argv) > 2 else 20
r = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
ONLY = sys.argv[4:]


def dims():
    kv = r.choice([1, 2, 3])
    heads = kv * r.choice([1, 2, 3])
    even = 2 * r.randint(2, 9)
    return dict(hidden_size=heads * even if r.random() < 0.5 else heads * 2 * r.randint(3, 11), intermediate_size=r.randint(5, 70),
                num_hidden_layers=r.randint(1, 5), num_attention_heads=heads, num_key_value_heads=kv, vocab_size=r.randint(60, 400),
                max_position_embeddings=r.choice([64, 100, 256]), rms_norm_eps=r.choice([1e-6, 1e-5, 3e-4]), initializer_range=0.25,
                tie_word_embeddings=r.random() < 0.5, bos_token_id=1, eos_token_id=2, pad_token_id=r.choice([None, 0]))


def head(d):
    d["head_dim"] = 2 * r.randint(2, 12)
    return d["head_dim"]


def even_head(d):                                         # heads of an even size without head_dim
    d["hidden_size"] = d["num_attention_heads"] * 2 * r.randint(2, 8)
    return d["hidden_size"] // d["num_attention_heads"]


def rope(limit, d):
    theta = r.choice([100.0, 10000.0, 5e5])
    kind = r.choice(["default", "linear", "dynamic", "yarn", "llama3", "longrope"])
    p = {"rope_type": kind, "rope_theta": theta}
    if kind in ("linear", "dynamic", "yarn", "llama3"): p["factor"] = r.choice([2.0, 4.0, 8.5])
    if kind == "llama3": p.update(low_freq_factor=1.0, high_freq_factor=4.0)
    if kind in ("llama3", "yarn", "longrope"): p["original_max_position_embeddings"] = r.choice([16, 40])
    if kind == "yarn" and r.random() < 0.5: p.update(r.choice([dict(beta_fast=16.0, beta_slow=2.0), dict(attention_factor=1.3), dict(mscale=0.7, mscale_all_dim=1.1),
                                                               dict(truncate=False)]))
    if kind == "longrope": p.update(short_factor=[r.uniform(1, 2) for _ in range(d // 2)], long_factor=[r.uniform(1, 20) for _ in range(d // 2)])
    return p


def llama(d):
    d.update(attention_bias=r.random() < 0.4, mlp_bias=r.random() < 0.4, hidden_act=r.choice(["silu", "gelu", "gelu_pytorch_tanh"]))
    d["hidden_size"] -= d["hidden_size"] % d["num_attention_heads"]
    d["rope_parameters"] = rope(64, head(d))
    return "llama"


def mistral(d):
    d.update(sliding_window=r.choice([None, 1, 7, 30]), rope_parameters=rope(64, head(d)))
    return "mistral"


def qwen2(d):
    d.update(use_sliding_window=r.random() < 0.6, sliding_window=r.choice([3, 20]), max_window_layers=r.randint(0, 3))
    d["rope_parameters"] = rope(64, even_head(d))
    if r.random() < 0.3 and d["use_sliding_window"]: d["layer_types"] = [r.choice(["full_attention", "sliding_attention"]) for _ in range(d["num_hidden_layers"])]
    return "qwen2"


def qwen3(d):
    qwen2(d)
    d.update(attention_bias=r.random() < 0.4)
    d["rope_parameters"] = rope(64, head(d))
    return "qwen3"


def gemma2(d):
    d["hidden_size"] -= d["hidden_size"] % d["num_attention_heads"]
    d.update(sliding_window=r.choice([4, 25]), query_pre_attn_scalar=r.randint(4, 40), attn_logit_softcapping=r.choice([None, 3.0, 50.0]),
             final_logit_softcapping=r.choice([None, 5.0, 30.0]), attention_bias=r.random() < 0.3, rope_parameters=rope(64, head(d)))
    return "gemma2"


def gemma3(d):
    d["hidden_size"] -= d["hidden_size"] % d["num_attention_heads"]
    d.update(sliding_window=r.choice([4, 25]), query_pre_attn_scalar=r.randint(4, 40), attention_bias=r.random() < 0.3)
    size = head(d)
    if r.random() < 0.5: d["layer_types"] = [r.choice(["full_attention", "sliding_attention"]) for _ in range(d["num_hidden_layers"])]
    else: d["sliding_window_pattern"] = r.randint(1, 4)
    full = r.choice([dict(rope_type="default", rope_theta=1e6), dict(rope_type="linear", factor=8.0, rope_theta=5e5)])
    d["rope_parameters"] = {"full_attention": full, "sliding_attention": dict(rope_type="default", rope_theta=r.choice([1e4, 300.0]))}
    return "gemma3_text"


def phi3(d):
    size = even_head(d)
    partial = r.choice([1.0, 1.0, 0.5, 0.75])
    while int(size * partial) % 2: size += 2
    d["hidden_size"] = size * d["num_attention_heads"]
    p = {"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": partial}
    if r.random() < 0.7:
        n = int(size * partial) // 2
        p.update(rope_type="longrope", short_factor=[r.uniform(1, 2) for _ in range(n)], long_factor=[r.uniform(1, 20) for _ in range(n)])
        d["original_max_position_embeddings"] = r.choice([16, 50])
    d.update(rope_parameters=p, sliding_window=r.choice([None, 5, 47]))
    return "phi3"


def glm(d, kind="glm"):
    size = 4 * r.randint(1, 6)
    d.update(head_dim=size, attention_bias=r.random() < 0.6, rope_parameters={"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": r.choice([0.5, 1.0])})
    return kind


def smollm3(d):
    even_head(d)
    d.update(no_rope_layer_interval=r.randint(1, 4), attention_bias=r.random() < 0.3, mlp_bias=r.random() < 0.3, use_sliding_window=r.random() < 0.4,
             sliding_window=r.choice([5, 20]))
    if r.random() < 0.4: d["no_rope_layers"] = [r.randint(0, 1) for _ in range(d["num_hidden_layers"])]
    return "smollm3"


def older(config):
    """The same settings in the words of transformers 4."""
    p = config.pop("rope_parameters", None)
    if isinstance(p, dict) and "rope_type" in p:
        config["rope_theta"] = p.pop("rope_theta")
        if "partial_rotary_factor" in p: config["partial_rotary_factor"] = p.pop("partial_rotary_factor")
        if p["rope_type"] != "default":
            p["type"] = p.pop("rope_type")
            config["rope_scaling"] = p
    elif p:
        config["rope_theta"], config["rope_local_base_freq"] = p["full_attention"].pop("rope_theta"), p["sliding_attention"]["rope_theta"]
        if p["full_attention"]["rope_type"] != "default": config["rope_scaling"] = p["full_attention"]
    if "dtype" in config: config["torch_dtype"] = config.pop("dtype")
    return config


def transformers_model(make, folder):
    d = dims()
    kind = make(d)
    m = AutoModelForCausalLM.from_config(AutoConfig.for_model(kind, **d), attn_implementation="eager").eval()
    fill(m, kind.startswith("gemma"))
    m.save_pretrained(folder)
    path = folder + "/config.json"
    if r.random() < 0.5:
        config = older(json.load(open(path)))
        json.dump(config, open(path, "w"))
    return m


def fill(m, plus_one):
    for k, p in m.named_parameters():
        if "norm" in k: p.data.uniform_(-0.5, 0.5) if plus_one else p.data.uniform_(0.5, 1.5)
        elif k.endswith("bias"): p.data.normal_(0, 0.3)


def gemma3_with_pictures(folder):
    d = dims()
    gemma3(d)
    tie = d.pop("tie_word_embeddings")
    config = Gemma3Config(text_config=d, vision_config=dict(hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2, image_size=28, patch_size=14),
                          mm_tokens_per_image=4, image_token_index=5, tie_word_embeddings=tie)
    m = Gemma3ForConditionalGeneration._from_config(config, attn_implementation="eager").eval()
    fill(m.model.language_model, True)
    m.save_pretrained(folder)
    return m


def plain(kind, folder):
    d = dims()
    heads = r.choice([1, 2, 3, 4, 5, 6, 7, 8, 12]) if kind == "baichuan" else d["num_attention_heads"]
    size = 2 * r.randint(2, 8)
    c = dict(hidden_size=heads * size, intermediate_size=d["intermediate_size"], num_hidden_layers=d["num_hidden_layers"], num_attention_heads=heads,
             vocab_size=d["vocab_size"], rms_norm_eps=d["rms_norm_eps"], hidden_act="silu", pad_token_id=0, bos_token_id=1, eos_token_id=2,
             tie_word_embeddings=False, model_type=kind)
    if kind == "baichuan":
        c.update(architectures=[r.choice(["BaichuanForCausalLM", "BaiChuanForCausalLM"])], model_max_length=256)
        if r.random() < 0.5: c["max_position_embeddings"] = 256
    else:
        c.update(architectures=["InternLM2ForCausalLM"], num_key_value_heads=d["num_key_value_heads"], bias=r.random() < 0.5, max_position_embeddings=64,
                 rope_theta=r.choice([1e4, 1e6]), rope_scaling=r.choice([None, {"type": "dynamic", "factor": 2.0}, {"type": "linear", "factor": 3.0}]))
    m = randomised(Decoder(c)).eval()
    json.dump(c, open(folder + "/config.json", "w"))
    save_file({k: v.contiguous() for k, v in m.state_dict().items()}, folder + "/model.safetensors", metadata={"format": "pt"})
    return m


MAKERS = {f.__name__: (lambda f: lambda folder: transformers_model(f, folder))(f) for f in (llama, mistral, qwen2, qwen3, gemma2, gemma3, phi3, glm, smollm3)}
MAKERS["glm4"] = lambda folder: transformers_model(lambda d: glm(d, "glm4"), folder)
MAKERS["gemma3_with_pictures"] = gemma3_with_pictures
MAKERS["baichuan"] = lambda folder: plain("baichuan", folder)
MAKERS["internlm2"] = lambda folder: plain("internlm2", folder)
bad = 0
for name, make in MAKERS.items():
    if ONLY and name not in ONLY: continue
    worst = 0.0
    for case in range(COUNT):
        torch.manual_seed(r.randrange(1 << 30))
        with tempfile.TemporaryDirectory() as folder:
            m = make(folder)
            config = json.load(open(folder + "/config.json"))
            ids = [r.randrange(3, 60) for _ in range(r.choice([1, 5, 16, 33, 64]))]
            with torch.no_grad():
                out = m(input_ids=torch.tensor([ids]))
                want = (out.logits if hasattr(out, "logits") else out)[0]
            run = subprocess.run([ATTUNE, "score", "--model", folder, "--ids", " ".join(map(str, ids)), "--precision", "fp32", "--threads", "1", "--json",
                                  "--logits", folder + "/out.safetensors"], capture_output=True, text=True, timeout=300)
            if run.returncode:
                bad += 1
                print("FAILED", name, case, run.stdout[:400], run.stderr[-300:], json.dumps(config)[:1500], flush=True)
                continue
            got = load_file(folder + "/out.safetensors")["logits"]
            difference = ((got - want).abs().max() / want.abs().max()).item()
            worst = max(worst, difference)
            if not difference < 1e-5:
                bad += 1
                print("DIFFERS", name, case, difference, len(ids), json.dumps(config)[:1500], flush=True)
    print(name, "worst", worst, flush=True)
sys.exit(1 if bad else 0)
