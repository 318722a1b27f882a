"""What bitsandbytes 0.50.2 makes of matrices on a CPU, and a tiny model that transformers saved with its weights in NF4.
usage: quant_fixtures.py OUT_FOLDER   (committed result: tests/data/quant; needs bitsandbytes beside the peers' packages)

Codes are those of the installed library. Values come from its portable backend: its compiled 4-bit routine reads the wrong
blocks where a row is no whole number of them (the two are compared where it is)."""
import json, os, sys
import torch
import bitsandbytes.functional as F
from bitsandbytes.backends.default.ops import _dequantize_4bit_compute
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, BitsAndBytesConfig, LlamaConfig, LlamaForCausalLM

torch.set_num_threads(1)
OUT = sys.argv[1]
os.makedirs(OUT, exist_ok=True)


def matrices():
    torch.manual_seed(7)
    yield "plain", torch.randn(48, 64) * 0.05
    yield "wide", (torch.randn(86, 192) * 0.03).bfloat16().float()       # more than one block of statistics
    yield "ragged", torch.randn(7, 33)                                   # blocks run over the ends of rows, the last is short
    yield "even_ragged", torch.randn(5, 50) * 3
    yield "tiny", torch.randn(1, 5)
    yield "odd_scales", torch.randn(16, 64) * torch.logspace(-6, 4, 16)[:, None]
    holes = torch.randn(12, 64)
    holes[3] = 0                                                         # a block of zeros
    holes[4] = 1e-39                                                     # below what the reciprocal can be taken of
    holes[5, :32] = -holes[5, 32:]
    yield "holes", holes
    yield "zeros", torch.zeros(4, 64)
    middle = torch.tensor([-1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334,
                           -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
                           0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0])
    ties = torch.cat([torch.ones(1), (middle[1:] + middle[:-1]) / 2, torch.arange(-24, 24) / 127 + 0.5 / 127]) # between two codes
    yield "ties", torch.cat([ties, ties.neg()]).view(2, 64)


def values(packed, absmax, shape):
    code = F.get_4bit_type("nf4", device="cpu")
    made = _dequantize_4bit_compute(packed.reshape(-1), absmax, code, 64, shape, torch.float32)
    if shape[1] % 64 == 0: assert torch.equal(made, torch.ops.bitsandbytes.dequantize_4bit.default(packed, absmax, 64, "nf4", shape, torch.float32))
    return made


def fixtures():
    tensors = {}
    for name, w in matrices():
        packed, state = F.quantize_4bit(w, quant_type="nf4", compress_statistics=True)
        _, plain = F.quantize_4bit(w, quant_type="nf4", compress_statistics=False)
        absmax = F.dequantize_blockwise(state.absmax, state.state2) + state.offset
        tensors |= {f"{name}.weight": w, f"{name}.packed": packed.reshape(-1), f"{name}.absmax": plain.absmax,
                    f"{name}.absmax_codes": state.absmax, f"{name}.nested_absmax": state.state2.absmax,
                    f"{name}.offset": state.offset.reshape(1), f"{name}.values": values(packed, absmax, w.shape)}
        codes, scales, _ = F.int8_vectorwise_quant(w.clone())
        if not (w.abs().amax(1) == 0).any(): # a row of zeros is 0/0 there
            tensors |= {f"{name}.int8": codes, f"{name}.int8_absmax": scales, f"{name}.int8_values": F.int8_vectorwise_dequant(codes, scales)}
    tensors["quant_map"] = F.get_4bit_type("nf4", device="cpu")
    tensors["nested_quant_map"] = F.create_dynamic_map()
    save_file(tensors, os.path.join(OUT, "matrices.safetensors"))


def checkpoint(name, double):
    """A small Llama in NF4, its head and norms in fp32, and the logits of fixed ids."""
    torch.manual_seed(11)
    config = LlamaConfig(hidden_size=64, intermediate_size=96, num_hidden_layers=1, num_attention_heads=4, num_key_value_heads=2, vocab_size=64,
                         max_position_embeddings=128, initializer_range=0.1, bos_token_id=1, eos_token_id=2, tie_word_embeddings=False)
    dense = os.path.join(OUT, "dense")
    LlamaForCausalLM(config).save_pretrained(dense)
    settings = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=double, bnb_4bit_compute_dtype=torch.float32)
    model = AutoModelForCausalLM.from_pretrained(dense, quantization_config=settings, dtype=torch.float32, device_map={"": "cpu"})
    folder = os.path.join(OUT, name)
    model.save_pretrained(folder)
    # The reference: the same codes in a model of plain matrices.
    stored = load_file(os.path.join(folder, "model.safetensors"))
    plain = LlamaForCausalLM.from_pretrained(dense).float()
    for module, layer in plain.named_modules():
        if f"{module}.weight.quant_map" not in stored: continue
        parts = {k[len(module) + 8:]: v for k, v in stored.items() if k.startswith(module + ".weight.")}
        state = F.QuantState.from_dict(parts, device="cpu")
        absmax = F.dequantize_blockwise(state.absmax, state.state2) + state.offset if state.nested else state.absmax
        layer.weight.data = values(stored[module + ".weight"], absmax, tuple(layer.weight.shape))
    ids = torch.tensor([[1, 5, 9, 44, 31, 23, 8, 50, 3, 17, 60, 2]])
    with torch.no_grad(): save_file({"ids": ids[0].contiguous(), "logits": plain(ids).logits[0].contiguous(),
                                     "q_proj": plain.model.layers[0].self_attn.q_proj.weight.data.clone()},
                                    os.path.join(folder, "reference.safetensors"))
    if double: os.replace(os.path.join(dense, "model.safetensors"), os.path.join(folder, "..", "llama_dense.safetensors"))
    for file in os.listdir(dense): os.remove(os.path.join(dense, file))
    os.rmdir(dense)


fixtures()
checkpoint("llama_nf4", True)
checkpoint("llama_nf4_single", False)
