#include "core/device/dtype_policy.h"

#include "core/device/compute_device.h"
#include "core/device/compute_limits.h"
#include "core/device/own_thread.h"
#include "core/device/trial_memory.h"

#include <ATen/Context.h>
#include <algorithm>
#include <iterator>
#include <map>
#include <mutex>
#include <torch/version.h>

namespace attune::core {

namespace {

constexpr int kTrials = 3; // turn about: a busy moment slows one of each
constexpr double kClearly = 1.3;
constexpr double kEmulated = 2.0; // hardware that has both types multiplies them at one speed

const at::ScalarType kAllTypes[] = {at::kBFloat16, at::kHalf, at::kFloat};

std::vector<at::ScalarType> tryTypes(const at::Device &device) {
  std::vector<DtypeTrial> trials;
  for (int i = 0; i < kTrials; ++i)
    for (const at::ScalarType type : kAllTypes) {
      if (device.is_cpu() && type == at::kHalf) continue;
      trials.push_back(tryDtype(type, device.is_cpu() ? 512 : 2048, device));
    }
  return rankTypes(trials);
}

/// "bf16,fp32"; nothing for a text that names no order.
std::vector<at::ScalarType> readOrder(const std::string &text) {
  std::vector<at::ScalarType> types;
  for (const at::ScalarType type : kAllTypes)
    if (text.find(typeName(type)) != std::string::npos) types.push_back(type);
  std::sort(types.begin(), types.end(),
            [&](at::ScalarType a, at::ScalarType b) { return text.find(typeName(a)) < text.find(typeName(b)); });
  return !types.empty() && types.back() == at::kFloat ? types : std::vector<at::ScalarType>();
}

std::string orderText(const std::vector<at::ScalarType> &types) {
  std::string text;
  for (const at::ScalarType type : types) text.append(text.empty() ? "" : ",").append(typeName(type));
  return text;
}

Error cannotCompute(const std::string &problem) {
  return {ErrorCode::DeviceFailed,
          "This device does not compute rightly. " + problem,
          "precision",
          "Try another precision, or device cpu; attune doctor shows what works here.",
          {}};
}

} // namespace

at::ScalarType typeOf(api::Precision precision) {
  if (precision == api::Precision::Bf16) return at::kBFloat16;
  return precision == api::Precision::Fp16 ? at::kHalf : at::kFloat;
}

api::Precision precisionOf(at::ScalarType type) {
  if (type == at::kBFloat16) return api::Precision::Bf16;
  return type == at::kHalf ? api::Precision::Fp16 : api::Precision::Fp32;
}

std::vector<at::ScalarType> rankTypes(const std::vector<DtypeTrial> &trials) {
  const auto best = [&](at::ScalarType type) {
    double most = 0;
    for (const DtypeTrial &trial : trials)
      if (trial.usable && trial.name == typeName(type)) most = std::max(most, trial.gflops);
    return most;
  };
  const double bf16 = best(at::kBFloat16), fp16 = best(at::kHalf), fp32 = best(at::kFloat);
  std::vector<at::ScalarType> order;
  const bool takesBf16 = bf16 > 0 && bf16 >= kClearly * fp32, takesFp16 = fp16 > 0 && fp16 >= kClearly * fp32;
  if (takesBf16) order.push_back(at::kBFloat16);
  if (takesFp16) order.insert(takesBf16 && fp16 >= kEmulated * bf16 ? order.begin() : order.end(), at::kHalf);
  order.push_back(at::kFloat);
  return order;
}

std::vector<at::ScalarType> autoTypes(const at::Device &device) {
  static std::mutex mutex;
  static std::map<std::string, std::vector<at::ScalarType>> known;
  const std::lock_guard<std::mutex> lock(mutex);
  std::vector<at::ScalarType> &order = known[device.str()];
  const ComputeLimits &limits = computeLimits();
  if (order.empty()) {
    const std::string machine = describeDevice(device).name + " | libtorch " TORCH_VERSION;
    if (const auto remembered = recallTrial("compute_types", machine)) order = readOrder(*remembered);
    if (order.empty()) {
      order = onOwnThread([&] { return tryTypes(device); });
      if (limits.bf16 && limits.fp16) rememberTrial("compute_types", machine, orderText(order));
    }
  }
  std::vector<at::ScalarType> allowed;
  std::copy_if(order.begin(), order.end(), std::back_inserter(allowed), multiplies);
  return allowed;
}

at::ScalarType autoComputeType(const at::Device &device) { return autoTypes(device).front(); }

Result<at::ScalarType> computeTypeFor(api::Precision precision, ComputePurpose purpose, const at::Device &device) {
  if (precision == api::Precision::Fp16 && device.is_cpu() && !computeLimits().fp16OnCpu)
    return Error{ErrorCode::NotSupportedYet,
                 "fp16 is a hundred times slower than bf16 on a CPU and is not computed here.",
                 "precision",
                 "Use auto, bf16 or fp32.",
                 {}};
  if (precision != api::Precision::Auto) {
    const at::ScalarType type = typeOf(precision);
    if (!multiplies(type)) return cannotCompute(std::string("Products in ") + typeName(type) + " are forbidden by ATTUNE_TEST_COMPUTE.");
    return type;
  }
  return purpose == ComputePurpose::Measure ? at::kFloat : autoComputeType(device);
}

Result<at::ScalarType> firstProven(const std::vector<at::ScalarType> &types, const std::function<std::string(at::ScalarType)> &problemOf,
                                   std::vector<std::string> &problems) {
  for (const at::ScalarType type : types) {
    const std::string problem = problemOf(type);
    if (problem.empty()) return type;
    problems.push_back(problem);
  }
  return cannotCompute(problems.back());
}

Result<at::ScalarType> provenTypeFor(api::Precision precision, ComputePurpose purpose, const at::Device &device,
                                     const io::ModelConfig &model, int64_t rows, std::vector<std::string> &problems) {
  ATTUNE_TRY(const at::ScalarType first, computeTypeFor(precision, purpose, device));
  if (device.is_cpu()) return first;
  at::globalContext().setAllowFP16ReductionCuBLAS(false); // sums of fp16 products are sums in fp32
  std::vector<at::ScalarType> types = {first};
  if (precision == api::Precision::Auto && first != at::kFloat) types = autoTypes(device);
  const std::vector<ProductShape> shapes = productShapes(model);
  const auto proven = firstProven(
      types, [&](at::ScalarType type) { return problemWithProducts(shapes, rows, type, device); }, problems);
  releaseDeviceMemory(device);
  return proven;
}

} // namespace attune::core
