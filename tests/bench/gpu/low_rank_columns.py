"""What LoRA could save at most as more columns of each product: (x | x.At) against (W | B), and (dy | dy.Bt) against (W ; A).

Products alone, of Baichuan2-7B's shape at 4 x 512 tokens, forward and backward of 32 layers in bf16, as long as the card needs to settle
at its power limit. Plain PyTorch, one card, two minutes: python3 low_rank_columns.py
"""
import time

import torch

ROWS, HIDDEN, INNER, LAYERS, RANK, PAD = 2048, 4096, 11008, 32, 8, 64
SHAPES = [(HIDDEN, 3 * HIDDEN, 1), (HIDDEN, HIDDEN, 1), (HIDDEN, 2 * INNER, 2), (INNER, HIDDEN, 1)]  # in, out, adapters
half = dict(device="cuda", dtype=torch.bfloat16)


class Linear:
    def __init__(self, width, height, adapters):
        self.width, self.height, self.rank = width, height, RANK * adapters
        self.wide = torch.randn(height + PAD, width + PAD, **half) * 0.02
        self.weight = self.wide[:height, :width].contiguous()
        self.a = torch.randn(self.rank, width, **half) * 0.02
        self.b = torch.randn(self.rank, height, **half) * 0.02


linears = [Linear(*shape) for _ in range(LAYERS) for shape in SHAPES]
sizes = {size for linear in linears for size in (linear.width, linear.height)}
x = {size: torch.randn(ROWS, size, **half) for size in sizes}
wide_x = {size: torch.randn(ROWS, size + PAD, **half) for size in sizes}


def bare():
    for linear in linears:
        x[linear.width] @ linear.weight.t()
        x[linear.height] @ linear.weight


def as_it_is():
    for linear in linears:
        reduced = x[linear.width] @ linear.a.t()
        (x[linear.width] @ linear.weight.t()).addmm_(reduced, linear.b)
        gradient = x[linear.height] @ linear.b.t()
        (x[linear.height] @ linear.weight).addmm_(gradient, linear.a)
        gradient.t() @ x[linear.width], reduced.t() @ x[linear.height]


def as_columns():
    for linear in linears:
        wide, back = wide_x[linear.width], wide_x[linear.height]
        reduced = wide[:, linear.width : linear.width + linear.rank]
        torch.mm(wide[:, : linear.width], linear.a.t(), out=reduced)
        wide @ linear.wide[: linear.height].t()
        gradient = back[:, linear.height : linear.height + linear.rank]
        torch.mm(back[:, : linear.height], linear.b.t(), out=gradient)
        back @ linear.wide[:, : linear.width]
        gradient.t() @ wide[:, : linear.width], reduced.t() @ back[:, : linear.height]


def milliseconds(work, seconds):
    torch.cuda.synchronize()
    begun, rounds = time.time(), 0
    while time.time() - begun < seconds:
        for _ in range(5):
            work()
        torch.cuda.synchronize()
        rounds += 5
    return 1000 * (time.time() - begun) / rounds


milliseconds(bare, 6)
for _ in range(3):
    print({work.__name__: round(milliseconds(work, 5), 2) for work in (bare, as_it_is, as_columns)}, flush=True)
