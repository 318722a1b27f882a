#include "core/nn/linear.h"

#include "core/nn/adapter_copies.h"
#include "core/nn/checkpointing.h"
#include "core/nn/feed_forward.h"
#include "core/nn/kernel_policy.h"
#include "core/nn/low_rank.h"
#include "core/nn/matmul.h"
#include "core/quant/dequant_scope.h"

#include <ATen/ops/mul.h>
#include <ATen/ops/sum.h>
#include <torch/csrc/autograd/custom_function.h>
#include <utility>

namespace attune::core {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

namespace {

/// All slices of one packed weight: A's stacked to [R, in], B's transposed and scaled.
struct Adapters {
  Tensor a;
  std::vector<Tensor> scaledB;    // each [r, rows]; where our loops compute, in fp32
  Tensor together;                // elsewhere instead: one matrix [R, last row], a slice's B at its ranks and rows, zeros beside
  std::vector<int64_t> rankBegin; // column of the slice in x.Aᵀ
};

/// Whether all slices are one product of each kind: a launch and a pass over y cost more there than products with zeros.
bool takesTogether(const Tensor &x) { return !usesOwnKernels(x) && adapterType(x) == x.scalar_type(); }

Tensor stackedA(const std::vector<LoraSlice> &slices, at::ScalarType type) {
  std::vector<Tensor> parts;
  for (const auto &slice : slices) parts.push_back(slice.a.detach().to(type));
  return parts.size() == 1 ? parts[0].contiguous() : at::cat(parts, 0);
}

Tensor scaledTranspose(const LoraSlice &slice, at::ScalarType type) { return slice.b.detach().to(type).t().mul(slice.scale).contiguous(); }

Adapters gatherAdapters(const std::vector<LoraSlice> &slices, const Tensor &x) {
  const at::ScalarType type = adapterType(x);
  const bool ready = slices[0].readyA.defined() && slices[0].readyA.scalar_type() == type;
  Adapters adapters;
  if (takesTogether(x)) {
    std::vector<LoraSlice> made;
    if (!ready) AdapterCopies({&(made = slices)}, type);
    const LoraSlice &first = ready ? slices[0] : made[0];
    adapters.a = first.readyA;
    adapters.together = first.readyB;
  } else {
    adapters.a = ready ? slices[0].readyA : stackedA(slices, type);
  }
  int64_t begin = 0;
  for (const auto &slice : slices) {
    if (!adapters.together.defined()) adapters.scaledB.push_back(scaledTranspose(slice, type));
    adapters.rankBegin.push_back(begin);
    begin += slice.a.size(0);
  }
  return adapters;
}

struct ForwardResult {
  Tensor y;
  Tensor reduced; // drop(x).Aᵀ [N, R] of all slices
};

Tensor decoded(const Weight &weight, at::ScalarType type, DecodedMatrices *kept) {
  if (!weight.quantised()) return weight.dense().to(type);
  return kept ? kept->keep(*weight.quantised(), type) : weight.quantised()->dense(type);
}

Tensor product(const Tensor &x, const Weight &weight, DecodedMatrices *kept) {
  Tensor y;
  if (weight.quantised() && weight.quantised()->smallProduct(x, y)) return y;
  return matmulTransposed(x, decoded(weight, x.scalar_type(), kept));
}

Tensor dropped(const Tensor &x, const LoraDropout &drop) { return counterDropout(x, drop.probability, drop.seed, drop.firstRow); }

int64_t rowsOf(const Weight &weight) { return weight.quantised() ? weight.quantised()->rows() : weight.dense().size(0); }

/// Whether LoRA's share is written first and the big product added to it: an accelerator reads what it adds to while it computes,
/// so a pass over y is saved. One row takes another product.
bool sharesFirst(const Tensor &x, const std::vector<LoraSlice> &slices) {
  return takesTogether(x) && x.is_cuda() && x.size(0) > 1 && !slices.empty();
}

/// y = (fresh) or += what all adapters add to it.
void addShares(Tensor y, const Tensor &reduced, const Adapters &adapters, const std::vector<LoraSlice> &slices, bool fresh) {
  if (adapters.together.defined()) {
    const int64_t rows = adapters.together.size(1);
    const Tensor shared = y.narrow(1, 0, rows);
    if (!fresh) return lowRankExpand(shared, reduced, adapters.together);
    matmulPlainInto(shared, reduced, adapters.together);
    if (rows < y.size(1)) y.narrow(1, rows, y.size(1) - rows).zero_();
    return;
  }
  for (size_t i = 0; i < slices.size(); ++i)
    lowRankExpand(y.narrow(1, slices[i].rowBegin, slices[i].rowEnd - slices[i].rowBegin),
                  reduced.narrow(1, adapters.rankBegin[i], slices[i].a.size(0)), adapters.scaledB[i]);
}

ForwardResult linearForward(const Tensor &x, const Weight &weight, const Tensor &bias, const std::vector<LoraSlice> &slices,
                            const LoraDropout &drop, Use use, DecodedMatrices *kept = nullptr) {
  ForwardResult result;
  const bool late = use == Use::Value && sharesFirst(x, slices);
  if (use == Use::Gradient)
    result.y = unread({x.size(0), rowsOf(weight)}, x.options());
  else
    result.y = late ? at::empty({x.size(0), rowsOf(weight)}, x.options()) : product(x, weight, kept);
  if (!slices.empty()) {
    const auto adapters = gatherAdapters(slices, x);
    result.reduced = lowRankReduce(dropped(x, drop), adapters.a);
    if (use == Use::Value) addShares(result.y, result.reduced, adapters, slices, late);
  }
  if (late) matmulTransposedInto(result.y, x, decoded(weight, x.scalar_type(), kept), true);
  if (bias.defined() && use == Use::Value) result.y.add_(bias);
  return result;
}

/// The same as lowRankBackward in several passes: for dropout, other devices and types. Returns the gradient of A; `fresh`: dx
/// holds nothing yet.
Tensor separateBackward(const Tensor &x, const Tensor &a, const std::vector<LowRankPart> &parts, const LoraDropout &drop, Tensor dx,
                        bool fresh, std::vector<Tensor> &gradB) {
  Tensor back = at::empty({x.size(0), a.size(0)}, a.options()); // s.dY.B [N, R]
  int64_t column = 0;
  for (const auto &part : parts) {
    const int64_t rank = part.scaledB.size(0);
    lowRankReduceInto(back.narrow(1, column, rank), part.grad, part.scaledB);
    // On an accelerator in the layout of B itself, which is the transpose.
    gradB.push_back(x.is_cpu() ? lowRankGradient(part.reduced, part.grad) : lowRankGradient(part.grad, part.reduced).t());
    column += rank;
  }
  const Tensor gradA = lowRankGradient(back, dropped(x, drop));
  if (!dx.defined()) return gradA;
  if (fresh) {
    matmulPlainInto(dx, back, a);
  } else if (drop.probability > 0.0) {
    Tensor through = at::zeros_like(x);
    lowRankExpand(through, back, a);
    dx.add_(dropped(through, drop));
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

constexpr int64_t kUngated = -1;

struct LinearFunction : torch::autograd::Function<LinearFunction> {
  /// `others`: the bias where there is one, then A and B of every slice.
  static Tensor forward(AutogradContext *ctx, const Tensor &given, const Tensor &dense, at::TensorList others, const Weight *weight,
                        const std::vector<LoraSlice> *slices, const LoraDropout *drop, Use use, int64_t gate) {
    const Tensor x = gate == kUngated ? given : gatedForward(given, static_cast<io::Activation>(gate));
    const auto kept = weight->quantised() ? DequantScope::current() : nullptr;
    const auto result = linearForward(x, *weight, others.size() % 2 == 1 ? others[0] : Tensor(), *slices, *drop, use, kept.get());
    if (weight->quantised()) {
      auto base = c10::make_intrusive<QuantisedWeight>();
      base->matrix = weight->quantised();
      base->kept = kept;
      ctx->saved_data["quantised"] = c10::IValue::make_capsule(std::move(base));
    }
    // x.Aᵀ is 1/70 of x: keeping it saves a pass over x in backward.
    std::vector<Tensor> saved{given, dense, result.reduced};
    saved.insert(saved.end(), others.begin(), others.end());
    ctx->save_for_backward(std::move(saved));
    std::vector<double> scales;
    std::vector<int64_t> rows;
    std::vector<Tensor> ready;
    if (!slices->empty() && slices->front().readyA.defined()) ready = {slices->front().readyA, slices->front().readyB};
    for (const auto &slice : *slices) {
      scales.push_back(slice.scale);
      rows.push_back(slice.rowBegin);
      rows.push_back(slice.rowEnd);
    }
    ctx->saved_data["scales"] = scales;
    ctx->saved_data["rows"] = rows;
    ctx->saved_data["ready"] = ready;
    ctx->saved_data["gate"] = gate;
    ctx->saved_data["probability"] = drop->probability;
    ctx->saved_data["seed"] = static_cast<int64_t>(drop->seed);
    ctx->saved_data["first_row"] = drop->firstRow;
    return result.y;
  }

  /// The weight for the gradient of the input.
  static Tensor baseOf(AutogradContext *ctx, at::ScalarType type, const Tensor &dense) {
    const auto found = ctx->saved_data.find("quantised");
    if (found == ctx->saved_data.end()) return dense.to(type);
    const auto holder = found->second.toCapsule();
    const auto &base = static_cast<const QuantisedWeight &>(*holder);
    return base.kept ? base.kept->take(*base.matrix, type) : base.matrix->dense(type);
  }

  static variable_list backward(AutogradContext *ctx, variable_list grads) {
    const auto saved = ctx->get_saved_variables();
    const int64_t gate = ctx->saved_data["gate"].toInt();
    const Tensor x = gate == kUngated ? saved[0] : gatedForward(saved[0], static_cast<io::Activation>(gate));
    const Tensor &weight = saved[1];
    const Tensor &reduced = saved[2];
    const auto type = computeType(x.scalar_type());
    const auto scales = ctx->saved_data["scales"].toDoubleVector();
    const auto rows = ctx->saved_data["rows"].toIntVector();
    const LoraDropout drop = {ctx->saved_data["probability"].toDouble(), static_cast<uint64_t>(ctx->saved_data["seed"].toInt()),
                              ctx->saved_data["first_row"].toInt()};
    const Tensor grad = grads[0].stride(-1) == 1 ? grads[0] : grads[0].contiguous();

    const bool biased = (saved.size() - 3) % 2 == 1;
    const size_t first = biased ? 4 : 3; // A of slice 0 among the saved tensors
    const size_t output = first - 1;     // and among the inputs: `reduced` is no input
    variable_list result(output + 2 * scales.size() + 5);
    const bool wantsInput = ctx->needs_input_grad(0);
    const bool late = wantsInput && !scales.empty() && drop.probability == 0.0 && x.is_cuda() && adapterType(x) == x.scalar_type();
    if (late)
      result[0] = at::empty(x.sizes(), x.options());
    else if (wantsInput)
      result[0] = matmulPlain(grad, baseOf(ctx, grad.scalar_type(), weight));
    if (ctx->needs_input_grad(1)) {
      Tensor gradWeight = at::zeros(weight.sizes(), weight.options().dtype(type));
      accumulateOuter(gradWeight, grad, x);
      result[1] = gradWeight.to(weight.scalar_type());
    }
    if (biased && ctx->needs_input_grad(2)) result[2] = at::sum(grad.to(type), 0).to(saved[3].scalar_type());
    if (scales.empty()) return ungated(result, saved[0], gate);

    std::vector<LoraSlice> slices(scales.size());
    const std::vector<Tensor> ready = ctx->saved_data["ready"].toTensorVector();
    for (size_t i = 0; i < scales.size(); ++i) {
      slices[i] = {saved[first + 2 * i], saved[first + 2 * i + 1], scales[i], rows[2 * i], rows[2 * i + 1], {}, {}};
    }
    if (!ready.empty()) slices[0].readyA = ready[0], slices[0].readyB = ready[1];
    const auto adapters = gatherAdapters(slices, x);
    const Tensor &together = adapters.together;
    std::vector<LowRankPart> parts;
    if (together.defined()) parts.push_back({grad.narrow(1, 0, together.size(1)), reduced, together});
    for (size_t i = 0; i < slices.size() && !together.defined(); ++i) {
      parts.push_back({grad.narrow(1, slices[i].rowBegin, slices[i].rowEnd - slices[i].rowBegin),
                       reduced.narrow(1, adapters.rankBegin[i], slices[i].a.size(0)), adapters.scaledB[i]});
    }
    Tensor gradA;
    std::vector<Tensor> gradB;
    if (drop.probability > 0.0 || !lowRankBackward(x, adapters.a, parts, result[0], gradA, gradB)) {
      gradA = separateBackward(x, adapters.a, parts, drop, result[0], late, gradB);
    }
    if (late) matmulPlainInto(result[0], grad, baseOf(ctx, grad.scalar_type(), weight), true);
    if (together.defined()) { // to the adapters' type at once
      gradA = gradA.to(slices[0].a.scalar_type());
      gradB[0] = gradB[0].to(slices[0].b.scalar_type());
    }
    for (size_t i = 0; i < slices.size(); ++i) {
      const auto [begin, ranks] = std::pair(adapters.rankBegin[i], slices[i].a.size(0));
      const Tensor ofB = together.defined()
                             ? gradB[0].narrow(0, begin, ranks).narrow(1, slices[i].rowBegin, slices[i].rowEnd - slices[i].rowBegin)
                             : gradB[i];
      result[output + 2 * i] = gradA.narrow(0, begin, ranks).to(slices[i].a.scalar_type());
      result[output + 2 * i + 1] = ofB.t().mul(slices[i].scale).to(slices[i].b.scalar_type());
    }
    return ungated(result, saved[0], gate);
  }

  /// The first gradient through the gate, where there is one.
  static variable_list ungated(variable_list result, const Tensor &given, int64_t gate) {
    if (gate != kUngated && result[0].defined()) result[0] = gatedBackward(result[0], given, static_cast<io::Activation>(gate));
    return result;
  }
};

} // namespace

namespace {

Tensor apply(const Tensor &rows, const Weight &weight, const Tensor &bias, const std::vector<LoraSlice> &slices, const LoraDropout &drop,
             Use use, int64_t gate) {
  std::vector<Tensor> others;
  if (bias.defined()) others.push_back(bias);
  for (const auto &slice : slices) {
    others.push_back(slice.a);
    others.push_back(slice.b);
  }
  static const Tensor none = at::empty({0}); // autograd wants a tensor in the place of a quantised weight
  return LinearFunction::apply(rows, weight.quantised() ? none : weight.dense(), at::TensorList(others), &weight, &slices, &drop, use,
                               gate);
}

} // namespace

Tensor linear(const Tensor &x, const Weight &weight, const Tensor &bias, const std::vector<LoraSlice> &slices, const LoraDropout &drop,
              Use use) {
  const Tensor rows = x.stride(-1) == 1 ? x : x.contiguous();
  if (!at::GradMode::is_enabled()) return linearForward(rows, weight, bias, slices, drop, use).y;
  return apply(rows, weight, bias, slices, drop, use, kUngated);
}

Tensor gatedLinear(const Tensor &gateUp, io::Activation activation, const Weight &weight, const Tensor &bias,
                   const std::vector<LoraSlice> &slices, const LoraDropout &drop) {
  if (!at::GradMode::is_enabled()) return linearForward(gatedForward(gateUp, activation), weight, bias, slices, drop, Use::Value).y;
  return apply(gateUp, weight, bias, slices, drop, Use::Value, static_cast<int64_t>(activation));
}

} // namespace attune::core
