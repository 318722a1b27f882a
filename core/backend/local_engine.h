// api::Engine on this machine: the job thread, the planner, chat. One per process, made after libtorch is loaded.
#pragma once

#include "core/api/engine.h"
#include "core/backend/local_backend.h"
#include "core/plan/local_planner.h"

namespace attune::core {

class LocalEngine : public api::Engine {
public:
  /// `threads` compute threads, 0 = every core.
  explicit LocalEngine(int64_t threads);
  api::Backend &backend() override { return m_backend; }
  api::Planner &planner() override { return m_planner; }
  api::DeviceFacts device() override;
  std::vector<api::DeviceMemory> devices() override;
  Result<std::unique_ptr<api::ChatModel>> openChat(const std::string &model, const std::string &adapter) override;

private:
  LocalPlanner m_planner;
  LocalBackend m_backend; // last: its job ends before the rest goes
};

} // namespace attune::core
