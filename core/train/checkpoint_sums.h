// The sums of a checkpoint's files, kept beside them in trainer_state/sums.json, so that a byte that changed on disk is noticed
// before anything is computed with it. Blocking; any thread.
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <map>
#include <string>

namespace attune::core {

/// Of every file below `folder`, by its path in there. IoFailed when one cannot be read.
Result<std::map<std::string, uint64_t>> sumsOf(const std::string &folder);

Status writeSums(const std::string &folder, const std::map<std::string, uint64_t> &sums);

/// MalformedFile for a file that is not as it was written, or is gone; IoFailed for one that is there and cannot be read now. A folder
/// without sums is an older one, and passes where its files can be opened.
Status checkSums(const std::string &folder);

} // namespace attune::core
