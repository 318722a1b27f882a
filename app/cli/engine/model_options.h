// What score, generate and chat share: the options that choose and load a model, and reading ids from text.
// Main thread only.
#pragma once

#include "app/cli/command/command.h"
#include "core/generate/sampler.h"
#include "core/io/generation_defaults.h"
#include "core/model/language_model.h"
#include "core/tokenizer/chat_template.h"

#include <CLI/CLI.hpp>

#include <optional>
#include <string>
#include <vector>

namespace attune::app {

struct ModelOptions {
  std::string model;
  std::string adapter;
  std::string precision = "auto"; // fp32 here
  std::string quant = "none";

  void add(CLI::App &options);
  /// The compute type; NotSupportedYet for what this version cannot do.
  Result<at::ScalarType> computeType() const;
};

/// A loaded model with its tokenizer; `tokenizer` may be empty where only ids are wanted.
struct ModelSession {
  core::LanguageModel model;
  tokenizer::TokenizerBundle bundle;
  io::GenerationDefaults defaults;    // these three of openToGenerate() only
  std::vector<int32_t> endTokens;     // of raw text: generation_config's, else config's, as transformers does
  std::vector<int32_t> chatEndTokens; // of an answer: the tokenizer's own end token too

  /// Loads weights and tokenizer side by side. With `needsText` a missing tokenizer is an error.
  static Result<ModelSession> open(const ModelOptions &options, const CommandContext &context, bool needsText);
  /// As open, with the model's own sampling settings and end tokens.
  static Result<ModelSession> openToGenerate(const ModelOptions &options, const CommandContext &context, bool needsText);
  /// Ids of raw text, with the begin token where the model wants one.
  std::vector<int32_t> encode(const std::string &text) const;
  /// Tells on context.err when the model ships no chat template, so that the plain one is used.
  void noticeTemplate(CommandContext &context) const;
  /// Ids of a conversation that ends where the answer begins.
  Result<std::vector<int32_t>> encodeChat(const tokenizer::Conversation &conversation) const;
};

/// "1 2 3" (spaces or commas); Usage for anything else.
Result<std::vector<int32_t>> parseIds(const std::string &text);

/// The options of sampling that generate and chat take.
struct SamplingFlags {
  bool greedy = false;
  std::optional<double> temperature, topP, minP, repetitionPenalty;
  std::optional<int64_t> topK;
  std::optional<int64_t> maxNewTokens;

  void add(CLI::App &options);
  core::SamplingOptions resolve(const io::GenerationDefaults &defaults, uint64_t seed) const;
};

} // namespace attune::app
