#include "core/generate/finite_logits.h"

#include <algorithm>
#include <cmath>

namespace attune::core {

Status checkFinite(const float *logits, int64_t count) {
  if (std::all_of(logits, logits + count, [](float logit) { return std::isfinite(logit); })) return {};
  return Error{ErrorCode::NotFinite, "The model's logits are not numbers: some are NaN or infinite.", "",
               "Look for damaged weights in model and adapter; a computation in bf16 may also need --precision fp32."};
}

} // namespace attune::core
