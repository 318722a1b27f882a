// A LoRA adapter (Hu et al. 2021) as values: fp32 matrices A and B for some linear layers of one model.
// Owned by the job thread of that model.
#pragma once

#include "core/api/run_config.h"
#include "core/base/result.h"
#include "core/model/model_registry.h"
#include "core/nn/decoder_weights.h"

#include <string>
#include <vector>

namespace attune::core {

struct LoraModule {
  LinearModule place;
  Tensor a; // fp32 [r, in]
  Tensor b; // fp32 [out, r]
  double alpha = 0.0;
  double scale = 1.0; // alpha / r, or alpha / sqrt(r)
  int64_t rank() const { return a.size(0); }
};

struct LoraAdapter {
  api::LoraConfig config; // as written to adapter_config.json; modules may differ in rank and alpha
  std::vector<LoraModule> modules;
};

/// alpha / r, or alpha / sqrt(r) with rsLoRA (Kalajdzievski 2023).
double loraScale(double alpha, int64_t rank, bool rslora);

/// The adapter as slices on the packed products, one entry a layer; shares the masters' storage unless `type` differs
/// from fp32, then the slices hold copies in that type (for generation).
DecoderAdapters bindAdapter(const LoraAdapter &adapter, int64_t layers, at::ScalarType type = at::kFloat);

} // namespace attune::core
