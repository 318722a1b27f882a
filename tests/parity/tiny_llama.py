"""Tiny random Llamas with reference numbers of transformers + PEFT: logits, losses, gradients, 20 AdamW steps, greedy ids.
usage: tiny_llama.py OUT_FOLDER   (committed result: tests/data/tiny_llama)"""
import os, shutil, sys
import torch
from transformers import LlamaConfig, LlamaForCausalLM
from reference import rows, write_reference

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
    write_reference(folder, load, rows(7), "all-linear", 20, rank_pattern={"mlp.up_proj": 3}, alpha_pattern={"layers.1.self_attn.q_proj": 6})
