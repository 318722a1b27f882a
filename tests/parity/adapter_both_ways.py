"""The same adapter in PEFT and in Attune: logits of `attune score --logits` against transformers + PEFT, fp32.
usage: adapter_both_ways.py ATTUNE_BINARY MODEL_FOLDER ADAPTER_FOLDER "1 2 3 ..."
Run it on an adapter that PEFT wrote (tests/data/tiny_llama/*/adapter) and on one that `attune train` wrote."""
import subprocess, sys, tempfile, warnings
import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

attune, model, adapter, ids = sys.argv[1:5]
with tempfile.TemporaryDirectory() as folder:
    subprocess.run([attune, "score", "--model", model, "--adapter", adapter, "--ids", ids, "--logits", folder + "/x.safetensors",
                    "--quiet"], check=True, stdout=subprocess.DEVNULL)
    ours = load_file(folder + "/x.safetensors")["logits"]
with warnings.catch_warnings():
    warnings.simplefilter("error")     # PEFT warns about missing or unexpected keys: that would be a failure
    warnings.filterwarnings("ignore", category=FutureWarning)
    base = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)
    tuned = PeftModel.from_pretrained(base, adapter).eval()
with torch.no_grad():
    theirs = tuned(input_ids=torch.tensor([[int(i) for i in ids.split()]])).logits[0]
error = ((ours - theirs).abs().max() / theirs.abs().max()).item()
print("largest relative difference", error)
sys.exit(error > 1e-5)
