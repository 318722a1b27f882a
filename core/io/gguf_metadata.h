// Required and optional metadata of one architecture in a GGUF file; remembers the first mistake, the reads after it are
// harmless. One owner, one thread; the file outlives it.
#pragma once

#include "core/io/gguf_file.h"

#include <optional>
#include <string>

namespace attune::io {

/// "Supported in GGUF files: ...": for the hint of a refusal.
std::string ggufSupported();

class MetadataReader {
public:
  MetadataReader(const GgufFile &file, std::string prefix) : m_file(file), m_prefix(std::move(prefix)) {}

  bool has(const std::string &key) const { return m_file.find(m_prefix + key) != nullptr; }
  int64_t integer(const std::string &key) { return value(key, m_file.integer(m_prefix + key), int64_t(0)); }
  int64_t integer(const std::string &key, int64_t fallback) { return has(key) ? integer(key) : fallback; }
  double number(const std::string &key) { return value(key, m_file.number(m_prefix + key), 0.0); }
  double number(const std::string &key, double fallback) { return has(key) ? number(key) : fallback; }
  std::string text(const std::string &key, const std::string &fallback) {
    if (!has(key)) return fallback;
    return std::string(value(key, m_file.text(m_prefix + key), std::string_view()));
  }
  void unsupported(const std::string &key, const std::string &what) {
    fail({ErrorCode::UnsupportedModel, "The setting " + m_prefix + key + " " + what + " is not supported.",
          m_file.where() + "#" + m_prefix + key, ggufSupported()});
  }
  void fail(Error error) {
    if (!m_error) m_error = std::move(error);
  }
  const std::optional<Error> &error() const { return m_error; }

private:
  template <typename T> T value(const std::string &key, const std::optional<T> &found, T fallback) {
    if (found) return *found;
    fail({ErrorCode::MalformedFile, "The metadata " + m_prefix + key + (has(key) ? " has the wrong type." : " is missing."),
          m_file.where() + "#" + m_prefix + key, "Download or convert the file again."});
    return fallback;
  }
  const GgufFile &m_file;
  std::string m_prefix;
  std::optional<Error> m_error;
};

} // namespace attune::io
