// printf-style and brace-style formatting of Python texts, with provenance.
#include "core/tokenizer/jinja_eval.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace attune::tokenizer::jinja {
namespace {

constexpr int64_t kMaxWidth = 10'000;
constexpr int64_t kMaxPrecision = 100;

/// One conversion: how wide, where the text stands, how many decimals.
struct Spec {
  std::string fill = " ";
  char align = '\0'; // < > ^ =
  char sign = '\0';  // + or blank
  bool alternate = false;
  bool comma = false;
  int64_t width = 0;
  int64_t precision = -1;
  char type = '\0';
};

std::string grouped(const std::string &digits) {
  std::string result;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) result.push_back(',');
    result.push_back(digits[i]);
  }
  return result;
}

/// printf of a float without the locale's decimal point.
std::string printed(const Spec &spec, double value) {
  if (std::isnan(value) || std::isinf(value)) return std::isnan(value) ? "nan" : "inf";
  const char format[] = {'%', '.', '*', spec.type == '%' ? 'f' : spec.type, '\0'};
  char buffer[512];
  const int precision = static_cast<int>(std::min<int64_t>(spec.precision < 0 ? 6 : spec.precision, kMaxPrecision));
  const int size = std::snprintf(buffer, sizeof buffer, format, precision, spec.type == '%' ? value * 100 : value);
  std::string text(buffer, static_cast<size_t>(std::min(std::max(size, 0), static_cast<int>(sizeof buffer) - 1)));
  std::replace(text.begin(), text.end(), ',', '.');
  return spec.type == '%' ? text + "%" : text;
}

std::string inBase(uint64_t value, char type) {
  if (type != 'x' && type != 'X' && type != 'o' && type != 'b') return std::to_string(value);
  const int shift = type == 'o' ? 3 : type == 'b' ? 1 : 4;
  const char *symbols = type == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
  std::string digits;
  for (uint64_t rest = value; rest > 0 || digits.empty(); rest >>= shift) digits.push_back(symbols[rest & ((1U << shift) - 1)]);
  std::reverse(digits.begin(), digits.end());
  return digits;
}

MarkedText numberText(const Spec &spec, const Value &value, bool &negative) {
  const bool floats = spec.type == 'f' || spec.type == 'F' || spec.type == 'e' || spec.type == 'E' || spec.type == 'g' ||
                      spec.type == 'G' || spec.type == '%';
  if (floats || value.is(Kind::Float)) {
    const double number = value.asDouble();
    negative = std::signbit(number);
    Spec plain = spec;
    if (!floats) {
      if (spec.type != '\0' && spec.type != 'd') throw TemplateError("a whole number is needed here");
      if (spec.type == '\0' && spec.precision < 0) return MarkedText(floatText(std::fabs(number)));
      plain.type = spec.type == '\0' ? 'g' : 'f';
      if (spec.type == 'd') plain.precision = 0;
    }
    const double size = spec.type == 'd' ? std::floor(std::fabs(number)) : std::fabs(number);
    std::string text = printed(plain, size);
    if (spec.comma) {
      const size_t point = std::min(text.find('.'), text.size());
      text = grouped(text.substr(0, point)) + text.substr(point);
    }
    return MarkedText(text);
  }
  const int64_t number = value.asInt();
  negative = number < 0;
  const uint64_t size = negative ? 0 - static_cast<uint64_t>(number) : static_cast<uint64_t>(number);
  std::string digits = inBase(size, spec.type);
  if (spec.comma) digits = grouped(digits);
  if (spec.alternate && std::string("xXob").find(spec.type) != std::string::npos) digits = std::string("0") + spec.type + digits;
  return MarkedText(digits);
}

MarkedText aligned(Interpreter &run, const Spec &spec, const MarkedText &sign, const MarkedText &body, char otherwise) {
  const char align = spec.align ? spec.align : otherwise;
  const auto length = static_cast<int64_t>(countCharacters(sign.text) + countCharacters(body.text));
  const int64_t missing = std::max<int64_t>(0, spec.width - length);
  run.meter().work(body.text.size() + static_cast<size_t>(missing) * 4);
  const int64_t left = align == '<' ? 0 : align == '^' ? missing / 2 : missing;
  MarkedText out;
  if (align == '=') out.append(sign);
  for (int64_t i = 0; i < left; ++i) out.append(spec.fill);
  if (align != '=') out.append(sign);
  out.append(body);
  for (int64_t i = left; i < missing; ++i) out.append(spec.fill);
  return out;
}

MarkedText formatted(Interpreter &run, const Spec &spec, const Value &value, bool percentStyle) {
  if (value.is(Kind::Undefined) && spec.type != 's') throw TemplateError(value.undefinedMessage());
  const bool textType = spec.type == 's' || (spec.type == '\0' && !value.isNumber()) || (spec.type == '\0' && value.is(Kind::Bool));
  if (textType) {
    MarkedText text = toText(run.meter(), value);
    if (spec.precision >= 0) text = text.slice(0, byteOffset(text.text, static_cast<size_t>(spec.precision)));
    return aligned(run, spec, {}, text, percentStyle ? '>' : '<');
  }
  if (!value.isNumber()) throw TemplateError(std::string("a number is needed here, not ") + typeName(value));
  bool negative = false;
  const MarkedText body = numberText(spec, value, negative);
  const std::string sign = negative ? "-" : spec.sign ? std::string(1, spec.sign) : "";
  return aligned(run, spec, MarkedText(sign), body, '>');
}

class Scanner {
public:
  explicit Scanner(const std::string &text) : m_text(text) {}
  bool ended() const { return at >= m_text.size(); }
  char peek() const { return ended() ? '\0' : m_text[at]; }
  bool skip(char c) {
    if (peek() != c || ended()) return false;
    ++at;
    return true;
  }
  int64_t integer(int64_t limit) {
    int64_t value = 0;
    while (peek() >= '0' && peek() <= '9') {
      value = value * 10 + (m_text[at++] - '0');
      if (value > limit) throw TemplateError("a width or precision is too large");
    }
    return value;
  }
  size_t at = 0;

private:
  const std::string &m_text;
};

/// [[fill]align][sign][#][0][width][,][.precision][type]
Spec braceSpec(const std::string &text) {
  Spec spec;
  Scanner scan(text);
  const size_t first = text.empty() ? 0 : characterLength(text, 0);
  auto isAlign = [&](size_t place) {
    return place < text.size() && (text[place] == '<' || text[place] == '>' || text[place] == '^' || text[place] == '=');
  };
  if (isAlign(first)) {
    spec.fill = text.substr(0, first);
    spec.align = text[first];
    scan.at = first + 1;
  } else if (isAlign(0)) {
    spec.align = text[0];
    scan.at = 1;
  }
  if (scan.peek() == '+' || scan.peek() == ' ' || scan.peek() == '-') {
    spec.sign = scan.peek() == '-' ? '\0' : scan.peek();
    ++scan.at;
  }
  spec.alternate = scan.skip('#');
  if (scan.peek() == '0') {
    if (!spec.align) spec.align = '=';
    spec.fill = '0';
    ++scan.at;
  }
  spec.width = scan.integer(kMaxWidth);
  spec.comma = scan.skip(',');
  if (scan.skip('.')) spec.precision = scan.integer(kMaxPrecision);
  if (!scan.ended()) spec.type = text[scan.at++];
  if (!scan.ended() || (spec.type && std::string("sdfFeEgGxXob%").find(spec.type) == std::string::npos)) {
    throw TemplateError("'" + text.substr(0, 40) + "' is no format that is known");
  }
  return spec;
}

/// Fields of one format count themselves or are numbered, not both.
struct Numbering {
  size_t next = 0;
  bool given = false;
};

/// "name.attribute[index]" of a brace field.
Value field(Interpreter &run, const std::string &path, const CallArguments &given, Numbering &numbering) {
  const size_t end = std::min(path.find_first_of(".["), path.size());
  const std::string first = path.substr(0, end);
  Value value;
  const bool number = !first.empty() && std::all_of(first.begin(), first.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (first.empty() || number) {
    if (number ? numbering.next > 0 : numbering.given) throw TemplateError("a format mixes fields with and without numbers");
    numbering.given = number;
    const size_t index = first.empty()      ? numbering.next++
                         : first.size() > 6 ? given.positional.size()
                                            : static_cast<size_t>(std::stoul(first));
    if (index >= given.positional.size()) throw TemplateError("format has no value " + std::to_string(index));
    value = given.positional[index];
  } else {
    const Value *found = nullptr;
    for (const auto &[name, item] : given.named) {
      if (name == first) found = &item;
    }
    if (!found) throw TemplateError("format has no value '" + first + "'");
    value = *found;
  }
  for (size_t at = end; at < path.size();) {
    const bool bracket = path[at] == '[';
    const size_t stop = bracket ? path.find(']', at) : std::min(path.find_first_of(".[", at + 1), path.size());
    if (stop == std::string::npos) throw TemplateError("a field of format does not end");
    const std::string part = path.substr(at + 1, stop - at - 1);
    const bool digits =
        bracket && !part.empty() && part.size() < 10 && std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
    value = run.item(value, digits ? Value::integer(std::stoll(part)) : run.makeString(MarkedText(part)));
    at = bracket ? stop + 1 : stop;
  }
  return value;
}

} // namespace

MarkedText formatPercent(Interpreter &run, const MarkedText &format, const Value &values) {
  const std::string &text = format.text;
  MarkedText out;
  out.markup = format.markup;
  Scanner scan(text);
  size_t used = 0;
  auto next = [&]() -> Value {
    if (!values.isTuple()) {
      if (used++ > 0) throw TemplateError("not enough values for the format");
      return values;
    }
    if (used >= values.items().size()) throw TemplateError("not enough values for the format");
    return values.items()[used++];
  };
  while (!scan.ended()) {
    const size_t percent = std::min(text.find('%', scan.at), text.size());
    run.meter().work(percent - scan.at + 64);
    out.append(format, scan.at, percent);
    if (out.text.size() > kMaxStringBytes) throw TemplateError("the template makes a text that is too long");
    scan.at = percent;
    if (!scan.skip('%')) break;
    if (scan.skip('%')) {
      out.append("%");
      continue;
    }
    Value value;
    bool named = false;
    if (scan.skip('(')) {
      const size_t close = text.find(')', scan.at);
      if (close == std::string::npos) throw TemplateError("a format does not end");
      if (!values.is(Kind::Dict)) throw TemplateError("this format needs a dict");
      const Value *found = values.dictionary().find(std::string_view(text).substr(scan.at, close - scan.at));
      if (!found) throw TemplateError("the format names a value that is missing");
      value = *found;
      named = true;
      scan.at = close + 1;
    }
    Spec spec;
    for (;; ++scan.at) {
      if (scan.peek() == '-') {
        spec.align = '<';
      } else if (scan.peek() == '0') {
        if (!spec.align) spec.align = '=';
        spec.fill = '0';
      } else if (scan.peek() == '+' || (scan.peek() == ' ' && spec.sign != '+')) {
        spec.sign = scan.peek();
      } else if (scan.peek() == '#') {
        spec.alternate = true;
      } else {
        break;
      }
    }
    if (spec.align == '<') spec.fill = ' ';
    spec.width = scan.integer(kMaxWidth);
    if (scan.skip('.')) spec.precision = scan.integer(kMaxPrecision);
    if (scan.ended()) throw TemplateError("a format does not end");
    spec.type = text[scan.at++];
    if (!named) value = next();
    if (spec.type == 'r' || spec.type == 'a') {
      MarkedText quoted;
      appendRepr(run.meter(), quoted, value);
      value = run.makeString(std::move(quoted));
      spec.type = 's';
    } else if (spec.type == 'i' || spec.type == 'u') {
      spec.type = 'd';
    } else if (std::string("sdfFeEgGxXo").find(spec.type) == std::string::npos) {
      throw TemplateError(std::string("'%") + spec.type + "' is no format that is known");
    }
    if (spec.type == 's' && format.markup) {
      const MarkedText plain = value.is(Kind::String) ? value.text() : toText(run.meter(), value);
      value = run.makeString(asMarkup(plain));
    }
    if (spec.type == 's' && spec.align == '=') spec.align = '>', spec.fill = ' ';
    out.append(formatted(run, spec, value, true));
  }
  const bool single = !values.isTuple() && !values.is(Kind::Dict) && !values.is(Kind::List);
  if ((values.isTuple() && used < values.items().size()) || (single && used == 0)) throw TemplateError("too many values for the format");
  return out;
}

MarkedText formatBraces(Interpreter &run, const MarkedText &format, const CallArguments &given) {
  const std::string &text = format.text;
  MarkedText out;
  out.markup = format.markup;
  Numbering numbering;
  for (size_t at = 0; at < text.size();) {
    const size_t brace = std::min(text.find_first_of("{}", at), text.size());
    run.meter().work(brace - at + 64);
    out.append(format, at, brace);
    if (out.text.size() > kMaxStringBytes) throw TemplateError("the template makes a text that is too long");
    if (brace == text.size()) break;
    if (brace + 1 < text.size() && text[brace + 1] == text[brace]) {
      out.append(text.substr(brace, 1));
      at = brace + 2;
      continue;
    }
    const size_t close = text[brace] == '{' ? text.find('}', brace) : std::string::npos;
    if (close == std::string::npos) throw TemplateError("a brace of format stands alone");
    std::string path = text.substr(brace + 1, close - brace - 1), spec;
    if (const size_t colon = path.find(':'); colon != std::string::npos) {
      spec = path.substr(colon + 1);
      path.resize(colon);
    }
    char conversion = '\0';
    if (const size_t mark = path.find('!'); mark != std::string::npos) {
      conversion = mark + 1 < path.size() ? path[mark + 1] : '?';
      path.resize(mark);
    }
    Value value = field(run, path, given, numbering);
    if (conversion == 'r') {
      MarkedText quoted;
      appendRepr(run.meter(), quoted, value);
      value = run.makeString(std::move(quoted));
    } else if (conversion == 's') {
      value = run.makeString(toText(run.meter(), value));
    } else if (conversion) {
      throw TemplateError("this conversion of format is not known");
    }
    if (spec.empty() && value.is(Kind::Undefined)) {
      // str(undefined) is empty
    } else {
      const MarkedText piece = formatted(run, braceSpec(spec), value, false);
      const bool escapes = format.markup && !(value.is(Kind::String) && value.text().markup);
      out.append(escapes ? escapeHtml(piece) : piece);
    }
    at = close + 1;
  }
  return out;
}

} // namespace attune::tokenizer::jinja
