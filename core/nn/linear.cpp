#include "core/nn/linear.h"

#include "core/nn/kernel_policy.h"
#include "core/nn/low_rank.h"
#include "core/nn/matmul.h"
#include "core/quant/dequant_scope.h"

#include <ATen/ops/mul.h>
#include <ATen/ops/sum.h>
#include <torch/csrc/autograd/custom_function.h>

namespace attune::core {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

namespace {

/// All slices of one packed weight: A's stacked to [R, in], B's transposed and scaled, each [r, rows], in fp32.
struct Adapters {
  Tensor a;
  std::vector<Tensor> scaledB;
  std::vector<int64_t> rankBegin; // column of the slice in x.Aᵀ
};

Adapters gatherAdapters(const std::vector<LoraSlice> &slices, at::ScalarType type) {
  Adapters adapters;
  std::vector<Tensor> parts;
  int64_t begin = 0;
  for (const auto &slice : slices) {
    parts.push_back(slice.a.detach().to(type));
    adapters.scaledB.push_back(slice.b.detach().to(type).t().mul(slice.scale).contiguous());
    adapters.rankBegin.push_back(begin);
    begin += slice.a.size(0);
  }
  adapters.a = parts.size() == 1 ? parts[0].contiguous() : at::cat(parts, 0);
  return adapters;
}

struct ForwardResult {
  Tensor y;
  Tensor reduced; // drop(x).Aᵀ [N, R] of all slices
};

Tensor product(const Tensor &x, const Weight &weight, DecodedMatrices *kept) {
  if (!weight.quantised()) return matmulTransposed(x, weight.dense().to(x.scalar_type()));
  Tensor y;
  if (weight.quantised()->smallProduct(x, y)) return y;
  return matmulTransposed(x, kept ? kept->keep(*weight.quantised(), x.scalar_type()) : weight.quantised()->dense(x.scalar_type()));
}

ForwardResult linearForward(const Tensor &x, const Weight &weight, const Tensor &bias, const std::vector<LoraSlice> &slices,
                            const LoraDropout &drop, DecodedMatrices *kept = nullptr) {
  ForwardResult result;
  result.y = product(x, weight, kept);
  if (bias.defined()) result.y.add_(bias);
  if (slices.empty()) return result;
  const auto adapters = gatherAdapters(slices, adapterType(x));
  result.reduced = lowRankReduce(counterDropout(x, drop.probability, drop.seed), adapters.a);
  for (size_t i = 0; i < slices.size(); ++i) {
    const auto &slice = slices[i];
    lowRankExpand(result.y.narrow(1, slice.rowBegin, slice.rowEnd - slice.rowBegin),
                  result.reduced.narrow(1, adapters.rankBegin[i], slice.a.size(0)), adapters.scaledB[i]);
  }
  return result;
}

/// The same as lowRankBackward in several passes: for dropout, other devices and types. Returns the gradient of A.
Tensor separateBackward(const Tensor &x, const Tensor &a, const std::vector<LowRankPart> &parts, double probability, uint64_t seed,
                        Tensor dx, std::vector<Tensor> &gradB) {
  Tensor back = at::empty({x.size(0), a.size(0)}, a.options()); // s.dY.B [N, R]
  int64_t column = 0;
  for (const auto &part : parts) {
    const int64_t rank = part.scaledB.size(0);
    lowRankReduceInto(back.narrow(1, column, rank), part.grad, part.scaledB);
    gradB.push_back(lowRankGradient(part.reduced, part.grad));
    column += rank;
  }
  const Tensor gradA = lowRankGradient(back, counterDropout(x, probability, seed));
  if (!dx.defined()) return gradA;
  if (probability > 0.0) {
    Tensor through = at::zeros_like(x);
    lowRankExpand(through, back, a);
    dx.add_(counterDropout(through, probability, seed));
  } else {
    lowRankExpand(dx, back, a);
  }
  return gradA;
}

/// What backward needs of a quantised weight: the codes, and where the forward pass may have left them decoded. No saved tensor.
struct QuantisedWeight : torch::CustomClassHolder {
  std::shared_ptr<const QuantisedMatrix> matrix;
  std::shared_ptr<DecodedMatrices> kept;
};

struct LinearFunction : torch::autograd::Function<LinearFunction> {
  /// `others`: the bias where there is one, then A and B of every slice.
  static Tensor forward(AutogradContext *ctx, const Tensor &x, const Tensor &dense, at::TensorList others, const Weight *weight,
                        const std::vector<LoraSlice> *slices, const LoraDropout *drop) {
    const auto kept = weight->quantised() ? DequantScope::current() : nullptr;
    const auto result = linearForward(x, *weight, others.size() % 2 == 1 ? others[0] : Tensor(), *slices, *drop, kept.get());
    if (weight->quantised()) {
      auto base = c10::make_intrusive<QuantisedWeight>();
      base->matrix = weight->quantised();
      base->kept = kept;
      ctx->saved_data["quantised"] = c10::IValue::make_capsule(std::move(base));
    }
    // x.Aᵀ is 1/70 of x: keeping it saves a pass over x in backward.
    std::vector<Tensor> saved{x, dense, result.reduced};
    saved.insert(saved.end(), others.begin(), others.end());
    ctx->save_for_backward(std::move(saved));
    std::vector<double> scales;
    std::vector<int64_t> rows;
    for (const auto &slice : *slices) {
      scales.push_back(slice.scale);
      rows.push_back(slice.rowBegin);
      rows.push_back(slice.rowEnd);
    }
    ctx->saved_data["scales"] = scales;
    ctx->saved_data["rows"] = rows;
    ctx->saved_data["probability"] = drop->probability;
    ctx->saved_data["seed"] = static_cast<int64_t>(drop->seed);
    return result.y;
  }

  /// grad . weight
  static Tensor inputGradient(AutogradContext *ctx, const Tensor &grad, const Tensor &dense) {
    const auto type = grad.scalar_type();
    const auto found = ctx->saved_data.find("quantised");
    if (found == ctx->saved_data.end()) return matmulPlain(grad, dense.to(type));
    const auto holder = found->second.toCapsule();
    const auto &base = static_cast<const QuantisedWeight &>(*holder);
    return matmulPlain(grad, base.kept ? base.kept->take(*base.matrix, type) : base.matrix->dense(type));
  }

  static variable_list backward(AutogradContext *ctx, variable_list grads) {
    const auto saved = ctx->get_saved_variables();
    const Tensor &x = saved[0];
    const Tensor &weight = saved[1];
    const Tensor &reduced = saved[2];
    const auto type = computeType(x.scalar_type());
    const auto scales = ctx->saved_data["scales"].toDoubleVector();
    const auto rows = ctx->saved_data["rows"].toIntVector();
    const double probability = ctx->saved_data["probability"].toDouble();
    const auto seed = static_cast<uint64_t>(ctx->saved_data["seed"].toInt());
    const Tensor grad = grads[0].stride(-1) == 1 ? grads[0] : grads[0].contiguous();

    const bool biased = (saved.size() - 3) % 2 == 1;
    const size_t first = biased ? 4 : 3; // A of slice 0 among the saved tensors
    const size_t output = first - 1;     // and among the inputs: `reduced` is no input
    variable_list result(output + 2 * scales.size() + 3);
    if (ctx->needs_input_grad(0)) result[0] = inputGradient(ctx, grad, weight);
    if (ctx->needs_input_grad(1)) {
      Tensor gradWeight = at::zeros(weight.sizes(), weight.options().dtype(type));
      accumulateOuter(gradWeight, grad, x);
      result[1] = gradWeight.to(weight.scalar_type());
    }
    if (biased && ctx->needs_input_grad(2)) result[2] = at::sum(grad.to(type), 0).to(saved[3].scalar_type());
    if (scales.empty()) return result;

    std::vector<LoraSlice> slices(scales.size());
    for (size_t i = 0; i < scales.size(); ++i) {
      slices[i] = {saved[first + 2 * i], saved[first + 2 * i + 1], scales[i], rows[2 * i], rows[2 * i + 1]};
    }
    const auto adapters = gatherAdapters(slices, adapterType(x));
    std::vector<LowRankPart> parts;
    for (size_t i = 0; i < slices.size(); ++i) {
      parts.push_back({grad.narrow(1, slices[i].rowBegin, slices[i].rowEnd - slices[i].rowBegin),
                       reduced.narrow(1, adapters.rankBegin[i], slices[i].a.size(0)), adapters.scaledB[i]});
    }
    Tensor gradA;
    std::vector<Tensor> gradB;
    if (probability > 0.0 || !lowRankBackward(x, adapters.a, parts, result[0], gradA, gradB)) {
      gradA = separateBackward(x, adapters.a, parts, probability, seed, result[0], gradB);
    }
    for (size_t i = 0; i < slices.size(); ++i) {
      result[output + 2 * i] = gradA.narrow(0, adapters.rankBegin[i], slices[i].a.size(0)).to(slices[i].a.scalar_type());
      result[output + 2 * i + 1] = gradB[i].t().mul(slices[i].scale).to(slices[i].b.scalar_type());
    }
    return result;
  }
};

} // namespace

Tensor linear(const Tensor &x, const Weight &weight, const Tensor &bias, const std::vector<LoraSlice> &slices, const LoraDropout &drop) {
  const Tensor rows = x.stride(-1) == 1 ? x : x.contiguous();
  if (!at::GradMode::is_enabled()) return linearForward(rows, weight, bias, slices, drop).y;
  std::vector<Tensor> others;
  if (bias.defined()) others.push_back(bias);
  for (const auto &slice : slices) {
    others.push_back(slice.a);
    others.push_back(slice.b);
  }
  static const Tensor none = at::empty({0}); // autograd wants a tensor in the place of a quantised weight
  return LinearFunction::apply(rows, weight.quantised() ? none : weight.dense(), at::TensorList(others), &weight, &slices, &drop);
}

} // namespace attune::core
