#include "core/nn/flash_attention.h"

#include "core/nn/kernel_policy.h"
#include "core/nn/sliced_attention.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <optional>
#include <tuple>

namespace attune::core {

namespace {

constexpr int64_t kAlibiColumns = 8;     // six are used; head sizes are multiples of eight
constexpr int64_t kAlibiRows = 65536;    // places that two numbers of eight bits hold exactly
constexpr double kTrialTolerance = 0.03; // of the largest value; a wrong mask or scale is off by far more

using Named = std::map<std::string, c10::IValue>;

/// Calls an operator with arguments by name; what is not named takes its default or is absent.
std::vector<c10::IValue> call(const char *name, const Named &values) {
  const auto op = c10::Dispatcher::singleton().findSchemaOrThrow(name, "");
  torch::jit::Stack stack;
  size_t used = 0;
  for (const c10::Argument &argument : op.schema().arguments()) {
    const auto value = values.find(argument.name());
    used += value != values.end();
    if (value != values.end())
      stack.push_back(value->second);
    else if (argument.default_value())
      stack.push_back(*argument.default_value());
    else
      stack.emplace_back();
  }
  // A window that an older library does not know must not be dropped in silence.
  for (const auto &[key, value] : values) {
    const bool known = op.schema().argumentIndexWithName(key).has_value();
    TORCH_CHECK(known || key.compare(0, 6, "window") != 0, name, " knows no ", key);
  }
  op.callBoxed(&stack);
  return stack;
}

Named common(const Tensor &q, const AttentionSpec &spec, double scale) {
  int64_t longest = 0;
  for (size_t s = 0; s + 1 < spec.segmentStarts.size(); ++s) longest = std::max(longest, spec.segmentStarts[s + 1] - spec.segmentStarts[s]);
  const Tensor starts = spec.starts.defined() ? spec.starts : at::tensor(spec.segmentStarts).to(q.device(), at::kInt);
  Named values{{"cum_seq_q", starts}, {"cum_seq_k", starts}, {"max_q", longest}, {"max_k", longest},
               {"dropout_p", 0.0},    {"is_causal", true},   {"scale", scale}};
  if (spec.window > 0) {
    values["window_size_left"] = spec.window - 1;
    values["window_size_right"] = int64_t(0);
  }
  return values;
}

/// `value` as the sum of three numbers of the type (24 bits), each [a].
std::array<Tensor, 3> inParts(Tensor value, at::ScalarType type) {
  std::array<Tensor, 3> parts;
  for (Tensor &part : parts) {
    part = value.to(type);
    value = value.sub(part.to(at::kDouble));
  }
  return parts;
}

/// The inputs with ALiBi in them: slope * j is a product of six further columns of q and k, exact where the kernel adds in fp32.
/// What slope * i would add is the same for all keys of a row and cancels in the softmax.
struct Widened {
  Tensor q, k, v;
};

Tensor widen(const Tensor &t) { return at::constant_pad_nd(t, {0, kAlibiColumns}); }

Widened widened(const Tensor &q, const Tensor &k, const Tensor &v, const AttentionSpec &spec, double scale) {
  const int64_t dim = q.size(2);
  Widened wide{widen(q), widen(k), widen(v)};
  const auto slopes =
      inParts(at::tensor(std::vector<double>(spec.alibiSlopes.begin(), spec.alibiSlopes.end())).div(scale), q.scalar_type());
  const Tensor perHead = at::stack({slopes[0], slopes[0], slopes[1], slopes[1], slopes[2], slopes[2]}, 1).to(q.device()); // [a, 6]
  wide.q.narrow(2, dim, 6).copy_(perHead.unsqueeze(0).expand({q.size(0), -1, -1}));
  const Tensor place = at::arange(q.size(0), at::TensorOptions().dtype(at::kInt).device(q.device()));
  const Tensor low = place.bitwise_and(255), high = place.sub(low);
  const Tensor places = at::stack({high, low, high, low, high, low}, 1).to(k.scalar_type()); // [N, 6]
  wide.k.narrow(2, dim, 6).copy_(places.unsqueeze(1).expand({-1, k.size(1), -1}));
  return wide;
}

Tensor pattern(at::IntArrayRef shape, double step, const at::TensorOptions &options) {
  int64_t count = 1;
  for (const int64_t size : shape) count *= size;
  return at::arange(count, at::kDouble).mul(step).sin().view(shape).to(options);
}

/// Small segments against the sliced path in fp32 on the same device.
bool passesTrial(const Tensor &like, int64_t kvHeads, const AttentionSpec &wanted) try {
  const at::NoGradGuard noGraph;
  const int64_t heads = wanted.alibiSlopes.empty() && kvHeads == like.size(1) ? 1 : like.size(1);
  const int64_t keyHeads = heads == 1 ? 1 : kvHeads, dim = like.size(2);
  AttentionSpec spec = wanted;
  spec.segmentStarts = {0, 37, 128};
  spec.starts = Tensor();
  spec.window = wanted.window > 0 ? 21 : 0;
  const at::TensorOptions options = like.options().requires_grad(false);
  const Tensor q = pattern({128, heads, dim}, 0.71, options), k = pattern({128, keyHeads, dim}, 0.37, options),
               v = pattern({128, keyHeads, dim}, 0.53, options), grad = pattern({128, heads, dim}, 0.29, options);
  const FlashResult result = flashForward(q, k, v, spec);
  const auto gradients = flashBackward(grad, q, k, v, result, spec);
  const auto exact = [](const Tensor &t) { return t.to(at::kFloat); };
  const SlicedResult expected = slicedForward(exact(q), exact(k), exact(v), spec);
  std::array<Tensor, 3> right;
  for (size_t i = 0; i < 3; ++i) right[i] = at::empty(gradients[i].sizes(), options.dtype(at::kFloat));
  slicedBackward(exact(grad), exact(q), exact(k), exact(v), expected, spec, right[0], right[1], right[2]);
  const auto agrees = [](const Tensor &actual, const Tensor &reference) {
    const double error = actual.to(at::kFloat).sub(reference).abs().max().item<double>(); // NaN compares false
    return error <= kTrialTolerance * reference.abs().max().item<double>();
  };
  bool agree = agrees(result.out, expected.out);
  for (size_t i = 0; i < 3; ++i) agree = agree && agrees(gradients[i], right[i]);
  return agree;
} catch (const std::exception &) {
  return false; // no such kernel in this build, or not for this card
}

} // namespace

bool flashServes(const Tensor &q, int64_t kvHeads, const AttentionSpec &spec) {
  const at::ScalarType type = q.scalar_type();
  if (!q.is_cuda() || (type != at::kHalf && type != at::kBFloat16) || spec.softcap > 0.0 || plainKernelsForced()) return false;
  if (!spec.alibiSlopes.empty() && q.size(0) > kAlibiRows) return false;
  static std::mutex mutex;
  static std::map<std::tuple<int, at::ScalarType, int64_t, int64_t, bool, bool>, bool> known;
  const std::lock_guard<std::mutex> lock(mutex);
  const std::tuple<int, at::ScalarType, int64_t, int64_t, bool, bool> key{
      q.device().index(), type, q.size(2), q.size(1) / kvHeads, spec.window > 0, !spec.alibiSlopes.empty()};
  const auto found = known.find(key);
  return found != known.end() ? found->second : known.emplace(key, passesTrial(q, kvHeads, spec)).first->second;
}

FlashResult flashForward(const Tensor &q, const Tensor &k, const Tensor &v, const AttentionSpec &spec) {
  const double scale = spec.scaleFor(q.size(2));
  const bool alibi = !spec.alibiSlopes.empty();
  const Widened in = alibi ? widened(q, k, v, spec, scale) : Widened{q, k, v};
  Named values = common(q, spec, scale);
  values.insert({{"query", in.q}, {"key", in.k}, {"value", in.v}, {"return_debug_mask", false}});
  const auto results = call("aten::_flash_attention_forward", values);
  const Tensor out = results[0].toTensor();
  return {alibi ? out.narrow(2, 0, q.size(2)).contiguous() : out, results[1].toTensor(), results[2].toTensor(), results[3].toTensor()};
}

std::array<Tensor, 3> flashBackward(const Tensor &grad, const Tensor &q, const Tensor &k, const Tensor &v, const FlashResult &forward,
                                    const AttentionSpec &spec) {
  const double scale = spec.scaleFor(q.size(2));
  const bool alibi = !spec.alibiSlopes.empty();
  const Widened in = alibi ? widened(q, k, v, spec, scale) : Widened{q, k, v};
  const auto wide = [&](const Tensor &t) { return alibi ? widen(t) : t; };
  Named values = common(q, spec, scale);
  values.insert({{"grad_out", wide(grad)},
                 {"query", in.q},
                 {"key", in.k},
                 {"value", in.v},
                 {"out", wide(forward.out)},
                 {"logsumexp", forward.lse},
                 {"philox_seed", forward.seed}, // named so up to libtorch 2.6
                 {"philox_offset", forward.offset},
                 {"rng_state", forward.seed},
                 {"unused", forward.offset}});
  const auto results = call("aten::_flash_attention_backward", values);
  std::array<Tensor, 3> gradients;
  for (size_t i = 0; i < 3; ++i) gradients[i] = results[i].toTensor().narrow(2, 0, q.size(2));
  return gradients;
}

} // namespace attune::core
