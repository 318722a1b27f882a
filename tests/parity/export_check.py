"""What `attune merge` and `attune export llama` write, opened by transformers: logits against model + adapter, tensors against
PEFT's merge_and_unload, ids of the exported tokenizer against SentencePiece's.   usage: export_check.py ATTUNE   (run by hand)"""
import glob, json, os, random, shutil, subprocess, sys, tempfile
import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

torch.set_num_threads(1)
ATTUNE, DATA = sys.argv[1], os.path.join(os.path.dirname(__file__), "..", "data")
WORK = tempfile.mkdtemp()
worst, failed = {}, 0


def attune(*words):
    done = subprocess.run([ATTUNE, *words, "--json", "--quiet"], capture_output=True, text=True)
    return done.returncode, json.loads(done.stdout or "{}")


def note(what, difference, limit):
    global failed
    worst[what] = max(worst.get(what, 0.0), difference)
    if difference > limit: failed += 1; print("FAILED", what, name, difference)


relative = lambda x, y: ((x.double() - y.double()).abs().max() / y.double().abs().max()).item()
load = lambda folder: AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
ids_of = lambda folder: torch.tensor([json.load(open(folder + "/reference.json"))["rows"][0]["ids"]])

for folder in sorted(glob.glob(DATA + "/tiny_llama/*") + glob.glob(DATA + "/tiny_families/*")):
    name, reference = os.path.basename(folder), load_file(folder + "/reference.safetensors")
    own = name in ("baichuan1", "baichuan2", "baichuan2_13b", "internlm2")      # Python of the model's own: not opened here
    out = os.path.join(WORK, name)
    code, report = attune("merge", "--model", folder, "--adapter", folder + "/adapter", "--out", out, "--dtype", "fp32", "--max-shard-size", "50KB")
    if code: failed += 1; print("FAILED merge", name, report); continue
    if not own:
        with torch.no_grad(): note("merge: logits", relative(load(out)(ids_of(folder)).logits[0], reference["lora_logits"].reshape(-1, reference["lora_logits"].shape[-1])), 1e-5)
        peft = PeftModel.from_pretrained(load(folder), folder + "/adapter").merge_and_unload().state_dict()
        ours = load(out).state_dict()
        assert peft.keys() == ours.keys()
        for key in peft: note("merge: tensors", relative(ours[key], peft[key]), 1e-6)
    out += "-llama"
    code, report = attune("export", "llama", "--model", folder, "--adapter", folder + "/adapter", "--out", out, "--dtype", "fp32")
    if code: print("no llama:", name, report["error"]["message"]); continue
    model = load(out)
    assert type(model).__name__ == "LlamaForCausalLM"
    with torch.no_grad(): note("llama: logits", relative(model(ids_of(folder)).logits[0], reference["lora_logits"].reshape(-1, reference["lora_logits"].shape[-1])), 1e-5)
    print("llama:", name)

for adapter in sorted(glob.glob(DATA + "/peft/*")):                                # PEFT alone says what these compute
    name = os.path.basename(adapter)
    base = DATA + "/tiny_llama/" + json.load(open(adapter + "/adapter_config.json"))["base_model_name_or_path"]
    out = os.path.join(WORK, "peft-" + name)
    code, report = attune("merge", "--model", base, "--adapter", adapter, "--out", out, "--dtype", "fp32")
    if code: failed += 1; print("FAILED merge", name, report); continue
    ids = torch.tensor([[3, 77, 201, 5, 9, 250, 13, 13, 42, 128, 31, 6]])
    with torch.no_grad():
        logits = load(out)(ids).logits[0, 10:12]
        note("peft: logits", relative(logits, load_file(adapter + "/reference.safetensors")["logits"].reshape(logits.shape)), 1e-5)

import sentencepiece
folder, model = os.path.join(WORK, "chat"), DATA + "/tokenizer/sentencepiece/baichuan2.model"
name = "tokenizer"
words = sentencepiece.SentencePieceProcessor(model_file=model)
shutil.copytree(DATA + "/tiny_families/baichuan2", folder)
config = json.load(open(folder + "/config.json"))
weights = load_file(folder + "/model.safetensors")
config["vocab_size"] = words.vocab_size()
for key in ("lm_head.weight", "model.embed_tokens.weight"): weights[key] = torch.randn(words.vocab_size(), config["hidden_size"]).half()
from safetensors.torch import save_file
save_file(weights, folder + "/model.safetensors", metadata={"format": "pt"})
json.dump(config, open(folder + "/config.json", "w"))
shutil.copy(model, folder + "/tokenizer.model")
special = lambda text: {"__type": "AddedToken", "content": text, "lstrip": False, "normalized": True, "rstrip": False, "single_word": True}
json.dump({"add_bos_token": False, "add_eos_token": False, "auto_map": {"AutoTokenizer": ["tokenization_baichuan.BaichuanTokenizer", None]},
           "bos_token": special("<s>"), "eos_token": special("</s>"), "unk_token": special("<unk>"), "pad_token": special("<unk>"),
           "clean_up_tokenization_spaces": False, "model_max_length": 4096, "tokenizer_class": "BaichuanTokenizer", "sp_model_kwargs": {}},
          open(folder + "/tokenizer_config.json", "w"))
json.dump({"user_token_id": 3, "assistant_token_id": 4, "eos_token_id": 2, "bos_token_id": 1}, open(folder + "/generation_config.json", "w"))
out = os.path.join(WORK, "chat-llama")
code, report = attune("export", "llama", "--model", folder, "--out", out)
print("chat export:", code, report)
tokenizer = AutoTokenizer.from_pretrained(out)
rng = random.Random(5)
pool = "the of and 微调模型数据 \n  \t12.,!?<>é😀abcdefgh한국　_="
texts = ["".join(rng.choice(pool) for _ in range(rng.randint(1, 60))) for _ in range(3000)] + ["Hello world", " leading", "two  spaces", "微调模型 12", "a\nb\n", "", "émoji 😀", "tail ", "def f(x):\n    return x", "　全角"]
same = [t for t in texts if tokenizer(t, add_special_tokens=False)["input_ids"] == words.encode(t)]
print(type(tokenizer).__name__, "same ids:", len(same), "of", len(texts), "others:", [(t, tokenizer(t)["input_ids"], words.encode(t)) for t in texts if t not in same][:5])
if len(same) != len(texts): failed += 1
messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi there 微调"}, {"role": "assistant", "content": "Hello."}, {"role": "user", "content": "And?"}]
for conversation in (messages, messages[1:], messages[:3]):
    generating = conversation[-1]["role"] == "user"
    encoded = tokenizer.apply_chat_template(conversation, add_generation_prompt=generating, return_dict=False)
    json.dump(conversation, open(os.path.join(WORK, "chat.json"), "w"))
    code, ours = attune("tokenize", "--model", folder, "--messages", os.path.join(WORK, "chat.json"), *(["--add-generation-prompt"] if generating else []))
    print("chat ids equal:", encoded == ours.get("ids"))
    if encoded != ours.get("ids"): failed += 1; print(encoded, ours)
shutil.rmtree(WORK)
print({k: f"{v:.2e}" for k, v in worst.items()}, "failed:", failed)
sys.exit(1 if failed else 0)
