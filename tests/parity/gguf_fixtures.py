"""Writes tests/data/io/dequant.safetensors: for every GGUF type that Attune reads, random blocks (TYPE.raw, bytes) and
what the `gguf` package decodes them to (TYPE.float, float32). Usage: gguf_fixtures.py OUT.safetensors"""
import sys

import gguf
import numpy as np
from safetensors.numpy import save_file

rng = np.random.default_rng(7)
TYPES = "F32 F16 BF16 Q4_0 Q4_1 Q5_0 Q5_1 Q8_0 Q4_K Q5_K Q6_K".split()
HALVES_AT = {"Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208]}


def halves(n):
    """Scales of every size and sign; the first are the smallest subnormal, the largest, zero, minus zero and infinity."""
    values = (rng.standard_normal(n) * 10.0 ** rng.uniform(-7, 3, n)).astype(np.float16)
    special = np.array([0x0001, 0x83FF, 0x0400, 0x7BFF, 0x0000, 0x8000, 0x7C00], dtype=np.uint16).view(np.float16)
    values[: min(n, len(special))] = special[: min(n, len(special))]
    return rng.permutation(values)


tensors = {}
for name in TYPES:
    kind = gguf.GGMLQuantizationType[name]
    block, size = gguf.GGML_QUANT_SIZES[kind]
    if name == "F16":
        raw = np.arange(0, 65536, 31, dtype=np.uint16)
        raw = raw[(raw & 0x7FFF) <= 0x7C00].view(np.uint8)  # every NaN is as good as another
    elif name == "BF16":
        raw = rng.integers(0, 65536, 2048, dtype=np.uint16).view(np.uint8)
    elif name == "F32":
        raw = rng.standard_normal(256).astype(np.float32).view(np.uint8)
    else:
        count = 40 if block == 32 else 10
        raw = rng.integers(0, 256, (count, size), dtype=np.uint8)
        for at in HALVES_AT[name]:
            raw[:, at : at + 2] = halves(count).reshape(-1, 1).view(np.uint8)
        raw = raw.reshape(-1)
    with np.errstate(all="ignore"):
        out = gguf.quants.dequantize(raw.reshape(1, -1), kind).astype(np.float32).reshape(-1)
    tensors[name + ".raw"] = raw.copy()
    tensors[name + ".float"] = out.copy()
save_file(tensors, sys.argv[1], metadata={"format": "pt"})
