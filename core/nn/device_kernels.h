// Our kernels on an accelerator, each with the same result as the plain operators beside it: one pass over memory where those
// take many. False (and nothing done) for tensors they are not for, on devices where they cannot be compiled, and when plain
// operators are forced: then the caller goes on. fp32, bf16 and fp16; arithmetic in fp32. No gradients here.
#pragma once

#include "core/io/model_config.h"
#include "core/nn/tensor.h"

#include <string>

namespace attune::core {
struct Nf4Parts;
}

namespace attune::core::device {

/// sum = x + delta (delta undefined: sum is x), y = rms norm of sum, rstd [N, 1] fp32. x [N, W] contiguous; x and sum may be
/// fp32 beside 16-bit delta, weight and y.
bool normForward(const Tensor &x, const Tensor &delta, const Tensor &weight, double eps, bool plusOne, Tensor &sum, Tensor &y,
                 Tensor &rstd);
/// The gradient of the sum; gradSum may be undefined.
bool normBackward(const Tensor &gradY, const Tensor &gradSum, const Tensor &sum, const Tensor &weight, const Tensor &rstd, bool plusOne,
                  Tensor &gradX);
/// gate|up [N, 2 F] -> out [N, F].
bool gateForward(const Tensor &gateUp, io::Activation activation, Tensor &out);
/// grad [N, F] -> the gradient of gate|up.
bool gateBackward(const Tensor &grad, const Tensor &gateUp, io::Activation activation, Tensor &out);
/// x [N, heads, D] (strided rows and heads) turned into `out`, which may be x.
bool rotate(const Tensor &x, Tensor out, const Tensor &positions, const Tensor &cos, const Tensor &sin, bool interleaved, bool inverse);
/// One token's q|k|v [1, (a + 2 kv) D]: its k and v into place `at` of the caches [kv, capacity, D].
bool storeKeysValues(const Tensor &qkv, Tensor keys, Tensor values, int64_t heads, int64_t at);
/// One query token against a cache; slopes: ALiBi's, fp32 on the device, undefined = none.
struct DecodeShape {
  int64_t first = 0;  // the first key in sight
  int64_t length = 0; // keys in the cache
  double scale = 1.0, softcap = 0.0;
  Tensor slopes;
};
/// q [1, a, D] against keys, values [kv, capacity, D] -> out [1, a, D].
bool decodeAttention(const Tensor &q, const Tensor &keys, const Tensor &values, const DecodeShape &shape, Tensor &out);
/// All of an NF4 or int8 module into out [rows, columns].
bool nf4Decode(const Nf4Parts &parts, Tensor out);
bool int8Decode(const Tensor &codes, const Tensor &scales, Tensor out);
/// x [1, columns] . moduleᵀ into out [1, rows], both contiguous: nothing is decoded through memory.
bool nf4Product(const Tensor &x, const Nf4Parts &parts, Tensor out);
/// x [1, columns] . weight [rows, columns]ᵀ into out [1, rows], all contiguous.
bool denseProduct(const Tensor &x, const Tensor &weight, Tensor out);
/// losses [N] fp32 of logits [N, V]; with `gradient` the logits become d loss / d logits.
bool crossEntropy(Tensor logits, const Tensor &targets, double softcap, bool gradient, Tensor &losses);

/// Why a device has none of these for a type; empty = it has them. Compiles them at the first question.
std::string problemWith(const at::Device &device, at::ScalarType type);

} // namespace attune::core::device
