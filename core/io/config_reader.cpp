#include "core/io/config_reader.h"

#include "core/model/families/model_family.h"

#include <cmath>

namespace attune::io {

void ConfigReader::malformed(const std::string &key, const std::string &message) {
  fail({ErrorCode::MalformedFile, "The setting " + key + " " + message + ".", m_where + "#" + key, kConfigHint});
}

void ConfigReader::unsupported(const std::string &key, const std::string &what) {
  fail({ErrorCode::UnsupportedModel, "The setting " + key + " " + what + " is not supported.", m_where + "#" + key,
        core::supportedModels()});
}

void ConfigReader::unsupportedText(const std::string &key, const std::string &text) {
  std::string quoted = "\"";
  quoted.append(text, 0, 40);
  unsupported(key, quoted.append("\""));
}

void ConfigReader::missing(const char *key) { malformed(key, "is missing"); }

int64_t ConfigReader::integer(const char *key, std::optional<int64_t> fallback) {
  if (!has(key)) {
    if (!fallback) missing(key);
    return fallback.value_or(0);
  }
  const Json &value = m_object.at(key);
  if (value.is_number_unsigned() && value.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX))
    return malformed(key, "has an impossible value"), 0;
  if (value.is_number_integer()) return value.get<int64_t>();
  return wrongType(key, "a whole number"), 0;
}

double ConfigReader::number(const char *key, std::optional<double> fallback) {
  if (!has(key)) {
    if (!fallback) missing(key);
    return fallback.value_or(0.0);
  }
  if (!m_object.at(key).is_number()) return wrongType(key, "a number"), 0.0;
  const double value = m_object.at(key).get<double>();
  if (!std::isfinite(value)) malformed(key, "has an impossible value");
  return value;
}

bool ConfigReader::flag(const char *key, bool fallback) {
  if (!has(key)) return fallback;
  if (!m_object.at(key).is_boolean()) return wrongType(key, "true or false"), fallback;
  return m_object.at(key).get<bool>();
}

std::string ConfigReader::text(const char *key, const std::string &fallback) {
  if (!has(key)) return fallback;
  if (!m_object.at(key).is_string()) return wrongType(key, "a text"), fallback;
  return m_object.at(key).get<std::string>();
}

std::vector<float> ConfigReader::numbers(const char *key, int64_t size) {
  std::vector<float> list;
  if (!has(key)) return missing(key), list;
  const Json &value = m_object.at(key);
  if (!value.is_array() || static_cast<int64_t>(value.size()) != size)
    return malformed(key, "should be a list of " + std::to_string(size) + " numbers"), list;
  for (const Json &item : value) {
    if (!item.is_number()) return malformed(key, "should hold numbers only"), list;
    list.push_back(item.get<float>());
  }
  return list;
}

std::vector<int64_t> ConfigReader::integers(const char *key, int64_t size) {
  std::vector<int64_t> list;
  const Json &value = m_object.at(key);
  if (!value.is_array() || static_cast<int64_t>(value.size()) != size)
    return malformed(key, "should be a list of " + std::to_string(size) + " whole numbers"), list;
  for (const Json &item : value) {
    if (!item.is_number_integer()) return malformed(key, "should hold whole numbers only"), list;
    list.push_back(item.get<int64_t>());
  }
  return list;
}

} // namespace attune::io
