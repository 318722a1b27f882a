// Unicode normalisation form C (UAX 15) with the tables of the reference tokenizers. Pure, any thread, no failure.
#pragma once

#include "core/tokenizer/unicode.h"

namespace attune::tokenizer {

/// True when `text` (valid UTF-8) holds no character that normalisation could touch; false is only a maybe.
bool isSurelyNfc(std::string_view text);

/// NFC of valid UTF-8, with the source bytes of each resulting byte (a changed character maps to all it came from).
MappedText toNfc(std::string_view text);

} // namespace attune::tokenizer
