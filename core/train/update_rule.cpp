#include "core/train/update_rule.h"

#include "core/train/adafactor.h"
#include "core/train/adamw.h"

#include <ATen/Parallel.h>

namespace attune::core {

int64_t sliceOf(const Tensor &tensor) {
  return tensor.is_cpu() ? (int64_t(1) << 17) * std::max(2, at::get_num_threads()) : int64_t(1) << 25;
}

std::unique_ptr<UpdateRule> makeUpdateRule(const api::OptimizerConfig &options) {
  if (options.name == "adamw_8bit") return std::make_unique<AdamW8bit>(options);
  if (options.name == "adafactor") return std::make_unique<Adafactor>();
  if (options.name == "sgd") return std::make_unique<Sgd>();
  return std::make_unique<AdamW>(options);
}

} // namespace attune::core
