"""Writes tests/data/tokenizer/sentencepiece: small SentencePiece models trained with the flags of Baichuan2, InternLM2 and a
unigram model, tokenizer.json files over characters (Llama 2, Phi-3, Gemma, Mistral v3, InternLM2) and GLM-4's over bytes, and
digests of the ids that `sentencepiece` and `tokenizers` give for fuzzed strings.
usage: make_sentencepiece_fixtures.py TRAINING_ROWS.json... OUTPUT_FOLDER   (sentencepiece 0.2.3, tokenizers 0.23.3)"""
import io, json, os, sys
import sentencepiece
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from make_tokenizer_fixtures import LLAMA3
from tokenizer_fuzz import block, digest

BLOCKS = range(200, 204)
MARKED = ["<reserved_1>", "a<reserved_1>b", "<reserved_1> hi<reserved_2> there <reserved_1>", "  <reserved_2>  x  <reserved_2>  ",
          "\u5fae\u8c03<reserved_1>\u6a21\u578b 12", "<reserved_1><reserved_2><reserved_1>", "<reserved_", "x<reserved_1"]


def train(lines, folder, name, **options):
    out = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(lines), model_writer=out, num_threads=1, minloglevel=2,
                                             hard_vocab_limit=False, **options)
    with open(f"{folder}/{name}.model", "wb") as file: file.write(out.getvalue())
    theirs = sentencepiece.SentencePieceProcessor(model_proto=out.getvalue())
    plain = [digest(theirs.encode(block(number))) for number in BLOCKS]
    decoded = [text for text in block(BLOCKS[0])[:40]]
    return {"plain": plain, "marked": [[text, theirs.encode(text)] for text in MARKED],
            "decoded": [theirs.decode(theirs.encode(text)) for text in decoded]}


def characters(lines):
    """A BPE over characters with byte fallback, as SentencePiece models are converted."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    specials = ["<unk>", "<s>", "</s>"] + ["<0x%02X>" % b for b in range(256)]
    tokenizer.train_from_iterator(lines, trainers.BpeTrainer(vocab_size=1300, special_tokens=specials, limit_alphabet=500, show_progress=False))
    value = json.loads(tokenizer.to_str())
    value["added_tokens"] = value["added_tokens"][:3]
    return value


def variants(base):
    prepend = [normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")]
    fallback = [decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse()]
    llama = dict(normalizer=normalizers.Sequence(prepend), decoder=decoders.Sequence(fallback + [decoders.Strip(" ", 1, 0)]))
    phi = [AddedToken(text, special=True, rstrip=True, normalized=False) for text in ("<|im_start|>", "<|im_end|>", "<|endoftext|>")]
    yield "llama2", llama, []
    yield "phi3", llama, phi
    yield "internlm2", llama, [AddedToken(text, special=True) for text in ("<|im_start|>", "<|im_end|>")]
    yield "gemma3", dict(normalizer=normalizers.Replace(" ", "\u2581"), pre_tokenizer=pre_tokenizers.Split(" ", "merged_with_previous"),
                         decoder=decoders.Sequence(fallback)), [AddedToken("\n\n", normalized=False), AddedToken("<|im_start|>", special=True)]
    for scheme in ("first", "always", "never"):
        for split in (True, False):
            metaspace = pre_tokenizers.Metaspace(prepend_scheme=scheme, split=split)
            yield f"metaspace_{scheme}_{split}", dict(pre_tokenizer=metaspace, decoder=decoders.Metaspace(prepend_scheme=scheme)), phi
    digits = pre_tokenizers.Sequence([pre_tokenizers.Metaspace(), pre_tokenizers.Digits(individual_digits=True)])
    yield "digits", dict(pre_tokenizer=digits), [AddedToken("the", normalized=True), AddedToken("<tool>", single_word=True)]
    yield "rewritten", dict(normalizer=normalizers.Sequence([normalizers.Strip(), normalizers.Lowercase(), normalizers.NFC(),
                            normalizers.Replace(Regex(r"\s+"), "\u2581"), normalizers.Replace("e", "ee")])), [AddedToken("World", normalized=True)]


def applied(base, parts, added):
    tokenizer = Tokenizer.from_str(json.dumps(base))
    for key in ("normalizer", "pre_tokenizer", "decoder"):
        if key in parts: setattr(tokenizer, key, parts[key])
        elif key == "pre_tokenizer":
            value = json.loads(tokenizer.to_str()); value[key] = None; tokenizer = Tokenizer.from_str(json.dumps(value))
            for other in ("normalizer", "decoder"):
                if other in parts: setattr(tokenizer, other, parts[other])
    tokenizer.add_special_tokens([token for token in added if token.special])
    tokenizer.add_tokens([token for token in added if not token.special])
    return tokenizer


def digests(tokenizer):
    """Blocks with special tokens, then the first of them without."""
    out = []
    for special in (True, False):
        tokenizer.encode_special_tokens = not special
        numbers = BLOCKS if special else BLOCKS[:1]
        out += [digest(e.ids for e in tokenizer.encode_batch(block(number), add_special_tokens=False)) for number in numbers]
    return out


def main():
    *rows, folder = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    lines = [text for file in rows for row in json.load(open(file, encoding="utf-8")) for text in row.values() if isinstance(text, str) and text]
    lines = [line for text in lines[:2500] + lines[-2500:] for line in text.split("\n") if line]
    rules = os.path.join(folder, "rules.tsv")
    with open(rules, "w") as file: file.write("41\t61\nFF01\t21\n3000\t20\n0065 0301\tE9\nFB01\t66 69\n9\t20\n")
    bytes_ = dict(model_type="bpe", byte_fallback=True, split_digits=True, normalization_rule_name="identity",
                  remove_extra_whitespaces=False, character_coverage=0.98, max_sentence_length=65536)
    reserved = ["<reserved_1>", "<reserved_2>"]
    made = {
        "baichuan2": train(lines, folder, "baichuan2", vocab_size=2600, add_dummy_prefix=False, max_sentencepiece_length=32,
                           allow_whitespace_only_pieces=True, user_defined_symbols=reserved, **bytes_),
        "internlm2": train(lines, folder, "internlm2", vocab_size=2600, user_defined_symbols=reserved, **bytes_),
        "unigram": train(lines, folder, "unigram", model_type="unigram", vocab_size=2600, normalization_rule_tsv=rules,
                         user_defined_symbols=reserved + ["\n\n", "\u2581\u2581"], character_coverage=0.98),
    }
    os.remove(rules)
    base = characters(lines)
    json.dump(base, open(folder + "/characters.json", "w"), ensure_ascii=False, separators=(",", ":"))
    changed = []
    for name, parts, added in variants(base):
        tokenizer = applied(base, parts, added)
        value = json.loads(tokenizer.to_str())
        ids = [e.ids for e in tokenizer.encode_batch(block(BLOCKS[0])[:40], add_special_tokens=False)]
        changed.append({"name": name, "digests": digests(tokenizer), "decoded": [tokenizer.decode(i, skip_special_tokens=False) for i in ids],
                        **{key: value[key] for key in ("normalizer", "pre_tokenizer", "decoder", "added_tokens")}})
    glm = Tokenizer(models.BPE(ignore_merges=True))
    glm.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(LLAMA3), "isolated"),
                                                 pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    glm.decoder = decoders.ByteLevel()
    specials = ["<|endoftext|>", "[gMASK]", "<sop>", "<|system|>", "<|user|>", "<|assistant|>"]
    glm.train_from_iterator(lines, trainers.BpeTrainer(vocab_size=1200, special_tokens=specials, show_progress=False,
                                                       initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    glm.post_processor = processors.TemplateProcessing(single="[gMASK] <sop> $A", special_tokens=[(t, glm.token_to_id(t)) for t in ("[gMASK]", "<sop>")])
    json.dump(json.loads(glm.to_str()), open(folder + "/glm4.json", "w"), ensure_ascii=False, separators=(",", ":"))
    json.dump({"first_block": BLOCKS[0], "models": made, "glm4": digests(glm), "variants": changed}, open(folder + "/parity.json", "w"),
              ensure_ascii=False, indent=1)


if __name__ == "__main__": main()
