// What of a run's folder can answer: its result and its checkpoints. Reads folders only; any thread, blocking.
#pragma once

#include "core/api/run_store.h"

namespace attune::store {

/// `baseModel` is what the run began from. The result first, then the checkpoints, newest first.
std::vector<api::RunWeights> runWeights(const std::string &folder, const std::string &baseModel);

} // namespace attune::store
