// What a person searches for in texts: plain words or a PCRE2 expression, with limits on the work one text may cost.
// Immutable after compiling; any thread.
#pragma once

#include "core/base/result.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace attune::data {

class TextPattern {
public:
  enum class Syntax { Plain, Regex };
  /// InvalidData for an expression that is not valid, naming the place.
  static Result<TextPattern> compile(const std::string &pattern, Syntax syntax, bool matchCase);

  /// Whether it stands anywhere in a text. InvalidData when the search takes too long.
  Result<bool> found(std::string_view text) const;
  /// The text with every match replaced, whose groups are $1 to $9 ($0 the match, $$ a dollar) unless the pattern is plain;
  /// nothing when there is no match. InvalidData when it takes too long or grows beyond `maxBytes`.
  Result<std::optional<std::string>> replaced(std::string_view text, const std::string &replacement, size_t maxBytes) const;

private:
  struct Compiled;
  std::shared_ptr<const Compiled> m_compiled;
  bool m_plain = false;
};

} // namespace attune::data
