#!/bin/sh
# Fetches what the Python peers need beside torch, transformers and peft, for Python 3.12 on Linux, and packs it as DIR/site.tgz
# (14 MB), to be carried to the machine with the card. usage: tests/bench/gpu/peers/wheels.sh DIR
set -e
mkdir -p "$1/wheels" "$1/site"
python3 -m pip download -q --no-deps --only-binary=:all: --python-version 3.12 --implementation cp \
  --platform manylinux_2_28_x86_64 --platform manylinux_2_24_x86_64 --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 -d "$1/wheels" \
  bitsandbytes==0.50.2 liger-kernel==0.8.5 unsloth==2026.10.9 unsloth_zoo==2026.10.9 trl==1.15.0 datasets==4.8.5 dill multiprocess tyro typeguard \
  docstring_parser cut_cross_entropy msgspec pydantic==2.14.4 pydantic_core==2.50.5 annotated_types typing_inspection json5 nest_asyncio structlog importlib_metadata
for wheel in "$1"/wheels/*.whl; do
  case $wheel in
    */bitsandbytes*) unzip -q -o "$wheel" -d "$1/site" -x '*.so'
                     unzip -q -o "$wheel" 'bitsandbytes/libbitsandbytes_cpu.so' 'bitsandbytes/libbitsandbytes_cuda130.so' -d "$1/site" ;;
    */unsloth-*) unzip -q -o "$wheel" -d "$1/site" -x '*studio/*' ;;
    *) unzip -q -o "$wheel" -d "$1/site" ;;
  esac
done
tar czf "$1/site.tgz" -C "$1/site" .
