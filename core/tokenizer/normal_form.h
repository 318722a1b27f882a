// The Unicode normalisation forms (UAX 15) with the tables of the reference tokenizers. Pure, any thread, no failure.
#pragma once

#include "core/tokenizer/unicode.h"

namespace attune::tokenizer {

enum class NormalForm { C, D, KC, KD };

/// True when `text` (valid UTF-8) holds no character that normalisation could touch; false is only a maybe.
bool isSurely(NormalForm form, std::string_view text);

/// Valid UTF-8 in a normal form, with the source bytes of each resulting byte (a changed character maps to all it came from).
MappedText normalized(std::string_view text, NormalForm form);

} // namespace attune::tokenizer
