// The rows of one dataset file: found once (byte range and line of each), read and parsed one at a time when asked for, so
// that a broken row hides no other and memory holds the index only. Immutable after opening; any thread may read.
// JSON lists, JSON lines, CSV and plain text. Fails with FileNotFound, IoFailed (also when the file is changed after it was
// opened), UnsupportedFormat, MalformedFile or Interrupted.
#pragma once

#include "core/base/bytes.h"
#include "core/base/json.h"
#include "core/base/result.h"
#include "core/data/byte_cursor.h"
#include "core/data/problem.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace attune::data {

enum class RowLayout { JsonList, JsonLines, Csv, Text };

/// Where a row lies in its file.
struct RowSpan {
  uint64_t begin = 0;
  uint32_t size = 0; // UINT32_MAX = that or more, always refused as too large
  uint32_t line = 0; // from 1
};

/// The rows of a text and what is wrong with the text as a whole.
struct RowIndex {
  std::vector<RowSpan> rows;
  ProblemList problems;
  std::vector<std::string> columns; // CSV only
  char delimiter = ',';
};

/// ".csv" of "DIR/Rows.CSV"; empty when the name has no ending.
std::string extensionOf(const std::string &path);
/// What an ending says; a .json file is written as a list and may hold lines. Nothing for other endings.
std::optional<RowLayout> layoutOfName(const std::string &path);

class RowSource {
public:
  static constexpr size_t kMaxRowBytes = size_t(16) << 20;
  static constexpr size_t kMaxRows = 50000000;

  /// The layout follows the name (.jsonl, .csv, .tsv, .txt, .md), else the first byte.
  static Result<std::shared_ptr<const RowSource>> open(const std::string &path, const StopToken &stop = {});
  /// As open, for a text in memory; `name` stands for the path.
  static Result<std::shared_ptr<const RowSource>> fromText(std::string text, const std::string &name);

  const std::string &path() const { return m_path; }
  RowLayout layout() const { return m_layout; }
  const std::vector<std::string> &columns() const { return m_index.columns; } // CSV only, as delimiter()
  char delimiter() const { return m_index.delimiter; }
  int64_t count() const { return static_cast<int64_t>(m_index.rows.size()); }
  int64_t line(int64_t row) const { return m_index.rows[static_cast<size_t>(row)].line; }
  /// Bytes of a row; UINT32_MAX for that or more.
  uint32_t size(int64_t row) const { return m_index.rows[static_cast<size_t>(row)].size; }
  /// The bytes of a row as they stand in the file. MalformedFile when they are more than a row may have.
  Result<std::string> raw(int64_t row) const;
  /// As raw, also from a file that was changed meanwhile; for callers that know the bytes again.
  Result<std::string> rawAnyway(int64_t row) const;
  /// The row as JSON (CSV and text rows become objects), number texts kept; nothing, and a problem, when it cannot be read.
  std::optional<Json> read(int64_t row, ProblemList &problems) const;
  /// As read, for a text spelled as a row of this file; `row` and `line` name it in problems.
  std::optional<Json> parse(std::string_view text, int64_t row, int64_t line, ProblemList &problems) const;
  /// As read, with what a reading of the row gave.
  std::optional<Json> parse(int64_t row, const Result<std::string_view> &bytes, ProblemList &problems) const;
  /// What is wrong with the file as a whole (a list that is not closed, a bad CSV header).
  const ProblemList &problems() const { return m_index.problems; }
  /// IoFailed when the file is no longer what was opened.
  Status unchanged() const { return m_file ? m_file->unchanged() : Status(); }
  /// Visits all bytes of the file, block by block.
  Status eachBlock(const std::function<void(ByteView)> &visit) const;

private:
  friend class RowReader;
  RowSource() = default;
  Error tooLarge(int64_t row) const;
  ByteCursor cursor(const StopToken &stop = {}) const { return m_file ? ByteCursor(*m_file, stop) : ByteCursor(m_text); }
  Status index(const StopToken &stop);
  std::string m_path;
  std::string m_text;                       // without a file
  std::shared_ptr<const FileReader> m_file; // stays open
  RowLayout m_layout = RowLayout::JsonLines;
  RowIndex m_index;
};

/// Reads rows in order with one call to the system for many of them. One thread; the source must outlive it.
class RowReader {
public:
  explicit RowReader(const RowSource &source) : m_source(source) {}
  /// As RowSource::raw; valid until the next call.
  Result<std::string_view> raw(int64_t row);
  std::optional<Json> read(int64_t row, ProblemList &problems) { return m_source.parse(row, raw(row), problems); }

private:
  const RowSource &m_source;
  std::string m_block;
  uint64_t m_begin = 0; // of the block
};

/// Whether two rows have the same bytes; not when one cannot be read.
bool sameRow(const RowSource &first, int64_t firstRow, const RowSource &second, int64_t secondRow);

/// Adds a row to the index; false when there are too many.
bool addRow(RowIndex &index, uint64_t begin, uint64_t end, int64_t line);

/// json_rows.cpp: the elements of a JSON list, or of values one after another when the text does not start with '['.
RowIndex indexJsonValues(ByteCursor &bytes, const std::string &file);
/// json_rows.cpp: one row a line that is not blank.
RowIndex indexLines(ByteCursor &bytes);
/// csv_rows.cpp: RFC 4180 with a header row, records ended by LF, CRLF or CR; the delimiter is a comma, a semicolon or a
/// tab, whichever the header uses; in a .tsv it is a tab.
RowIndex indexCsv(ByteCursor &bytes, const std::string &file);
/// csv_rows.cpp: one CSV record as a JSON object of its columns.
std::optional<Json> readCsvRow(std::string_view row, const RowIndex &index, RowProblems &problems);

/// What a text that is no dataset looks like by its first bytes and, `tail`, its last ones; null when like none.
const char *foreignKind(std::string_view head, std::string_view tail);
/// The mark that a UTF-8 text may begin with and that is no part of it.
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// The offset of the first byte that is not UTF-8, or npos.
size_t findInvalidUtf8(std::string_view text);

} // namespace attune::data
