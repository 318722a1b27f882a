// Typed reads from one JSON object of a config.json that remember the first mistake; the reads after it are harmless.
// One owner, one thread; the object outlives it.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace attune::io {

constexpr const char *kConfigHint = "Take config.json from the model's original folder.";

class ConfigReader {
public:
  ConfigReader(const Json &object, std::string where) : m_object(object), m_where(std::move(where)) {}

  /// Whether the key is there and not null; `mentions`: there at all.
  bool has(const char *key) const { return m_object.contains(key) && !m_object.at(key).is_null(); }
  bool mentions(const char *key) const { return m_object.contains(key); }

  /// Without a fallback a missing key is MalformedFile.
  int64_t integer(const char *key, std::optional<int64_t> fallback);
  double number(const char *key, std::optional<double> fallback);
  bool flag(const char *key, bool fallback);
  std::string text(const char *key, const std::string &fallback);
  /// A list of exactly `size` numbers.
  std::vector<float> numbers(const char *key, int64_t size);
  /// A list of whole numbers of exactly `size` entries.
  std::vector<int64_t> integers(const char *key, int64_t size);

  /// UnsupportedModel: "The setting KEY WHAT is not supported.", with the list of what is.
  void unsupported(const std::string &key, const std::string &what);
  /// The same where the setting is a text.
  void unsupportedText(const std::string &key, const std::string &text);
  void malformed(const std::string &key, const std::string &message);
  void fail(Error error) {
    if (!m_error) m_error = std::move(error);
  }
  const std::optional<Error> &error() const { return m_error; }
  const std::string &where() const { return m_where; }
  const Json &object() const { return m_object; }

private:
  void missing(const char *key);
  void wrongType(const char *key, const char *expected) { malformed(key, std::string("should be ") + expected); }

  const Json &m_object;
  std::string m_where;
  std::optional<Error> m_error;
};

} // namespace attune::io
