// The shape of Baichuan2-7B, for forecasts and benchmarks without its files.
#pragma once

#include "core/io/model_config.h"

namespace attune::core::test {

inline io::ModelConfig baichuan7b() {
  io::ModelConfig config;
  config.architecture = "BaichuanForCausalLM";
  config.family = "baichuan";
  config.layout = io::AttentionLayout::Fused;
  config.headNorm = true;
  config.hidden = 4096;
  config.intermediate = 11008;
  config.layers = 32;
  config.heads = config.kvHeads = 32;
  config.headDim = 128;
  config.vocab = 125696;
  config.context = 4096;
  return config;
}

} // namespace attune::core::test
