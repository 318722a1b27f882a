#include "core/plan/plan_place.h"

#include "core/device/card_cache.h"
#include "core/device/compute_device.h"
#include "core/device/context_memory.h"
#include "core/device/dtype_policy.h"
#include "core/device/host_guard.h"
#include "core/device/host_info.h"
#include "core/device/rate_probe.h"
#include "core/nn/attention_choice.h"

#include <algorithm>

namespace attune::core {

bool slicesAttention(const io::ModelConfig &model, const api::RunConfig &config, const PlanContext &context, const at::Device &device) {
  if (device.is_cpu()) return false;
  const at::ScalarType type = computesFp16(config, context) ? at::kHalf : computesNarrow(config, context) ? at::kBFloat16 : at::kFloat;
  AttentionSpec spec;
  spec.segmentStarts = {0, 1};
  spec.softcap = model.attentionSoftcap;
  if (model.position == io::PositionKind::Alibi) spec.alibiSlopes = io::alibiSlopes(model.heads);
  for (int64_t layer = 0; layer < model.layers; ++layer) spec.window = std::max(spec.window, model.layerKind(layer).window);
  return picksSliced(at::empty({1, model.heads, model.headDim}, at::TensorOptions().dtype(type).device(device)), model.kvHeads, spec);
}

void PlanPlace::allow(int64_t bytes, api::Method method) {
  budget.compute = context.computeOnHost ? bytes : usableOnCard(bytes, method != api::Method::Lora);
}

PlanPlace placeOn(const at::Device &device, const api::RunConfig &config, int64_t threads, const io::ModelConfig &model) {
  const ComputeDevice here = describeDevice(device);
  PlanPlace place;
  place.deviceName = here.name;
  place.context.computeOnHost = device.is_cpu();
  place.context.readsText = true;
  place.context.threads = threads > 0 ? threads : hostInfo().cores;
  if (config.precision == api::Precision::Auto) {
    const at::ScalarType type = autoComputeType(device);
    place.context.bf16 = type != at::kFloat;
    place.context.fp16 = type == at::kHalf;
  }
  place.context.slicedAttention = slicesAttention(model, config, place.context, device);
  place.context.rates = deviceRates(device, place.context.threads);
  place.context.contextBytes = knownContextBytes(device, place.context.threads);
  const int64_t reserve = HostGuard().reserveBytes(); // which a run leaves alone
  place.allow(config.memoryCapBytes > 0 ? config.memoryCapBytes : here.freeBytes - (device.is_cpu() ? reserve : 0), config.method);
  if (!device.is_cpu()) place.budget.besides = hostInfo().availableBytes - reserve;
  return place;
}

PlanPlace placeElsewhere(const std::string &device, int64_t bytes, api::Method method) {
  PlanPlace place;
  place.deviceName = device;
  place.context.computeOnHost = false;
  place.context.bf16 = true;
  place.allow(bytes, method);
  return place;
}

} // namespace attune::core
