"""A tiny random model of each family with reference numbers: of transformers + PEFT, or of plain_decoders.py for what
transformers does not hold. usage: tiny_families.py OUT_FOLDER [NAME...]   (committed result: tests/data/tiny_families)"""
import json, os, shutil, sys
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModelForCausalLM, Gemma3Config, Gemma3ForConditionalGeneration
from plain_decoders import Decoder, as_llama, randomised
from reference import logits, rows, write_reference

torch.set_num_threads(1)
OUT, ONLY = sys.argv[1], sys.argv[2:]
VOCAB = 101
DIMS = dict(hidden_size=32, intermediate_size=44, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, vocab_size=VOCAB,
            max_position_embeddings=256, initializer_range=0.25, bos_token_id=1, eos_token_id=2, pad_token_id=None)
ROPE = lambda **k: {"rope_theta": 10000.0, **k}
FACTORS = lambda n, top: [1.0 + (top - 1.0) * i / (n - 1) for i in range(n)]
FAMILIES = {
    "mistral": ("mistral", dict(sliding_window=16, rope_parameters=ROPE(rope_type="default"))),
    "qwen2": ("qwen2", dict(tie_word_embeddings=True, use_sliding_window=True, sliding_window=12, max_window_layers=1)),
    "qwen2_yarn": ("qwen2", dict(max_position_embeddings=32, rope_parameters=ROPE(rope_type="yarn", factor=4.0, original_max_position_embeddings=32))),
    "qwen3": ("qwen3", dict(head_dim=12, rope_parameters=ROPE(rope_type="default"), num_key_value_heads=1)),
    "llama_dynamic": ("llama", dict(max_position_embeddings=32, rope_parameters=ROPE(rope_type="dynamic", factor=4.0))),
    "llama_linear": ("llama", dict(max_position_embeddings=64, head_dim=6, rope_parameters=ROPE(rope_type="linear", factor=2.5), mlp_bias=True)),
    "gemma2": ("gemma2", dict(head_dim=14, sliding_window=10, query_pre_attn_scalar=20, attn_logit_softcapping=5.0, final_logit_softcapping=7.0,
                              num_hidden_layers=3)),
    "gemma3": ("gemma3_text", dict(head_dim=10, sliding_window=9, query_pre_attn_scalar=12, num_hidden_layers=3,
                                   layer_types=["sliding_attention", "full_attention", "sliding_attention"],
                                   rope_parameters={"full_attention": dict(rope_type="linear", factor=8.0, rope_theta=1e6),
                                                    "sliding_attention": dict(rope_type="default", rope_theta=1e4)})),
    "phi3": ("phi3", dict(max_position_embeddings=128, original_max_position_embeddings=32, sliding_window=20, tie_word_embeddings=False,
                          rope_parameters=ROPE(rope_type="longrope", short_factor=FACTORS(4, 1.5), long_factor=FACTORS(4, 9.0)))),
    "phi4": ("phi3", dict(hidden_size=64, num_attention_heads=4, max_position_embeddings=128, original_max_position_embeddings=128, tie_word_embeddings=True,
                          rope_parameters=ROPE(rope_type="longrope", partial_rotary_factor=0.75, short_factor=FACTORS(6, 1.2), long_factor=FACTORS(6, 3.0)))),
    "glm": ("glm", dict(head_dim=12, rope_parameters=ROPE(rope_type="default", partial_rotary_factor=0.5))),
    "glm4": ("glm4", dict(head_dim=16, num_key_value_heads=2, attention_bias=True, rope_parameters=ROPE(rope_type="default", partial_rotary_factor=0.5))),
    "smollm3": ("smollm3", dict(num_hidden_layers=3, no_rope_layer_interval=2, tie_word_embeddings=True)),
}
PLAIN = dict(hidden_size=32, intermediate_size=44, num_hidden_layers=2, num_attention_heads=4, vocab_size=VOCAB, rms_norm_eps=1e-6, hidden_act="silu",
             initializer_range=0.02, bos_token_id=1, eos_token_id=2, pad_token_id=0, tie_word_embeddings=False, torch_dtype="float16", use_cache=True)
BAICHUAN = dict(PLAIN, model_type="baichuan", model_max_length=256)
PLAINS = {
    "baichuan1": dict(BAICHUAN, architectures=["BaiChuanForCausalLM"], max_position_embeddings=256),
    "baichuan2": dict(BAICHUAN, architectures=["BaichuanForCausalLM"], max_position_embeddings=256, z_loss_weight=0),
    "baichuan2_13b": dict(BAICHUAN, architectures=["BaichuanForCausalLM"], hidden_size=40, num_attention_heads=5, z_loss_weight=0),
    "internlm2": dict(PLAIN, model_type="internlm2", architectures=["InternLM2ForCausalLM"], num_key_value_heads=2, bias=True,
                      max_position_embeddings=128, rope_theta=1e6, rope_scaling={"type": "dynamic", "factor": 2.0}),
}
wanted = lambda name: not ONLY or name in ONLY
seeded = lambda name: torch.manual_seed(sum(name.encode()))


def half(model):                                          # values that fp16 holds exactly
    for p in model.parameters(): p.data = p.data.half().float()
    return model


for name, (kind, extra) in FAMILIES.items():
    if not wanted(name): continue
    folder = os.path.join(OUT, name)
    shutil.rmtree(folder, ignore_errors=True)
    seeded(name)
    config = AutoConfig.for_model(kind, **{**DIMS, **extra})
    m = AutoModelForCausalLM.from_config(config, attn_implementation="eager")
    plus_one = kind.startswith("gemma")
    for k, p in m.named_parameters():
        if "norm" in k: p.data.uniform_(-0.5, 0.5) if plus_one else p.data.uniform_(0.5, 1.5)
        if k.endswith("bias"): p.data.normal_(0, 0.3)
    m.half().save_pretrained(folder)
    for extra_file in ("generation_config.json",):
        if os.path.exists(os.path.join(folder, extra_file)): os.remove(os.path.join(folder, extra_file))
    load = lambda: AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")
    write_reference(folder, load, rows(7, VOCAB), "all-linear", cached="dynamic" in name)

for name, config in PLAINS.items():
    if not wanted(name): continue
    folder = os.path.join(OUT, name)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    seeded(name)
    m = half(randomised(Decoder(config)))
    json.dump(config, open(os.path.join(folder, "config.json"), "w"), indent=1)
    save_file({k: v.half() for k, v in m.state_dict().items()}, os.path.join(folder, "model.safetensors"), metadata={"format": "pt"})

    def load():
        fresh = Decoder(config)
        fresh.load_state_dict({k: v.float() for k, v in load_file(os.path.join(folder, "model.safetensors")).items()})
        return fresh

    if "max_position_embeddings" in config:               # the reference itself against transformers' Llama
        ids = rows(7, VOCAB)[0][0]
        other = logits(as_llama(config, m.state_dict()), ids)
        assert (other - m(torch.tensor([ids]))).abs().max() < 1e-5 * other.abs().max(), name
    targets = ["wqkv", "wo", "w1", "w2", "w3"] if config["model_type"] == "internlm2" else ["W_pack", "o_proj", "gate_proj", "up_proj", "down_proj"]
    write_reference(folder, load, rows(7, VOCAB), targets, task=None)
