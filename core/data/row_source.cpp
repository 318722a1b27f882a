#include "core/data/row_source.h"

#include <algorithm>
#include <cctype>
#include <limits>

namespace attune::data {

namespace {

constexpr size_t kMaxKeys = 1000; // an object keeps its order in a list, so looking keys up is linear
constexpr int kMaxDepth = 64;

bool startsWith(std::string_view text, std::string_view prefix) { return text.substr(0, prefix.size()) == prefix; }

/// The first byte that is no space, '\0' when there is none; `bytes` stands on it then.
char firstInk(ByteCursor &bytes) {
  for (; !bytes.atEnd(); bytes.skip(1)) {
    const char c = bytes.peek();
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n') return c;
  }
  return '\0';
}

/// A text starting with '{' is JSON lines when its first line is closed, else objects that span lines.
bool lineIsClosed(ByteCursor &bytes) {
  char last = '\0';
  while (!bytes.atEnd()) {
    const char c = bytes.take();
    if (c == '\n') break;
    if (c != ' ' && c != '\t' && c != '\r') last = c;
  }
  return last == '}';
}

} // namespace

const char *foreignKind(std::string_view head, std::string_view tail) {
  if (startsWith(head, "\xFF\xFE") || startsWith(head, "\xFE\xFF")) return "UTF-16 text";
  if (startsWith(head, "\x1F\x8B")) return "a gzip archive";
  if (startsWith(head, "PK\x03\x04")) return "a zip archive or an Excel workbook";
  if (startsWith(head, "PAR1") && tail.size() >= 4 && tail.substr(tail.size() - 4) == "PAR1") return "a Parquet file";
  return nullptr;
}

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

bool addRow(RowIndex &index, uint64_t begin, uint64_t end, int64_t line) {
  if (index.rows.size() >= RowSource::kMaxRows) return false;
  const uint64_t limit = std::numeric_limits<uint32_t>::max();
  index.rows.push_back(
      {begin, static_cast<uint32_t>(std::min(end - begin, limit)), static_cast<uint32_t>(std::min(static_cast<uint64_t>(line), limit))});
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

Result<std::shared_ptr<const RowSource>> RowSource::open(const std::string &path, const StopToken &stop) {
  std::shared_ptr<RowSource> source(new RowSource());
  source->m_path = path;
  ATTUNE_TRY(source->m_file, FileReader::open(path));
  ATTUNE_CHECK(source->index(stop));
  return std::shared_ptr<const RowSource>(std::move(source));
}

Result<std::shared_ptr<const RowSource>> RowSource::fromText(std::string text, const std::string &name) {
  std::shared_ptr<RowSource> source(new RowSource());
  source->m_path = name;
  source->m_text = std::move(text);
  ATTUNE_CHECK(source->index({}));
  return std::shared_ptr<const RowSource>(std::move(source));
}

Status RowSource::eachBlock(const std::function<void(ByteView)> &visit) const {
  ByteCursor bytes = cursor();
  while (!bytes.atEnd()) {
    const std::string_view block = bytes.window();
    visit({reinterpret_cast<const uint8_t *>(block.data()), block.size()});
    bytes.skip(block.size());
  }
  return bytes.status();
}

Status RowSource::index(const StopToken &stop) {
  ByteCursor start = cursor(stop);
  const std::string_view head = start.window();
  std::string tail(std::min<uint64_t>(m_file ? m_file->size() : m_text.size(), 4), '\0');
  if (m_file)
    ATTUNE_CHECK(m_file->read(m_file->size() - tail.size(), tail.data(), tail.size()));
  else
    tail = m_text.substr(m_text.size() - tail.size());
  if (const char *kind = foreignKind(head, tail)) {
    return Error{ErrorCode::UnsupportedFormat, std::string("This is ") + kind + ", not a dataset in UTF-8 text.", m_path,
                 "Save it as JSON, JSON lines or CSV in UTF-8."};
  }
  const size_t mark = startsWith(head, kByteOrderMark) ? kByteOrderMark.size() : 0;
  start.skip(mark);
  ByteCursor bytes = cursor(stop);
  if (mark > 0 && !bytes.atEnd()) bytes.skip(mark);
  const auto named = layoutOfName(m_path);
  const char first = firstInk(start);
  if (named == RowLayout::Csv) {
    m_layout = RowLayout::Csv;
    m_index = indexCsv(bytes, m_path);
  } else if (named == RowLayout::Text) {
    m_layout = RowLayout::Text;
    m_index = indexLines(bytes);
  } else if (named != RowLayout::JsonLines && (first == '[' || (first == '{' && !lineIsClosed(start)))) {
    m_layout = RowLayout::JsonList;
    m_index = indexJsonValues(bytes, m_path);
  } else if (named || first == '{' || first == '\0') {
    m_layout = RowLayout::JsonLines;
    m_index = indexLines(bytes);
  } else {
    ATTUNE_CHECK(start.status());
    return Error{ErrorCode::UnsupportedFormat, "The kind of file is not known from its name or its first byte.", m_path,
                 "Name it .json, .jsonl, .csv or .txt after what it holds."};
  }
  ATTUNE_CHECK(start.status());
  ATTUNE_CHECK(bytes.status());
  if (m_index.rows.size() >= kMaxRows) {
    return Error{ErrorCode::MalformedFile, "The file has " + std::to_string(kMaxRows) + " rows or more.", m_path, "Split it."};
  }
  m_index.rows.shrink_to_fit();
  return {};
}

Error RowSource::tooLarge(int64_t row) const {
  return {ErrorCode::MalformedFile, "The row is larger than " + std::to_string(kMaxRowBytes >> 20) + " MiB.",
          m_path + ":" + std::to_string(line(row)), "Split the text into several rows."};
}

Result<std::string> RowSource::raw(int64_t row) const {
  ATTUNE_TRY(std::string bytes, rawAnyway(row));
  ATTUNE_CHECK(unchanged());
  return bytes;
}

Result<std::string> RowSource::rawAnyway(int64_t row) const {
  const RowSpan span = m_index.rows[static_cast<size_t>(row)];
  if (span.size > kMaxRowBytes) return tooLarge(row);
  if (!m_file) return m_text.substr(span.begin, span.size);
  std::string bytes(span.size, '\0');
  ATTUNE_CHECK(m_file->readAnyway(span.begin, bytes.data(), bytes.size()));
  return bytes;
}

Result<std::string_view> RowReader::raw(int64_t row) {
  constexpr uint64_t kBlock = size_t(1) << 16;
  constexpr int64_t kRows = 64; // and no more, so that a reader of a few rows reads little else
  const auto &rows = m_source.m_index.rows;
  const RowSpan span = rows[static_cast<size_t>(row)];
  if (span.size > RowSource::kMaxRowBytes) return m_source.tooLarge(row);
  if (!m_source.m_file) return std::string_view(m_source.m_text).substr(span.begin, span.size);
  if (span.begin < m_begin || span.begin + span.size > m_begin + m_block.size()) {
    uint64_t end = span.begin + span.size;
    for (int64_t next = row + 1; next < std::min(row + kRows, m_source.count()); ++next) {
      const RowSpan &other = rows[static_cast<size_t>(next)];
      if (other.begin + other.size - span.begin > kBlock) break;
      end = other.begin + other.size;
    }
    m_block.resize(end - span.begin);
    m_begin = span.begin;
    if (Status done = m_source.m_file->read(m_begin, m_block.data(), m_block.size()); !done.ok()) {
      m_block.clear();
      return done.error();
    }
  }
  return std::string_view(m_block).substr(span.begin - m_begin, span.size);
}

bool sameRow(const RowSource &first, int64_t firstRow, const RowSource &second, int64_t secondRow) {
  if (first.size(firstRow) != second.size(secondRow)) return false;
  const auto one = first.raw(firstRow);
  const auto other = second.raw(secondRow);
  return one.ok() && other.ok() && *one == *other;
}

std::optional<Json> RowSource::read(int64_t row, ProblemList &problems) const {
  const auto bytes = raw(row);
  return parse(row, bytes.ok() ? Result<std::string_view>(*bytes) : bytes.error(), problems);
}

std::optional<Json> RowSource::parse(int64_t row, const Result<std::string_view> &bytes, ProblemList &problems) const {
  if (bytes.ok()) return parse(*bytes, row, line(row), problems);
  const bool large = bytes.error().code == ErrorCode::MalformedFile;
  RowProblems(problems, m_path, row, line(row))
      .error("", large ? "row_too_large" : errorCodeName(bytes.error().code), bytes.error().message, bytes.error().hint);
  return std::nullopt;
}

std::optional<Json> RowSource::parse(std::string_view text, int64_t row, int64_t line, ProblemList &list) const {
  RowProblems problems(list, m_path, row, line);
  if (const size_t bad = findInvalidUtf8(text); bad != std::string_view::npos) {
    problems.setLine(line + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(bad), '\n'));
    problems.error("", "invalid_utf8", "Byte " + std::to_string(bad) + " of the row is not valid UTF-8.",
                   "Save the file as UTF-8; such bytes usually come from a GBK or Latin-1 file.");
    return std::nullopt;
  }
  if (m_layout == RowLayout::Text) return Json{{"text", std::string(text)}};
  if (m_layout == RowLayout::Csv) return readCsvRow(text, m_index, problems);
  JsonLimits limits;
  limits.maxDepth = kMaxDepth;
  limits.maxKeys = kMaxKeys;
  limits.keepNumberTexts = true;
  auto value = parseJson(text, "", limits);
  if (value.ok()) return std::move(*value);
  const std::string &where = value.error().where; // ":N", counted inside the row
  int64_t inner = 0;
  for (size_t i = 1; i < where.size() && i < 10; ++i) inner = inner * 10 + (where[i] - '0');
  problems.setLine(line + std::max<int64_t>(inner - 1, 0));
  std::string message = value.error().message;
  const std::string whole = "This is not valid JSON";
  if (message.compare(0, whole.size(), whole) == 0) message = "The row is not valid JSON" + message.substr(whole.size());
  problems.error("", "not_json", message.substr(0, 200), "Fix the syntax: quotes, commas and brackets around that line.");
  return std::nullopt;
}

} // namespace attune::data
