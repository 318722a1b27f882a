// A model opened to score or to answer: weights, perhaps an adapter, and what its files say about text. One owner, one
// thread. Base and tuned answers come from the one set of weights.
#pragma once

#include "core/io/generation_defaults.h"
#include "core/model/language_model.h"
#include "core/tokenizer/chat_layout.h"

#include <string>
#include <vector>

namespace attune::core {

struct ModelSession {
  LanguageModel model;
  tokenizer::TokenizerBundle bundle;  // its tokenizer may be empty where only ids are wanted
  io::GenerationDefaults defaults;    // these three of openToGenerate() only
  std::vector<int32_t> endTokens;     // of raw text: generation_config's, else config's, as transformers does
  std::vector<int32_t> chatEndTokens; // of an answer: the tokenizer's own end token too

  /// Loads weights and tokenizer side by side; `adapter` may be empty. With `needsText` a missing tokenizer is an error.
  static Result<ModelSession> open(const std::string &model, const std::string &adapter, const LoadOptions &options, bool needsText);
  /// As open, with the model's own sampling settings and end tokens.
  static Result<ModelSession> openToGenerate(const std::string &model, const std::string &adapter, const LoadOptions &options,
                                             bool needsText);
  /// Ids of raw text, with the begin token where the model wants one.
  std::vector<int32_t> encode(const std::string &text) const;
  /// Ids of a conversation that ends where the answer begins.
  Result<std::vector<int32_t>> encodeChat(const tokenizer::ChatLayout &layout, const tokenizer::Conversation &conversation) const;
};

} // namespace attune::core
