"""Turns the tiny models of tests/data/tiny_families into GGUF files by llama.cpp's own converter (without a vocabulary), so that the
names, permutations and shifts we undo are those of real files. usage: gguf_models.py LLAMA_CPP_SOURCE OUT_FOLDER"""
import json, os, subprocess, sys, tempfile
from safetensors.torch import load_file, save_file

SOURCE, OUT = sys.argv[1], sys.argv[2]
DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "tiny_families")
RUN = """
import sys
sys.path[:0] = [SOURCE, SOURCE + "/gguf-py"]
from conversion import base
base.TextModel.set_vocab = lambda self: None
import conversion
import importlib
for name in ("baichuan", "gemma", "glm", "internlm", "llama", "phi", "qwen"):
    module = importlib.import_module("conversion." + name)
    for item in vars(module).values():
        if isinstance(item, type) and issubclass(item, base.TextModel) and "set_vocab" in vars(item): item.set_vocab = lambda self: None
gemma = importlib.import_module("conversion.gemma")
gemma.Gemma3Model.modify_tensors = lambda self, data, name, bid: base.TextModel.modify_tensors(self, data + self.norm_shift(name) if self.norm_shift(name) else data, name, bid)
baichuan = importlib.import_module("conversion.baichuan").BaichuanModel
packed = baichuan.modify_tensors                          # its way for everything else calls itself for ever
baichuan.modify_tensors = lambda self, data, name, bid: packed(self, data, name, bid) if "W_pack" in name else base.TextModel.modify_tensors(self, data, name, bid)
sys.argv = ["convert_hf_to_gguf.py", MODEL, "--outtype", "f16", "--outfile", FILE]
import runpy
runpy.run_path(SOURCE + "/convert_hf_to_gguf.py", run_name="__main__")
"""


def without_biases(model):
    folder = tempfile.mkdtemp()
    config = json.load(open(model + "/config.json"))
    json.dump(dict(config, bias=False), open(folder + "/config.json", "w"))
    save_file({k: v for k, v in load_file(model + "/model.safetensors").items() if not k.endswith("bias")}, folder + "/model.safetensors", metadata={"format": "pt"})
    return folder


os.makedirs(OUT, exist_ok=True)
for name in ("qwen2_yarn", "qwen3", "gemma2", "gemma3", "phi3", "phi4", "glm4", "internlm2", "smollm3", "baichuan2"):
    model = os.path.join(DATA, name)
    if name == "internlm2": model = without_biases(model)  # which the converter does not know
    code = f"SOURCE, MODEL, FILE = {SOURCE!r}, {model!r}, {os.path.join(OUT, name + '.gguf')!r}\n" + RUN
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    print(name, done.returncode, done.stderr.strip().split("\n")[-1][:300])
