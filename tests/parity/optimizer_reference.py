"""Reference numbers of the further optimizers. usage: optimizer_reference.py OUT.safetensors (needs torch, transformers,
bitsandbytes; committed result: tests/data/train/optimizers.safetensors). Gradients are our own random numbers, so that the test
can make them again.

adafactor: transformers' own, rate fixed. sgd: torch.optim.SGD. adamw_8bit: the formulas of bitsandbytes' blockwise kernel
(kOptimizerStatic8bit2StateBlockwise, which needs a card) on the maps that bitsandbytes makes, in fp32; weights decay before the
update, as in torch.optim.AdamW, where the kernel lets them decay after it."""
import sys
import numpy as np, torch
from bitsandbytes.functional import create_dynamic_map
from safetensors.torch import save_file
from transformers.optimization import Adafactor
from common import uniform

STEPS, LR, DECAY, BLOCK = 5, 0.01, 0.1, 256


def numbers(shape, stream, scale):
    return torch.from_numpy(((2 * uniform(int(np.prod(shape)), 7, stream) - 1) * scale).astype(np.float32).reshape(shape))


def gradient(shape, name, step): return numbers(shape, 1000 * (step + 1) + name, 10.0 ** (step - 3))


out = {"signed_map": create_dynamic_map(True), "unsigned_map": create_dynamic_map(False)}

# transformers sees q, k and v as matrices of their own; ours lie below each other in one.
packed, vector, parts = (24, 10), (10,), [12, 6, 6]
start = numbers(packed, 1, 1.0)
pieces = [torch.nn.Parameter(p.clone()) for p in start.split(parts)]
alone, norm = torch.nn.Parameter(start.clone()), torch.nn.Parameter(numbers(vector, 2, 1.0))
common = dict(lr=LR, scale_parameter=False, relative_step=False, warmup_init=False)
optimizers = [Adafactor(pieces + [alone], weight_decay=DECAY, **common), Adafactor([norm], weight_decay=0.0, **common)]
weights = torch.nn.Parameter(start.clone())
optimizers.append(torch.optim.SGD([weights], lr=LR, weight_decay=DECAY))
for step in range(STEPS):
    g = gradient(packed, 1, step)
    for p, part in zip(pieces, g.split(parts)): p.grad = part.clone()
    alone.grad, weights.grad, norm.grad = g.clone(), g.clone(), gradient(vector, 2, step)
    for o in optimizers: o.step()
out |= {"adafactor.packed": torch.cat([p.detach() for p in pieces]), "adafactor.alone": alone.detach(), "adafactor.norm": norm.detach(),
        "sgd.packed": weights.detach()}

shape = (66, 64) # 16.5 blocks
n = shape[0] * shape[1]
blocks = -(-n // BLOCK)
block_of = np.arange(n) // BLOCK
maps = [out["signed_map"].numpy(), out["unsigned_map"].numpy()]
codes, scales = [np.zeros(n, np.uint8) for _ in maps], [np.zeros(blocks, np.float32) for _ in maps]
w = numbers(shape, 3, 1.0).numpy().ravel()
f = np.float32
b1, b2, eps = f(0.9), f(0.98), f(1e-8)
for step in range(STEPS):
    g = gradient(shape, 3, step).numpy().ravel()
    state = [m[c] * s[block_of] for m, c, s in zip(maps, codes, scales)]
    state[0] = state[0] * b1 + f(1 - 0.9) * g
    state[1] = state[1] * b2 + f(1 - 0.98) * g * g
    correction1, correction2 = f(1 - 0.9 ** (step + 1)), f(np.sqrt(1 - 0.98 ** (step + 1)))
    w = w * f(1 - LR * DECAY)
    w = w + (f(-LR) * correction2 / correction1) * (state[0] / (np.sqrt(state[1]) + correction2 * eps))
    for k in range(2):
        scales[k] = np.array([np.abs(state[k][block_of == b]).max() for b in range(blocks)], np.float32)
        unit = state[k] / scales[k][block_of]
        codes[k] = np.searchsorted((maps[k][1:] + maps[k][:-1]) / f(2), unit).astype(np.uint8)
        if k == 0: # the same sign after as before
            wrong = np.signbit(maps[k][codes[k]]) != np.signbit(state[k])
            codes[k] = np.where(wrong, np.where(state[k] > 0, codes[k] + 1, codes[k] - 1), codes[k]).astype(np.uint8)
    out |= {f"adamw_8bit.{step}.weight": torch.from_numpy(w.reshape(shape).copy())}
for k, name in enumerate(["exp_avg", "exp_avg_sq"]):
    out |= {f"adamw_8bit.{name}.codes": torch.from_numpy(codes[k].reshape(shape)), f"adamw_8bit.{name}.scales": torch.from_numpy(scales[k])}
out = {k: v for k, v in out.items() if not k.startswith("adamw_8bit.") or not k.endswith("weight") or k.startswith(("adamw_8bit.0", "adamw_8bit.4"))}
save_file({k: v.contiguous() for k, v in out.items()}, sys.argv[1])
