// The one table of run settings: key, type, range, unit, group, help, choices and when each applies. The JSON file,
// --set, --help, validation, the form and the diff are generated from it; defaults come from RunConfig itself.
// Immutable after first use; any thread.
#pragma once

#include "core/api/run_config.h"

#include <functional>
#include <limits>
#include <string>
#include <variant>
#include <vector>

namespace attune::api {

/// Choice: one of `choices`. ChoiceList: "none" or a list of choices. Datasets: a list of DatasetRef.
enum class FieldType { Integer, Number, Boolean, Text, Path, Choice, ChoiceList, TextList, Datasets };

/// Integer int64, Number double, Boolean bool, Text / Path / Choice string, lists as vectors.
using FieldValue = std::variant<int64_t, double, bool, std::string, std::vector<std::string>, std::vector<DatasetRef>>;

struct ConfigField {
  std::string key; // dotted, "lora.rank"; also the id of its translated help text
  FieldType type = FieldType::Text;
  std::string group; // model, data, method, schedule, optimizer, memory, output
  bool advanced = false;
  std::string help; // one English sentence
  std::string unit; // "tokens", "bytes", may be empty
  double minimum = -std::numeric_limits<double>::infinity();
  double maximum = std::numeric_limits<double>::infinity();
  bool minimumExcluded = false;
  bool maximumExcluded = false;
  std::vector<std::string> choices;
  std::vector<std::string> unsupportedChoices; // part of the schema, refused by this version
  bool nullable = false;                       // null in JSON stands for the empty text
  bool changeableOnResume = false;             // or in some cases: core/train/resume_settings
  std::vector<std::string> oldNames;           // still read
  std::vector<std::string> synonyms;           // not read, but a good guess for an unknown key
  std::string appliesKey;                      // applies only when this setting ...
  std::vector<std::string> appliesValues;      // ... has one of these values; empty key = always
  std::function<FieldValue(const RunConfig &)> get;
  std::function<void(RunConfig &, const FieldValue &)> set;

  FieldValue defaultValue() const { return get(RunConfig{}); }
  /// "from 1 to 16384", "above 0 and below 1", or empty.
  std::string rangeText() const;
};

/// Every setting, in the order of the form and of run.json.
const std::vector<ConfigField> &configFields();

/// The setting with this key or old name; null when there is none.
const ConfigField *findConfigField(const std::string &key);

/// The known key a mistyped one most likely meant; empty when nothing is near.
std::string nearestConfigKey(const std::string &key);

/// The keys that may change when a run is resumed, "a, b, c".
std::string keysChangeableOnResume();

/// What is wrong with a device's name; empty = nothing. Whether it is there is known to core/device alone.
std::string deviceProblem(const std::string &device);

/// Digits where the number is whole, "0.0002" otherwise.
std::string numberText(double value);

/// Whether the setting has any effect under this config (LoRA rank: only with method lora).
bool fieldApplies(const ConfigField &field, const RunConfig &config);

/// The names of an enum as run.json spells them.
std::string nameOf(Method value);
std::string nameOf(Quantization value);
std::string nameOf(DatasetFormat value);
std::string nameOf(Overlength value);
std::string nameOf(TrainOn value);
std::string nameOf(SchedulerKind value);
std::string nameOf(Precision value);
std::string nameOf(Checkpointing value);

const std::vector<std::string> &datasetFormatNames();

} // namespace attune::api
