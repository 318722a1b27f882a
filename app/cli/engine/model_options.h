// What score, generate and chat share: the options that choose and load a model, and those of sampling.
// Main thread only.
#pragma once

#include "app/cli/command/command.h"
#include "core/generate/model_session.h"
#include "core/generate/sampler.h"

#include <CLI/CLI.hpp>

#include <optional>
#include <string>

namespace attune::app {

struct ModelOptions {
  std::string model;
  std::string adapter;
  std::string precision = "auto"; // fp32 here
  std::string quant = "none";

  void add(CLI::App &options);
  /// Compute type, device and quantisation; NotSupportedYet for what this version cannot do.
  Result<core::LoadOptions> loadOptions(const CommandContext &context) const;
  /// The model with the context's threads; see core::ModelSession.
  Result<core::ModelSession> open(const CommandContext &context, bool needsText) const;
  Result<core::ModelSession> openToGenerate(const CommandContext &context, bool needsText) const;
};

/// The options of sampling that generate and chat take.
struct SamplingFlags {
  bool greedy = false;
  std::optional<double> temperature, topP, minP, repetitionPenalty;
  std::optional<int64_t> topK;
  std::optional<int64_t> maxNewTokens;
  int64_t usualNewTokens; // where neither the user nor the model says

  explicit SamplingFlags(int64_t usual) : usualNewTokens(usual) {}
  void add(CLI::App &options);
  int64_t newTokens(const io::GenerationDefaults &defaults) const;
  core::SamplingOptions resolve(const io::GenerationDefaults &defaults, uint64_t seed) const;
};

} // namespace attune::app
