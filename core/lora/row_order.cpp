#include "core/lora/row_order.h"

#include <ATen/ops/tensor.h>

namespace attune::core {

void toModelOrder(LoraAdapter &adapter, const io::ModelConfig &config) {
  if (config.layout != io::AttentionLayout::Grouped) return;
  const Tensor stored = at::tensor(io::groupedRows(config), at::TensorOptions().dtype(at::kLong));
  for (LoraModule &module : adapter.modules)
    if (module.place.grouped) module.b = module.b.index_select(0, stored);
}

LoraAdapter inFileOrder(const LoraAdapter &adapter, const io::ModelConfig &config) {
  LoraAdapter ordered = adapter;
  if (config.layout != io::AttentionLayout::Grouped) return ordered;
  at::NoGradGuard noGrad;
  const Tensor stored = at::tensor(io::groupedRows(config), at::TensorOptions().dtype(at::kLong));
  for (LoraModule &module : ordered.modules)
    if (module.place.grouped) module.b = at::empty_like(module.b).index_copy_(0, stored.to(module.b.device()), module.b);
  return ordered;
}

} // namespace attune::core
