#include "core/device/compute_limits.h"

#include <c10/util/Exception.h>
#include <cstdlib>
#include <sstream>

namespace attune::core {

namespace {

ComputeLimits fromEnvironment() {
  ComputeLimits limits;
  const char *setting = std::getenv("ATTUNE_TEST_COMPUTE");
  std::istringstream words(setting ? setting : "");
  for (std::string word; std::getline(words, word, ',');) {
    if (word == "plain")
      limits.plainOnly = true;
    else if (word == "sliced")
      limits.slicedOnly = true;
    else if (word == "no_bf16")
      limits.bf16 = false;
    else if (word == "fp32")
      limits.bf16 = limits.fp16 = false;
    else if (word == "cpu_fp16")
      limits.fp16OnCpu = true;
    else
      throw UnknownComputeLimit("ATTUNE_TEST_COMPUTE does not know \"" + word + "\".");
  }
  return limits;
}

ComputeLimits &current() {
  static ComputeLimits limits = fromEnvironment();
  return limits;
}

} // namespace

const ComputeLimits &computeLimits() { return current(); }

void setComputeLimits(const ComputeLimits &limits) { current() = limits; }

bool multiplies(at::ScalarType type) {
  const ComputeLimits &limits = current();
  return (limits.bf16 || type != at::kBFloat16) && (limits.fp16 || type != at::kHalf);
}

void checkProductType(at::ScalarType type) {
  TORCH_CHECK(multiplies(type), "Products in ", type == at::kHalf ? "fp16" : "bf16", " are forbidden by ATTUNE_TEST_COMPUTE.");
}

} // namespace attune::core
