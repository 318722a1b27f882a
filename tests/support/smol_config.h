// The shape of SmolLM2-135M, for forecasts without its file.
#pragma once

#include "core/io/model_config.h"

namespace attune::core::test {

inline io::ModelConfig smol() {
  io::ModelConfig m;
  m.family = "llama";
  m.hidden = 576, m.intermediate = 1536, m.layers = 30, m.heads = 9, m.kvHeads = 3, m.headDim = 64, m.vocab = 49152, m.context = 8192;
  m.tiedEmbeddings = true;
  return m;
}

} // namespace attune::core::test
