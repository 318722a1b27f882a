// A regular expression on module names as PEFT's configs hold them (Python's syntax, read by PCRE2), with limits on what one
// match may cost. Immutable after compiling; any thread.
#pragma once

#include "core/base/result.h"

#include <memory>
#include <optional>
#include <string>

namespace attune::io {

class NamePattern {
public:
  enum class Extent { Beginning, Whole }; // re.match, re.fullmatch
  /// MalformedFile for an expression that is none or is too long.
  static Result<NamePattern> compile(const std::string &pattern, Extent extent, const std::string &where);

  /// MalformedFile when the match takes too long.
  Result<bool> matches(const std::string &name) const;
  /// What the group `idx` caught, for a pattern that has one; nothing without a match.
  Result<std::optional<std::string>> index(const std::string &name) const;

private:
  struct Compiled;
  std::shared_ptr<const Compiled> m_compiled;
};

} // namespace attune::io
