// Translates the pre-tokenizer patterns of tokenizer.json (Oniguruma's Ruby syntax) to PCRE2, with every Unicode
// property and escape class written out from our own tables. Pure, any thread.
#pragma once

#include "core/base/result.h"

#include <string>

namespace attune::tokenizer {

/// UnsupportedFormat names the construct whose meaning differs between the engines or that no known pattern uses.
Result<std::string> expandPattern(const std::string &pattern, const std::string &where);

} // namespace attune::tokenizer
