#include "core/generate/finite_logits.h"

#include "core/io/model_tensors.h"

#include <algorithm>
#include <cmath>

namespace attune::core {

Status checkFinite(const float *logits, int64_t count) {
  if (std::all_of(logits, logits + count, [](float logit) { return std::isfinite(logit); })) return {};
  return Error{ErrorCode::NotFinite, "The model's logits are not numbers: some are NaN or infinite.", "",
               "Look for damaged weights in model and adapter; a computation in bf16 may also need --precision fp32."};
}

Error withCause(const Error &error, const std::string &modelPath) {
  if (error.code != ErrorCode::NotFinite) return error;
  const auto source = io::openModel(modelPath);
  const Status weights = source.ok() ? io::checkFiniteTensors(**source) : Status();
  return weights.ok() ? error : weights.error();
}

} // namespace attune::core
