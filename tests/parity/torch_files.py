"""Files of torch.save in all the ways that weights are saved: tests/io/torch_file_test.cpp reads each as the same tiny Llama.
Element i of tensor t is 1000 t + i. usage: torch_files.py OUT_FOLDER   (committed result: tests/data/torch_bin)"""
import collections, os, sys
import torch

OUT = sys.argv[1]
LAYER = "model.layers.0."
SHAPES = {"model.embed_tokens.weight": (5, 16), LAYER + "input_layernorm.weight": (16,), LAYER + "self_attn.q_proj.weight": (16, 16),
          LAYER + "self_attn.k_proj.weight": (8, 16), LAYER + "self_attn.v_proj.weight": (8, 16),
          LAYER + "self_attn.o_proj.weight": (16, 16), LAYER + "post_attention_layernorm.weight": (16,),
          LAYER + "mlp.gate_proj.weight": (12, 16), LAYER + "mlp.up_proj.weight": (12, 16), LAYER + "mlp.down_proj.weight": (16, 12),
          "model.norm.weight": (16,)}


def weights(dtype=torch.float32):
    out = collections.OrderedDict()
    for t, (name, shape) in enumerate(SHAPES.items()):
        n = 1
        for size in shape: n *= size
        out[name] = (1000 * t + torch.arange(n, dtype=torch.float64)).reshape(shape).to(dtype)
    return out


def save(name, value, **options):
    os.makedirs(OUT, exist_ok=True)
    torch.save(value, os.path.join(OUT, name + ".bin"), **options)


def strided():
    """Transposed, windows on larger storages, every third element, one storage for all matrices of the feed-forward block."""
    out, shared = weights(), torch.zeros(40, 30, 16)
    for i, (name, w) in enumerate(out.items()):
        if "q_proj" in name or "down_proj" in name: out[name] = w.t().contiguous().t()
        elif "gate_proj" in name or "up_proj" in name:
            shared[3:15, i] = w
            out[name] = shared[3:15, i]
        elif "o_proj" in name:
            large = torch.full((20, 40), -1.0)
            large[2:18, 5:37:2] = w
            out[name] = large[2:18, 5:37:2]
        elif w.dim() == 1:
            large = torch.full((16, 3), -1.0)
            large[:, 1] = w
            out[name] = large[:, 1]
    return out


save("ordered", weights())
save("dict", dict(weights()))
save("protocol4", weights(), pickle_protocol=4)
save("protocol5", weights(), pickle_protocol=5)
save("parameters", {k: torch.nn.Parameter(v, requires_grad=i % 2 == 0) for i, (k, v) in enumerate(weights().items())})
save("nested", {"state_dict": weights(), "epoch": 3, "lr": 0.5, "note": "kept by a trainer", "nothing": None, "big": 2**40})
module = torch.nn.Module()              # what a module's own state_dict() gives: OrderedDict with _metadata
model = torch.nn.ModuleDict()
for name, value in weights().items(): module.register_buffer(name.replace(".", "_"), value)
state = module.state_dict()
for name in SHAPES: state[name] = state.pop(name.replace(".", "_"))
save("metadata", state)
save("strided", strided())
save("f16", weights(torch.float16))
save("bf16", weights(torch.bfloat16))
save("f64", weights(torch.float64))
tied = weights()
tied["lm_head.weight"] = tied["model.embed_tokens.weight"]
save("tied", tied)
extra = weights()
extra.update({"flags": torch.ones(3, dtype=torch.bool), "scalar": torch.tensor(7), "empty": torch.zeros(0, 4),
              "bytes": torch.ones(2, 2, dtype=torch.uint8), "shorts": torch.ones(2, dtype=torch.int16), "words": torch.ones(2, dtype=torch.uint32),
              "f8": torch.zeros(2, dtype=torch.float8_e4m3fn), "ones": torch.ones(1).expand(16)})
save("extra", extra)
half = len(SHAPES) // 2
for part, names in enumerate((list(SHAPES)[:half], list(SHAPES)[half:])):
    save("shard%d" % (part + 1), {name: weights()[name] for name in names})
save("legacy", weights(), _use_new_zipfile_serialization=False)
