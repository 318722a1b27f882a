#include "core/data/row_source.h"

#include "core/base/atomic_file.h"

#include <algorithm>
#include <cctype>
#include <limits>
#include <sys/stat.h>

namespace attune::data {

namespace {

constexpr size_t kCopyLimit = size_t(64) << 20;
constexpr size_t kMaxKeys = 1000; // an object keeps its order in a list, so looking keys up is linear
constexpr int kMaxDepth = 64;

bool startsWith(std::string_view text, std::string_view prefix) { return text.substr(0, prefix.size()) == prefix; }

std::string_view withoutBom(std::string_view text) { return startsWith(text, "\xEF\xBB\xBF") ? text.substr(3) : text; }

/// Kinds of file that look like data but are not text, recognised to say what to do.
const char *foreignKind(std::string_view text) {
  if (startsWith(text, "\xFF\xFE") || startsWith(text, "\xFE\xFF")) return "UTF-16 text";
  if (startsWith(text, "\x1F\x8B")) return "a gzip archive";
  if (startsWith(text, "PK\x03\x04")) return "a zip archive or an Excel workbook";
  if (startsWith(text, "PAR1")) return "a Parquet file";
  return nullptr;
}

/// A text starting with '{' is JSON lines when its first line is closed, else objects that span lines.
bool firstLineIsClosed(std::string_view text) {
  const size_t start = text.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) return true;
  const std::string_view line = text.substr(start, text.find('\n', start) - start);
  const size_t last = line.find_last_not_of(" \t\r");
  return last != std::string_view::npos && last > 0 && line[last] == '}';
}

} // namespace

std::string extensionOf(const std::string &path) {
  const size_t slash = path.find_last_of('/');
  const size_t dot = path.find_last_of('.');
  if (dot == std::string::npos || (slash != std::string::npos && dot < slash)) return "";
  std::string extension = path.substr(dot);
  std::transform(extension.begin(), extension.end(), extension.begin(), [](unsigned char c) { return std::tolower(c); });
  return extension;
}

std::optional<RowLayout> layoutOfName(const std::string &path) {
  const std::string extension = extensionOf(path);
  if (extension == ".csv" || extension == ".tsv") return RowLayout::Csv;
  if (extension == ".txt" || extension == ".text" || extension == ".md") return RowLayout::Text;
  if (extension == ".jsonl" || extension == ".ndjson") return RowLayout::JsonLines;
  if (extension == ".json") return RowLayout::JsonList;
  return std::nullopt;
}

bool addRow(RowIndex &index, size_t begin, size_t end, int64_t line) {
  if (index.rows.size() >= RowSource::kMaxRows) return false;
  const size_t limit = std::numeric_limits<uint32_t>::max();
  index.rows.push_back(
      {begin, static_cast<uint32_t>(std::min(end - begin, limit)), static_cast<uint32_t>(std::min(static_cast<size_t>(line), limit))});
  return true;
}

size_t findInvalidUtf8(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    const auto lead = static_cast<uint8_t>(text[at]);
    if (lead < 0x80) {
      ++at;
      continue;
    }
    const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() - at < length) return at;
    const auto second = static_cast<uint8_t>(text[at + 1]);
    // Overlong forms, surrogates and values above U+10FFFF show in the second byte.
    const uint8_t low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const uint8_t high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (second < low || second > high) return at;
    for (size_t i = 2; i < length; ++i) {
      if ((static_cast<uint8_t>(text[at + i]) & 0xC0) != 0x80) return at;
    }
    at += length;
  }
  return std::string_view::npos;
}

Result<std::shared_ptr<const RowSource>> RowSource::open(const std::string &path) {
  struct stat info {};
  std::shared_ptr<RowSource> source(new RowSource());
  source->m_path = path;
  if (::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && static_cast<uint64_t>(info.st_size) > kCopyLimit) {
    ATTUNE_TRY(source->m_map, MappedFile::open(path));
  } else {
    ATTUNE_TRY(source->m_text, readFile(path));
  }
  ATTUNE_CHECK(source->index());
  return std::shared_ptr<const RowSource>(std::move(source));
}

Result<std::shared_ptr<const RowSource>> RowSource::fromText(std::string text, const std::string &name) {
  std::shared_ptr<RowSource> source(new RowSource());
  source->m_path = name;
  source->m_text = std::move(text);
  ATTUNE_CHECK(source->index());
  return std::shared_ptr<const RowSource>(std::move(source));
}

ByteView RowSource::bytes() const {
  return m_map ? m_map->bytes() : ByteView{reinterpret_cast<const uint8_t *>(m_text.data()), m_text.size()};
}

Status RowSource::index() {
  const ByteView all = bytes();
  const std::string_view whole(reinterpret_cast<const char *>(all.data), all.size);
  if (const char *kind = foreignKind(whole)) {
    return Error{ErrorCode::UnsupportedFormat, std::string("This is ") + kind + ", not a dataset in UTF-8 text.", m_path,
                 "Save it as JSON, JSON lines or CSV in UTF-8."};
  }
  const std::string_view text = withoutBom(whole);
  const auto named = layoutOfName(m_path);
  const size_t start = text.find_first_not_of(" \t\r\n");
  const char first = start == std::string_view::npos ? '\0' : text[start];
  if (named == RowLayout::Csv) {
    m_layout = RowLayout::Csv;
    m_index = indexCsv(text, m_path);
  } else if (named == RowLayout::Text) {
    m_layout = RowLayout::Text;
    m_index = indexLines(text);
  } else if (named != RowLayout::JsonLines && (first == '[' || (first == '{' && !firstLineIsClosed(text)))) {
    m_layout = RowLayout::JsonList;
    m_index = indexJsonValues(text, m_path);
  } else if (named || first == '{' || first == '\0') {
    m_layout = RowLayout::JsonLines;
    m_index = indexLines(text);
  } else {
    return Error{ErrorCode::UnsupportedFormat, "The kind of file is not known from its name or its first byte.", m_path,
                 "Name it .json, .jsonl, .csv or .txt after what it holds."};
  }
  if (m_index.rows.size() >= kMaxRows) {
    return Error{ErrorCode::MalformedFile, "The file has " + std::to_string(kMaxRows) + " rows or more.", m_path, "Split it."};
  }
  for (auto &row : m_index.rows) row.begin += whole.size() - text.size();
  return {};
}

std::string_view RowSource::raw(int64_t row) const {
  const RowSpan span = m_index.rows[static_cast<size_t>(row)];
  return {reinterpret_cast<const char *>(bytes().data) + span.begin, span.size};
}

std::optional<Json> RowSource::read(int64_t row, ProblemList &list) const {
  const std::string_view text = raw(row);
  RowProblems problems(list, m_path, row, line(row));
  if (text.size() > kMaxRowBytes) {
    problems.error("", "row_too_large", "The row is larger than " + std::to_string(kMaxRowBytes >> 20) + " MiB.",
                   "Split the text into several rows.");
    return std::nullopt;
  }
  if (const size_t bad = findInvalidUtf8(text); bad != std::string_view::npos) {
    problems.setLine(line(row) + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(bad), '\n'));
    problems.error("", "invalid_utf8", "Byte " + std::to_string(bad) + " of the row is not valid UTF-8.",
                   "Save the file as UTF-8; such bytes usually come from a GBK or Latin-1 file.");
    return std::nullopt;
  }
  if (m_layout == RowLayout::Text) return Json{{"text", std::string(text)}};
  if (m_layout == RowLayout::Csv) return readCsvRow(text, m_index, problems);
  JsonLimits limits;
  limits.maxDepth = kMaxDepth;
  limits.maxKeys = kMaxKeys;
  auto value = parseJson(text, "", limits);
  if (value.ok()) return std::move(*value);
  const std::string &where = value.error().where; // ":N", counted inside the row
  int64_t inner = 0;
  for (size_t i = 1; i < where.size() && i < 10; ++i) inner = inner * 10 + (where[i] - '0');
  problems.setLine(line(row) + std::max<int64_t>(inner - 1, 0));
  std::string message = value.error().message;
  const std::string whole = "This is not valid JSON";
  if (message.compare(0, whole.size(), whole) == 0) message = "The row is not valid JSON" + message.substr(whole.size());
  problems.error("", "not_json", message.substr(0, 200), "Fix the syntax: quotes, commas and brackets around that line.");
  return std::nullopt;
}

} // namespace attune::data
