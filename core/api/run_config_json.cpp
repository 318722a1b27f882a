#include "core/api/run_config_json.h"

#include "core/api/config_fields.h"
#include "core/api/template_names.h"
#include "core/base/atomic_file.h"
#include "core/base/json.h"
#include "core/base/shorten.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>

namespace attune::api {

namespace fs = std::filesystem;

namespace {

constexpr size_t kMaxDatasets = 10000;

std::string shortText(const Json &value) { return shortened(dumpJson(value, -1)); }

std::string joined(const std::vector<std::string> &names, const char *between = ", ") {
  std::string text;
  for (const std::string &name : names) text += (text.empty() ? "" : between) + name;
  return text;
}

std::string resolved(const std::string &path, const std::string &folder) {
  if (path.empty() || fs::path(path).is_absolute()) return path;
  std::error_code ignored;
  return fs::absolute(fs::path(folder.empty() ? "." : folder) / path, ignored).lexically_normal().string();
}

// ---- values ------------------------------------------------------------------------------------------------------

Json datasetJson(const DatasetRef &ref) { return {{"path", ref.path}, {"format", nameOf(ref.format)}, {"weight", ref.weight}}; }

Json valueJson(const ConfigField &field, const FieldValue &value) {
  if (const auto *refs = std::get_if<std::vector<DatasetRef>>(&value)) {
    Json list = Json::array();
    for (const DatasetRef &ref : *refs) list.push_back(datasetJson(ref));
    return list;
  }
  if (const auto *text = std::get_if<std::string>(&value)) return text->empty() && field.nullable ? Json() : Json(*text);
  if (const auto *names = std::get_if<std::vector<std::string>>(&value)) {
    if (field.type == FieldType::ChoiceList && names->empty()) return "none";
    return *names;
  }
  if (const auto *whole = std::get_if<int64_t>(&value)) return *whole;
  if (const auto *truth = std::get_if<bool>(&value)) return *truth;
  return std::get<double>(value);
}

/// Turns JSON into settings and notes what does not fit.
class Reader {
public:
  Reader(ParsedRunConfig &out, std::string folder) : m_out(out), m_folder(std::move(folder)) {}

  void object(const Json &json, const std::string &prefix) {
    for (const auto &item : json.items()) {
      const std::string key = prefix + item.key();
      if (prefix.empty() && (key == "schema" || key == "record")) continue;
      if (const ConfigField *field = findConfigField(key)) {
        if (std::find(m_seen.begin(), m_seen.end(), field->key) != m_seen.end()) {
          problem(key, "This setting stands twice, under its old name and its new one (" + field->key + ").");
        }
        m_seen.push_back(field->key);
        value(*field, item.value());
      } else if (isSection(key)) {
        if (item.value().is_object())
          object(item.value(), key + ".");
        else
          problem(key, "This must be an object with settings in it, not " + shortText(item.value()) + ".");
      } else {
        unknown(key);
      }
    }
  }

  void problem(const std::string &key, std::string message, ErrorCode code = ErrorCode::InvalidConfig) {
    if (full())
      ++m_out.moreProblems;
    else
      m_out.problems.push_back({shortened(key, 200), std::move(message), code});
  }

private:
  bool full() const { return m_out.problems.size() >= kMaxProblems; }

  static bool isSection(const std::string &key) {
    const auto &fields = configFields();
    return std::any_of(fields.begin(), fields.end(),
                       [&](const ConfigField &field) { return field.key.compare(0, key.size() + 1, key + ".") == 0; });
  }

  void unknown(const std::string &key) {
    const std::string nearest = full() ? "" : nearestConfigKey(key); // takes its time
    problem(key, "There is no setting with this name" + (nearest.empty() ? "." : "; did you mean " + nearest + "?"), ErrorCode::UnknownKey);
  }

  void mismatch(const ConfigField &field, const Json &json, const std::string &wanted) {
    problem(field.key, "This must be " + wanted + ", not " + shortText(json) + ".");
  }

  void value(const ConfigField &field, const Json &json) {
    RunConfig &config = m_out.config;
    switch (field.type) {
    case FieldType::Integer:
      if (const auto whole = wholeNumber(json)) return field.set(config, *whole);
      return mismatch(field, json, "a whole number");
    case FieldType::Number:
      if (json.is_number() && std::isfinite(json.get<double>())) return field.set(config, json.get<double>());
      return mismatch(field, json, "a number");
    case FieldType::Boolean:
      if (json.is_boolean()) return field.set(config, json.get<bool>());
      return mismatch(field, json, "true or false");
    case FieldType::Text:
    case FieldType::Path:
      if (json.is_null() && field.nullable) return field.set(config, std::string());
      if (!json.is_string()) return mismatch(field, json, "a text");
      return field.set(config, fieldPath(field, json.get<std::string>()));
    case FieldType::Choice:
      if (json.is_string() && isOneOf(field.choices, json.get<std::string>())) return field.set(config, json.get<std::string>());
      return mismatch(field, json, "one of " + joined(field.choices));
    case FieldType::ChoiceList: return choiceList(field, json);
    case FieldType::TextList: return textList(field, json);
    case FieldType::Datasets: return datasets(field, json);
    }
  }

  static bool isOneOf(const std::vector<std::string> &names, const std::string &name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  }

  /// 3 and 3.0 are whole numbers; 3.5, "3" and numbers that do not fit are none.
  static std::optional<int64_t> wholeNumber(const Json &json) {
    if (json.is_number_unsigned() && json.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX)) return std::nullopt;
    if (json.is_number_integer()) return json.get<int64_t>();
    if (!json.is_number_float()) return std::nullopt;
    const double number = json.get<double>();
    if (std::abs(number) > 9e15 || number != std::floor(number)) return std::nullopt;
    return static_cast<int64_t>(number);
  }

  std::string fieldPath(const ConfigField &field, const std::string &text) const {
    const bool isPath = field.type == FieldType::Path || (field.key == "template" && isTemplateFile(text));
    return isPath ? resolved(text, m_folder) : text;
  }

  void choiceList(const ConfigField &field, const Json &json) {
    const std::string wanted = joined(field.choices);
    const bool one = json.is_string() && json != "none";
    if (!json.is_array() && !json.is_string()) return mismatch(field, json, "\"none\" or a list of " + wanted);
    std::vector<std::string> names;
    for (const Json &item : json.is_array() ? json : one ? Json::array({json}) : Json::array()) {
      if (item.is_string() && isOneOf(field.choices, item.get<std::string>()))
        names.push_back(item.get<std::string>());
      else if (one)
        return mismatch(field, json, "\"none\" or a list of " + wanted);
      else
        return listItem(field, names.size(), item, "one of " + wanted);
    }
    field.set(m_out.config, names);
  }

  void textList(const ConfigField &field, const Json &json) {
    if (!json.is_array() && !json.is_string()) return mismatch(field, json, "a list of texts");
    std::vector<std::string> texts;
    for (const Json &item : json.is_array() ? json : Json::array({json})) {
      if (!item.is_string()) return listItem(field, texts.size(), item, "a text");
      texts.push_back(item.get<std::string>());
    }
    field.set(m_out.config, texts);
  }

  void listItem(const ConfigField &field, size_t index, const Json &item, const std::string &wanted) {
    problem(field.key + "." + std::to_string(index), "This must be " + wanted + ", not " + shortText(item) + ".");
  }

  void datasets(const ConfigField &field, const Json &json) {
    const Json list = json.is_array() ? json : Json::array({json});
    if (list.size() > kMaxDatasets) {
      return problem(field.key, "A run takes up to " + std::to_string(kMaxDatasets) + " files, not " + std::to_string(list.size()) + ".");
    }
    std::vector<DatasetRef> refs;
    for (size_t i = 0; i < list.size(); ++i) {
      const std::string key = field.key + "." + std::to_string(i);
      DatasetRef ref;
      if (list[i].is_string())
        ref.path = resolved(list[i].get<std::string>(), m_folder);
      else if (list[i].is_object())
        dataset(list[i], key, ref);
      else
        problem(key, "This must be an object with a path, not " + shortText(list[i]) + ".");
      refs.push_back(ref);
    }
    field.set(m_out.config, refs);
  }

  void dataset(const Json &json, const std::string &key, DatasetRef &ref) {
    for (const auto &item : json.items()) {
      const Json &value = item.value();
      const std::string itemKey = key + "." + item.key();
      if (item.key() == "path") {
        if (value.is_string())
          ref.path = resolved(value.get<std::string>(), m_folder);
        else
          problem(itemKey, "This must be a text, not " + shortText(value) + ".");
      } else if (item.key() == "format") {
        const auto &names = datasetFormatNames();
        const auto found = value.is_string() ? std::find(names.begin(), names.end(), value.get<std::string>()) : names.end();
        if (found != names.end())
          ref.format = static_cast<DatasetFormat>(found - names.begin());
        else
          problem(itemKey, "This must be one of " + joined(names) + ", not " + shortText(value) + ".");
      } else if (item.key() == "weight") {
        if (value.is_number())
          ref.weight = value.get<double>();
        else
          problem(itemKey, "This must be a number, not " + shortText(value) + ".");
      } else {
        problem(itemKey, "A dataset has no such setting; it has path, format and weight.", ErrorCode::UnknownKey);
      }
    }
  }

  ParsedRunConfig &m_out;
  std::string m_folder;
  std::vector<std::string> m_seen;
};

// ---- --set -------------------------------------------------------------------------------------------------------

std::vector<std::string> splitKey(const std::string &key) {
  std::vector<std::string> parts(1);
  for (const char c : key) {
    if (c == '.')
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

/// Moves settings under old names to their new place, so that --set and the file speak of the same key.
void renameOldKeys(Json &doc) {
  for (const ConfigField &field : configFields()) {
    if (field.key.find('.') != std::string::npos) continue;
    for (const std::string &name : field.oldNames) {
      if (doc.contains(name) && !doc.contains(field.key)) {
        doc[field.key] = doc[name];
        doc.erase(name);
      }
    }
  }
  if (doc.contains("dataset") && !doc["dataset"].is_array()) doc["dataset"] = Json::array({doc["dataset"]});
  if (!doc.contains("dataset")) return;
  for (Json &item : doc["dataset"]) {
    if (item.is_string()) item = Json{{"path", item}};
  }
}

void resolveSetPaths(const std::string &key, Json &value, const std::string &folder) {
  const ConfigField *field = findConfigField(key);
  const bool isDatasetPath = key.compare(0, 8, "dataset.") == 0 && key.size() > 13 && key.compare(key.size() - 5, 5, ".path") == 0;
  if (value.is_string()) {
    const std::string text = value.get<std::string>();
    const bool isPath = isDatasetPath || (field && (field->type == FieldType::Path || field->type == FieldType::Datasets)) ||
                        (field && field->key == "template" && isTemplateFile(text));
    if (isPath) value = resolved(text, folder);
  } else if (value.is_array() && key == "dataset") {
    for (size_t i = 0; i < value.size(); ++i) resolveSetPaths("dataset." + std::to_string(i), value[i], folder);
  } else if (value.is_object()) {
    for (const auto &item : value.items()) resolveSetPaths(key + "." + item.key(), item.value(), folder);
  }
  if (value.is_string() && key.compare(0, 8, "dataset.") == 0 && splitKey(key).size() == 2) {
    value = resolved(value.get<std::string>(), folder); // dataset.0=FILE
  }
}

bool isTextual(FieldType type) { return type == FieldType::Text || type == FieldType::Path || type == FieldType::Choice; }

/// Whether a value is a text however it looks: name=2024, sample_prompts.0=5. null stays null.
bool isMeantAsText(const Json &value, const std::vector<std::string> &parts, const ConfigField *field) {
  if (value.is_null() || value.is_string()) return false;
  if (field && isTextual(field->type)) return true;
  if (value.is_structured()) return false;
  if (field) return field->type == FieldType::TextList;
  const ConfigField *list = findConfigField(joined({parts.begin(), parts.end() - 1}, "."));
  return list && (list->type == FieldType::TextList || list->type == FieldType::ChoiceList);
}

bool isList(const std::string &key) {
  const ConfigField *field = findConfigField(key);
  return field && (field->type == FieldType::Datasets || field->type == FieldType::TextList || field->type == FieldType::ChoiceList);
}

/// Puts one "key=value" into the document; a message when that makes no sense.
std::optional<ConfigProblem> setInto(Json &doc, const std::string &setting, const std::string &folder) {
  const size_t equals = setting.find('=');
  if (equals == std::string::npos || equals == 0) {
    return ConfigProblem{shortened(setting, 200), "A setting is written key=value.", ErrorCode::InvalidConfig};
  }
  std::string key = setting.substr(0, equals);
  const std::string text = setting.substr(equals + 1);
  const ConfigField *field = findConfigField(key);
  if (field) key = field->key;
  const std::vector<std::string> parts = splitKey(key);
  if (parts.size() > 8 || std::find(parts.begin(), parts.end(), "") != parts.end()) {
    return ConfigProblem{shortened(key, 200), "There is no setting with this name.", ErrorCode::UnknownKey};
  }
  auto parsed = parseJson(text, "--set " + key);
  Json value = parsed.ok() ? *parsed : Json(text);
  if (isMeantAsText(value, parts, field)) value = text;
  resolveSetPaths(key, value, folder);

  Json *at = &doc;
  for (size_t i = 0; i < parts.size(); ++i) {
    const std::string &part = parts[i];
    if (at->is_array()) {
      const bool numeric = part.size() < 7 && part.find_first_not_of("0123456789") == std::string::npos;
      const size_t index = numeric ? static_cast<size_t>(std::stoul(part)) : at->size() + 1;
      if (index > at->size()) {
        return ConfigProblem{key,
                             "The list has " + std::to_string(at->size()) + " items; name one by its number from 0, or add one at " +
                                 std::to_string(at->size()) + ".",
                             ErrorCode::InvalidConfig};
      }
      if (index == at->size()) at->push_back(Json());
      at = &(*at)[index];
    } else {
      if (!at->is_object()) *at = Json::object();
      const std::string prefix = joined({parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(i) + 1}, ".");
      if (i + 1 < parts.size() && isList(prefix) && !(at->contains(part) && (*at)[part].is_array())) (*at)[part] = Json::array();
      at = &(*at)[part];
    }
  }
  *at = std::move(value);
  return std::nullopt;
}

Result<ParsedRunConfig> readDocument(Json doc, const std::string &where, const std::string &folder,
                                     const std::vector<std::string> &settings) {
  ParsedRunConfig parsed;
  Reader reader(parsed, folder);
  if (!doc.is_object()) {
    return configError({{"", "A run config is a JSON object, not " + shortText(doc) + ".", ErrorCode::InvalidConfig}}, where);
  }
  if (!settings.empty()) renameOldKeys(doc);
  std::error_code ignored;
  const std::string current = fs::current_path(ignored).string();
  for (const std::string &setting : settings) {
    if (auto mistake = setInto(doc, setting, current)) parsed.problems.push_back(*mistake);
  }
  if (doc.contains("schema")) {
    const Json &schema = doc["schema"];
    if (!schema.is_number_integer() || schema.get<int64_t>() < 1) {
      reader.problem("schema", "This must be the schema number " + std::to_string(kRunSchema) + ", not " + shortText(schema) + ".");
    } else if (schema.get<int64_t>() > kRunSchema) {
      return Error{ErrorCode::NewerSchema,
                   "This run config has schema " + shortText(schema) + ", and this Attune reads up to " + std::to_string(kRunSchema) + ".",
                   where + "#schema", "Update Attune, or write the file with the older version."};
    }
  }
  reader.object(doc, "");
  return parsed;
}

Json configJson(const RunConfig &config) {
  Json doc = {{"schema", kRunSchema}};
  for (const ConfigField &field : configFields()) {
    Json *at = &doc;
    const auto parts = splitKey(field.key);
    for (const std::string &part : parts) at = &(*at)[part];
    *at = valueJson(field, field.get(config));
  }
  return doc;
}

Result<RunConfig> checked(Result<ParsedRunConfig> parsed, const std::string &where, ConfigPurpose purpose,
                          const std::vector<std::string> &settings) {
  if (!parsed.ok()) return parsed.error();
  std::vector<ConfigProblem> problems = parsed->problems;
  const auto isWithin = [](const std::string &inner, const std::string &outer) {
    return inner == outer || inner.compare(0, outer.size() + 1, outer + ".") == 0;
  };
  for (ConfigProblem &found : validate(parsed->config, purpose)) {
    const bool known =
        std::any_of(problems.begin(), problems.end(), [&](const ConfigProblem &other) { return isWithin(other.key, found.key); });
    if (!known) problems.push_back(std::move(found)); // a value that could not be read is reported once
  }
  if (problems.empty()) return std::move(parsed->config);
  const std::vector<std::string> keys = settingKeys(settings);
  const bool given = std::all_of(problems.begin(), problems.end(), [&](const ConfigProblem &problem) {
    return std::any_of(keys.begin(), keys.end(),
                       [&](const std::string &key) { return isWithin(key, problem.key) || isWithin(problem.key, key); });
  });
  return configError(std::move(problems), given ? "--set" : where, parsed->moreProblems);
}

} // namespace

Result<ParsedRunConfig> parseRunConfig(const std::string &json, const std::string &where, const std::string &folder,
                                       const std::vector<std::string> &settings) {
  ATTUNE_TRY(Json doc, parseJson(json, where));
  return readDocument(std::move(doc), where, folder, settings);
}

Result<RunConfig> loadRunConfig(const std::string &path, const std::vector<std::string> &settings, ConfigPurpose purpose) {
  ATTUNE_TRY(const std::string text, readFile(path, size_t(16) << 20));
  return checked(parseRunConfig(text, path, fs::path(path).parent_path().string(), settings), path, purpose, settings);
}

Result<RunConfig> applySettings(const RunConfig &config, const std::vector<std::string> &settings, ConfigPurpose purpose) {
  return checked(readDocument(configJson(config), "--set", ".", settings), "--set", purpose, settings);
}

std::vector<std::string> settingKeys(const std::vector<std::string> &settings) {
  std::vector<std::string> keys;
  for (const std::string &setting : settings) {
    const size_t equals = setting.find('=');
    const std::string key = equals == 0 ? setting : setting.substr(0, equals); // "=5" has none
    const ConfigField *field = findConfigField(key);
    keys.push_back(field ? field->key : key);
  }
  return keys;
}

std::string runConfigJson(const RunConfig &config, const std::string &recordJson) {
  Json doc = configJson(config);
  if (!recordJson.empty()) {
    if (auto record = parseJson(recordJson, "record"); record.ok()) doc["record"] = *record;
  }
  return dumpJson(doc) + "\n";
}

Error configError(std::vector<ConfigProblem> problems, const std::string &where, size_t more) {
  Error error;
  error.code = problems.front().code;
  for (const ConfigProblem &problem : problems) {
    if (problem.code != error.code) error.code = ErrorCode::InvalidConfig;
  }
  const size_t count = problems.size() + more;
  if (count == 1) {
    const ConfigProblem &only = problems.front();
    error.message = only.key.empty() ? only.message : only.key + ": " + only.message;
    error.where = where + (only.key.empty() ? "" : "#" + only.key);
  } else {
    error.message = "The run config has " + std::to_string(count) + " mistakes.";
    error.where = where;
  }
  error.hint = "Correct the settings named here; `attune train --help` lists them all.";
  if (problems.size() > kMaxProblems) problems.resize(kMaxProblems);
  if (count > problems.size()) problems.push_back({"", "And " + std::to_string(count - problems.size()) + " more.", error.code});
  error.problems = std::move(problems);
  return error;
}

Error inConfigFile(Error error, const std::string &path) {
  if (error.where.empty())
    error.where = path;
  else if (findConfigField(error.where))
    error.where = path + "#" + error.where;
  return error;
}

std::vector<ConfigDifference> configDiff(const RunConfig &a, const RunConfig &b) {
  std::vector<ConfigDifference> differences;
  for (const ConfigField &field : configFields()) {
    std::string from = dumpJson(valueJson(field, field.get(a)), -1);
    std::string to = dumpJson(valueJson(field, field.get(b)), -1);
    if (from != to) differences.push_back({field.key, std::move(from), std::move(to)});
  }
  return differences;
}

std::string settingsHelp(bool withAdvanced) {
  std::string text;
  for (const ConfigField &field : configFields()) {
    if (field.advanced && !withAdvanced) continue;
    std::string line = "  " + field.key + " = " + dumpJson(valueJson(field, field.defaultValue()), -1);
    if (line.size() < 34) line.resize(34, ' ');
    line += " " + field.help;
    if (!field.choices.empty())
      line += " [" + joined(field.choices) + "]";
    else if (!field.rangeText().empty())
      line += " [" + field.rangeText() + (field.unit.empty() ? "" : " " + field.unit) + "]";
    if (!field.unsupportedChoices.empty()) line += " (not in this version: " + joined(field.unsupportedChoices) + ")";
    text += line + "\n";
  }
  return text;
}

} // namespace attune::api
