// What a run reads before it trains: settings, rows, weights' header and the forecast, each checked in the order that
// refuses soonest. Job thread; no run folder is touched here.
#pragma once

#include "core/api/run_config.h"
#include "core/api/run_event.h"
#include "core/base/result.h"
#include "core/base/stop_token.h"
#include "core/data/chat_dataset.h"
#include "core/io/weight_source.h"
#include "core/nn/tensor.h"
#include "core/plan/memory_planner.h"
#include "core/tokenizer/tokenizer.h"
#include "core/train/run_folder.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace attune::core {

struct RunInputs {
  api::RunConfig config; // precision and checkpointing decided
  tokenizer::TokenizerBundle bundle;
  std::unique_ptr<io::WeightSource> source;
  std::vector<data::Sample> training;
  std::vector<data::Sample> validation;
  MemoryForecast forecast;
  PlanContext forecastContext;
  at::Device device = at::kCPU;         // decided
  RunRecord record;                     // hashes, precision, checkpointing, threads
  std::vector<api::RunWarning> notices; // rows left out or cut, and what to know of them
  std::string templateUsed;
};

/// Data before the model: rows that train on nothing are refused without touching the weights. With `earlier`, hashes that
/// differ from it are InvalidData or AdapterMismatch, and its precision and thread count are kept, and its checkpointing where another
/// one would change the numbers.
Result<RunInputs> readRunInputs(const api::RunConfig &config, const RunRecord *earlier, StopToken stop,
                                const std::function<void(const std::string &)> &progress);

} // namespace attune::core
