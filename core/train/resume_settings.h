// Which settings a resumed run may change: those that the field table marks, of memory only as far as the run's numbers stay the
// same to the bit, and paths of files that have moved. Pure functions; any thread.
#pragma once

#include "core/api/run_config_json.h"

#include <string>

namespace attune::core {

/// Why a run that began as `before` cannot go on as `now`, as far as this difference of the two goes; empty = it can.
std::string problemOnResume(const api::ConfigDifference &change, const api::RunConfig &before, const api::RunConfig &now);

/// Whether recomputing more or less would round the run's sums differently: a feed-forward block that is computed again goes in tiles.
bool recomputingRounds(const api::RunConfig &config);

} // namespace attune::core
