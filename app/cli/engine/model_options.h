// What score, generate and chat share: the options that choose and load a model, and reading ids from text.
// Main thread only.
#pragma once

#include "app/cli/command/command.h"
#include "core/generate/model_session.h"
#include "core/generate/sampler.h"

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
  /// The model with the context's threads; see core::ModelSession.
  Result<core::ModelSession> open(const CommandContext &context, bool needsText) const;
  Result<core::ModelSession> openToGenerate(const CommandContext &context, bool needsText) const;
};

/// Tells on context.err when the model ships no chat template, so that the plain one is used.
void noticeTemplate(const core::ModelSession &session, CommandContext &context);

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
