// Where a run would compute and what is there for it: the forecast's context and its budget, found the same way by plan, train,
// the form and a chat. Any thread; the first question to a device takes a second (dtype and rate trials), later ones do not.
#pragma once

#include "core/base/result.h"
#include "core/plan/fit_solver.h"

namespace c10 {
struct Device; // at::Device, without libtorch's headers
}

namespace attune::core {

struct PlanPlace {
  PlanContext context;
  MemoryBudget budget = 0;
  std::string deviceName;

  /// A run of this method may take so many bytes of the device, and fill what can be filled of them.
  void allow(int64_t bytes, api::Method method);
};

/// On a device that is here. `threads` 0 = all cores; precision `auto` and the attention of a card for `model` are decided by this
/// machine's trials.
PlanPlace placeOn(const c10::Device &device, const api::RunConfig &config, int64_t threads, const io::ModelConfig &model);

/// Whether a card computes this model's attention by our blocks of queries, because a trial or a limit says so.
bool slicesAttention(const io::ModelConfig &model, const api::RunConfig &config, const PlanContext &context, const c10::Device &device);

/// On a card of another machine, of which `bytes` are known alone.
PlanPlace placeElsewhere(const std::string &device, int64_t bytes, api::Method method);

} // namespace attune::core
