// How a model wants to be sampled: generation_config.json of a folder, general.sampling.* of a GGUF file.
// Plain data, any thread. A missing file is no error; a malformed one is MalformedFile.
#pragma once

#include "core/base/result.h"
#include "core/io/model_config.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace attune::io {

struct GenerationDefaults {
  std::optional<bool> doSample;
  std::optional<double> temperature;
  std::optional<int64_t> topK;
  std::optional<double> topP;
  std::optional<double> minP;
  std::optional<double> repetitionPenalty;
  std::optional<int64_t> maxNewTokens;
  std::vector<int64_t> eosTokens; // generation stops at any of these; the model's own when the file names none
};

/// `path` is a MODEL as for openModel(), `config` its settings. Values out of their range are MalformedFile.
Result<GenerationDefaults> readGenerationDefaults(const std::string &path, const ModelConfig &config);

/// The text of a generation_config.json.
Result<GenerationDefaults> parseGenerationConfig(const std::string &json, const std::string &where);

} // namespace attune::io
