"""The strings of the tokenizer parity tests, made from a seed exactly as tests/tokenizer/fuzz_strings.h makes them."""

ATOMS = [
    " ", " ", " ", "  ", "   ", "\n", "\n\n", "\r\n", "\t", "\r", " \n ", "\u00a0", "\u3000", "\u2003", "\u0085", "\u2028", "\u200b",
    "a", "b", "the", "The", "and", "hello", "World", "fine", "tuning", "ing", "ed", "LoRA", "CUDA", "model", "don", "It",
    "'s", "'t", "'re", "'ve", "'m", "'ll", "'d", "'S", "'RE", "'Ll", "'\u017f", "'x", "\u2019s", "'", "''", "\"",
    "0", "1", "7", "12", "345", "2026", "3.14", "\u0663", "\u00bd", "\u2167", "\u00b2", "\U00011de5", "\U00016ff4", "\U00010d42",
    ".", ",", "!", "?", "...", "(", ")", "[]", "{}", "<", ">", "/", "\\", "_", "-", "--", "=", "+", "#", "@", "%", "$", "&", "*", "|", "`", "~", "^",
    "\u4f60\u597d", "\u4e16\u754c", "\u5fae\u8c03", "\u6a21\u578b", "\u3002", "\uff0c", "\uff01", "\u300a", "\u7684", "\u662f", "\u9f98", "\U00020000",
    "\u3053\u3093", "\u30ab\u30bf", "\u30fc", "\ud55c\uad6d", "\uac00", "\u1100\u1161\u11a8", "\u0430\u0431", "\u041f\u0440", "\u0451", "\u03b1", "\u05d0", "\u0627\u0644", "\u0915\u094d\u0937",
    "\u0e01\u0e33", "\u1780\u17d2", "\u00e9", "e\u0301", "\u0301", "\u0345", "a\u0323\u0307", "a\u0307\u0323", "\u212b", "\u2126", "\ufb01", "\u0958", "\u01c5", "\u02b0", "\u1c89", "\ua7cb", "\u0897",
    "\U0001f600", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f1e8\U0001f1f3", "\u2764\ufe0f", "\U0001f3fd", "\u20ac", "\u221e", "\u2192", "\u24b6", "\ufffd", "\ue000", "\uffff", "\U0010ffff",
    "\x00", "\x01", "\x1c", "\x1f", "\x7f", "\u00ad", "\ufeff", "\u202e",
    "<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|im_end", "im_end|>", "<repo_name>", "<|", "|>", "<tool>", "[AB]", "ABBA", "\u00c5ngstr\u00f6m",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "=========================", "zqxjkvbwp", "supercalifragilistic", "https://example.org/a?b=c", "def f(x):\n    return x\n",
]


class Random:
    def __init__(self, seed): self.state = seed

    def next(self):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) & (2**64 - 1)
        return self.state >> 33


def string(random):
    out = []
    for _ in range(random.next() % 33):
        kind = random.next() % 16
        if kind == 0:
            code = random.next() % 0x110000
            out.append("\ufffd" if 0xD800 <= code < 0xE000 else chr(code))
        elif kind == 1:
            out.append(chr(random.next() % 0x3000))
        else:
            out.append(ATOMS[random.next() % len(ATOMS)])
    return "".join(out)


def block(number, count=1000):
    """The strings of block `number`."""
    random = Random(number * 1000003 + 17)
    return [string(random) for _ in range(count)]


def digest(lists):
    """FNV-1a (64 bits) over the ids as 32-bit words, each list closed by ffffffff."""
    value = 0xCBF29CE484222325
    for ids in lists:
        for word in list(ids) + [0xFFFFFFFF]:
            value = ((value ^ word) * 0x100000001B3) & (2**64 - 1)
    return "%016x" % value
