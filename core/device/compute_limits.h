// Forbids what some device lacks, so that the numbers of a poorer one can be had on any: ATTUNE_TEST_COMPUTE holds words with
// commas between. For tests and for trying a setting out; nothing is forbidden without it. Any thread.
#pragma once

#include "core/nn/tensor.h"

#include <stdexcept>

namespace attune::core {

/// A word in $ATTUNE_TEST_COMPUTE that is none; errorFromException makes it a mistake of usage.
struct UnknownComputeLimit : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

struct ComputeLimits {
  bool plainOnly = false;  // "plain": plain operators, no kernel of ours
  bool slicedOnly = false; // "sliced": none of libtorch's fused attention
  bool bf16 = true;        // false with "no_bf16" or "fp32": products in it throw
  bool fp16 = true;        // false with "fp32"
  bool fp16OnCpu = false;  // "cpu_fp16": training in fp16 is let through on the CPU, slow as it is
};

/// Of $ATTUNE_TEST_COMPUTE, read once, or what a test has set. Throws UnknownComputeLimit for a word it does not know.
const ComputeLimits &computeLimits();
/// Tests only; affects what is called afterwards.
void setComputeLimits(const ComputeLimits &limits);

/// Whether products in this type are allowed.
bool multiplies(at::ScalarType type);
/// Throws c10::Error where they are not.
void checkProductType(at::ScalarType type);

} // namespace attune::core
