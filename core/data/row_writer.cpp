#include "core/data/row_writer.h"

#include "core/base/shorten.h"
#include "core/data/record.h"

#include <algorithm>
#include <sys/stat.h>

namespace attune::data {

namespace {

constexpr size_t kBlockBytes = size_t(1) << 20; // gathered before they are written
const char *const kAnyRow = "Write .jsonl, which holds every row.";

/// Quoted whenever it holds what could be a delimiter, so that a header tells its own delimiter.
std::string csvField(const std::string &text) {
  if (!text.empty() && text.find_first_of(",;\t\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    quoted += c;
    if (c == '"') quoted += c;
  }
  return quoted + '"';
}

/// Columns that a row may lack: an empty field reads as if they were not there.
bool mayBeEmpty(const std::string &column) { return column == "input" || column == "system" || column == "history"; }

std::string joined(const std::vector<std::string> &fields, char delimiter) {
  std::string line;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) line += delimiter;
    line += csvField(fields[i]);
  }
  return line;
}

Result<std::string> csvRow(const Json &row, const RowIndex &header, const std::string &where) {
  std::vector<std::string> fields;
  const auto cannot = [&](const std::string &column) {
    return Error{ErrorCode::InvalidData, "A CSV file cannot hold \"" + column.substr(0, 100) + "\" of this row as it is.",
                 where + "#" + column.substr(0, 100), kAnyRow};
  };
  Json expected = Json::array();
  for (const auto &column : header.columns) {
    const auto value = row.find(column);
    const bool absent = value == row.end() || value->is_null();
    if (absent ? !mayBeEmpty(column) : !value->is_string() && !value->is_array()) return cannot(column);
    expected.push_back(absent ? Json("") : *value);
    fields.push_back(absent ? "" : value->is_string() ? value->get<std::string>() : dumpJson(*value, -1));
  }
  std::string line = joined(fields, header.delimiter);
  ProblemList problems;
  RowProblems report(problems, where, 0, 0);
  const auto read = readCsvRow(line, header, report);
  for (size_t i = 0; i < fields.size(); ++i) {
    if (!read || read->at(header.columns[i]) != expected[i]) return cannot(header.columns[i]);
  }
  return line;
}

Result<std::string> textRow(const Json &row, const std::string &where) {
  const auto text = row.find("text");
  const auto cannot = [&](const std::string &why) { return Error{ErrorCode::InvalidData, why, where, kAnyRow}; };
  if (text == row.end() || !text->is_string()) return cannot("A plain text file holds rows of format text only.");
  if (row.size() > 1) return cannot("A plain text file cannot hold the row's other keys.");
  auto line = text->get<std::string>();
  ByteCursor bytes(line);
  const RowIndex read = indexLines(bytes);
  if (read.rows.size() != 1 || read.rows[0].size != line.size())
    return cannot("A plain text file holds one text a line, and this text is empty or has a line break.");
  return line;
}

/// What begins like a mark or like another kind of file gets a mark in front, so that it reads back. (No file written here
/// ends like a Parquet file.)
bool needsMark(std::string_view first) {
  return first.substr(0, kByteOrderMark.size()) == kByteOrderMark || foreignKind(first, "") != nullptr;
}

bool isJson(RowLayout layout) { return layout == RowLayout::JsonList || layout == RowLayout::JsonLines; }

} // namespace

Result<RowLayout> outputLayout(const std::string &path) {
  if (const auto layout = layoutOfName(path)) return *layout;
  if (isStream(path)) return RowLayout::JsonLines;
  return Error{ErrorCode::Usage, "The ending of the file's name does not say how to write it.", path,
               "Use .jsonl, .json, .csv, .tsv or .txt."};
}

Status checkOutput(const std::string &path, const std::vector<std::string> &inputs, bool overwrite) {
  struct stat info {};
  if (isStream(path) || ::stat(path.c_str(), &info) != 0) return {};
  if (S_ISDIR(info.st_mode)) return Error{ErrorCode::Usage, "This is a folder.", path, "Give the name of a file."};
  if (overwrite) return {};
  for (const auto &input : inputs) {
    struct stat other {};
    if (::stat(input.c_str(), &other) == 0 && other.st_dev == info.st_dev && other.st_ino == info.st_ino)
      return Error{ErrorCode::Usage, "The output is one of the input files.", path,
                   "Write to another file, or give --overwrite to replace it."};
  }
  if (info.st_size == 0) return {};
  return Error{ErrorCode::Usage, "The output exists already.", path, "Write to another file, or give --overwrite to replace it."};
}

Status checkRow(const Json &row, const RowSource &file) {
  if (isJson(file.layout())) return {};
  if (!row.is_object())
    return Error{ErrorCode::InvalidData, std::string("The row is ") + kindName(row) + " and this file holds objects only.", "", kAnyRow};
  if (file.layout() == RowLayout::Text) {
    const auto text = row.find("text");
    if (row.size() == 1 && text != row.end() && text->is_string() && isBlank(text->get_ref<const std::string &>())) return {};
    const auto line = textRow(row, "");
    return line.ok() ? Status() : line.error();
  }
  for (const auto &item : row.items()) {
    if (std::find(file.columns().begin(), file.columns().end(), item.key()) == file.columns().end())
      return Error{ErrorCode::InvalidData, "The CSV file has no column \"" + shortened(item.key()) + "\".", "", kAnyRow};
  }
  RowIndex header;
  header.columns = file.columns();
  header.delimiter = file.delimiter();
  const auto line = csvRow(row, header, "");
  return line.ok() ? Status() : line.error();
}

Result<RowWriter> RowWriter::createLike(const RowSource &file, const std::string &path) {
  return start(path, file.layout(), file.columns(), file.delimiter());
}

Result<RowWriter> RowWriter::create(const std::string &path, const std::vector<std::string> &columns, char delimiter) {
  ATTUNE_TRY(const RowLayout layout, outputLayout(path));
  return start(path, layout, columns, extensionOf(path) == ".tsv" ? '\t' : delimiter);
}

Result<RowWriter> RowWriter::start(const std::string &path, RowLayout layout, const std::vector<std::string> &columns, char delimiter) {
  ATTUNE_TRY(auto file, AtomicFile::create(path));
  RowWriter writer(std::move(file), layout);
  if (layout == RowLayout::JsonList) ATTUNE_CHECK(writer.m_file.write("["));
  if (layout != RowLayout::Csv) return writer;
  writer.m_header.columns = columns;
  writer.m_header.delimiter = delimiter;
  if (columns.empty()) return writer; // no rows either
  const std::string header = joined(columns, writer.m_header.delimiter) + "\n";
  ByteCursor bytes(header);
  const RowIndex read = indexCsv(bytes, path);
  if (columns.size() == 1) writer.m_header.delimiter = read.delimiter; // a single column shows none
  if (read.columns != columns || read.delimiter != writer.m_header.delimiter)
    return Error{ErrorCode::InvalidData, "The keys of the rows cannot be the header of a CSV file.", path, kAnyRow};
  if (needsMark(header)) ATTUNE_CHECK(writer.m_file.write(kByteOrderMark));
  ATTUNE_CHECK(writer.m_file.write(header));
  return writer;
}

Status RowWriter::put(std::string_view bytes) {
  if (m_layout == RowLayout::JsonList) m_waiting += m_count == 0 ? "\n" : ",\n";
  if (m_layout == RowLayout::Text && m_count == 0 && needsMark(bytes)) m_waiting += kByteOrderMark;
  m_waiting += bytes;
  if (m_layout != RowLayout::JsonList) m_waiting += '\n';
  ++m_count;
  return m_waiting.size() < kBlockBytes ? Status() : flush();
}

Status RowWriter::flush() {
  const Status written = m_file.write(m_waiting);
  m_waiting.clear();
  return written;
}

Status RowWriter::write(const Json &row, const std::string &where) {
  std::string bytes;
  if (m_layout == RowLayout::Csv) {
    ATTUNE_TRY(bytes, csvRow(row, m_header, where));
  } else if (m_layout == RowLayout::Text) {
    ATTUNE_TRY(bytes, textRow(row, where));
  } else {
    bytes = dumpJson(row, -1);
  }
  if (bytes.size() > RowSource::kMaxRowBytes)
    return Error{ErrorCode::InvalidData, "The row is larger than a row may be once it is written.", where, "Split the row."};
  return put(bytes);
}

Status RowWriter::copy(const RowSource &source, std::string_view raw, const Json &value, const std::string &where) {
  if (isJson(m_layout) && isJson(source.layout())) {
    if (m_layout == RowLayout::JsonList || raw.find_first_of("\r\n") == std::string_view::npos) return put(raw);
    std::string line(raw); // line breaks stand between the values only
    std::replace_if(
        line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
    return put(line);
  }
  const bool same = m_layout == RowLayout::Text || (m_header.columns == source.columns() && m_header.delimiter == source.delimiter());
  return m_layout == source.layout() && same ? put(raw) : write(value, where);
}

Status RowWriter::commit(const std::function<Status(const FileStamp &)> &beforeReplacing) {
  if (m_layout == RowLayout::JsonList) m_waiting += m_count == 0 ? "]\n" : "\n]\n";
  ATTUNE_CHECK(flush());
  if (beforeReplacing) {
    ATTUNE_TRY(const FileStamp stamp, m_file.stamp());
    ATTUNE_CHECK(beforeReplacing(stamp));
  }
  return m_file.commit();
}

} // namespace attune::data
