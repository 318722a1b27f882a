#include "core/io/generation_defaults.h"

#include "core/base/atomic_file.h"
#include "core/base/inside_folder.h"
#include "core/base/json.h"
#include "core/io/gguf_file.h"

#include <cmath>
#include <filesystem>

namespace attune::io {

namespace {

const JsonLimits kLimits = {200, false, 10000};

struct Range {
  const char *key;
  std::optional<double> GenerationDefaults::*field;
  double low;
  double high;
};

const Range kRanges[] = {
    {"temperature", &GenerationDefaults::temperature, 0.0, 1e4},
    {"top_p", &GenerationDefaults::topP, 0.0, 1.0},
    {"min_p", &GenerationDefaults::minP, 0.0, 1.0},
    {"repetition_penalty", &GenerationDefaults::repetitionPenalty, 1e-3, 1e3},
};

Error malformed(const std::string &key, const std::string &where) {
  return {ErrorCode::MalformedFile, "The generation setting " + key + " has an impossible value.", where + "#" + key,
          "Correct or remove the setting."};
}

Result<GenerationDefaults> fromGguf(const std::string &path) {
  ATTUNE_TRY(const auto file, GgufFile::open(path));
  GenerationDefaults defaults;
  const std::pair<const char *, std::optional<double> GenerationDefaults::*> keys[] = {
      {"general.sampling.temp", &GenerationDefaults::temperature},
      {"general.sampling.top_p", &GenerationDefaults::topP},
      {"general.sampling.min_p", &GenerationDefaults::minP},
      {"general.sampling.penalty_repeat", &GenerationDefaults::repetitionPenalty}};
  for (const auto &key : keys) {
    const auto value = file->number(key.first);
    if (value && std::isfinite(*value) && *value >= 0) defaults.*key.second = *value;
  }
  const auto topK = file->integer("general.sampling.top_k");
  if (topK && *topK >= 0) defaults.topK = *topK;
  return defaults;
}

} // namespace

Result<GenerationDefaults> parseGenerationConfig(const std::string &json, const std::string &where) {
  ATTUNE_TRY(const Json object, parseJson(json, where, kLimits));
  if (!object.is_object()) return Error{ErrorCode::MalformedFile, "generation_config.json must be one JSON object.", where, ""};
  const auto present = [&](const char *key) { return object.contains(key) && !object.at(key).is_null(); };
  GenerationDefaults defaults;
  for (const Range &range : kRanges) {
    if (!present(range.key)) continue;
    const Json &value = object.at(range.key);
    const double number = value.is_number() ? value.get<double>() : NAN;
    if (!(number >= range.low && number <= range.high)) return malformed(range.key, where);
    defaults.*range.field = number;
  }
  const std::pair<const char *, std::optional<int64_t> GenerationDefaults::*> counts[] = {
      {"top_k", &GenerationDefaults::topK}, {"max_new_tokens", &GenerationDefaults::maxNewTokens}};
  for (const auto &count : counts) {
    if (!present(count.first)) continue;
    const Json &value = object.at(count.first);
    if (!value.is_number_integer() || value.get<int64_t>() < 0) return malformed(count.first, where);
    defaults.*count.second = value.get<int64_t>();
  }
  if (present("do_sample")) {
    if (!object.at("do_sample").is_boolean()) return malformed("do_sample", where);
    defaults.doSample = object.at("do_sample").get<bool>();
  }
  if (present("eos_token_id")) {
    const Json &eos = object.at("eos_token_id");
    for (const Json &id : eos.is_array() ? eos : Json::array({eos})) {
      if (!id.is_number_integer() || defaults.eosTokens.size() >= 64) return malformed("eos_token_id", where);
      defaults.eosTokens.push_back(id.get<int64_t>());
    }
  }
  return defaults;
}

Result<GenerationDefaults> readGenerationDefaults(const std::string &path, const ModelConfig &config) {
  GenerationDefaults defaults;
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    const std::string file = path + "/generation_config.json";
    if (std::filesystem::exists(file, ignored)) {
      ATTUNE_TRY(const std::string text, insideFolder(readFile(file, size_t(1) << 20)));
      ATTUNE_TRY(defaults, parseGenerationConfig(text, file));
    }
  } else {
    ATTUNE_TRY(defaults, fromGguf(path));
  }
  if (defaults.eosTokens.empty()) defaults.eosTokens = config.eosTokens;
  return defaults;
}

} // namespace attune::io
