// A SentencePiece model as a tokenizer.json of Hugging Face's tokenizers library, which every program opens without
// SentencePiece, protobuf or a model's own Python. Pure function; any thread.
#pragma once

#include "core/base/result.h"
#include "core/tokenizer/tokenizer.h"

#include <string>

namespace attune::tokenizer {

/// The text of a tokenizer.json that cuts plain text as `modelPath` (a tokenizer.model) does. Control and user-defined pieces are
/// tokens matched in text; a dummy prefix begins anew behind them. `words`, the model's tokenizer as loaded, knows names that the settings
/// files changed and whether a text begins with the begin token. UnsupportedFormat for unigram models and rules of normalisation, which it
/// cannot say exactly.
Result<std::string> sentencePieceAsJson(const std::string &modelPath, const Tokenizer &words);

} // namespace attune::tokenizer
