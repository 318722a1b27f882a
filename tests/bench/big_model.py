"""Writes a folder of random weights in the shape of Baichuan2-7B (or 13B), shard by shard as pytorch_model-*.bin: 15 GB in
bf16, to measure load time and peak memory with. One shard's storages are never in memory together.
usage: big_model.py OUT_FOLDER [--size 7b|13b] [--layout baichuan|llama] [--dtype bf16|f16|f32] [--scale N] [--shards N]
--scale 8 divides all widths by 8 and the layers too, for a try. Needs Python and numpy; asks df before it writes.
Afterwards: /usr/bin/time -v attune score --model OUT_FOLDER --ids "1 2 3" --precision bf16"""
import argparse, json, os, shutil, struct, sys, zlib
import numpy as np

args = argparse.ArgumentParser()
args.add_argument("out")
args.add_argument("--size", choices=["7b", "13b"], default="7b")
args.add_argument("--layout", choices=["baichuan", "llama"], default="baichuan")
args.add_argument("--dtype", choices=["bf16", "f16", "f32"], default="bf16")
args.add_argument("--scale", type=int, default=1)
args.add_argument("--shards", type=int, default=2)
args = args.parse_args()

SIZES = {"7b": dict(h=4096, f=11008, layers=32, heads=32, vocab=125696, context=4096),
         "13b": dict(h=5120, f=13696, layers=40, heads=40, vocab=125696, context=4096)}
s = SIZES[args.size]
h, f = s["h"] // args.scale, s["f"] // args.scale // 8 * 8
layers, heads, vocab = max(1, s["layers"] // args.scale), max(1, s["heads"] // args.scale), s["vocab"] // args.scale // 64 * 64
STORAGE, BYTES = {"bf16": ("BFloat16Storage", 2), "f16": ("HalfStorage", 2), "f32": ("FloatStorage", 4)}[args.dtype]
BLOCK = 1 << 22  # elements made at a time


def shapes():
    yield "model.embed_tokens.weight", (vocab, h)
    for i in range(layers):
        p = "model.layers.%d." % i
        if args.layout == "baichuan":
            yield p + "self_attn.W_pack.weight", (3 * h, h)
        else:
            for x in "qkv": yield p + "self_attn.%s_proj.weight" % x, (h, h)
        yield p + "self_attn.o_proj.weight", (h, h)
        for x in ("gate", "up"): yield p + "mlp.%s_proj.weight" % x, (f, h)
        yield p + "mlp.down_proj.weight", (h, f)
        for x in ("input", "post_attention"): yield p + "%s_layernorm.weight" % x, (h,)
    yield "model.norm.weight", (h,)
    yield "lm_head.weight", (vocab, h)


def blocks(name, shape, rng):
    """The tensor's bytes, a block at a time: norms are one, matrices normal with 0.02."""
    left = int(np.prod(shape))
    while left:
        n = min(left, BLOCK)
        x = np.ones(n, np.float32) if len(shape) == 1 else rng.standard_normal(n, np.float32) * np.float32(0.02)
        if args.dtype == "bf16": yield (x.view(np.uint32) >> 16).astype(np.uint16).tobytes()
        elif args.dtype == "f16": yield x.astype(np.float16).tobytes()
        else: yield x.tobytes()
        left -= n


def integer(n): return b"J" + struct.pack("<i", n) if n < 2**31 else b"\x8a\x05" + n.to_bytes(5, "little")
def text(t): return b"X" + struct.pack("<I", len(t)) + t.encode()


def pickle_of(part):
    out = b"\x80\x02ccollections\nOrderedDict\n)R("
    for key, (name, shape) in enumerate(part):
        n = int(np.prod(shape))
        stride = (shape[1], 1) if len(shape) == 2 else (1,)
        out += text(name) + b"ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") + b"ctorch\n" + STORAGE.encode() + b"\n"
        out += text(str(key)) + text("cpu") + integer(n) + b"tQK\x00(" + b"".join(map(integer, shape)) + b"t("
        out += b"".join(map(integer, stride)) + b"t\x89ccollections\nOrderedDict\n)RtR"
    return out + b"u."


class Zip:
    """Stored entries whose data begin at multiples of 64, zip64 throughout, as torch.save writes them."""
    def __init__(self, path): self.file, self.directory = open(path, "wb"), []

    def add(self, name, size, pieces):
        name, at = ("archive/" + name).encode(), self.file.tell()
        pad = -(at + 30 + len(name) + 20 + 4) % 64
        extra = struct.pack("<HHQQ", 1, 16, size, size) + b"FB" + struct.pack("<H", pad) + b"Z" * pad
        head = lambda crc: struct.pack("<IHHHHHIIIHH", 0x04034b50, 45, 0, 0, 0, 0, crc, 2**32 - 1, 2**32 - 1, len(name), len(extra)) + name + extra
        self.file.write(head(0))
        crc = 0
        for piece in pieces:
            crc = zlib.crc32(piece, crc)
            self.file.write(piece)
        end = self.file.tell()
        self.file.seek(at); self.file.write(head(crc)); self.file.seek(end)
        self.directory.append(struct.pack("<IHHHHHHIIIHHHHHII", 0x02014b50, 45, 45, 0, 0, 0, 0, crc, 2**32 - 1, 2**32 - 1, len(name), 28, 0, 0, 0, 0,
                                          2**32 - 1) + name + struct.pack("<HHQQQ", 1, 24, size, size, at))

    def close(self):
        start, data, n = self.file.tell(), b"".join(self.directory), len(self.directory)
        self.file.write(data + struct.pack("<IQHHIIQQQQ", 0x06064b50, 44, 45, 45, 0, 0, n, n, len(data), start) +
                        struct.pack("<IIQI", 0x07064b50, 0, start + len(data), 1) +
                        struct.pack("<IHHHHIIH", 0x06054b50, 0, 0, 0xFFFF, 0xFFFF, 2**32 - 1, 2**32 - 1, 0))
        self.file.close()


os.makedirs(args.out, exist_ok=True)
every = list(shapes())
sizes = {name: int(np.prod(shape)) * BYTES for name, shape in every}
total = sum(sizes.values())
free = shutil.disk_usage(args.out).free
if total * 1.02 > free: sys.exit("needs %.1f GB, %s has %.1f GB free" % (total / 1e9, args.out, free / 1e9))
parts, limit = [[]], total / args.shards
for name, shape in every:
    if parts[-1] and len(parts) < args.shards and sum(sizes[n] for n, _ in parts[-1]) >= limit: parts.append([])
    parts[-1].append((name, shape))
rng, places = np.random.default_rng(1), {}
for number, part in enumerate(parts, 1):
    file = "pytorch_model-%05d-of-%05d.bin" % (number, len(parts))
    archive = Zip(os.path.join(args.out, file))
    pickle = pickle_of(part)
    archive.add("data.pkl", len(pickle), [pickle])
    archive.add("byteorder", 6, [b"little"])
    for key, (name, shape) in enumerate(part):
        archive.add("data/%d" % key, sizes[name], blocks(name, shape, rng))
        places[name] = file
    archive.add("version", 2, [b"3\n"])
    archive.close()
    print(file, "%.2f GB" % (os.path.getsize(os.path.join(args.out, file)) / 1e9), flush=True)
json.dump({"metadata": {"total_size": total}, "weight_map": places}, open(os.path.join(args.out, "pytorch_model.bin.index.json"), "w"), indent=1)
config = dict(hidden_size=h, intermediate_size=f, num_hidden_layers=layers, num_attention_heads=heads, vocab_size=vocab, rms_norm_eps=1e-6,
              hidden_act="silu", bos_token_id=1, eos_token_id=2, pad_token_id=0, tie_word_embeddings=False, use_cache=True,
              torch_dtype={"bf16": "bfloat16", "f16": "float16", "f32": "float32"}[args.dtype])
if args.layout == "baichuan":
    config.update(architectures=["BaichuanForCausalLM"], model_type="baichuan", max_position_embeddings=s["context"], model_max_length=s["context"],
                  z_loss_weight=0)
    if args.size == "13b": config.pop("max_position_embeddings")
else:
    config.update(architectures=["LlamaForCausalLM"], model_type="llama", max_position_embeddings=s["context"], num_key_value_heads=heads,
                  rope_theta=10000.0)
json.dump(config, open(os.path.join(args.out, "config.json"), "w"), indent=1)
print("total %.2f GB in %d tensors" % (total / 1e9, len(every)))
