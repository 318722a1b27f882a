// What a run should say before it trains: rows left out, settings that have no effect or ask for something odd.
// Pure function, job thread.
#pragma once

#include "core/api/run_event.h"
#include "core/train/run_inputs.h"

#include <vector>

namespace attune::core {

std::vector<api::RunWarning> startWarnings(const RunInputs &inputs, int64_t totalSteps);

} // namespace attune::core
