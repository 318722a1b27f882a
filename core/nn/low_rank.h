// The skinny products of LoRA: r is 4 to 64 while the other sizes are thousands, where general matrix products run at a
// tenth of their rate. C is [N, R] fp32 throughout; M is [R, K] fp32, rows contiguous. No gradients here.
#pragma once

#include "core/nn/tensor.h"

#include <vector>

namespace attune::core {

/// x [N, K] . mᵀ -> [N, R] in fp32 (double for double). x's rows may be strided.
Tensor lowRankReduce(const Tensor &x, const Tensor &m);

/// The same into c [N, R], whose rows may be strided.
void lowRankReduceInto(Tensor c, const Tensor &x, const Tensor &m);

/// y [N, K] += c [N, R] . m [R, K], rounded once to y's type. Rows of y and c may be strided.
void lowRankExpand(Tensor y, const Tensor &c, const Tensor &m);

/// c [N, R]ᵀ . x [N, K] -> [R, K] in fp32 (double for double). Rows of c and x may be strided.
Tensor lowRankGradient(const Tensor &c, const Tensor &x);

/// One adapter's share of a backward pass: the gradient's columns, x.Aᵀ of the forward pass, scale.Bᵀ.
struct LowRankPart {
  Tensor grad;    // [N, rows]
  Tensor reduced; // [N, r]
  Tensor scaledB; // [r, rows]
};

/// Backward of all adapters on one x in one sweep over blocks of rows, each read from memory once: fills gradB (one
/// [r, rows] a part, unscaled: reducedᵀ . grad) and gradA [R, K], adds to dx where it is defined. False = not for these
/// tensors (nothing done).
bool lowRankBackward(const Tensor &x, const Tensor &a, const std::vector<LowRankPart> &parts, Tensor dx, Tensor &gradA,
                     std::vector<Tensor> &gradB);

/// Inverted dropout by a counter: element (row, column) survives where hash(seed, row, column) says so, and is then
/// divided by 1 - probability. The same seed gives the same mask on every device, in every chunking: `firstRow` is the number that
/// the first row of x counts as.
Tensor counterDropout(const Tensor &x, double probability, uint64_t seed, int64_t firstRow = 0);

} // namespace attune::core
