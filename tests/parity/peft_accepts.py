"""Whether PEFT takes an adapter whose base is too large, or of a kind transformers does not have: the base's linear layers are
made without memory, from the names and shapes in its files, the adapter is injected and its tensors loaded.
usage: peft_accepts.py MODEL_FOLDER ADAPTER_FOLDER    (MODEL_FOLDER: pytorch_model*.bin or *.safetensors)"""
import glob, json, sys
import torch
from peft import LoraConfig, inject_adapter_in_model, set_peft_model_state_dict
from safetensors import safe_open
from safetensors.torch import load_file

model, adapter = sys.argv[1:3]
shapes = {}
for path in glob.glob(model + "/*.bin"):
    shapes.update({name: tuple(t.shape) for name, t in torch.load(path, map_location="meta", weights_only=True).items()})
for path in glob.glob(model + "/*.safetensors"):
    with safe_open(path, "pt") as file: shapes.update({name: tuple(file.get_slice(name).get_shape()) for name in file.keys()})

root = torch.nn.Module()
for name, shape in shapes.items():
    *parents, leaf, kind = name.split(".")
    if kind != "weight" or len(shape) != 2: continue
    place = root
    for parent in parents:
        if not hasattr(place, parent): place.add_module(parent, torch.nn.Module())
        place = getattr(place, parent)
    layer = torch.nn.Embedding(*shape, device="meta") if "embed" in leaf else torch.nn.Linear(shape[1], shape[0], bias=False, device="meta")
    place.add_module(leaf, layer)

config = LoraConfig.from_pretrained(adapter)
inject_adapter_in_model(config, root, low_cpu_mem_usage=True)
weights = load_file(adapter + "/adapter_model.safetensors")
result = set_peft_model_state_dict(root, {k.removeprefix("base_model.model."): v for k, v in weights.items()}, low_cpu_mem_usage=True)
missing = [k for k in result.missing_keys if "lora_" in k]
print("%d tensors, rank %d on %s: %d missing, %d unexpected" % (len(weights), config.r, config.target_modules, len(missing), len(result.unexpected_keys)))
sys.exit(1 if missing or result.unexpected_keys or not weights else 0)
