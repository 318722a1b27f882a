"""Shared by the parity scripts: our counter-based random numbers, so that an initial adapter need not be committed."""
import numpy as np


def philox(counters, stream, seed):
    """Philox4x32-10 of core/base/rng.cpp: uint64 counters -> uint32 [n, 4]."""
    c = np.stack([counters & 0xFFFFFFFF, counters >> np.uint64(32), np.full_like(counters, stream & 0xFFFFFFFF),
                  np.full_like(counters, stream >> 32)], 1).astype(np.uint64)
    k0, k1 = np.uint64(seed & 0xFFFFFFFF), np.uint64(seed >> 32)
    mask = np.uint64(0xFFFFFFFF)
    for r in range(10):
        p0, p1 = c[:, 0] * np.uint64(0xD2511F53), c[:, 2] * np.uint64(0xCD9E8D57)
        c = np.stack([(p1 >> np.uint64(32)) ^ c[:, 1] ^ k0, p1 & mask, (p0 >> np.uint64(32)) ^ c[:, 3] ^ k1, p0 & mask], 1)
        k0, k1 = (k0 + np.uint64(0x9E3779B9)) & mask, (k1 + np.uint64(0xBB67AE85)) & mask
    return c


def uniform(n, seed, stream):
    """The first n values of CounterRng(seed, stream).uniform()."""
    blocks = philox(np.arange(n, dtype=np.uint64), stream, seed)
    words = blocks[:, 0] | (blocks[:, 1] << np.uint64(32))
    return (words >> np.uint64(11)).astype(np.float64) * (1.0 / 9007199254740992.0)


def name_hash(name):
    h = 14695981039346656037
    for b in name.encode():
        h = ((h ^ b) * 1099511628211) & 0xFFFFFFFFFFFFFFFF
    return h


def attune_init(module, shape, seed):
    """lora_A as core/lora/lora_inject.cpp draws it."""
    u = uniform(shape[0] * shape[1], seed, name_hash(module))
    return ((2.0 * u - 1.0) * (1.0 / np.sqrt(float(shape[1])))).astype(np.float32).reshape(shape)
