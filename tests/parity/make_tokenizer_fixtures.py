"""Writes tests/data/tokenizer: small byte-level BPE files of the known families, and digests of the ids that `tokenizers`
gives for fuzzed strings. usage: make_tokenizer_fixtures.py STARTER_TOKENIZER_JSON TRAINING_ROWS.json... OUTPUT_FOLDER
(tokenizers 0.23.3)"""
import json, sys
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from tokenizer_fuzz import Random, block, digest

GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
QWEN35 = QWEN2.replace(r"?\p{L}+", r"?[\p{L}\p{M}]+").replace(r"[^\s\p{L}\p{N}]+", r"[^\s\p{L}\p{M}\p{N}]+")
GPT4O = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
         r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
         r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
CL100K = r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"
DEEPSEEK = [r"\p{N}{1,3}", "[一-龥\u3040-ゟ゠-ヿ]+",
            "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|"
            "\\s*[\r\n]+|\\s+(?!\\S)|\\s+"]

# Jamo, Hebrew, Indic and musical marks; full and half width, ligatures, fractions, presentation forms.
MARKED = [0x1100, 0x1161, 0x11A8, 0xAC00, 0x5D0, 0x5B0, 0x915, 0x93C, 0x9C7, 0x9BE, 0x1D15E, 0xFF21, 0xFF71, 0xFF8A, 0xFF9E, 0xFF9F,
          0xFFA1, 0xFFC2, 0x3131, 0x314F, 0xFB01, 0xFB03, 0xBD, 0xFDFA, 0xFEFB, 0x337F, 0x32FF, 0x1E9B, 0x17F, 0x3F4, 0x2126, 0xA0,
          0xA8, 0x37A, 0x2011, 0x1D400, 0x1F14A]

BYTES = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}


def split(pattern, behavior="Isolated", invert=False, kind="Regex"):
    return {"type": "Split", "pattern": {kind: pattern}, "behavior": behavior, "invert": invert}


def sequence(*steps):
    return {"type": "Sequence", "pretokenizers": list(steps) + [BYTES]}


VARIANTS = {
    "gpt2 by pcre2": sequence(split("(?:" + GPT2 + ")")),
    "llama3 by pcre2": sequence(split("(?:" + LLAMA3 + ")")),
    "qwen2 by pcre2": sequence(split("(?:" + QWEN2 + ")")),
    "qwen3.5": sequence(split(QWEN35)),
    "gpt-4o": sequence(split(GPT4O)),
    "cl100k": sequence(split(CL100K)),
    "deepseek-v3": sequence(*[split(p) for p in DEEPSEEK]),
    "gpt2 removed inverted": sequence(split(GPT2, "Removed", True)),
    "digits together": sequence({"type": "Digits", "individual_digits": False}),
    "properties": sequence(split(r"[\p{Lu}\p{Lt}]\P{L}*|\p{^M}\p{M}+|[\P{Z}\d]\s\S|\p{Han}+|\p{Sc}|[^\h\s]+\h")),
    "lines": sequence(split(r"^[a-z]+|[a-z]+$")),
    "empty matches": sequence(split(r"\d*")),
    "look-behind": sequence(split(r"(?<=\s)\p{L}|(?<!\p{N})\.")),
    "literal": sequence(split("an", "Isolated", False, "String"), split(" ", "MergedWithNext", False, "String")),
}
for name in ("Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"):
    for invert in (False, True):
        VARIANTS[f"{name} {invert}"] = sequence(split(r"\s|\p{P}|[0-9]", name, invert))


def plain(tokenizer, blocks):
    """Digests by block: even blocks with special tokens parsed, odd ones as text."""
    out = []
    for number in range(blocks):
        tokenizer.encode_special_tokens = number % 2 == 1
        out.append(digest(e.ids for e in tokenizer.encode_batch(block(number), add_special_tokens=False)))
    return out


def train(normalizer, pre, rows, size, ignore):
    t = Tokenizer(models.BPE(ignore_merges=ignore))
    t.normalizer, t.pre_tokenizer, t.decoder = normalizer, pre, decoders.ByteLevel()
    t.train_from_iterator(rows, trainers.BpeTrainer(vocab_size=size, special_tokens=[], show_progress=False,
                                                    initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    return t


def add_tokens(t):
    t.add_special_tokens(["<|endoftext|>", "<|im_start|>", AddedToken("<|im_end|>", rstrip=True), AddedToken("<repo_name>", lstrip=True)])
    t.add_tokens([AddedToken("<tool>", normalized=False), AddedToken("ABBA", single_word=True, normalized=False),
                  AddedToken("[AB]", lstrip=True, rstrip=True, normalized=True), AddedToken("\u00c5ngstr\u00f6m", normalized=True),
                  AddedToken("<|", normalized=False), AddedToken("hello", single_word=True, normalized=True)])


def normal_form(name):
    """Digests of a normal form: every code point alone, strings of marks and what they stand on, 80 blocks."""
    form = getattr(normalizers, name)()
    marks = [chr(c) for c in list(range(0x41, 0x5B)) + list(range(0x300, 0x350)) + MARKED]
    random = Random(4242)
    texts = ["".join(marks[random.next() % len(marks)] for _ in range(12)) for _ in range(20000)]
    every = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    return [digest([ord(c) for c in form.normalize_str(s)] for s in part) for part in [every, texts] + [block(n) for n in range(80)]]


def main():
    starter, sources, folder = sys.argv[1], sys.argv[2:-1], sys.argv[-1]
    rows = [v for s in sources for r in json.load(open(s)) for v in r.values() if isinstance(v, str) and v]
    rows += block(999)
    digests = {}

    t = Tokenizer.from_file(starter)
    digests["starter"] = plain(t, 100)
    t.encode_special_tokens = False
    ids = lambda texts: digest(e.ids for e in t.encode_batch(texts, add_special_tokens=False))
    digests["rows"] = {s.split("/")[-1]: ids([v for r in json.load(open(s)) for v in r.values() if isinstance(v, str) and v])
                       for s in sources}
    digests["licence"] = ids(open(folder + "/../../../LICENSE").read().split("\n"))

    digests["normal_forms"] = {form: normal_form(form) for form in ("NFC", "NFD", "NFKC", "NFKD")}

    families = {
        "gpt2": (None, pre_tokenizers.ByteLevel(add_prefix_space=True), False),
        "llama3": (None, pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(LLAMA3), "isolated"),
                                                  pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]), True),
        "qwen2": (normalizers.NFC(), pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(QWEN2), "isolated"),
                                                              pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]), False),
    }
    for name, (normalizer, pre, ignore) in families.items():
        t = train(normalizer, pre, rows, 2500, ignore)
        add_tokens(t)
        if name == "llama3":
            bos = t.token_to_id("<|im_start|>")
            t.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), processors.TemplateProcessing(
                single="<|im_start|> $A", pair="<|im_start|> $A <|im_start|> $B", special_tokens=[("<|im_start|>", bos)])])
        value = json.loads(t.to_str())
        if name == "gpt2":   # the older spelling of merges
            value["model"]["merges"] = [" ".join(m) for m in value["model"]["merges"]]
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        open(f"{folder}/{name}.json", "w").write(text)
        digests[name] = plain(Tokenizer.from_str(text), 10)

    # Merges that know no words show every border that a pre-tokenizer sets.
    t = train(None, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
              [" ".join(r.split(" ")[:40]) for r in rows], 2500, False)
    value = json.loads(t.to_str())
    open(f"{folder}/wide.json", "w").write(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
    variants = []
    for name, pre in VARIANTS.items():
        value["pre_tokenizer"] = pre
        variants.append({"name": name, "pre_tokenizer": pre, "digests": plain(Tokenizer.from_str(json.dumps(value)), 2)})
    json.dump({"digests": digests, "variants": variants}, open(f"{folder}/parity.json", "w"), ensure_ascii=False, indent=1)


if __name__ == "__main__": main()
