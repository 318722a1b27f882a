"""The starter GGUF as a Hugging Face folder in fp32. usage: gguf_to_hf.py FOLDER FILE.gguf OUT"""
import json, os, sys, torch

os.environ["HF_HUB_OFFLINE"] = "1"
from transformers import AutoModelForCausalLM, AutoTokenizer

folder, name, out = sys.argv[1:4]
model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=name, dtype=torch.float32)
# transformers will not save what it calls quantised: the dequantised weights go into a fresh model.
config = type(model.config).from_dict({k: v for k, v in model.config.to_dict().items() if k != "quantization_config"})
config.architectures, config._name_or_path = ["LlamaForCausalLM"], ""
fresh = type(model)(config).to(torch.float32)
fresh.load_state_dict(model.state_dict(), strict=True)
fresh.generation_config = model.generation_config
fresh.save_pretrained(out)
AutoTokenizer.from_pretrained(folder, gguf_file=name).save_pretrained(out)
# Its GGUF reader drops the "smollm" pre-tokenizer (digits one by one).
path = out + "/tokenizer.json"
value = json.load(open(path))
value["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [
    {"type": "Digits", "individual_digits": True},
    {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}]}
value["post_processor"] = None
json.dump(value, open(path, "w"), ensure_ascii=False, indent=1)
