// Which code path the functions of core/nn take: our own CPU kernels, or plain ATen operators (every other device and
// type). Both give the same numbers; tests force the plain one to compare.
#pragma once

#include "core/nn/tensor.h"

namespace attune::core {

/// Forces plain operators everywhere (tests only; affects functions called afterwards, on every thread).
void setPlainKernels(bool plain);
bool plainKernelsForced();

/// True for dense CPU tensors of fp32 or bf16 with a contiguous last dimension, unless plain operators are forced.
bool usesOwnKernels(const Tensor &tensor);

/// The type of LoRA's skinny products: fp32 on the CPU, where our loops widen on the way; on an accelerator that of the big
/// products beside them, whose units add in fp32.
inline at::ScalarType adapterType(const Tensor &x) {
  if (x.scalar_type() == at::kDouble) return at::kDouble;
  return x.device().is_cpu() ? at::kFloat : x.scalar_type();
}

/// The type in which arithmetic on `type` is done: double for double, else float.
inline at::ScalarType computeType(at::ScalarType type) { return type == at::kDouble ? at::kDouble : at::kFloat; }

} // namespace attune::core
