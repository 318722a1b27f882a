// Token ids as they are typed: "1 2 3", "1,2,3" or "[1, 2, 3]". Pure function.
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <string>
#include <vector>

namespace attune::app {

/// Usage for anything but whole numbers from 0 up and below `vocabulary`, and for none.
Result<std::vector<int32_t>> parseIds(std::string text, int64_t vocabulary = INT32_MAX);

} // namespace attune::app
