#include "core/data/text_pattern.h"

#include "core/io/pcre2_pattern.h"

#include <algorithm>

namespace attune::data {

using io::Pcre2Match;

struct TextPattern::Compiled : io::Pcre2Pattern {
  /// Whether there is a match at or behind `from`.
  Result<bool> match(std::string_view text, size_t from, pcre2_match_data *data) const {
    const auto *subject = reinterpret_cast<PCRE2_SPTR>(text.data());
    int result = pcre2_match(code, subject, text.size(), from, 0, data, limits);
    if (result == PCRE2_ERROR_JIT_STACKLIMIT) result = pcre2_match(code, subject, text.size(), from, PCRE2_NO_JIT, data, limits);
    if (result >= 0) return true;
    if (result == PCRE2_ERROR_NOMATCH) return false;
    return Error{ErrorCode::InvalidData, "The search takes too long: " + io::pcre2Message(result) + ".", "", "Use a simpler expression."};
  }
};

Result<TextPattern> TextPattern::compile(const std::string &pattern, Syntax syntax, bool matchCase) {
  auto compiled = std::make_shared<Compiled>();
  uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF; // rows of broken bytes are searched, too
  options |= syntax == Syntax::Plain ? PCRE2_LITERAL : PCRE2_MULTILINE | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C;
  if (!matchCase) options |= PCRE2_CASELESS;
  if (const auto mistake = compiled->compile(pattern, options)) {
    return Error{ErrorCode::InvalidData,
                 "The regular expression is not valid at character " + std::to_string(mistake->offset + 1) + ": " + mistake->message + ".",
                 "", ""};
  }
  pcre2_jit_compile(compiled->code, PCRE2_JIT_COMPLETE); // without JIT the interpreter runs: slower, same result
  TextPattern made;
  made.m_plain = syntax == Syntax::Plain;
  made.m_compiled = std::move(compiled);
  return made;
}

Result<bool> TextPattern::found(std::string_view text) const {
  const Pcre2Match data(pcre2_match_data_create(1, nullptr));
  return m_compiled->match(text, 0, data.get());
}

Result<std::optional<std::string>> TextPattern::replaced(std::string_view text, const std::string &replacement, size_t maxBytes) const {
  const Pcre2Match data(pcre2_match_data_create_from_pattern(m_compiled->code, nullptr));
  const PCRE2_SIZE *groups = pcre2_get_ovector_pointer(data.get());
  const size_t groupCount = pcre2_get_ovector_count(data.get());
  std::string made;
  size_t copied = 0; // of the text
  bool any = false;
  for (size_t from = 0; from <= text.size();) {
    ATTUNE_TRY(const bool match, m_compiled->match(text, from, data.get()));
    if (!match) break;
    any = true;
    const size_t begin = groups[0];
    const size_t end = std::max(groups[1], begin); // \K may put the end first
    made += text.substr(copied, begin - copied);
    for (size_t i = 0; i < replacement.size(); ++i) {
      const char next = replacement[i] == '$' && !m_plain && i + 1 < replacement.size() ? replacement[i + 1] : '\0';
      if (next >= '0' && next <= '9') {
        const auto group = static_cast<size_t>(next - '0');
        if (group < groupCount && groups[2 * group] != PCRE2_UNSET && groups[2 * group] <= groups[2 * group + 1])
          made += text.substr(groups[2 * group], groups[2 * group + 1] - groups[2 * group]);
        ++i;
      } else {
        made += replacement[i];
        if (next == '$') ++i;
      }
    }
    if (made.size() > maxBytes) return Error{ErrorCode::InvalidData, "A text would become larger than a row may be.", "", ""};
    copied = end;
    from = end;
    if (begin == end) { // an empty match: go on behind the next character
      if (from == text.size()) break;
      do ++from;
      while (from < text.size() && (static_cast<unsigned char>(text[from]) & 0xC0) == 0x80);
    }
  }
  if (!any) return std::optional<std::string>();
  made += text.substr(copied);
  return std::optional<std::string>(std::move(made));
}

} // namespace attune::data
