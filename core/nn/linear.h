// The decoder's matrix products: frozen or trained weights, any number of LoRA slices on one packed weight.
// Forward x.Wᵀ + b + s.(drop(x).Aᵀ).Bᵀ as one autograd function that saves x alone and never forms B.A.
// The product itself goes through matmul(), which uses the fastest exact path this machine has (found by trial).
#pragma once

#include "core/io/model_config.h"
#include "core/nn/tensor.h"
#include "core/nn/weight.h"

#include <cstdint>
#include <vector>

namespace attune::core {

/// One adapter on rows [rowBegin, rowEnd) of a packed weight (q of a packed q|k|v, for example).
struct LoraSlice {
  Tensor a; // [r, in], compute type view of the fp32 master, differentiable
  Tensor b; // [rowEnd - rowBegin, r]
  double scale = 1.0;
  int64_t rowBegin = 0;
  int64_t rowEnd = 0;
  Tensor readyA = {}; // in the first of a weight's, by AdapterCopies: all A's stacked; undefined = made at each product
  Tensor readyB = {}; // likewise all scale.bᵀ as one matrix
};

struct LoraDropout {
  double probability = 0.0; // 0 in evaluation
  uint64_t seed = 0;        // counter-based: the same seed gives the same mask in forward and recompute
  int64_t firstRow = 0;     // the number of x's first row, where x is a part of a larger batch
};

/// x [N, in] . weight[out, in]ᵀ, no gradients recorded here. fp32 or bf16 in, same type out, fp32 accumulation.
Tensor matmulTransposed(const Tensor &x, const Tensor &weight);
/// x [N, out] . weight[out, in] -> [N, in].
Tensor matmulPlain(const Tensor &x, const Tensor &weight);

/// x [N, in] -> [N, out]. weight may require grad (full fine-tuning) or not (then no weight gradient is computed). A quantised one
/// is decoded for each product and no decoded copy is kept, but within a DequantScope.
/// bias undefined = none. Slices' A and B may be fp32 while x is bf16; their gradients come out in fp32.
/// Use::Gradient: nobody reads the values, which are then not computed.
enum class Use { Value, Gradient };
Tensor linear(const Tensor &x, const Weight &weight, const Tensor &bias, const std::vector<LoraSlice> &slices = {},
              const LoraDropout &dropout = {}, Use use = Use::Value);

/// linear(gatedActivation(gateUp, activation), ...) that keeps gate|up alone, and gates it once more in backward: a third of what
/// a feed-forward block keeps, for one more pass over it.
Tensor gatedLinear(const Tensor &gateUp, io::Activation activation, const Weight &weight, const Tensor &bias,
                   const std::vector<LoraSlice> &slices, const LoraDropout &dropout);

} // namespace attune::core
