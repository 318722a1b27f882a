#include "core/nn/feed_forward.h"

#include "core/nn/device_kernels.h"
#include "core/nn/kernel_policy.h"
#include "core/nn/kernels/parallel.h"

#include <ATen/ops/erf.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/tanh.h>
#include <algorithm>
#include <torch/csrc/autograd/custom_function.h>

namespace attune::core {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

namespace {

constexpr double kGeluInner = 0.7978845608028654; // sqrt(2 / pi)
constexpr double kGeluCubic = 0.044715;

/// act(gate), and its derivative where wanted.
std::pair<Tensor, Tensor> plainActivation(const Tensor &gate, io::Activation activation, bool derivative) {
  if (activation == io::Activation::Silu) {
    const Tensor s = at::sigmoid(gate);
    return {gate.mul(s), derivative ? s.mul(gate.mul(s.neg().add(1.0)).add(1.0)) : Tensor()};
  }
  if (activation == io::Activation::GeluTanh) {
    const Tensor square = gate.mul(gate);
    const Tensor t = gate.mul(square.mul(kGeluCubic).add(1.0)).mul(kGeluInner).tanh();
    const Tensor half = t.add(1.0).mul(0.5);
    if (!derivative) return {gate.mul(half), Tensor()};
    const Tensor inner = square.mul(3.0 * kGeluCubic).add(1.0).mul(kGeluInner);
    return {gate.mul(half), half.add(gate.mul(0.5).mul(t.mul(t).neg().add(1.0)).mul(inner))};
  }
  const Tensor half = gate.mul(0.7071067811865476).erf().add(1.0).mul(0.5);
  if (!derivative) return {gate.mul(half), Tensor()};
  return {gate.mul(half), half.add(gate.mul(gate.mul(gate).mul(-0.5).exp()).mul(0.3989422804014327))};
}

kernels::Gate gateOf(io::Activation activation) {
  if (activation == io::Activation::Silu) return kernels::Gate::Silu;
  return activation == io::Activation::GeluTanh ? kernels::Gate::GeluTanh : kernels::Gate::Gelu;
}

bool usesLoops(const Tensor &gateUp) { return usesOwnKernels(gateUp) && gateUp.dim() == 2 && gateUp.is_contiguous(); }

int64_t rowGrain(int64_t width) { return std::max<int64_t>(1, 16384 / std::max<int64_t>(1, width)); }

} // namespace

Tensor gatedForward(const Tensor &gateUp, io::Activation activation) {
  if (Tensor made; device::gateForward(gateUp, activation, made)) return made;
  if (usesLoops(gateUp)) {
    const int64_t width = gateUp.size(1) / 2;
    Tensor out = at::empty({gateUp.size(0), width}, gateUp.options());
    withStorage(gateUp.scalar_type(), [&](auto zero) {
      using S = decltype(zero);
      parallelRanges(gateUp.size(0), rowGrain(width), [&](int64_t begin, int64_t end) {
        kernels::typedKernels<S>().gateForward(elements<S>(gateUp) + begin * 2 * width, elements<S>(out) + begin * width, end - begin,
                                               width, gateOf(activation));
      });
    });
    return out;
  }
  const auto type = computeType(gateUp.scalar_type());
  const int64_t width = gateUp.size(1) / 2;
  const Tensor gate = gateUp.narrow(1, 0, width).to(type);
  const Tensor up = gateUp.narrow(1, width, width).to(type);
  return plainActivation(gate, activation, false).first.mul(up).to(gateUp.scalar_type());
}

Tensor gatedBackward(const Tensor &grad, const Tensor &gateUp, io::Activation activation) {
  if (Tensor made; device::gateBackward(grad, gateUp, activation, made)) return made;
  if (usesLoops(gateUp) && grad.scalar_type() == gateUp.scalar_type()) {
    const Tensor dense = grad.contiguous();
    const int64_t width = gateUp.size(1) / 2;
    Tensor out = at::empty(gateUp.sizes(), gateUp.options());
    withStorage(gateUp.scalar_type(), [&](auto zero) {
      using S = decltype(zero);
      parallelRanges(gateUp.size(0), rowGrain(width), [&](int64_t begin, int64_t end) {
        kernels::typedKernels<S>().gateBackward(elements<S>(dense) + begin * width, elements<S>(gateUp) + begin * 2 * width,
                                                elements<S>(out) + begin * 2 * width, end - begin, width, gateOf(activation));
      });
    });
    return out;
  }
  const auto type = computeType(gateUp.scalar_type());
  const int64_t width = gateUp.size(1) / 2;
  const Tensor wide = grad.to(type);
  const auto [value, slope] = plainActivation(gateUp.narrow(1, 0, width).to(type), activation, true);
  Tensor result = at::empty_like(gateUp, gateUp.options(), at::MemoryFormat::Contiguous);
  result.narrow(1, 0, width).copy_(wide.mul(gateUp.narrow(1, width, width)).mul(slope));
  result.narrow(1, width, width).copy_(wide.mul(value));
  return result;
}

namespace {

struct GatedFunction : torch::autograd::Function<GatedFunction> {
  static Tensor forward(AutogradContext *ctx, const Tensor &gateUp, int64_t activation) {
    ctx->saved_data["activation"] = activation;
    ctx->save_for_backward({gateUp});
    return gatedForward(gateUp, static_cast<io::Activation>(activation));
  }

  static variable_list backward(AutogradContext *ctx, variable_list grads) {
    const auto activation = static_cast<io::Activation>(ctx->saved_data["activation"].toInt());
    return {gatedBackward(grads[0], ctx->get_saved_variables()[0], activation), Tensor()};
  }
};

} // namespace

Tensor gatedActivation(const Tensor &gateUp, io::Activation activation) {
  if (!at::GradMode::is_enabled()) return gatedForward(gateUp, activation);
  return GatedFunction::apply(gateUp, static_cast<int64_t>(activation));
}

} // namespace attune::core
