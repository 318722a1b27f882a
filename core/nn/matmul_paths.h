// The ways to a matrix product on this CPU and the trial that chooses among them. Any thread; the trial runs once a type,
// in under 50 ms on an idle machine.
#pragma once

#include "core/nn/tensor.h"

#include <map>
#include <string>

namespace attune::core {

enum class MatmulPath {
  Library, // at::mm: MKL or OpenBLAS in fp32, oneDNN's native product in bf16
  OneDnn,  // fp32 by oneDNN's inner product, twice MKL on AMD
  Widened, // bf16 turned into fp32 tile by tile, where the processor has no bf16 arithmetic
};

/// The fastest path for products with a weight of this type, exact to fp32 rounding (2e-6 of the largest value).
MatmulPath matmulPathOf(at::ScalarType type);

/// From now on the named paths ("fp32" and "bf16" to the names of matmulPath()), so that a resumed run computes as before.
/// Types not named, and paths that do not work on this machine, are left to the trial.
void pinMatmulPaths(const std::map<std::string, std::string> &paths);

/// x . weightᵀ by oneDNN, fp32, both on the CPU.
Tensor oneDnnLinear(const Tensor &x, const Tensor &weight);

/// A contiguous fp32 copy of an fp32 or bf16 matrix (the matrix itself where it already is one).
Tensor widened(const Tensor &matrix);

/// Writes fp32 `from` into the fp32 or bf16 matrix `to`, whose rows may be strided.
void narrowInto(Tensor to, const Tensor &from);

} // namespace attune::core
