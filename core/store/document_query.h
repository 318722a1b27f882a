// The words of a search line, and whether a row fits them; the raw bytes of a row decide where they can, before it is parsed.
// Immutable after parsing; any thread.
#pragma once

#include "core/api/dataset_document.h"
#include "core/base/json.h"
#include "core/data/text_pattern.h"

#include <functional>
#include <string_view>
#include <vector>

namespace attune::store {

/// One row to be judged; what costs something is asked for only when needed.
struct SearchedRow {
  std::string_view raw;
  bool escaped = true;                 // texts may stand in other bytes in it
  std::function<const Json *()> value; // null when the row is not understood
  std::function<api::DatasetFormat()> format;
  std::function<api::RowFigures()> figures;
};

class DocumentQuery {
public:
  /// InvalidData for a bad expression.
  static Result<DocumentQuery> parse(const std::string &text);
  bool empty() const { return m_terms.empty(); }
  Result<bool> matches(const SearchedRow &row) const;

private:
  struct Term {
    enum Kind { Text, Role, Figure } kind = Text;
    bool negated = false;
    std::optional<data::TextPattern> pattern;
    bool plain = false;        // the pattern is a word
    bool mayBeEscaped = false; // a file may spell the word in other bytes
    std::string role;
    int32_t api::RowFigures::*figure = nullptr;
    char compare = '=';
    int64_t number = 0;
  };
  static Result<Term> parseTerm(const std::string &word, bool quoted);
  static Result<bool> holds(const Term &term, const SearchedRow &row);

  std::vector<Term> m_terms;
};

} // namespace attune::store
