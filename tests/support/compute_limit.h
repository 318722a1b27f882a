// Limits of what may be computed, for as long as this lives; and the 16-bit type that the limits leave to a test.
#pragma once

#include "core/device/compute_limits.h"

namespace attune::core::test {

class ComputeLimit {
public:
  explicit ComputeLimit(const ComputeLimits &limits) : m_before(computeLimits()) { setComputeLimits(limits); }
  ~ComputeLimit() { setComputeLimits(m_before); }
  ComputeLimit(const ComputeLimit &) = delete;
  ComputeLimit &operator=(const ComputeLimit &) = delete;

private:
  ComputeLimits m_before;
};

/// bf16; fp16 where bf16 is forbidden; fp32 where both are.
inline at::ScalarType lowType() {
  const ComputeLimits &limits = computeLimits();
  return limits.bf16 ? at::kBFloat16 : limits.fp16 ? at::kHalf : at::kFloat;
}

} // namespace attune::core::test
