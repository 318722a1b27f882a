"""Baichuan 1 and 2 and InternLM2 in plain PyTorch, written from their published facts (reference/core-facts.md §1, §2) and from
nothing of ours: whole score matrices, no cache, the checkpoints' own parameter names. Also the same weights as a plain Llama."""
import math
import torch
from torch import nn


class Norm(nn.Module):
    def __init__(self, n, eps):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(n)), eps

    def forward(self, x):
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps))


class NormHead(nn.Module):
    def __init__(self, v, h):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(v, h) * 0.2)

    def forward(self, x):
        return x @ nn.functional.normalize(self.weight).T


def slopes(n):
    if math.log2(n).is_integer():
        first = 2.0 ** (-8.0 / n)
        return [first ** (k + 1) for k in range(n)]
    near = 2 ** int(math.floor(math.log2(n)))
    return slopes(near) + slopes(2 * near)[0::2][: n - near]


def turned(x, theta, scaling, limit):                       # x [B, heads, T, D]
    t, d = x.shape[2], x.shape[3]
    if scaling and scaling["type"] == "dynamic" and t > limit:
        s = scaling["factor"]
        theta = theta * ((s * t / limit) - (s - 1)) ** (d / (d - 2))
    if scaling and scaling["type"] == "linear":
        position = torch.arange(t).float() / scaling["factor"]
    else:
        position = torch.arange(t).float()
    angle = torch.outer(position, 1.0 / (theta ** (torch.arange(0, d, 2).float() / d)))
    c, s = torch.cat([angle.cos()] * 2, -1), torch.cat([angle.sin()] * 2, -1)
    return x * c + torch.cat([-x[..., d // 2:], x[..., : d // 2]], -1) * s


def mix(q, k, v, alibi):                                    # [B, heads, T, D] -> [B, T, heads * D]
    b, a, t, d = q.shape
    k, v = (z.repeat_interleave(a // z.shape[1], 1) for z in (k, v))
    score = q @ k.transpose(2, 3) / math.sqrt(d)
    place = torch.arange(t)
    if alibi is not None: score = score + alibi[:, None, None] * (place[None, :] - place[:, None])
    score = score.masked_fill(place[None, :] > place[:, None], float("-inf"))
    return (score.softmax(-1) @ v).transpose(1, 2).reshape(b, t, a * d)


class BaichuanAttention(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c, h = c, c["hidden_size"]
        self.W_pack = nn.Linear(h, 3 * h, bias=False)
        self.o_proj = nn.Linear(h, h, bias=False)
        self.alibi = None if "max_position_embeddings" in c else torch.tensor(slopes(c["num_attention_heads"]))

    def forward(self, x):
        b, t, h = x.shape
        q, k, v = (z.reshape(b, t, self.c["num_attention_heads"], -1).transpose(1, 2) for z in self.W_pack(x).split(h, -1))
        if self.alibi is None: q, k = turned(q, 10000.0, None, 0), turned(k, 10000.0, None, 0)
        return self.o_proj(mix(q, k, v, self.alibi))


class InternAttention(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c, h = c, c["hidden_size"]
        self.kv, self.group, self.d = c["num_key_value_heads"], c["num_attention_heads"] // c["num_key_value_heads"], h // c["num_attention_heads"]
        self.wqkv = nn.Linear(h, self.kv * (self.group + 2) * self.d, bias=c["bias"])
        self.wo = nn.Linear(h, h, bias=c["bias"])

    def forward(self, x):
        b, t, _ = x.shape
        z = self.wqkv(x).reshape(b, t, self.kv, self.group + 2, self.d)
        q = z[..., : self.group, :].reshape(b, t, -1, self.d).transpose(1, 2)
        k, v = z[..., -2, :].transpose(1, 2), z[..., -1, :].transpose(1, 2)
        c = self.c
        q, k = (turned(y, c["rope_theta"], c.get("rope_scaling"), c["max_position_embeddings"]) for y in (q, k))
        return self.wo(mix(q, k, v, None))


class Gate(nn.Module):
    def __init__(self, c, names):
        super().__init__()
        h, f = c["hidden_size"], c["intermediate_size"]
        self.names = names
        for name, (i, o) in zip(names, ((h, f), (h, f), (f, h))): setattr(self, name, nn.Linear(i, o, bias=False))

    def forward(self, x):
        gate, up, down = (getattr(self, n) for n in self.names)
        return down(nn.functional.silu(gate(x)) * up(x))


class Layer(nn.Module):
    def __init__(self, c, intern):
        super().__init__()
        self.names = ("attention_norm", "attention", "ffn_norm", "feed_forward") if intern else \
            ("input_layernorm", "self_attn", "post_attention_layernorm", "mlp")
        parts = (Norm(c["hidden_size"], c["rms_norm_eps"]), InternAttention(c) if intern else BaichuanAttention(c),
                 Norm(c["hidden_size"], c["rms_norm_eps"]), Gate(c, ("w1", "w3", "w2") if intern else ("gate_proj", "up_proj", "down_proj")))
        for name, part in zip(self.names, parts): setattr(self, name, part)

    def forward(self, x):
        first, attention, second, feed = (getattr(self, n) for n in self.names)
        x = x + attention(first(x))
        return x + feed(second(x))


class Body(nn.Module):
    def __init__(self, c, intern):
        super().__init__()
        self.name = "tok_embeddings" if intern else "embed_tokens"
        setattr(self, self.name, nn.Embedding(c["vocab_size"], c["hidden_size"], padding_idx=c.get("pad_token_id")))
        self.layers = nn.ModuleList(Layer(c, intern) for _ in range(c["num_hidden_layers"]))
        self.norm = Norm(c["hidden_size"], c["rms_norm_eps"])

    def forward(self, ids):
        x = getattr(self, self.name)(ids)
        for layer in self.layers: x = layer(x)
        return self.norm(x)


class Decoder(nn.Module):
    def __init__(self, c):
        super().__init__()
        intern = c["model_type"] == "internlm2"
        self.model = Body(c, intern)
        self.head_name = "output" if intern else "lm_head"
        v, h = c["vocab_size"], c["hidden_size"]
        second = c["architectures"][0] == "BaichuanForCausalLM"
        setattr(self, self.head_name, NormHead(v, h) if second and not intern else nn.Linear(h, v, bias=False))

    def forward(self, input_ids):
        return getattr(self, self.head_name)(self.model(input_ids))


def randomised(model):
    for name, p in model.named_parameters():
        p.data.uniform_(0.5, 1.5) if "norm" in name else p.data.normal_(0, 0.3 if name.endswith("bias") else 0.2)
    return model


def as_llama(c, state):
    """config and weights of a plain Llama that computes the same (no ALiBi)."""
    from transformers import LlamaConfig, LlamaForCausalLM
    h, a = c["hidden_size"], c["num_attention_heads"]
    kv = c.get("num_key_value_heads", a)
    rope = {"rope_type": "default", "rope_theta": c.get("rope_theta", 10000.0)}
    if c.get("rope_scaling"): rope.update(rope_type=c["rope_scaling"]["type"], factor=c["rope_scaling"]["factor"])
    llama = LlamaForCausalLM(LlamaConfig(
        hidden_size=h, intermediate_size=c["intermediate_size"], num_hidden_layers=c["num_hidden_layers"], num_attention_heads=a,
        num_key_value_heads=kv, vocab_size=c["vocab_size"], max_position_embeddings=c["max_position_embeddings"], rms_norm_eps=c["rms_norm_eps"],
        rope_parameters=rope, attention_bias=c.get("bias", False), tie_word_embeddings=False, pad_token_id=None))
    out, d = {}, h // a
    for k, w in state.items():
        if "W_pack" in k:
            for name, part in zip("qkv", w.split(h)): out[k.replace("W_pack", name + "_proj")] = part
        elif "wqkv" in k:
            z = w.reshape(kv, a // kv + 2, d, *w.shape[1:])
            to = lambda n: k.replace("attention.wqkv", f"self_attn.{n}_proj")
            out[to("q")], out[to("k")], out[to("v")] = z[:, :-2].reshape(-1, *w.shape[1:]), z[:, -2].reshape(-1, *w.shape[1:]), z[:, -1].reshape(-1, *w.shape[1:])
        else:
            for old, new in (("attention.wo", "self_attn.o_proj"), ("feed_forward.w1", "mlp.gate_proj"), ("feed_forward.w3", "mlp.up_proj"),
                             ("feed_forward.w2", "mlp.down_proj"), ("attention_norm", "input_layernorm"), ("ffn_norm", "post_attention_layernorm"),
                             ("tok_embeddings", "embed_tokens")):
                k = k.replace(old, new)
            if k == "output.weight": k = "lm_head.weight"
            if k == "lm_head.weight" and c["architectures"][0] == "BaichuanForCausalLM": w = nn.functional.normalize(w)
            out[k] = w
    llama.load_state_dict(out)
    return llama.float()
