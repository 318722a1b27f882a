// Finds the rows of JSON files by brackets and quotes alone; the values are parsed later, one at a time.
#include "core/data/row_source.h"

#include <algorithm>

namespace attune::data {

namespace {

constexpr size_t kMaxScanDepth = 4096;

bool isSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

class Scanner {
public:
  explicit Scanner(ByteCursor &bytes) : m_bytes(bytes) {}
  bool atEnd() { return m_bytes.atEnd(); }
  char peek() const { return m_bytes.peek(); }
  uint64_t position() const { return m_bytes.position(); }
  uint64_t inkEnd() const { return m_inkEnd; } // behind the last byte that is no space
  int64_t line() const { return m_line; }
  void advance() {
    const char c = take();
    if (c == '\n') ++m_line;
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
  char take() {
    const char c = m_bytes.take();
    if (!isSpace(c)) m_inkEnd = m_bytes.position();
    return c;
  }
  void skipString() {
    take();
    while (!atEnd()) {
      if (peek() == '\n') return;
      const char c = take();
      if (c == '"') return;
      if (c == '\\' && !atEnd() && peek() != '\n') take();
    }
  }

  ByteCursor &m_bytes;
  uint64_t m_inkEnd = 0;
  int64_t m_line = 1;
};

} // namespace

RowIndex indexJsonValues(ByteCursor &bytes, const std::string &file) {
  RowIndex index;
  Scanner scan(bytes);
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
    const uint64_t begin = scan.position();
    const int64_t line = scan.line();
    scan.skipValue();
    if (scan.position() == begin) scan.advance(); // never stand still, whatever the bytes
    if (!addRow(index, begin, scan.inkEnd(), line)) return index;
    wantsComma = true;
    hadComma = false;
  }
}

RowIndex indexLines(ByteCursor &bytes) {
  RowIndex index;
  for (int64_t line = 1; !bytes.atEnd(); ++line) {
    const uint64_t begin = bytes.position();
    bool blank = true;
    char last = '\0'; // before the line break
    bool ended = false;
    while (!ended && !bytes.atEnd()) { // a line may lie in several blocks
      const std::string_view block = bytes.window();
      const size_t stop = block.find('\n');
      ended = stop != std::string_view::npos;
      const std::string_view part = block.substr(0, stop);
      blank = blank && std::all_of(part.begin(), part.end(), isSpace);
      if (!part.empty()) last = part.back();
      bytes.skip(part.size() + (ended ? 1 : 0));
    }
    const uint64_t end = bytes.position() - (ended ? 1 : 0);
    if (!blank && !addRow(index, begin, last == '\r' ? end - 1 : end, line)) return index;
  }
  return index;
}

} // namespace attune::data
