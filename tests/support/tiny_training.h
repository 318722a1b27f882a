// A whole run of the tiny Llama through runTraining, with a look at each logged step. Test thread.
#pragma once

#include "core/api/run_config_json.h"
#include "core/train/run_training.h"
#include "tests/support/run_fixture.h"
#include "tests/support/tiny_model.h"

#include <functional>
#include <string>
#include <vector>

namespace attune::test {

struct TinyTraining : CollectingSink {
  TinyTraining() : files(makeTinyRun(R"(,"neftune_alpha":2,"epochs":8,"validation":{"fraction":0.2},"save_steps":3,"eval_steps":5)")) {}

  void push(const api::RunEvent &event) override {
    CollectingSink::push(event);
    if (const auto *step = std::get_if<api::StepMetrics>(&event.body); step && afterStep) afterStep(step->step);
  }

  /// Starts it, or resumes what was started.
  Result<core::TrainingResult> run(const std::vector<std::string> &settings, bool resume = false) {
    core::TrainingRequest request;
    request.run.folder = files->out;
    request.run.resume = resume;
    if (!resume) {
      auto config = api::loadRunConfig(files->run, settings);
      REQUIRE_MESSAGE(config.ok(), config.error().text());
      request.run.config = *config;
    }
    return core::runTraining(request, *this, control);
  }

  std::unique_ptr<TinyRunFiles> files;
  core::RunControl control;
  std::function<void(int64_t)> afterStep;
};

} // namespace attune::test
