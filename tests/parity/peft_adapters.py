"""Adapters with everything of PEFT's that Attune reads, and PEFT's logits with each: tests/lora/peft_parity_test.cpp.
usage: peft_adapters.py TINY_LLAMA_FOLDER OUT_FOLDER   (committed: tests/data/tiny_llama and tests/data/peft)"""
import json, os, shutil, sys, warnings
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import LlamaForCausalLM

torch.set_num_threads(1)
BASES, OUT = sys.argv[1:3]
IDS = [3, 77, 201, 5, 9, 250, 13, 13, 42, 128, 31, 6]
ATTENTION = ["q_proj", "v_proj"]
CASES = {  # name: (base, options of LoraConfig, kwargs of saving)
    "patterns": ("plain", dict(target_modules="all-linear", rank_pattern={r"layers\.0\..*_proj": 3, "mlp.up_proj": 5, "_proj": 6},
                               alpha_pattern={r"^model\.layers\.1\.mlp\.(up|down)_proj": 3, r"self_attn\.[qk]_proj": 9}), {}),
    "layers": ("plain", dict(target_modules=ATTENTION, layers_to_transform=[1], layers_pattern="layers"), {}),
    "layer_number": ("plain", dict(target_modules=ATTENTION + ["model.layers.1.mlp.up_proj"], layers_to_transform=0), {}),
    "regex": ("plain", dict(target_modules=r".*\.(?:0\.self_attn\.(q|v)|1\.mlp\.(?!up).*)_proj"), {}),
    "exclude": ("plain", dict(target_modules="all-linear", exclude_modules=["up_proj", "model.layers.0.self_attn.q_proj"]), {}),
    "exclude_regex": ("plain", dict(target_modules=ATTENTION, exclude_modules=r".*\.0\..*q_proj"), {}),
    "rslora": ("plain", dict(target_modules=ATTENTION, use_rslora=True, rank_pattern={"q_proj": 5}, alpha_pattern={"v_proj": 3}), {}),
    "embedding": ("plain", dict(target_modules=["embed_tokens", "q_proj"], rank_pattern={"embed_tokens": 3}), {}),
    "embedding_tied": ("tied", dict(target_modules=["embed_tokens", "q_proj"], use_rslora=True), {}),
    "embedding_alone": ("tied", dict(target_modules=["embed_tokens", "q_proj"]), dict(save_embedding_layers=False)),
    "head": ("plain", dict(target_modules=["lm_head", "q_proj"]), {}),
    "head_tied": ("tied", dict(target_modules=["lm_head", "q_proj"]), {}),
    "saved_ends": ("plain", dict(target_modules=ATTENTION, modules_to_save=["embed_tokens", "lm_head"]), {}),
    "saved_embedding_tied": ("tied", dict(target_modules=ATTENTION, modules_to_save=["embed_tokens"]), {}),
    "saved_head_tied": ("tied", dict(target_modules=ATTENTION, modules_to_save=["lm_head"]), {}),
    "saved_norms": ("plain", dict(target_modules="all-linear", modules_to_save=["norm", "o_proj"]), {}),
    "saved_biases": ("bias", dict(target_modules=["q_proj"], modules_to_save=["k_proj"]), {}),
    "base_saved_tied": ("tied", dict(target_modules=["q_proj"]), dict(save_embedding_layers=True)),
    "pickled": ("plain", dict(target_modules=ATTENTION), dict(safe_serialization=False)),
}


def load(base): return LlamaForCausalLM.from_pretrained(os.path.join(BASES, base), dtype=torch.float32)


shutil.rmtree(OUT, ignore_errors=True)
for number, (name, (base, options, saving)) in enumerate(CASES.items()):
    folder = os.path.join(OUT, name)
    torch.manual_seed(number)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = get_peft_model(load(base), LoraConfig(**{**dict(r=4, lora_alpha=7, task_type="CAUSAL_LM"), **options}))
        for key, p in model.named_parameters():
            if "lora_" in key: p.data.normal_(0, 0.1)
            elif p.requires_grad: p.data += torch.randn_like(p) * 0.1
        if name == "base_saved_tied":           # as after a resized vocabulary: the base's own embedding travels along
            model.get_base_model().get_input_embeddings().weight.data += 0.1
        if number % 2 or "d_t" in name or "ends" in name: model = model.to(torch.bfloat16)   # half the committed bytes
        model.save_pretrained(folder, **saving)
        if saving.get("safe_serialization") is False and not os.path.exists(folder + "/adapter_model.bin"):
            torch.save(load_file(folder + "/adapter_model.safetensors"), folder + "/adapter_model.bin")
            os.remove(folder + "/adapter_model.safetensors")
        tuned = PeftModel.from_pretrained(load(base), folder).eval()   # what a user of PEFT gets
    if os.path.exists(folder + "/README.md"): os.remove(folder + "/README.md")
    config = json.load(open(folder + "/adapter_config.json"))
    config["base_model_name_or_path"] = base
    json.dump(config, open(folder + "/adapter_config.json", "w"), indent=1)
    with torch.no_grad():
        logits = tuned(input_ids=torch.tensor([IDS])).logits[0].contiguous()
        plain = load(base)(input_ids=torch.tensor([IDS])).logits[0]
        ids = list(IDS)
        for _ in range(8): ids.append(int(tuned(input_ids=torch.tensor([ids])).logits[0, -1].argmax()))
    save_file({"logits": logits[-2:].contiguous(), "greedy": torch.tensor(ids[len(IDS):], dtype=torch.float32)}, folder + "/reference.safetensors")
    files = [f for f in os.listdir(folder) if f.startswith("adapter_model")]
    print(name, files, os.path.getsize(os.path.join(folder, files[0])), "moved by", ((logits - plain).abs().max() / plain.abs().max()).item())
