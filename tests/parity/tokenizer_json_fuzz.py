"""Compares ids and decoded text of random tokenizer.json files, put together from every component that Attune reads, with those of
`tokenizers`. usage: tokenizer_json_fuzz.py [--binary build/bin/tokenizer_ids] [--files N] [--seed S] [--texts N] [--keep FOLDER]
A file that Attune refuses is counted by its reason; differences are printed with the file's components. (tokenizers 0.23.3)"""
import argparse, collections, json, os, random, subprocess, sys, tempfile
from tokenizers import Tokenizer, pre_tokenizers
from tokenizer_fuzz import ATOMS, block

BYTES = sorted(pre_tokenizers.ByteLevel.alphabet())
PATTERNS = [r"\s+", r" ?\p{L}+", r"\p{N}", r"\p{N}{1,3}", r"[aeiou]", r"'s|'t| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
            r"\d*", r"(?i:the)|an", r"[\p{P}\p{S}]", r"\S+\s?", r"^\w+", r"[\r\n]+$", r"x{2,}|a+"]
PATTERNS_OF_SOME = [p for p in PATTERNS if p != r"\d*"]   # tokenizers replaces nothing twice in places
LITERALS = [" ", "an", "\n", "1", "\u2581", "e\u0301", "  "]
BEHAVIORS = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]


class Maker:
    def __init__(self, seed): self.r = random.Random(seed)

    def flip(self, share=0.5): return self.r.random() < share

    def pattern(self, patterns=PATTERNS):
        return {"Regex": self.r.choice(patterns)} if self.flip() else {"String": self.r.choice(LITERALS)}

    def some(self, make, key, most=3):
        parts = [make() for _ in range(self.r.randint(0, most))]
        if not parts: return None
        return parts[0] if len(parts) == 1 and self.flip() else {"type": "Sequence", key: parts}

    def normalizer(self):
        kind = self.r.choice(["NFC", "NFD", "NFKC", "NFKD", "Lowercase", "Strip", "Prepend", "Replace", "Replace"])
        out = {"type": kind}
        if kind == "Strip": out.update(strip_left=self.flip(), strip_right=self.flip())
        if kind == "Prepend": out["prepend"] = self.r.choice([" ", "\u2581", "x", "ab"])
        if kind == "Replace": out.update(pattern=self.pattern(PATTERNS_OF_SOME), content=self.r.choice(["", " ", "\u2581", "ab", "A"]))
        return out

    def pre_tokenizer(self):
        kind = self.r.choice(["Split", "Split", "Digits", "Metaspace"])
        if kind == "Digits": return {"type": kind, "individual_digits": self.flip()}
        if kind == "Metaspace":
            return {"type": kind, "replacement": self.r.choice(["\u2581", "_"]), "split": self.flip(),
                    "prepend_scheme": self.r.choice(self.schemes)}
        return {"type": kind, "pattern": self.pattern(), "behavior": self.r.choice(BEHAVIORS), "invert": self.flip()}

    def bytes_pre_tokenizer(self):
        before = self.some(lambda: self.pre_tokenizer(), "pretokenizers", 2)
        last = {"type": "ByteLevel", "add_prefix_space": self.flip(), "trim_offsets": self.flip(), "use_regex": self.flip()}
        if before is None: return last
        return {"type": "Sequence", "pretokenizers": [before, last]}   # nested, where it is a Sequence itself

    def model(self, by_bytes):
        fallback = not by_bytes and self.flip() or self.flip(0.1)
        pieces = list(BYTES) if by_bytes else list(dict.fromkeys(c for atom in ATOMS for c in atom if self.flip(0.85) or c in " \u2581ae"))
        if by_bytes and self.flip(0.3): pieces = [p for p in pieces if self.flip(0.95)]
        if not by_bytes and "\u2581" not in pieces: pieces.append("\u2581")
        known, merges = set(pieces), []
        frequent = [p for p in pieces if p.isalnum() or p in "\u0120\u010a\u2581 _."]
        while len(merges) < 400:
            a, b = self.r.choice(frequent), self.r.choice(frequent)
            if len(a + b) > 6 or self.flip(0.2): continue
            if (a, b) in merges: continue
            merges.append((a, b))
            if a + b not in known: known.add(a + b); pieces.append(a + b); frequent.append(a + b)
        words = [c for c in ("the", "hello", "World", "\u0120the", "\u2581the", "1", "abc", "don't") if c not in known and self.flip(0.5)]
        pieces += words   # reached by ignore_merges only
        if fallback: pieces += ["<0x%02X>" % b for b in range(256)]
        unknown = "<unk>" if self.flip() else None
        if unknown: pieces.append(unknown)
        self.r.shuffle(pieces)
        return {"type": "BPE", "dropout": None, "unk_token": unknown, "continuing_subword_prefix": None, "end_of_word_suffix": None,
                "fuse_unk": self.flip(), "byte_fallback": fallback, "ignore_merges": self.flip(0.3),
                "vocab": {p: i for i, p in enumerate(pieces)}, "merges": [" ".join(m) for m in merges] if self.flip() and
                not any(" " in a + b for a, b in merges) else merges}

    def added(self, vocabulary, by_bytes):
        texts = [t for t in ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<repo_name>", "<tool>", "<|", "ABBA", "hello", "[AB]",
                             *([] if by_bytes else ["\u00c5ngstr\u00f6m"]), "the", "\ufb01", " a", "<unk>") if self.flip(0.4)]
        # None is of letters that ByteLevel takes for bytes when it decodes: we give them as they are.
        # None is special that merging could make too: what a user wrote is no special token to us, whatever it is cut into.
        out, following = [], len(vocabulary)
        for text in texts:
            if text not in vocabulary: following += 1
            out.append({"id": vocabulary.get(text, following - 1), "content": text, "single_word": self.flip(0.2), "lstrip": self.flip(0.2),
                        "rstrip": self.flip(0.2), "normalized": self.flip(0.3), "special": text not in vocabulary and self.flip()})
        return sorted(out, key=lambda t: t["id"])

    def decoder(self, by_bytes):
        if by_bytes: return {"type": "ByteLevel", "add_prefix_space": self.flip(), "trim_offsets": True, "use_regex": True}
        replace = {"type": "Replace", "pattern": {"String": "\u2581"}, "content": " "}
        kind = self.r.randint(0, 3)
        if kind == 0: return {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": self.r.choice(["first", "always", "never"]), "split": self.flip()}
        steps = [replace] if self.flip(0.8) else []
        steps += [{"type": "ByteFallback"}, {"type": "Fuse"}]
        if self.flip(): steps.append({"type": "Strip", "content": " ", "start": self.r.randint(0, 1), "stop": 0})
        return {"type": "Sequence", "decoders": steps}

    def file(self):
        by_bytes = self.flip()
        model = self.model(by_bytes)
        normalizer = self.some(self.normalizer, "normalizers")
        # Where a rewritten beginning comes from is told a little differently by tokenizers, and "first" asks for it.
        self.schemes = ["always", "never"] + ["first"] * (not any(k in json.dumps(normalizer) for k in ("Replace", "NFD", "NFKD")))
        return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": self.added(model["vocab"], by_bytes),
                "normalizer": normalizer,
                "pre_tokenizer": self.bytes_pre_tokenizer() if by_bytes else self.some(self.pre_tokenizer, "pretokenizers", 2),
                "post_processor": None, "decoder": self.decoder(by_bytes), "model": model}


def components(file):
    kept = {k: v for k, v in file.items() if k != "model" and v}
    return json.dumps({**kept, "model": {k: v for k, v in file["model"].items() if k not in ("vocab", "merges")}}, ensure_ascii=False)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--binary", default="build/bin/tokenizer_ids")
    options.add_argument("--files", type=int, default=300)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--texts", type=int, default=300)
    options.add_argument("--keep", help="where the files that differ go")
    options = options.parse_args()
    refused, different, read, stumbled = collections.Counter(), 0, 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(options.seed, options.seed + options.files):
            file = Maker(seed).file()
            text = json.dumps(file, ensure_ascii=False)
            try: theirs = Tokenizer.from_str(text)
            except BaseException as error:
                refused["by tokenizers: " + str(error)[:80]] += 1
                continue
            open(folder + "/tokenizer.json", "w").write(text)
            texts = [t for t in block(seed, options.texts) if t]
            problems = []
            matched = [theirs.normalizer.normalize_str(t["content"]) if t["normalized"] and theirs.normalizer else t["content"]
                       for t in file["added_tokens"]]
            # Which of two alike is found is chance with tokenizers; one of white space is eaten by its neighbours' flags.
            if len(set(matched)) < len(matched) or not all(t.strip() for t in matched): continue
            for special in (True, False):
                theirs.encode_special_tokens = not special
                run = subprocess.run([options.binary, folder] + (["special"] if special else []), capture_output=True, text=True,
                                     input="".join(json.dumps(t) + "\n" for t in texts))
                if run.returncode:
                    refused[run.stderr.strip().replace(folder, "")[:160]] += 1
                    break
                if run.stderr: problems.append(run.stderr[:200])
                for t, line in zip(texts, run.stdout.split("\n")):
                    ids, decoded = line.split("\t", 1)
                    ids, decoded = list(map(int, ids.split())), json.loads(decoded)
                    try: want = theirs.encode(t, add_special_tokens=False).ids
                    except BaseException as error:   # theirs stumbles over some added tokens and some replacements
                        if "PanicException" not in str(type(error)): raise
                        stumbled += 1
                        continue
                    if ids != want: problems.append(f"ids of {json.dumps(t)[:200]}\n       ours {ids[:40]}\n     theirs {want[:40]}")
                    elif decoded != theirs.decode(ids, skip_special_tokens=False):
                        problems.append(f"decoded {ids[:40]}\n       ours {json.dumps(decoded)[:200]}\n     theirs {json.dumps(theirs.decode(ids, skip_special_tokens=False))[:200]}")
            else: read += 1
            if problems:
                different += 1
                problems.sort(key=lambda p: p.startswith("decoded"))
                print(f"seed {seed}: {len(problems)} differ: {components(file)}\n   ", "\n    ".join(problems[:2]), flush=True)
                if options.keep: open(f"{options.keep}/{seed}.json", "w").write(text)
    for reason, count in refused.most_common(): print(f"{count} refused: {reason}")
    print(f"{options.files} files, {read} read, {different} differ, {stumbled} texts were too much for tokenizers")
    sys.exit(1 if different else 0)


if __name__ == "__main__": main()
