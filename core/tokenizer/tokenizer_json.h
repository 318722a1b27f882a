// Reads Hugging Face's tokenizer.json (BPE over bytes or characters). Pure functions, any thread.
// MalformedFile for broken files, UnsupportedFormat names a component that Attune does not read.
#pragma once

#include "core/base/result.h"
#include "core/tokenizer/bpe_spec.h"

#include <string_view>

namespace attune::tokenizer {

/// The tokenizer that the text of a tokenizer.json describes. `bos` is set when its template begins with one token.
Result<BpeSpec> parseTokenizerJson(std::string_view text, const std::string &where);

} // namespace attune::tokenizer
