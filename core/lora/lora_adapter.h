// A LoRA adapter (Hu et al. 2021) as values: fp32 matrices A and B for some linear layers of one model.
// Owned by the job thread of that model.
#pragma once

#include "core/api/run_config.h"
#include "core/base/result.h"
#include "core/io/stored_tensor.h"
#include "core/model/families/model_family.h"
#include "core/nn/decoder_weights.h"

#include <optional>
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

/// What an adapter does to a tensor of the model beside LoRA in the blocks: embedding LoRA, LoRA on the head, modules_to_save.
struct WeightChange {
  std::string name;                            // of the checkpoint's tensor
  std::optional<io::StoredTensor> replacement; // in its place
  Tensor left;                                 // fp32 [rows, r], undefined = none: adds scale * left . right
  Tensor right;                                // fp32 [r, columns]
  double scale = 1.0;
  bool ofBoth = false; // a replacement of the base's own tensor, so of both where head and embedding are one
};

struct LoraAdapter {
  api::LoraConfig config; // as written to adapter_config.json; modules may differ in rank and alpha
  std::vector<LoraModule> modules;
  std::vector<WeightChange> changes;
};

/// alpha / r, or alpha / sqrt(r) with rsLoRA (Kalajdzievski 2023).
double loraScale(double alpha, int64_t rank, bool rslora);

/// The adapter as slices on the packed products, one entry a layer; shares the masters' storage unless `type` differs
/// from fp32, then the slices hold copies in that type (for generation).
DecoderAdapters bindAdapter(const LoraAdapter &adapter, int64_t layers, at::ScalarType type = at::kFloat);

} // namespace attune::core
