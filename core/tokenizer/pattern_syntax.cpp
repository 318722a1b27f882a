#include "core/tokenizer/pattern_syntax.h"

#include "core/tokenizer/unicode.h"

#include <cstdio>
#include <cstring>

namespace attune::tokenizer {

namespace {

constexpr size_t kMaxPattern = 16384;
constexpr size_t kMaxExpanded = 1 << 20;

std::string codeText(uint32_t code) {
  char buffer[16];
  std::snprintf(buffer, sizeof(buffer), "\\x{%x}", code);
  return buffer;
}

std::string rangesText(const std::vector<data::CodeRange> &ranges) {
  std::string out;
  for (const data::CodeRange &range : ranges) {
    out += codeText(range.first);
    if (range.last == range.first) continue;
    out += '-';
    out += codeText(range.last);
  }
  return out;
}

class Expander {
public:
  Expander(const std::string &pattern, const std::string &where) : m_in(pattern), m_where(where) {}

  Result<std::string> run() {
    std::vector<bool> caseless{false};
    while (m_at < m_in.size()) {
      const char c = m_in[m_at];
      if (c == '\\') {
        ATTUNE_CHECK(escape(false, caseless.back()));
      } else if (c == '[') {
        ATTUNE_CHECK(characterClass(caseless.back()));
      } else if (c == '(') {
        bool inner = caseless.back();
        ATTUNE_CHECK(groupStart(inner));
        caseless.push_back(inner);
        if (caseless.size() > 100) return refuse("groups nested deeper than 100");
      } else if (c == ')') {
        if (caseless.size() == 1) return malformed("an unmatched ')'");
        caseless.pop_back();
        m_out += m_in[m_at++];
      } else {
        if (c == '{' && m_in.compare(m_at, 2, "{,") == 0) return refuse("{,n}");
        if (c == '}' && m_in.compare(m_at, 2, "}+") == 0) return refuse("{n}+");
        m_out += m_in[m_at++];
      }
      if (m_out.size() > kMaxExpanded) return refuse("a pattern of this size");
    }
    if (caseless.size() != 1) return malformed("an unclosed group");
    return m_out;
  }

private:
  Error refuse(const std::string &what) const {
    return {ErrorCode::UnsupportedFormat, "The pre-tokenizer pattern uses " + what + ", which Attune does not read.", m_where, ""};
  }
  Error malformed(const std::string &what) const {
    return {ErrorCode::MalformedFile, "The pre-tokenizer pattern has " + what + ".", m_where, ""};
  }

  Status groupStart(bool &caseless) {
    for (const char *start : {"(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>"}) {
      if (m_in.compare(m_at, std::strlen(start), start) == 0) return accept(start);
    }
    if (m_in.compare(m_at, 4, "(?i:") == 0) {
      caseless = true;
      return accept("(?i:");
    }
    if (m_in.compare(m_at, 2, "(?") == 0) return refuse("the group " + m_in.substr(m_at, 4));
    return accept("(");
  }

  Status accept(const std::string &text) {
    m_out += text;
    m_at += text.size();
    return {};
  }

  Status addRanges(std::vector<data::CodeRange> ranges, bool negated, bool inClass, bool caseless) {
    if (caseless) return refuse("a character class inside (?i:...)");
    if (negated) ranges = complementRanges(ranges);
    if (!inClass) m_out += '[';
    m_out += rangesText(ranges);
    if (!inClass) m_out += ']';
    return {};
  }

  Status escape(bool inClass, bool caseless) {
    if (m_at + 1 >= m_in.size()) return malformed("a lone backslash at its end");
    const char c = m_in[m_at + 1];
    m_at += 2;
    switch (c) {
    case 'r': m_out += "\\r"; return {};
    case 'n': m_out += "\\n"; return {};
    case 't': m_out += "\\t"; return {};
    case 'f': m_out += "\\f"; return {};
    case 'v': m_out += "\\x0b"; return {};
    case 's':
    case 'd':
    case 'w':
    case 'h': return addRanges(propertyRanges({&c, 1}), false, inClass, caseless);
    case 'S':
    case 'D':
    case 'W':
    case 'H': {
      const char lower = static_cast<char>(c - 'A' + 'a');
      return addRanges(propertyRanges({&lower, 1}), true, inClass, caseless);
    }
    case 'p':
    case 'P': return property(c == 'P', inClass, caseless);
    case 'x':
    case 'u': return codePoint(c);
    default: break;
    }
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80)
      return refuse(std::string("\\") + c);
    m_out += '\\';
    m_out += c;
    return {};
  }

  Status property(bool negated, bool inClass, bool caseless) {
    const size_t close = m_in.find('}', m_at);
    if (m_at >= m_in.size() || m_in[m_at] != '{' || close == std::string::npos) return malformed("\\p without {name}");
    std::string name = m_in.substr(m_at + 1, close - m_at - 1);
    m_at = close + 1;
    if (!name.empty() && name[0] == '^') {
      negated = !negated;
      name.erase(0, 1);
    }
    const std::vector<data::CodeRange> ranges = name.size() == 1 && name[0] >= 'a' ? std::vector<data::CodeRange>{} : propertyRanges(name);
    if (ranges.empty()) return refuse("the property \\p{" + name.substr(0, 40) + "}");
    return addRanges(ranges, negated, inClass, caseless);
  }

  Status codePoint(char kind) {
    size_t digits = kind == 'u' ? 4 : 2;
    const bool braces = kind == 'x' && m_at < m_in.size() && m_in[m_at] == '{';
    if (braces) {
      const size_t close = m_in.find('}', m_at);
      digits = close == std::string::npos ? 0 : close - m_at - 1;
      ++m_at;
    }
    uint32_t code = 0;
    if (digits == 0 || digits > 6 || m_at + digits > m_in.size()) return malformed("a broken \\x or \\u");
    for (size_t i = 0; i < digits; ++i) {
      const char c = m_in[m_at++];
      const int value = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
      if (value < 0) return malformed("a broken \\x or \\u");
      code = code * 16 + static_cast<uint32_t>(value);
    }
    // \xHH above 7F is a byte, not a character, in the originals' syntax.
    if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000) || (kind == 'x' && !braces && code > 0x7F))
      return refuse("the code " + codeText(code));
    if (braces) ++m_at;
    m_out += codeText(code);
    return {};
  }

  Status characterClass(bool caseless) {
    m_out += m_in[m_at++];
    bool negated = false;
    if (m_at < m_in.size() && m_in[m_at] == '^') {
      negated = true;
      m_out += m_in[m_at++];
    }
    if (negated && caseless) return refuse("a negated class inside (?i:...)");
    if (m_at < m_in.size() && m_in[m_at] == ']') return refuse("a class that starts with ']'");
    while (m_at < m_in.size() && m_in[m_at] != ']') {
      const char c = m_in[m_at];
      if (c == '[') return refuse("a class inside a class");
      if (c == '&' && m_in.compare(m_at, 2, "&&") == 0) return refuse("&& in a class");
      if (c == '\\') {
        ATTUNE_CHECK(escape(true, caseless));
      } else {
        m_out += m_in[m_at++];
      }
      if (m_out.size() > kMaxExpanded) return refuse("a pattern of this size");
    }
    if (m_at >= m_in.size()) return malformed("an unclosed class");
    m_out += m_in[m_at++];
    return {};
  }

  const std::string &m_in;
  const std::string &m_where;
  std::string m_out;
  size_t m_at = 0;
};

} // namespace

Result<std::string> expandPattern(const std::string &pattern, const std::string &where) {
  if (pattern.size() > kMaxPattern || validUtf8Prefix(pattern) != pattern.size())
    return Error{ErrorCode::MalformedFile, "The pre-tokenizer pattern is too long or not UTF-8.", where, ""};
  return Expander(pattern, where).run();
}

} // namespace attune::tokenizer
