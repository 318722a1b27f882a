// CSV as RFC 4180 writes it: quoted fields may hold delimiters, line breaks and doubled quotes; LF, CRLF or CR ends a
// record.
#include "core/data/row_source.h"

#include <algorithm>
#include <array>

namespace attune::data {

namespace {

constexpr size_t kMaxColumns = 1000;

struct CsvRecord {
  uint64_t end = 0; // behind the record's last byte, before its line break
  int64_t lines = 0;
  bool openQuote = false;      // a quote that never closes
  bool textAfterQuote = false; // "abc"def
};

/// Reads one record and its line break; fills `fields` when given.
CsvRecord scanRecord(ByteCursor &bytes, char delimiter, std::vector<std::string> *fields) {
  CsvRecord record;
  std::string field;
  enum { Start, Plain, Quoted, Closed } state = Start;
  const auto finishField = [&] {
    if (fields && fields->size() <= kMaxColumns) fields->push_back(field);
    field.clear();
    state = Start;
  };
  while (!bytes.atEnd()) {
    const char c = bytes.take();
    if (state == Quoted) {
      if (c != '"') {
        record.lines += c == '\n';
        if (fields) field += c;
      } else if (!bytes.atEnd() && bytes.peek() == '"') {
        bytes.skip(1);
        if (fields) field += '"';
      } else {
        state = Closed;
      }
    } else if (c == '\n' || c == '\r') {
      record.end = bytes.position() - 1;
      if (c == '\r' && !bytes.atEnd() && bytes.peek() == '\n') bytes.skip(1);
      ++record.lines;
      finishField();
      return record;
    } else if (c == delimiter) {
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
  record.end = bytes.position();
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

RowIndex indexCsv(ByteCursor &bytes, const std::string &file) {
  RowIndex index;
  const std::string_view head = bytes.window();
  index.delimiter = extensionOf(file) == ".tsv" ? '\t' : findDelimiter(head.substr(0, std::min(head.find_first_of("\r\n"), size_t(65536))));
  int64_t line = 1;
  bool header = true;
  while (!bytes.atEnd()) {
    const uint64_t begin = bytes.position();
    const CsvRecord record = scanRecord(bytes, index.delimiter, header ? &index.columns : nullptr);
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
    } else if (record.end > begin && !addRow(index, begin, record.end, line)) {
      return index;
    }
    line += record.lines;
  }
  return index;
}

std::optional<Json> readCsvRow(std::string_view row, const RowIndex &index, RowProblems &problems) {
  std::vector<std::string> fields;
  ByteCursor bytes(row);
  const CsvRecord record = scanRecord(bytes, index.delimiter, &fields);
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
      limits.keepNumberTexts = true;
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
