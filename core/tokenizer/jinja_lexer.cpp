#include "core/tokenizer/jinja_lexer.h"

#include "core/tokenizer/jinja_value.h"

#include <locale>
#include <sstream>

namespace attune::tokenizer::jinja {
namespace {

constexpr size_t kMaxTokens = 400'000;

/// Line ends become "\n" and one at the very end goes, as in jinja2.
std::string normalised(const std::string &source) {
  std::string text;
  text.reserve(source.size());
  for (size_t i = 0; i < source.size(); ++i) {
    if (source[i] == '\r') {
      text.push_back('\n');
      if (i + 1 < source.size() && source[i + 1] == '\n') ++i;
    } else {
      text.push_back(source[i]);
    }
  }
  if (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

class Lexer {
public:
  explicit Lexer(const std::string &source) : m_text(normalised(source)) {}

  std::vector<Token> run() {
    while (m_at < m_text.size()) root();
    push(TokenKind::End, "");
    return std::move(m_tokens);
  }

private:
  [[noreturn]] void fail(const std::string &message) const { throw TemplateError(message, m_line); }

  bool at(const char *what, size_t offset = 0) const {
    return m_text.compare(m_at + offset, std::char_traits<char>::length(what), what) == 0;
  }

  void push(TokenKind kind, std::string text) {
    if (m_tokens.size() >= kMaxTokens) fail("the template is too long");
    Token token;
    token.kind = kind;
    token.text = std::move(text);
    token.line = m_line;
    m_tokens.push_back(std::move(token));
  }

  void advance(size_t count) {
    for (size_t end = m_at + count; m_at < end; ++m_at) {
      if (m_text[m_at] == '\n') ++m_line;
    }
  }

  void skipSpace() {
    while (m_at < m_text.size()) {
      size_t length = 1;
      if (!isSpace(codePointAt(m_text, m_at, &length))) break;
      advance(length);
    }
  }

  /// Emits the text up to `end`, stripped as the tag that follows asks for, and stands on the tag.
  void data(size_t end, char sign, bool isVariable) {
    std::string text = m_text.substr(m_at, end - m_at);
    if (sign == '-') {
      text.resize(stripRange(text, nullptr, false, true).end);
    } else if (sign != '+' && !isVariable) {
      const size_t newline = text.rfind('\n');
      const size_t lineStart = newline == std::string::npos ? 0 : newline + 1;
      if (lineStart > 0 || m_lineStarts) {
        const TextSpan left = stripRange(std::string_view(text).substr(lineStart), nullptr, true, false);
        if (left.begin == left.end) text.resize(lineStart);
      }
    }
    if (!text.empty()) push(TokenKind::Data, text);
    advance(end - m_at);
  }

  /// After "%}" or "#}": "-" eats white space, "+" keeps, else one line end goes.
  void afterBlock(char sign) {
    const size_t from = m_at;
    if (sign == '-') {
      skipSpace();
    } else if (sign != '+' && m_at < m_text.size() && m_text[m_at] == '\n') {
      advance(1);
    }
    m_lineStarts = m_at > from && m_text[m_at - 1] == '\n';
  }

  char signAt(size_t place) const { return place < m_text.size() && (m_text[place] == '-' || m_text[place] == '+') ? m_text[place] : '\0'; }

  void root() {
    size_t tag = m_at;
    for (;; ++tag) {
      tag = m_text.find('{', tag);
      if (tag == std::string::npos || tag + 1 >= m_text.size()) {
        data(m_text.size(), '+', true);
        return;
      }
      const char next = m_text[tag + 1];
      if (next == '{' || next == '%' || next == '#') break;
    }
    const char type = m_text[tag + 1];
    const char sign = signAt(tag + 2);
    data(tag, sign, type == '{');
    advance(sign ? 3 : 2);
    if (type == '#') {
      comment();
    } else if (type == '%' && raw()) {
      return;
    } else {
      push(type == '{' ? TokenKind::VariableBegin : TokenKind::BlockBegin, "");
      code(type == '{' ? "}}" : "%}", type == '{');
    }
  }

  void comment() {
    const size_t end = m_text.find("#}", m_at);
    if (end == std::string::npos) fail("a comment does not end");
    const char sign = end > m_at ? signAt(end - 1) : '\0';
    advance(end + 2 - m_at);
    afterBlock(sign);
  }

  /// "raw %} ... {% endraw %}" right after "{%": everything between is text.
  bool raw() {
    const size_t start = m_at;
    const int startLine = m_line;
    auto back = [&] {
      m_at = start;
      m_line = startLine;
      return false;
    };
    skipSpace();
    if (!at("raw")) return back();
    advance(3);
    skipSpace();
    if (at("-%}")) {
      advance(3);
      skipSpace();
    } else if (at("%}")) {
      advance(2);
    } else {
      return back();
    }
    m_lineStarts = m_text[m_at - 1] == '\n';
    for (size_t tag = m_text.find("{%", m_at); tag != std::string::npos; tag = m_text.find("{%", tag + 2)) {
      const char sign = signAt(tag + 2);
      size_t inside = tag + (sign ? 3 : 2);
      auto skip = [&] {
        while (inside < m_text.size() && isSpace(codePointAt(m_text, inside, nullptr))) inside += characterLength(m_text, inside);
      };
      skip();
      if (m_text.compare(inside, 6, "endraw") != 0) continue;
      inside += 6;
      skip();
      const char endSign = signAt(inside);
      if (m_text.compare(inside + (endSign ? 1 : 0), 2, "%}") != 0) continue;
      data(tag, sign, false);
      advance(inside + (endSign ? 3 : 2) - m_at);
      afterBlock(endSign);
      return true;
    }
    fail("a raw block does not end");
  }

  void code(const char *closing, bool isVariable) {
    std::string open; // brackets waiting for their end
    for (;;) {
      skipSpace();
      if (m_at >= m_text.size()) fail("a tag does not end");
      if (open.empty()) {
        const char sign = signAt(m_at);
        if (at(closing)) return close(2, '\0', isVariable);
        if (sign && at(closing, 1) && !(sign == '+' && isVariable)) return close(3, sign, isVariable);
      }
      token(open);
    }
  }

  void close(size_t length, char sign, bool isVariable) {
    push(isVariable ? TokenKind::VariableEnd : TokenKind::BlockEnd, "");
    advance(length);
    if (!isVariable) return afterBlock(sign);
    const size_t from = m_at;
    if (sign == '-') skipSpace();
    m_lineStarts = m_at > from && m_text[m_at - 1] == '\n';
  }

  void token(std::string &open) {
    const char c = m_text[m_at];
    if (c >= '0' && c <= '9') return number();
    if (c == '"' || c == '\'') return string(c);
    size_t length = 1;
    const uint32_t letter = codePointAt(m_text, m_at, &length);
    if (letter == '_' || isLetter(letter)) {
      size_t end = m_at;
      for (; end < m_text.size(); end += length) {
        const uint32_t next = codePointAt(m_text, end, &length);
        if (next != '_' && !isLetter(next) && !(next >= '0' && next <= '9')) break;
      }
      push(TokenKind::Name, m_text.substr(m_at, end - m_at));
      m_at = end;
      return;
    }
    static const char *const kOperators[] = {"//", "**", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "[",
                                             "]",  "(",  ")",  "{",  "}",  "<",  ">", "=", ".", ":", ",", "|", ";"};
    for (const char *op : kOperators) {
      if (!at(op)) continue;
      if (*op == '(' || *op == '[' || *op == '{') {
        open.push_back(*op == '(' ? ')' : *op == '[' ? ']' : '}');
      } else if (*op == ')' || *op == ']' || *op == '}') {
        if (open.empty() || open.back() != *op) fail(std::string("unexpected '") + *op + "'");
        open.pop_back();
      }
      const std::string text = op;
      push(TokenKind::Operator, text);
      m_at += text.size();
      return;
    }
    fail("unexpected character " + m_text.substr(m_at, characterLength(m_text, m_at)));
  }

  void number() {
    auto digits = [&](size_t from, auto isDigitOfBase) {
      size_t end = from;
      while (end < m_text.size() && (isDigitOfBase(m_text[end]) ||
                                     (m_text[end] == '_' && end > from && end + 1 < m_text.size() && isDigitOfBase(m_text[end + 1])))) {
        ++end;
      }
      return end;
    };
    auto decimal = [](char c) { return c >= '0' && c <= '9'; };
    auto clean = [&](size_t from, size_t to) {
      std::string text;
      for (size_t i = from; i < to; ++i) {
        if (m_text[i] != '_') text.push_back(m_text[i]);
      }
      return text;
    };
    const char prefix = m_at + 1 < m_text.size() && m_text[m_at] == '0' ? static_cast<char>(m_text[m_at + 1] | 0x20) : '\0';
    const int base = prefix == 'x' ? 16 : prefix == 'o' ? 8 : prefix == 'b' ? 2 : 10;
    size_t end = 0;
    if (base != 10) {
      end = digits(m_at + 2, [&](char c) {
        const int digit = decimal(c) ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : 99;
        return digit < base;
      });
      if (end == m_at + 2) fail("a number has no digits");
      return integer(clean(m_at + 2, end), base, end);
    }
    end = digits(m_at, decimal);
    const bool afterDot = m_at > 0 && m_text[m_at - 1] == '.'; // a.0.1 are two indices
    size_t full = end;
    if (!afterDot && full + 1 < m_text.size() && m_text[full] == '.' && decimal(m_text[full + 1])) full = digits(full + 1, decimal);
    if (!afterDot && full < m_text.size() && (m_text[full] | 0x20) == 'e') {
      size_t exponent = full + 1;
      if (exponent < m_text.size() && (m_text[exponent] == '+' || m_text[exponent] == '-')) ++exponent;
      if (exponent < m_text.size() && decimal(m_text[exponent])) full = digits(exponent, decimal);
    }
    if (full == end) return integer(clean(m_at, end), 10, end);
    std::istringstream stream(clean(m_at, full));
    stream.imbue(std::locale::classic());
    push(TokenKind::Float, "");
    if (!(stream >> m_tokens.back().number)) fail("a number is too large");
    m_at = full;
  }

  void integer(const std::string &digits, int base, size_t end) {
    push(TokenKind::Integer, digits);
    try {
      m_tokens.back().integer = std::stoll(digits, nullptr, base);
    } catch (const std::exception &) {
      fail("a number is too large");
    }
    m_at = end;
  }

  uint32_t hex(size_t from, size_t count) const {
    uint32_t value = 0;
    for (size_t i = 0; i < count; ++i) {
      const char c = from + i < m_text.size() ? m_text[from + i] : ' ';
      const int digit = c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
      if (digit < 0) fail("a text has a wrong escape");
      value = value * 16 + static_cast<uint32_t>(digit);
    }
    return value;
  }

  void string(char quote) {
    push(TokenKind::String, "");
    std::string text;
    advance(1);
    while (m_at < m_text.size() && m_text[m_at] != quote) {
      if (m_text[m_at] == '\\' && m_at + 1 < m_text.size()) {
        escape(text);
      } else {
        text.push_back(m_text[m_at]);
        advance(1);
      }
    }
    if (m_at >= m_text.size()) fail("a text does not end");
    advance(1);
    m_tokens.back().text = std::move(text);
  }

  void escape(std::string &text) {
    const char c = m_text[m_at + 1];
    static const std::string kNames = "abfnrtv\\'\"", kBytes = "\a\b\f\n\r\t\v\\'\"";
    const size_t known = kNames.find(c);
    if (known != std::string::npos) {
      text.push_back(kBytes[known]);
      return advance(2);
    }
    if (c == '\n') return advance(2);
    if (c == 'x' || c == 'u' || c == 'U') {
      const size_t count = c == 'x' ? 2 : c == 'u' ? 4 : 8;
      appendCodePoint(text, hex(m_at + 2, count));
      return advance(2 + count);
    }
    if (c >= '0' && c <= '7') {
      uint32_t value = 0;
      size_t count = 0;
      while (count < 3 && m_at + 1 + count < m_text.size() && m_text[m_at + 1 + count] >= '0' && m_text[m_at + 1 + count] <= '7') {
        value = value * 8 + static_cast<uint32_t>(m_text[m_at + 1 + count++] - '0');
      }
      appendCodePoint(text, value);
      return advance(1 + count);
    }
    if (c == 'N') fail("named characters are not supported");
    text.push_back('\\');
    advance(1);
  }

  std::string m_text;
  size_t m_at = 0;
  int m_line = 1;
  bool m_lineStarts = true;
  std::vector<Token> m_tokens;
};

} // namespace

std::vector<Token> tokenize(const std::string &source) { return Lexer(source).run(); }

} // namespace attune::tokenizer::jinja
