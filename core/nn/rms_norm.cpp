#include "core/nn/rms_norm.h"

#include "core/nn/kernel_policy.h"

#include <ATen/ops/add.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/rsqrt.h>
#include <ATen/ops/sum.h>
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

NormResult plainForward(const Tensor &x, const Tensor &delta, const Tensor &weight, double eps, bool plusOne) {
  const auto type = computeType(x.scalar_type());
  NormResult result;
  result.sum = delta.defined() ? at::add(x, delta) : x;
  const Tensor wide = result.sum.to(type);
  result.rstd = at::rsqrt(wide.pow(2).mean(-1, true).add(eps));
  const Tensor normed = wide.mul(result.rstd);
  const Tensor factor = weight.to(type);
  result.y = plusOne ? normed.mul(factor.add(1.0)) : normed.to(x.scalar_type()).to(type).mul(factor);
  result.y = result.y.to(x.scalar_type());
  return result;
}

NormResult normForward(const Tensor &x, const Tensor &delta, const Tensor &weight, double eps, bool plusOne) {
  return plainForward(x, delta, weight, eps, plusOne);
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
  return plainBackward(gradY, gradSum, sum, weight, rstd, plusOne, wantsWeight);
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
    const auto [gradX, gradWeight] = normBackward(grads[0], Tensor(), saved[0], saved[1], saved[2],
                                                  ctx->saved_data["plusOne"].toBool(), ctx->needs_input_grad(1));
    return {gradX, gradWeight, Tensor(), Tensor()};
  }
};

struct AddRmsNormFunction : torch::autograd::Function<AddRmsNormFunction> {
  static variable_list forward(AutogradContext *ctx, const Tensor &residual, const Tensor &delta, const Tensor &weight, double eps,
                               bool plusOne) {
    const auto result = normForward(residual, delta, weight, eps, plusOne);
    ctx->set_materialize_grads(false);
    ctx->saved_data["plusOne"] = plusOne;
    ctx->save_for_backward({result.sum, weight, result.rstd});
    return {result.sum, result.y};
  }

  static variable_list backward(AutogradContext *ctx, variable_list grads) {
    const auto saved = ctx->get_saved_variables();
    const auto [gradX, gradWeight] = normBackward(grads[1], grads[0], saved[0], saved[1], saved[2],
                                                  ctx->saved_data["plusOne"].toBool(), ctx->needs_input_grad(2));
    return {gradX, gradX, gradWeight, Tensor(), Tensor()};
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
  auto outputs = AddRmsNormFunction::apply(residual, delta, weight, eps, plusOne);
  return {outputs[0], outputs[1]};
}

} // namespace attune::core
