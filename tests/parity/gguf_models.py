"""Turns the tiny models of tests/data/tiny_families into GGUF files by llama.cpp's own converter (without a vocabulary), so that the
names, permutations and shifts we undo are those of real files. usage: gguf_models.py LLAMA_CPP_SOURCE OUT_FOLDER"""
import os, subprocess, sys

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
sys.argv = ["convert_hf_to_gguf.py", MODEL, "--outtype", "f16", "--outfile", FILE]
import runpy
runpy.run_path(SOURCE + "/convert_hf_to_gguf.py", run_name="__main__")
"""
os.makedirs(OUT, exist_ok=True)
for name in ("qwen2_yarn", "qwen3", "gemma2", "gemma3", "phi3", "phi4", "glm4", "internlm2", "smollm3", "baichuan2"):
    code = f"SOURCE, MODEL, FILE = {SOURCE!r}, {os.path.join(DATA, name)!r}, {os.path.join(OUT, name + '.gguf')!r}\n" + RUN
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    print(name, done.returncode, done.stderr.strip().split("\n")[-1][:300])
