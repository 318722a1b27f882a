#include "core/store/document_query.h"

#include "core/data/record.h"
#include "core/data/row_fields.h"

#include <algorithm>

namespace attune::store {

namespace {

struct FigureName {
  const char *name;
  int32_t api::RowFigures::*figure;
};
constexpr FigureName kFigures[] = {{"turns", &api::RowFigures::turns},
                                   {"tokens", &api::RowFigures::tokens},
                                   {"trained", &api::RowFigures::trainedTokens},
                                   {"bytes", &api::RowFigures::bytes}};

/// Where the expression that opens at `at` closes; npos when it does not.
size_t regexEnd(const std::string &text, size_t at) {
  for (size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '/') {
      const size_t behind = i + 1 < text.size() && text[i + 1] == 'i' ? i + 2 : i + 1;
      if (behind == text.size() || text[behind] == ' ') return i;
    }
  }
  return std::string::npos;
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

} // namespace

Result<DocumentQuery::Term> DocumentQuery::parseTerm(const std::string &word, bool quoted) {
  Term term;
  if (!quoted && word.compare(0, 5, "role:") == 0 && word.size() > 5) {
    term.kind = Term::Role;
    term.role = data::canonicalRole(word.substr(5));
    if (term.role == "developer") term.role = "system";
    if (term.role.empty())
      return Error{ErrorCode::InvalidData, "No role is called " + word.substr(5, 40) + ".", "", "Use system, user, assistant or tool."};
    return term;
  }
  const size_t sign = word.find_first_of("<>=");
  if (!quoted && sign != std::string::npos) {
    for (const FigureName &known : kFigures) {
      const std::string digits = word.substr(sign + 1);
      const bool number = !digits.empty() && digits.size() < 18 && digits.find_first_not_of("0123456789") == std::string::npos;
      if (word.compare(0, sign, known.name) != 0 || !number) continue;
      term.kind = Term::Figure;
      term.figure = known.figure;
      term.compare = word[sign];
      term.number = std::stoll(digits);
      return term;
    }
  }
  ATTUNE_TRY(term.pattern, data::TextPattern::compile(word, data::TextPattern::Syntax::Plain, false));
  term.plain = true;
  term.mayBeEscaped =
      std::any_of(word.begin(), word.end(), [](char c) { return c == '"' || c == '\\' || c == '/' || (c >= 0 && c < 0x20); });
  return term;
}

Result<DocumentQuery> DocumentQuery::parse(const std::string &text) {
  DocumentQuery query;
  for (size_t at = 0; at < text.size();) {
    if (text[at] == ' ') {
      ++at;
      continue;
    }
    const bool negated = text[at] == '-' && at + 1 < text.size() && text[at + 1] != ' ';
    if (negated) ++at;
    const size_t regex = text[at] == '/' ? regexEnd(text, at) : std::string::npos;
    const size_t quote = text[at] == '"' ? text.find('"', at + 1) : std::string::npos;
    Term term;
    if (regex != std::string::npos && regex > at + 1) {
      const bool anyCase = regex + 1 < text.size() && text[regex + 1] == 'i';
      ATTUNE_TRY(term.pattern, data::TextPattern::compile(text.substr(at + 1, regex - at - 1), data::TextPattern::Syntax::Regex, !anyCase));
      at = regex + (anyCase ? 2 : 1);
    } else if (quote != std::string::npos && quote > at + 1) {
      ATTUNE_TRY(term, parseTerm(text.substr(at + 1, quote - at - 1), true));
      at = quote + 1;
    } else {
      const size_t end = std::min(text.find(' ', at), text.size());
      ATTUNE_TRY(term, parseTerm(text.substr(at, end - at), false));
      at = end;
    }
    term.negated = negated;
    query.m_terms.push_back(std::move(term));
  }
  // What costs least comes first.
  std::stable_sort(query.m_terms.begin(), query.m_terms.end(),
                   [](const Term &a, const Term &b) { return a.kind == Term::Figure && b.kind != Term::Figure; });
  return query;
}

Result<bool> DocumentQuery::holds(const Term &term, const SearchedRow &row) {
  if (term.kind == Term::Figure) {
    const int64_t value = row.figures().*term.figure;
    if (value < 0) return false; // not known
    return term.compare == '<' ? value < term.number : term.compare == '>' ? value > term.number : value == term.number;
  }
  if (term.kind == Term::Text && term.plain) {
    const bool hidden = row.escaped && (term.mayBeEscaped || contains(row.raw, "\\u"));
    if (!hidden) {
      ATTUNE_TRY(const bool inBytes, term.pattern->found(row.raw));
      if (!inBytes) return false;
    }
  }
  const Json *value = row.value();
  const api::DatasetFormat format = value ? row.format() : api::DatasetFormat::Auto;
  if (term.kind == Term::Role) return value && data::hasRole(*value, format, term.role);
  if (format == api::DatasetFormat::Auto || format == api::DatasetFormat::Tokens) return term.pattern->found(row.raw);
  Result<bool> found = false;
  data::eachText(*value, format, [&](const std::string &text) {
    found = term.pattern->found(text);
    return found.ok() && !*found;
  });
  return found;
}

Result<bool> DocumentQuery::matches(const SearchedRow &row) const {
  for (const Term &term : m_terms) {
    ATTUNE_TRY(const bool held, holds(term, row));
    if (held == term.negated) return false;
  }
  return true;
}

} // namespace attune::store
