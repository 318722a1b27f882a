#include "core/nn/attention.h"

#include "core/device/compute_limits.h"
#include "core/nn/attention_choice.h"
#include "core/nn/attention_trial.h"
#include "core/nn/flash_attention.h"
#include "core/nn/kernel_policy.h"
#include "core/nn/rotary_kernel.h"
#include "core/nn/sliced_attention.h"

#include <ATen/ops/scaled_dot_product_attention.h>
#include <cmath>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

namespace attune::core {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

namespace {

enum class Implementation { Flash, Fused, Sliced };

/// The length that all segments have, or 0.
int64_t commonLength(const std::vector<int64_t> &starts) {
  const int64_t length = starts[1] - starts[0];
  for (size_t s = 1; s + 1 < starts.size(); ++s)
    if (starts[s + 1] - starts[s] != length) return 0;
  return length;
}

bool needsSliced(const AttentionSpec &spec) { return spec.softcap > 0.0 || spec.window > 0 || !spec.alibiSlopes.empty(); }

/// Equal rows without grouped heads are one plain batch, for which libtorch knows faster kernels than for packed rows.
bool isPlainBatch(const Tensor &q, int64_t kvHeads, const AttentionSpec &spec) {
  return !needsSliced(spec) && q.size(1) == kvHeads && commonLength(spec.segmentStarts) > 0;
}

Implementation pick(const Tensor &q, int64_t kvHeads, const AttentionSpec &spec) {
  checkProductType(q.scalar_type());
  if (spec.kind == AttentionKind::Sliced || computeLimits().slicedOnly) return Implementation::Sliced;
  const bool plain = isPlainBatch(q, kvHeads, spec);
  if (!plain && flashServes(q, kvHeads, spec)) return Implementation::Flash;
  if (needsSliced(spec)) return Implementation::Sliced;
  if (spec.kind == AttentionKind::Fused) return Implementation::Fused;
  const bool serves =
      q.is_cpu() ? !usesOwnKernels(q) : problemWithFusedAttention({q.scalar_type(), q.size(2), q.size(1) != kvHeads}, q.device()).empty();
  if (serves) return Implementation::Fused;
  return plain && flashServes(q, kvHeads, spec) ? Implementation::Flash : Implementation::Sliced;
}

void saveSpec(AutogradContext *ctx, const AttentionSpec &spec) {
  ctx->saved_data["starts"] = spec.segmentStarts;
  ctx->saved_data["scale"] = spec.scale;
  ctx->saved_data["softcap"] = spec.softcap;
  ctx->saved_data["window"] = spec.window;
  ctx->saved_data["alibi"] = std::vector<double>(spec.alibiSlopes.begin(), spec.alibiSlopes.end());
  if (spec.starts.defined()) ctx->saved_data["deviceStarts"] = spec.starts;
}

AttentionSpec loadSpec(AutogradContext *ctx) {
  AttentionSpec spec;
  spec.segmentStarts = ctx->saved_data["starts"].toIntVector();
  spec.scale = ctx->saved_data["scale"].toDouble();
  spec.softcap = ctx->saved_data["softcap"].toDouble();
  spec.window = ctx->saved_data["window"].toInt();
  for (const double slope : ctx->saved_data["alibi"].toDoubleVector()) spec.alibiSlopes.push_back(static_cast<float>(slope));
  if (const auto starts = ctx->saved_data.find("deviceStarts"); starts != ctx->saved_data.end()) spec.starts = starts->second.toTensor();
  return spec;
}

/// out and log-sum-exp of whichever implementation serves; backward finds in ctx which it was.
SlicedResult mixForward(AutogradContext *ctx, const Tensor &q, const Tensor &k, const Tensor &v, const AttentionSpec &spec, bool flash) {
  saveSpec(ctx, spec);
  if (!flash) return slicedForward(q, k, v, spec);
  const FlashResult result = flashForward(q, k, v, spec);
  ctx->saved_data["flash"] = std::vector<Tensor>{result.seed, result.offset};
  return {result.out, result.lse};
}

/// The gradients where flash attention made `forward`.
std::optional<std::array<Tensor, 3>> flashGradients(AutogradContext *ctx, const Tensor &grad, const Tensor &q, const Tensor &k,
                                                    const Tensor &v, const SlicedResult &forward) {
  const auto state = ctx->saved_data.find("flash");
  if (state == ctx->saved_data.end()) return std::nullopt;
  const std::vector<Tensor> random = state->second.toTensorVector();
  return flashBackward(grad, q, k, v, {forward.out, forward.lse, random[0], random[1]}, loadSpec(ctx));
}

struct MixFunction : torch::autograd::Function<MixFunction> {
  static Tensor forward(AutogradContext *ctx, const Tensor &q, const Tensor &k, const Tensor &v, const AttentionSpec *spec, bool flash) {
    const auto result = mixForward(ctx, q, k, v, *spec, flash);
    ctx->save_for_backward({q, k, v, result.out, result.lse});
    return result.out;
  }

  static variable_list backward(AutogradContext *ctx, variable_list grads) {
    const auto saved = ctx->get_saved_variables();
    const Tensor grad = grads[0].stride(-1) == 1 ? grads[0] : grads[0].contiguous();
    if (const auto found = flashGradients(ctx, grad, saved[0], saved[1], saved[2], {saved[3], saved[4]}))
      return {(*found)[0], (*found)[1], (*found)[2], Tensor(), Tensor()};
    Tensor dq = at::empty(saved[0].sizes(), saved[0].options());
    Tensor dk = at::empty(saved[1].sizes(), saved[1].options());
    Tensor dv = at::empty(saved[2].sizes(), saved[2].options());
    slicedBackward(grad, saved[0], saved[1], saved[2], {saved[3], saved[4]}, loadSpec(ctx), dq, dk, dv);
    return {dq, dk, dv, Tensor(), Tensor()};
  }
};

struct Packed {
  Tensor q, k, v;
};

Packed unpack(const Tensor &qkv, int64_t heads, int64_t kvHeads) {
  const int64_t dim = qkv.size(1) / (heads + 2 * kvHeads);
  const Tensor all = qkv.unflatten(1, {heads + 2 * kvHeads, dim});
  return {all.narrow(1, 0, heads), all.narrow(1, heads, kvHeads), all.narrow(1, heads + kvHeads, kvHeads)};
}

/// q and k, which lie side by side, turned as one block of heads.
void turn(const Tensor &qkv, int64_t heads, int64_t kvHeads, const Tensor &positions, const RotaryTables &tables, bool interleaved,
          bool inverse) {
  if (!tables.cos.defined() || tables.cos.numel() == 0) return;
  const int64_t dim = qkv.size(1) / (heads + 2 * kvHeads);
  rotateInPlace(qkv.unflatten(1, {heads + 2 * kvHeads, dim}).narrow(1, 0, heads + kvHeads), positions, tables, interleaved, inverse);
}

/// The gradients of q, k and v, the first two turned back, as one buffer.
Tensor packedGradient(AutogradContext *ctx, const Tensor &dq, const Tensor &dk, const Tensor &dv, const Tensor &positions,
                      const RotaryTables &tables) {
  const int64_t heads = dq.size(1), kvHeads = dk.size(1);
  const Tensor whole = at::empty({dq.size(0), (heads + 2 * kvHeads) * dq.size(2)}, dq.options().requires_grad(false));
  const Packed parts = unpack(whole, heads, kvHeads);
  const bool turns = tables.cos.numel() > 0, interleaved = ctx->saved_data["interleaved"].toBool();
  const auto store = [&](Tensor place, const Tensor &gradient) {
    if (turns)
      rotateInto(place, gradient, positions, tables, interleaved, true);
    else
      place.copy_(gradient);
  };
  store(parts.q, dq);
  store(parts.k, dk);
  Tensor(parts.v).copy_(dv);
  return whole;
}

struct PackedFunction : torch::autograd::Function<PackedFunction> {
  static Tensor forward(AutogradContext *ctx, const Tensor &qkv, const Tensor &positions, const Tensor &cos, const Tensor &sin,
                        int64_t heads, int64_t kvHeads, bool interleaved, const AttentionSpec *spec, bool flash) {
    turn(qkv, heads, kvHeads, positions, {cos, sin}, interleaved, false);
    const auto parts = unpack(qkv, heads, kvHeads);
    const auto result = mixForward(ctx, parts.q, parts.k, parts.v, *spec, flash);
    ctx->saved_data["heads"] = heads;
    ctx->saved_data["kvHeads"] = kvHeads;
    ctx->saved_data["interleaved"] = interleaved;
    // Kept beside save_for_backward's version checks: rotating in place is our own doing, and qkv has no other reader.
    ctx->saved_data["qkv"] = qkv.detach();
    ctx->save_for_backward({positions, cos, sin, result.lse});
    const Tensor out = result.out.flatten(1);
    ctx->saved_data["out"] = out.detach();
    return out;
  }

  static variable_list backward(AutogradContext *ctx, variable_list grads) {
    const auto saved = ctx->get_saved_variables();
    const Tensor qkv = ctx->saved_data["qkv"].toTensor();
    const int64_t heads = ctx->saved_data["heads"].toInt(), kvHeads = ctx->saved_data["kvHeads"].toInt();
    const auto parts = unpack(qkv, heads, kvHeads);
    const Tensor grad = grads[0].contiguous().view(parts.q.sizes());
    const Tensor out = ctx->saved_data["out"].toTensor().view(parts.q.sizes());
    variable_list result(9);
    if (const auto found = flashGradients(ctx, grad, parts.q, parts.k, parts.v, {out, saved[3]})) {
      result[0] = packedGradient(ctx, (*found)[0], (*found)[1], (*found)[2], saved[0], {saved[1], saved[2]});
      return result;
    }
    const Tensor gradQkv = at::empty(qkv.sizes(), qkv.options());
    const auto gradParts = unpack(gradQkv, heads, kvHeads);
    slicedBackward(grad, parts.q, parts.k, parts.v, {out, saved[3]}, loadSpec(ctx), gradParts.q, gradParts.k, gradParts.v);
    turn(gradQkv, heads, kvHeads, saved[0], {saved[1], saved[2]}, ctx->saved_data["interleaved"].toBool(), true);
    result[0] = gradQkv;
    return result;
  }
};

/// Segments of one length as a batch of one call.
Tensor fusedBatch(const Tensor &q, const Tensor &k, const Tensor &v, int64_t length, double scale) {
  const int64_t heads = q.size(1), group = heads / k.size(1), count = q.size(0) / length;
  const auto batch = [&](const Tensor &t) { return t.unflatten(0, {count, length}).transpose(1, 2); }; // [S, heads, T, D]
  const auto shared = [&](const Tensor &t) { return group == 1 ? batch(t) : batch(t).repeat_interleave(group, 1); };
  return at::scaled_dot_product_attention(batch(q), shared(k), shared(v), {}, 0.0, true, scale).transpose(1, 2).reshape(q.sizes());
}

} // namespace

Tensor fusedAttention(const Tensor &q, const Tensor &k, const Tensor &v, const AttentionSpec &spec) {
  const int64_t kvHeads = k.size(1), group = q.size(1) / kvHeads, dim = q.size(2);
  const double scale = spec.scaleFor(dim);
  if (const int64_t length = commonLength(spec.segmentStarts); spec.segmentStarts.size() > 2 && length > 0)
    return fusedBatch(q, k, v, length, scale);
  std::vector<Tensor> outputs;
  for (size_t s = 0; s + 1 < spec.segmentStarts.size(); ++s) {
    const int64_t begin = spec.segmentStarts[s], count = spec.segmentStarts[s + 1] - begin;
    if (count == 0) continue;
    const Tensor rows = q.narrow(0, begin, count).unflatten(1, {kvHeads, group}).permute({1, 2, 0, 3});
    const auto shared = [&](const Tensor &t) {
      return t.narrow(0, begin, count).transpose(0, 1).unsqueeze(1).expand({kvHeads, group, count, dim});
    };
    const Tensor out = at::scaled_dot_product_attention(rows, shared(k), shared(v), {}, 0.0, true, scale);
    outputs.push_back(out.permute({2, 0, 1, 3}).reshape({count, q.size(1), dim}));
  }
  return outputs.size() == 1 ? outputs[0] : at::cat(outputs, 0);
}

namespace {

/// The same as PackedFunction with libtorch's kernels: their graph is kept from forward to backward, and nothing but the packed
/// rows, turned in place, is in it.
struct PackedFusedFunction : torch::autograd::Function<PackedFusedFunction> {
  static Tensor forward(AutogradContext *ctx, const Tensor &qkv, const Tensor &positions, const Tensor &cos, const Tensor &sin,
                        int64_t heads, int64_t kvHeads, bool interleaved, const AttentionSpec *spec) {
    turn(qkv, heads, kvHeads, positions, {cos, sin}, interleaved, false);
    auto parts = unpack(qkv.detach(), heads, kvHeads);
    const at::AutoGradMode record(true);
    for (Tensor *part : {&parts.q, &parts.k, &parts.v}) *part = part->detach().requires_grad_(true);
    const Tensor out = fusedAttention(parts.q, parts.k, parts.v, *spec);
    ctx->saved_data["interleaved"] = interleaved;
    ctx->saved_data["inputs"] = std::vector<Tensor>{parts.q, parts.k, parts.v};
    ctx->saved_data["out"] = out;
    ctx->save_for_backward({positions, cos, sin});
    return out.detach().reshape({out.size(0), -1});
  }

  static variable_list backward(AutogradContext *ctx, variable_list grads) {
    const auto saved = ctx->get_saved_variables();
    const std::vector<Tensor> inputs = ctx->saved_data["inputs"].toTensorVector();
    const Tensor out = ctx->saved_data["out"].toTensor();
    const variable_list found = torch::autograd::grad({out}, inputs, {grads[0].view(out.sizes())});
    variable_list result(8);
    result[0] = packedGradient(ctx, found[0], found[1], found[2], saved[0], {saved[1], saved[2]});
    return result;
  }
};

Tensor mix(Implementation implementation, const Tensor &q, const Tensor &k, const Tensor &v, const AttentionSpec &spec) {
  switch (implementation) {
  case Implementation::Flash: return flashForward(q, k, v, spec).out;
  case Implementation::Fused: return fusedAttention(q, k, v, spec);
  case Implementation::Sliced: break;
  }
  return slicedForward(q, k, v, spec).out;
}

} // namespace

bool picksSliced(const Tensor &q, int64_t kvHeads, const AttentionSpec &spec) { return pick(q, kvHeads, spec) == Implementation::Sliced; }

Tensor attention(const Tensor &q, const Tensor &k, const Tensor &v, const AttentionSpec &spec) {
  const Implementation implementation = pick(q, k.size(1), spec);
  if (implementation == Implementation::Fused || !at::GradMode::is_enabled()) return mix(implementation, q, k, v, spec);
  return MixFunction::apply(q, k, v, &spec, implementation == Implementation::Flash);
}

Tensor packedAttention(const Tensor &qkv, int64_t heads, int64_t kvHeads, const Tensor &positions, const RotaryTables &tables,
                       bool interleaved, const AttentionSpec &spec) {
  const auto parts = unpack(qkv, heads, kvHeads);
  const Implementation implementation = pick(parts.q, kvHeads, spec);
  if (!at::GradMode::is_enabled()) {
    turn(qkv, heads, kvHeads, positions, tables, interleaved, false);
    return mix(implementation, parts.q, parts.k, parts.v, spec).flatten(1);
  }
  // An autograd function takes no undefined tensors.
  const Tensor none = tables.cos.defined() ? Tensor() : at::empty({0});
  const Tensor &places = tables.cos.defined() ? positions : none, &cos = tables.cos.defined() ? tables.cos : none,
               &sin = tables.cos.defined() ? tables.sin : none;
  if (implementation == Implementation::Fused) return PackedFusedFunction::apply(qkv, places, cos, sin, heads, kvHeads, interleaved, &spec);
  return PackedFunction::apply(qkv, places, cos, sin, heads, kvHeads, interleaved, &spec, implementation == Implementation::Flash);
}

Tensor attentionWithCache(const Tensor &q, const Tensor &keys, const Tensor &values, int64_t start, const AttentionSpec &spec) {
  checkProductType(q.scalar_type());
  const int64_t valid = start + q.size(0);
  return slicedCached(q, keys.narrow(1, 0, valid), values.narrow(1, 0, valid), start, spec);
}

} // namespace attune::core
