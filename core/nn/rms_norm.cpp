#include "core/nn/rms_norm.h"

#include "core/nn/device_kernels.h"
#include "core/nn/kernel_policy.h"
#include "core/nn/kernels/parallel.h"

#include <ATen/ops/add.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/rsqrt.h>
#include <ATen/ops/sum.h>
#include <algorithm>
#include <torch/csrc/autograd/custom_function.h>

namespace attune::core {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

namespace {

struct NormResult {
  Tensor sum; // x itself where there is no delta
  Tensor y;
  Tensor rstd; // [N, 1]
};

/// fp32 sums (the residual of fp16) are normed into the type of the products, which is the weight's.
at::ScalarType normedType(const Tensor &x, const Tensor &weight) {
  return x.scalar_type() == at::kFloat ? weight.scalar_type() : x.scalar_type();
}

NormResult plainForward(const Tensor &x, const Tensor &delta, const Tensor &weight, double eps, bool plusOne) {
  const auto type = computeType(x.scalar_type()), narrow = normedType(x, weight);
  NormResult result;
  result.sum = delta.defined() ? at::add(x, delta) : x;
  const Tensor wide = result.sum.to(type);
  result.rstd = at::rsqrt(wide.pow(2).mean(-1, true).add(eps));
  const Tensor normed = wide.mul(result.rstd);
  const Tensor factor = weight.to(type);
  result.y = plusOne ? normed.mul(factor.add(1.0)) : normed.to(narrow).to(type).mul(factor);
  result.y = result.y.to(narrow);
  return result;
}

bool usesLoops(const Tensor &x, const Tensor &weight) {
  return usesOwnKernels(x) && usesOwnKernels(weight) && normedType(x, weight) == x.scalar_type() && x.dim() == 2 && x.is_contiguous();
}

/// What a normalised value is multiplied with, fp32.
Tensor wideFactor(const Tensor &weight, bool plusOne) {
  const Tensor wide = weight.detach().to(at::kFloat).contiguous();
  return plusOne ? wide.add(1.0) : wide;
}

int64_t rowGrain(int64_t width) { return std::max<int64_t>(1, 32768 / std::max<int64_t>(1, width)); }

NormResult normForward(const Tensor &x, const Tensor &delta, const Tensor &weight, double eps, bool plusOne) {
  NormResult made;
  if (device::normForward(x, delta, weight, eps, plusOne, made.sum, made.y, made.rstd)) return made;
  if (!usesLoops(x, weight) || (delta.defined() && (delta.scalar_type() != x.scalar_type() || !delta.is_contiguous()))) {
    return plainForward(x, delta, weight, eps, plusOne);
  }
  NormResult result;
  result.sum = delta.defined() ? at::empty(x.sizes(), x.options()) : x;
  result.y = at::empty(x.sizes(), x.options());
  result.rstd = at::empty({x.size(0), 1}, x.options().dtype(at::kFloat));
  const Tensor factor = wideFactor(weight, plusOne);
  const int64_t width = x.size(1);
  withStorage(x.scalar_type(), [&](auto zero) {
    using S = decltype(zero);
    parallelRanges(x.size(0), rowGrain(width), [&](int64_t begin, int64_t end) {
      const kernels::NormShape shape{end - begin, width, static_cast<float>(eps), !plusOne};
      const S *add = elements<S>(delta);
      kernels::typedKernels<S>().normForward(elements<S>(x) + begin * width, add ? add + begin * width : nullptr, elements<float>(factor),
                                             elements<S>(result.sum) + begin * width, elements<S>(result.y) + begin * width,
                                             elements<float>(result.rstd) + begin, shape);
    });
  });
  return result;
}

/// Gradients of x (= of delta) and, if wanted, of weight; gradSum reaches the sum directly and may be undefined.
std::pair<Tensor, Tensor> plainBackward(const Tensor &gradY, const Tensor &gradSum, const Tensor &sum, const Tensor &weight,
                                        const Tensor &rstd, bool plusOne, bool wantsWeight) {
  const auto type = computeType(sum.scalar_type());
  const Tensor normed = sum.to(type).mul(rstd);
  const Tensor wide = gradY.to(type);
  const Tensor factor = plusOne ? weight.to(type).add(1.0) : weight.to(type);
  const Tensor g = wide.mul(factor);
  Tensor gradX = g.sub(normed.mul(g.mul(normed).mean(-1, true))).mul(rstd);
  if (gradSum.defined()) gradX = gradX.add(gradSum.to(type));
  Tensor gradWeight;
  if (wantsWeight) gradWeight = wide.mul(normed).sum(0).to(weight.scalar_type());
  return {gradX.to(sum.scalar_type()), gradWeight};
}

std::pair<Tensor, Tensor> normBackward(const Tensor &gradY, const Tensor &gradSum, const Tensor &sum, const Tensor &weight,
                                       const Tensor &rstd, bool plusOne, bool wantsWeight) {
  if (!gradY.defined()) return {gradSum, Tensor()};
  if (Tensor gradX; !wantsWeight && device::normBackward(gradY, gradSum, sum, weight, rstd, plusOne, gradX)) return {gradX, Tensor()};
  if (!usesLoops(sum, weight) || gradY.scalar_type() != sum.scalar_type()) {
    return plainBackward(gradY, gradSum, sum, weight, rstd, plusOne, wantsWeight);
  }
  const Tensor g = gradY.contiguous(), extra = gradSum.defined() ? gradSum.contiguous() : gradSum;
  const Tensor factor = wideFactor(weight, plusOne);
  const int64_t width = sum.size(1), parts = std::max<int64_t>(1, partCount(sum.size(0), rowGrain(width)));
  Tensor gradX = at::empty(sum.sizes(), sum.options()), partial;
  if (wantsWeight) partial = at::zeros({parts, width}, sum.options().dtype(at::kFloat));
  withStorage(sum.scalar_type(), [&](auto zero) {
    using S = decltype(zero);
    runParts(parts, [&](int64_t part) {
      const int64_t begin = sum.size(0) * part / parts, end = sum.size(0) * (part + 1) / parts;
      const S *more = elements<S>(extra);
      float *gradWeight = elements<float>(partial);
      kernels::typedKernels<S>().normBackward(elements<S>(g) + begin * width, more ? more + begin * width : nullptr,
                                              elements<S>(sum) + begin * width, elements<float>(factor), elements<float>(rstd) + begin,
                                              elements<S>(gradX) + begin * width, gradWeight ? gradWeight + part * width : nullptr,
                                              {end - begin, width, 0.0f, false});
    });
  });
  return {gradX, wantsWeight ? partial.sum(0).to(weight.scalar_type()) : Tensor()};
}

struct RmsNormFunction : torch::autograd::Function<RmsNormFunction> {
  static Tensor forward(AutogradContext *ctx, const Tensor &x, const Tensor &weight, double eps, bool plusOne) {
    const auto result = normForward(x, Tensor(), weight, eps, plusOne);
    ctx->set_materialize_grads(false);
    ctx->saved_data["plusOne"] = plusOne;
    ctx->save_for_backward({x, weight, result.rstd});
    return result.y;
  }

  static variable_list backward(AutogradContext *ctx, variable_list grads) {
    const auto saved = ctx->get_saved_variables();
    const auto [gradX, gradWeight] =
        normBackward(grads[0], Tensor(), saved[0], saved[1], saved[2], ctx->saved_data["plusOne"].toBool(), ctx->needs_input_grad(1));
    return {gradX, gradWeight, Tensor(), Tensor()};
  }
};

struct AddRmsNormFunction : torch::autograd::Function<AddRmsNormFunction> {
  static variable_list forward(AutogradContext *ctx, const Tensor &residual, const Tensor &weight, const c10::optional<Tensor> &delta,
                               double eps, bool plusOne) {
    const auto result = normForward(residual, delta.value_or(Tensor()), weight, eps, plusOne);
    ctx->saved_data["adds"] = delta.has_value();
    ctx->set_materialize_grads(false);
    ctx->saved_data["plusOne"] = plusOne;
    ctx->save_for_backward({result.sum, weight, result.rstd});
    return {result.sum, result.y};
  }

  static variable_list backward(AutogradContext *ctx, variable_list grads) {
    const auto saved = ctx->get_saved_variables();
    const auto [gradX, gradWeight] =
        normBackward(grads[1], grads[0], saved[0], saved[1], saved[2], ctx->saved_data["plusOne"].toBool(), ctx->needs_input_grad(1));
    const bool adds = ctx->saved_data["adds"].toBool();
    return {gradX, gradWeight, adds ? gradX : Tensor(), Tensor(), Tensor()}; // autograd gives delta's its type
  }
};

} // namespace

Tensor rmsNorm(const Tensor &x, const Tensor &weight, double eps, bool plusOne) {
  if (!at::GradMode::is_enabled()) return normForward(x, Tensor(), weight, eps, plusOne).y;
  return RmsNormFunction::apply(x, weight, eps, plusOne);
}

std::pair<Tensor, Tensor> addRmsNorm(const Tensor &residual, const Tensor &delta, const Tensor &weight, double eps, bool plusOne) {
  if (!at::GradMode::is_enabled()) {
    auto result = normForward(residual, delta, weight, eps, plusOne);
    return {result.sum, result.y};
  }
  const c10::optional<Tensor> added = delta.defined() ? c10::optional<Tensor>(delta) : c10::nullopt; // autograd takes none undefined
  auto outputs = AddRmsNormFunction::apply(residual, weight, added, eps, plusOne);
  return {outputs[0], outputs[1]};
}

} // namespace attune::core
