#include "core/io/name_pattern.h"

#include "core/io/pcre2_pattern.h"

namespace attune::io {

namespace {

constexpr size_t kMaxPatternBytes = 2000;

} // namespace

struct NamePattern::Compiled : Pcre2Pattern {
  std::string where;
};

Result<NamePattern> NamePattern::compile(const std::string &pattern, Extent extent, const std::string &where) {
  const auto malformed = [&](const std::string &message) {
    return Error{ErrorCode::MalformedFile, message + ".", where, "Correct the expression, or train the adapter again.", {}};
  };
  if (pattern.size() > kMaxPatternBytes) return malformed("The regular expression is too long");
  auto compiled = std::make_shared<Compiled>();
  compiled->where = where;
  const uint32_t options = PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C | PCRE2_ANCHORED |
                           (extent == Extent::Whole ? static_cast<uint32_t>(PCRE2_ENDANCHORED) : 0u);
  const Pcre2Limits bounds{20'000, 20'000, 16 * 1024}; // module names are short
  if (const auto mistake = compiled->compile(pattern, options, bounds))
    return malformed("The regular expression is not valid: " + mistake->message);
  NamePattern made;
  made.m_compiled = std::move(compiled);
  return made;
}

Result<std::optional<std::string>> NamePattern::index(const std::string &name) const {
  const Pcre2Match data(pcre2_match_data_create_from_pattern(m_compiled->code, nullptr));
  const int result =
      pcre2_match(m_compiled->code, reinterpret_cast<PCRE2_SPTR>(name.data()), name.size(), 0, 0, data.get(), m_compiled->limits);
  if (result == PCRE2_ERROR_NOMATCH) return std::optional<std::string>();
  if (result < 0)
    return Error{ErrorCode::MalformedFile, "The regular expression takes too long on the name " + name + ".", m_compiled->where,
                 "Use a simpler expression."};
  const int group = pcre2_substring_number_from_name(m_compiled->code, reinterpret_cast<PCRE2_SPTR>("idx"));
  const PCRE2_SIZE *places = pcre2_get_ovector_pointer(data.get());
  if (group < 0 || static_cast<uint32_t>(group) >= pcre2_get_ovector_count(data.get()) || places[2 * group] == PCRE2_UNSET)
    return std::optional<std::string>("");
  return std::optional<std::string>(name.substr(places[2 * group], places[2 * group + 1] - places[2 * group]));
}

Result<bool> NamePattern::matches(const std::string &name) const {
  ATTUNE_TRY(const std::optional<std::string> found, index(name));
  return found.has_value();
}

} // namespace attune::io
