#include "core/nn/attention_trial.h"

#include "core/device/compute_device.h"
#include "core/device/device_memory.h"
#include "core/device/probe.h"
#include "core/device/torch_guard.h"
#include "core/device/trial_memory.h"
#include "core/nn/sliced_attention.h"

#include <ATen/ops/sin.h>
#include <cstdio>
#include <map>
#include <mutex>
#include <torch/csrc/autograd/autograd.h>
#include <torch/version.h>
#include <tuple>
#include <vector>

namespace attune::core {

namespace {

constexpr int64_t kKvHeads = 2;
// Scores, weights and their gradients are rounded, and the last cancel: 0.4 of this was seen in fp16. A wrong mask or scale is off
// by more than the largest value.
constexpr double kSlack = 8.0;
constexpr int64_t kLong = 2048;

Tensor waves(int64_t rows, int64_t heads, int64_t dim, double pace) {
  return at::arange(rows * heads * dim, at::kDouble).mul(pace).sin().view({rows, heads, dim}).to(at::kFloat);
}

/// q, k, v and the gradient of the output on the host, rounded to the type.
std::vector<Tensor> inputsFor(const AttentionShape &shape, int64_t rows) {
  const int64_t heads = shape.grouped ? 2 * kKvHeads : kKvHeads;
  std::vector<Tensor> all = {waves(rows, heads, shape.headDim, 0.7310585), waves(rows, kKvHeads, shape.headDim, 1.3717421),
                             waves(rows, kKvHeads, shape.headDim, 2.2360679), waves(rows, heads, shape.headDim, 0.5772157)};
  for (Tensor &tensor : all) tensor = tensor.to(shape.type);
  return all;
}

double errorOf(const Tensor &actual, const Tensor &exact) {
  return actual.detach().cpu().to(at::kDouble).sub(exact.to(at::kDouble)).abs().max().item<double>() / exact.abs().max().item<double>();
}

/// The largest error of the mixture and the three gradients against fp32 on the host.
double worstError(const FusedAttention &fused, const std::vector<Tensor> &inputs, const AttentionSpec &spec, const at::Device &device) {
  std::vector<Tensor> wide, given;
  for (const Tensor &tensor : inputs) {
    wide.push_back(tensor.to(at::kFloat));
    given.push_back(tensor.to(device).requires_grad_(given.size() < 3));
  }
  const SlicedResult exact = slicedForward(wide[0], wide[1], wide[2], spec);
  Tensor gradients[3];
  for (size_t i = 0; i < 3; ++i) gradients[i] = at::empty_like(wide[i]);
  slicedBackward(wide[3], wide[0], wide[1], wide[2], exact, spec, gradients[0], gradients[1], gradients[2]);
  const at::AutoGradMode record(true);
  const Tensor out = fused(given[0], given[1], given[2], spec);
  const auto found = torch::autograd::grad({out}, {given[0], given[1], given[2]}, {given[3]});
  double worst = errorOf(out, exact.out);
  for (size_t i = 0; i < 3; ++i) {
    const double error = errorOf(found[i], gradients[i]);
    worst = error <= worst ? worst : error; // NaN stays
  }
  return worst;
}

/// Whether a long segment takes as much memory as its scores would.
bool buildsScores(const FusedAttention &fused, const AttentionShape &shape, const at::Device &device) {
  const at::AutoGradMode record(true); // which kernel is taken may depend on it
  std::vector<Tensor> given = inputsFor(shape, kLong);
  for (Tensor &tensor : given) tensor = tensor.to(device).requires_grad_(true);
  AttentionSpec spec;
  spec.segmentStarts = {0, kLong};
  DeviceMemoryWatch watch(device);
  const Tensor before = at::empty({1}, given[0].options()); // a first report
  watch.resetPeak();
  fused(given[0], given[1], given[2], spec);
  const int64_t scores = given[0].size(1) * kLong * kLong * static_cast<int64_t>(given[0].element_size());
  return watch.use().peakBytes - watch.use().bytes >= scores;
}

std::string nameOf(const AttentionShape &shape) {
  return std::string(typeName(shape.type)) + ", heads of " + std::to_string(shape.headDim) + (shape.grouped ? ", grouped" : "");
}

} // namespace

Result<std::string> tryFusedAttention(const FusedAttention &fused, const AttentionShape &shape, const at::Device &device) {
  const auto tried = guarded("Fused attention", [&]() -> std::string {
    for (const std::vector<int64_t> &starts : {std::vector<int64_t>{0, 300}, {0, 160, 320}, {0, 100, 300}}) {
      AttentionSpec spec;
      spec.segmentStarts = starts;
      const double error = worstError(fused, inputsFor(shape, starts.back()), spec, device);
      if (error <= kSlack * allowedError(shape.type)) continue;
      char text[64];
      std::snprintf(text, sizeof text, "values or gradients have a relative error of %.1e", error);
      return text;
    }
    return buildsScores(fused, shape, device) ? "it builds the whole matrix of scores" : "";
  });
  if (tried.ok() || tried.error().code == ErrorCode::OutOfMemory) return tried;
  return tried.error().message;
}

std::string problemWithFusedAttention(const AttentionShape &shape, const at::Device &device) {
  static std::mutex mutex;
  static std::map<std::tuple<std::string, at::ScalarType, int64_t, bool>, std::string> known;
  const std::lock_guard<std::mutex> lock(mutex);
  const auto key = std::make_tuple(device.str(), shape.type, shape.headDim, shape.grouped);
  if (const auto found = known.find(key); found != known.end()) return found->second;
  const std::string machine = describeDevice(device).name + " | libtorch " TORCH_VERSION " | " + nameOf(shape);
  if (const auto remembered = recallTrial("fused_attention", machine)) return known[key] = *remembered;
  const Result<std::string> problem = tryFusedAttention(fusedAttention, shape, device);
  if (!problem.ok()) return problem.error().message; // of the moment, not of the device
  rememberTrial("fused_attention", machine, *problem);
  return known[key] = *problem;
}

} // namespace attune::core
