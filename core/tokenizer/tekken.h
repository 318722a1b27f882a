// Reads Mistral's tekken.json: byte pairs by rank, ids behind a block of special tokens. Pure functions, any thread.
// MalformedFile for broken files.
#pragma once

#include "core/base/result.h"
#include "core/tokenizer/bpe_spec.h"

#include <string_view>

namespace attune::tokenizer {

Result<BpeSpec> parseTekken(std::string_view text, const std::string &where);

} // namespace attune::tokenizer
