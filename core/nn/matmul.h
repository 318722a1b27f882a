// The dense products under linear(), the loss and attention. fp32 and bf16 go along the fastest exact path of this machine,
// found once per process by a short trial (MKL, oneDNN, native bf16, or bf16 widened tile by tile to fp32); one to four
// rows take our own row-split product. No gradients here.
#pragma once

#include "core/nn/tensor.h"

#include <cstdint>
#include <string>

namespace attune::core {

/// So many rows of x take our own row-split product.
constexpr int64_t kSmallRows = 4;

/// out = x [N, K] . weight [M, K]ᵀ, or += with `accumulate`. out [N, M] in x's type or fp32, rows may be strided.
void matmulTransposedInto(Tensor out, const Tensor &x, const Tensor &weight, bool accumulate = false);

/// out = x [N, M] . weight [M, K], or += with `accumulate`. out [N, K] in x's type or fp32, rows may be strided.
void matmulPlainInto(Tensor out, const Tensor &x, const Tensor &weight, bool accumulate = false);

/// out [M, K] += left [N, M]ᵀ . right [N, K], with out in fp32 (double for double): weight gradients.
void accumulateOuter(Tensor out, const Tensor &left, const Tensor &right);

/// The path chosen for a type on this machine's CPU, for doctor and the bench: "mkl", "onednn", "native", "widened".
std::string matmulPath(at::ScalarType type);

} // namespace attune::core
