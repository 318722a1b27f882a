// Finds the rows of JSON files by brackets and quotes alone; the values are parsed later, one at a time.
#include "core/data/row_source.h"

#include <algorithm>

namespace attune::data {

namespace {

constexpr size_t kMaxScanDepth = 4096;

bool isSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

class Scanner {
public:
  explicit Scanner(std::string_view text) : m_text(text) {}
  bool atEnd() const { return m_at >= m_text.size(); }
  char peek() const { return m_text[m_at]; }
  size_t position() const { return m_at; }
  int64_t line() const { return m_line; }
  void advance() {
    if (m_text[m_at++] == '\n') ++m_line;
  }
  void skipSpace() {
    while (!atEnd() && isSpace(peek())) advance();
  }

  /// Moves behind the value that starts here. A line break ends an open string (it is invalid there), a closing
  /// bracket also closes what was left open inside it, and an object where a key should stand starts the next row:
  /// so one missing quote or bracket spoils one row and not the rest of the file.
  void skipValue() {
    std::string open;
    char previous = 0;
    while (!atEnd()) {
      const char c = peek();
      if (c == '"') {
        skipString();
        if (open.empty()) return;
      } else if (c == '{' || c == '[') {
        if (c == '{' && previous == ',' && !open.empty() && open.back() == '{') return;
        if (open.size() == kMaxScanDepth) {
          while (!atEnd()) advance();
          return;
        }
        open += c;
        advance();
      } else if (c == '}' || c == ']') {
        const size_t match = open.rfind(c == '}' ? '{' : '[');
        if (match == std::string::npos) {
          if (previous == 0 || c == '}') advance(); // a stray bracket: step over it
          if (c == ']' || open.empty()) return;
        } else {
          open.resize(match);
          advance();
          if (open.empty()) return;
        }
      } else if (open.empty() && (c == ',' || c == '\n')) {
        return; // the end of a bare word or number
      } else {
        advance();
      }
      if (!isSpace(c)) previous = c;
    }
  }

private:
  void skipString() {
    ++m_at;
    while (!atEnd()) {
      const char c = peek();
      if (c == '\n') return;
      ++m_at;
      if (c == '"') return;
      if (c == '\\' && !atEnd() && peek() != '\n') ++m_at;
    }
  }

  std::string_view m_text;
  size_t m_at = 0;
  int64_t m_line = 1;
};

} // namespace

RowIndex indexJsonValues(std::string_view text, const std::string &file) {
  RowIndex index;
  Scanner scan(text);
  const auto report = [&](const std::string &message, const std::string &fix) {
    RowProblems(index.problems, file, -1, scan.line()).error("", "not_json", message, fix);
  };
  scan.skipSpace();
  const bool list = !scan.atEnd() && scan.peek() == '[';
  if (list) scan.advance();
  bool wantsComma = false;
  bool hadComma = false;
  for (;;) {
    scan.skipSpace();
    if (scan.atEnd()) {
      if (list)
        report("The list is not closed: the file ends before its last \"]\".", "The file may be cut off; get it again or add \"]\".");
      return index;
    }
    if (list && scan.peek() == ']') {
      if (hadComma) report("A comma stands before the closing \"]\".", "Delete that comma.");
      scan.advance();
      scan.skipSpace();
      if (!scan.atEnd()) report("Text follows the end of the list.", "Keep one list a file, or use JSON lines.");
      return index;
    }
    if (list && scan.peek() == ',') {
      if (!wantsComma) report("A comma stands where a row should be.", "Delete that comma.");
      wantsComma = false;
      hadComma = true;
      scan.advance();
      continue;
    }
    if (list && wantsComma) report("A comma is missing between two rows.", "Put a comma between the rows.");
    const size_t begin = scan.position();
    const int64_t line = scan.line();
    scan.skipValue();
    if (scan.position() == begin) scan.advance(); // never stand still, whatever the bytes
    size_t end = scan.position();
    while (end > begin && isSpace(text[end - 1])) --end;
    if (!addRow(index, begin, end, line)) return index;
    wantsComma = true;
    hadComma = false;
  }
}

RowIndex indexLines(std::string_view text) {
  RowIndex index;
  int64_t line = 0;
  for (size_t at = 0; at < text.size();) {
    ++line;
    const size_t stop = std::min(text.find('\n', at), text.size());
    size_t begin = at;
    size_t end = stop;
    at = stop + 1;
    if (end > begin && text[end - 1] == '\r') --end;
    const bool blank =
        std::all_of(text.begin() + static_cast<std::ptrdiff_t>(begin), text.begin() + static_cast<std::ptrdiff_t>(end), isSpace);
    if (!blank && !addRow(index, begin, end, line)) return index;
  }
  return index;
}

} // namespace attune::data
