#include "core/nn/rotary.h"

#include "core/nn/device_kernels.h"
#include "core/nn/kernel_policy.h"
#include "core/nn/kernels/parallel.h"
#include "core/nn/rotary_frequencies.h"
#include "core/nn/rotary_kernel.h"

#include <ATen/ops/cos.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/outer.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/stack.h>
#include <algorithm>
#include <torch/csrc/autograd/custom_function.h>

namespace attune::core {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

namespace {

struct RotaryFunction : torch::autograd::Function<RotaryFunction> {
  static Tensor forward(AutogradContext *ctx, const Tensor &x, const Tensor &positions, const Tensor &cos, const Tensor &sin,
                        bool interleaved) {
    ctx->saved_data["interleaved"] = interleaved;
    ctx->save_for_backward({positions, cos, sin});
    return rotate(x, positions, {cos, sin}, interleaved, false);
  }

  static variable_list backward(AutogradContext *ctx, variable_list grads) {
    const auto saved = ctx->get_saved_variables();
    const bool interleaved = ctx->saved_data["interleaved"].toBool();
    return {rotate(grads[0], saved[0], {saved[1], saved[2]}, interleaved, true), Tensor(), Tensor(), Tensor(), Tensor()};
  }
};

Tensor plainRotate(const Tensor &x, const Tensor &positions, const RotaryTables &tables, bool interleaved, bool inverse) {
  const auto type = computeType(x.scalar_type());
  const Tensor cos = tables.cos.index_select(0, positions).to(type).unsqueeze(1);
  Tensor sin = tables.sin.index_select(0, positions).to(type).unsqueeze(1);
  if (inverse) sin = sin.neg();
  const int64_t dims = 2 * tables.cos.size(1);
  const Tensor turned = x.narrow(2, 0, dims).to(type);
  Tensor first, second;
  if (interleaved) {
    const Tensor pairs = turned.unflatten(2, {dims / 2, 2});
    first = pairs.select(3, 0);
    second = pairs.select(3, 1);
  } else {
    first = turned.narrow(2, 0, dims / 2);
    second = turned.narrow(2, dims / 2, dims / 2);
  }
  const Tensor newFirst = first.mul(cos).sub(second.mul(sin));
  const Tensor newSecond = second.mul(cos).add(first.mul(sin));
  Tensor result = interleaved ? at::stack({newFirst, newSecond}, 3).flatten(2) : at::cat({newFirst, newSecond}, 2);
  result = result.to(x.scalar_type());
  if (dims == x.size(2)) return result;
  return at::cat({result, x.narrow(2, dims, x.size(2) - dims)}, 2);
}

bool usesLoops(const Tensor &x, const Tensor &positions, const RotaryTables &tables) {
  return usesOwnKernels(x) && x.dim() == 3 && positions.is_contiguous() && positions.scalar_type() == at::kLong &&
         tables.cos.scalar_type() == at::kFloat && tables.cos.is_contiguous() && tables.sin.is_contiguous();
}

void rotateRows(const Tensor &in, Tensor out, const Tensor &positions, const RotaryTables &tables, bool interleaved, bool inverse) {
  kernels::RotaryShape shape{
      0, in.size(1), in.size(2), tables.cos.size(1), in.stride(0), in.stride(1), out.stride(0), out.stride(1), interleaved, inverse};
  const auto *place = static_cast<const int64_t *>(positions.data_ptr());
  const int64_t grain = std::max<int64_t>(1, 16384 / std::max<int64_t>(1, in.size(1) * in.size(2)));
  withStorage(in.scalar_type(), [&](auto zero) {
    using S = decltype(zero);
    parallelRanges(in.size(0), grain, [&](int64_t begin, int64_t end) {
      kernels::RotaryShape part = shape;
      part.rows = end - begin;
      kernels::typedKernels<S>().rotate(elements<S>(in) + begin * shape.inRow, elements<S>(out) + begin * shape.outRow, place + begin,
                                        elements<float>(tables.cos), elements<float>(tables.sin), part);
    });
  });
}

} // namespace

Tensor rotate(const Tensor &x, const Tensor &positions, const RotaryTables &tables, bool interleaved, bool inverse) {
  Tensor out = at::empty(x.sizes(), x.options());
  rotateInto(out, x, positions, tables, interleaved, inverse);
  return out;
}

void rotateInto(Tensor out, const Tensor &x, const Tensor &positions, const RotaryTables &tables, bool interleaved, bool inverse) {
  if (usesLoops(x, positions, tables) && usesOwnKernels(out)) return rotateRows(x, out, positions, tables, interleaved, inverse);
  if (device::rotate(x, out, positions, tables.cos, tables.sin, interleaved, inverse)) return;
  out.copy_(plainRotate(x, positions, tables, interleaved, inverse));
}

void rotateInPlace(Tensor x, const Tensor &positions, const RotaryTables &tables, bool interleaved, bool inverse) {
  rotateInto(x, x, positions, tables, interleaved, inverse);
}

RotaryTables rotaryTables(const io::RopeConfig &rope, int64_t headDim, int64_t positions, const at::Device &device, int64_t variant) {
  const Tensor frequencies = rotaryFrequencies(rope, headDim, variant);
  const Tensor angles = at::outer(at::arange(positions, frequencies.options()), frequencies);
  RotaryTables tables{angles.cos(), angles.sin()};
  if (rope.attentionFactor != 1.0) {
    tables.cos.mul_(rope.attentionFactor);
    tables.sin.mul_(rope.attentionFactor);
  }
  return {tables.cos.to(device), tables.sin.to(device)};
}

Tensor applyRotary(const Tensor &x, const Tensor &positions, const RotaryTables &tables, bool interleaved) {
  if (!at::GradMode::is_enabled()) return rotate(x, positions, tables, interleaved, false);
  return RotaryFunction::apply(x, positions, tables.cos, tables.sin, interleaved);
}

} // namespace attune::core
