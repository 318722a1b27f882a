// run.json and --set: RunConfig from and to JSON, through the field table. Every mistake is collected with its key.
// Pure functions, any thread. Paths inside a file resolve against its folder, paths in --set against the current one.
#pragma once

#include "core/api/run_config.h"
#include "core/base/result.h"

#include <string>
#include <vector>

namespace attune::api {

/// What the config must be good for. Plan needs neither data nor an output.
enum class ConfigPurpose { Train, Plan };

/// The config as far as it could be read, and what is wrong with its text (types, unknown keys).
struct ParsedRunConfig {
  RunConfig config;
  std::vector<ConfigProblem> problems; // the first ones, see kMaxProblems
  size_t moreProblems = 0;             // counted, not kept
};
constexpr size_t kMaxProblems = 100;

/// Reads run.json's text with `settings` ("lora.rank=16", list items by number) applied on top. Fails only where
/// nothing can be read: MalformedFile for broken JSON, NewerSchema for a file of a newer Attune.
Result<ParsedRunConfig> parseRunConfig(const std::string &json, const std::string &where, const std::string &folder,
                                       const std::vector<std::string> &settings = {});

/// Reads a file, applies `settings` and validates: one InvalidConfig (or UnknownKey, NotSupportedYet when that is all
/// there is) with every problem listed. FileNotFound when the file is missing.
Result<RunConfig> loadRunConfig(const std::string &path, const std::vector<std::string> &settings = {},
                                ConfigPurpose purpose = ConfigPurpose::Train);

/// `config` with `settings` applied, checked the same way.
Result<RunConfig> applySettings(const RunConfig &config, const std::vector<std::string> &settings,
                                ConfigPurpose purpose = ConfigPurpose::Train);

/// The keys `settings` speak of, in the spelling of the table ("lora.rank", "dataset.0.path").
std::vector<std::string> settingKeys(const std::vector<std::string> &settings);

/// The whole config as indented JSON text; `recordJson`, when given, becomes the `record` object.
std::string runConfigJson(const RunConfig &config, const std::string &recordJson = "");

/// Everything wrong with the values, each with its key: ranges, missing paths, settings of later versions.
std::vector<ConfigProblem> validate(const RunConfig &config, ConfigPurpose purpose = ConfigPurpose::Train);

/// One Error that carries the problems, the first kMaxProblems of them; call with at least one. `more` were not kept.
Error configError(std::vector<ConfigProblem> problems, const std::string &where, size_t more = 0);

/// An error whose `where` is a setting ("lora.targets") or empty gets the file of the settings, "run.json#lora.targets".
Error inConfigFile(Error error, const std::string &path);

/// One setting that differs, both sides as JSON text.
struct ConfigDifference {
  std::string key;
  std::string from;
  std::string to;
};
std::vector<ConfigDifference> configDiff(const RunConfig &a, const RunConfig &b);

/// The settings as text for --help: key, default, range or choices, what it does.
std::string settingsHelp(bool withAdvanced);

} // namespace attune::api
