// CSV as RFC 4180 writes it: quoted fields may hold delimiters, line breaks and doubled quotes; LF, CRLF or CR ends a
// record.
#include "core/data/row_source.h"

#include <algorithm>
#include <array>

namespace attune::data {

namespace {

constexpr size_t kMaxColumns = 1000;

struct CsvRecord {
  size_t end = 0;  // behind the record's last byte, before its line break
  size_t next = 0; // start of the next record
  int64_t lines = 0;
  bool openQuote = false;      // a quote that never closes
  bool textAfterQuote = false; // "abc"def
};

/// Reads one record from `at`; fills `fields` when given.
CsvRecord scanRecord(std::string_view text, size_t at, char delimiter, std::vector<std::string> *fields) {
  CsvRecord record;
  std::string field;
  enum { Start, Plain, Quoted, Closed } state = Start;
  const auto finishField = [&] {
    if (fields && fields->size() <= kMaxColumns) fields->push_back(field);
    field.clear();
    state = Start;
  };
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (state == Quoted) {
      if (c == '"') {
        if (at + 1 < text.size() && text[at + 1] == '"') {
          if (fields) field += '"';
          ++at;
        } else {
          state = Closed;
        }
      } else {
        record.lines += c == '\n';
        if (fields) field += c;
      }
      continue;
    }
    if (c == '\n' || c == '\r') {
      record.end = at;
      record.next = at + (c == '\r' && at + 1 < text.size() && text[at + 1] == '\n' ? 2 : 1);
      ++record.lines;
      finishField();
      return record;
    }
    if (c == delimiter) {
      finishField();
    } else if (c == '"' && state == Start) {
      state = Quoted;
    } else {
      if (state == Closed)
        record.textAfterQuote = true;
      else
        state = Plain;
      if (fields) field += c;
    }
  }
  record.openQuote = state == Quoted;
  record.end = record.next = text.size();
  finishField();
  return record;
}

/// The delimiter that stands most often outside quotes in the header.
char findDelimiter(std::string_view header) {
  const std::string_view candidates = ",;\t";
  std::array<size_t, 3> counts{};
  bool quoted = false;
  for (const char c : header) {
    if (c == '"') quoted = !quoted;
    const size_t which = candidates.find(c);
    if (!quoted && which != std::string_view::npos) ++counts[which];
  }
  return candidates[static_cast<size_t>(std::max_element(counts.begin(), counts.end()) - counts.begin())];
}

bool holdsJson(const std::string &column) {
  for (const char *name : {"messages", "conversations", "history", "tools", "ids", "labels"}) {
    if (column == name) return true;
  }
  return false;
}

} // namespace

RowIndex indexCsv(std::string_view text, const std::string &file) {
  RowIndex index;
  index.delimiter = findDelimiter(text.substr(0, std::min(text.find_first_of("\r\n"), size_t(65536))));
  size_t at = 0;
  int64_t line = 1;
  bool header = true;
  while (at < text.size()) {
    std::vector<std::string> *columns = header ? &index.columns : nullptr;
    const CsvRecord record = scanRecord(text, at, index.delimiter, columns);
    RowProblems problems(index.problems, file, -1, line);
    if (record.openQuote) {
      problems.error("", "bad_csv", "A quote opened in this record is never closed; the rest of the file was read into it.",
                     "Close the quote, or double it (\"\") if it belongs to the text.");
    }
    if (header) {
      for (const auto &column : index.columns) {
        const auto same = std::count(index.columns.begin(), index.columns.end(), column);
        if (findInvalidUtf8(column) != std::string::npos) {
          problems.error("", "invalid_utf8", "The header is not valid UTF-8.", "Save the file as UTF-8.");
          index.columns.clear();
          return index;
        }
        if (column.empty() || same > 1 || index.columns.size() > kMaxColumns) {
          problems.error(column.substr(0, 100), "bad_csv", "The header needs one different name for each column.",
                         "Give the columns names such as instruction, input, output.");
          index.columns.clear();
          return index;
        }
      }
      header = false;
    } else if (record.end > at && !addRow(index, at, record.end, line)) {
      return index;
    }
    at = record.next;
    line += record.lines;
  }
  return index;
}

std::optional<Json> readCsvRow(std::string_view row, const RowIndex &index, RowProblems &problems) {
  std::vector<std::string> fields;
  const CsvRecord record = scanRecord(row, 0, index.delimiter, &fields);
  if (record.openQuote) return std::nullopt; // reported by the index
  if (record.textAfterQuote) {
    problems.error("", "bad_csv", "Text stands behind a closing quote.", "Double the quotes that belong to the text.");
    return std::nullopt;
  }
  if (fields.size() != index.columns.size()) {
    problems.error("", "wrong_columns",
                   "The row has " + std::to_string(fields.size()) + " fields and the header " + std::to_string(index.columns.size()) + ".",
                   "Quote fields that hold a comma or a line break.");
    return std::nullopt;
  }
  Json object = Json::object();
  for (size_t i = 0; i < fields.size(); ++i) {
    const std::string &column = index.columns[i];
    if (holdsJson(column) && !fields[i].empty() && fields[i][0] == '[') {
      JsonLimits limits;
      limits.maxKeys = 1000;
      auto value = parseJson(fields[i], "", limits);
      if (!value.ok()) {
        problems.error(column, "not_json", "The column holds a list that is not valid JSON.", "Write the list as JSON.");
        return std::nullopt;
      }
      object[column] = std::move(*value);
    } else {
      object[column] = std::move(fields[i]);
    }
  }
  return object;
}

} // namespace attune::data
