// Filters on texts, numbers and single values.
#include "core/tokenizer/jinja_eval.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <locale>
#include <sstream>
#include <unordered_map>

namespace attune::tokenizer::jinja {
namespace {

/// The subject as text, as jinja2's soft_str.
Value subjectText(Interpreter &run, const Value &subject) {
  return subject.is(Kind::String) ? subject : run.makeString(toText(run.meter(), subject));
}

/// A filter that is the method of the same name on str(subject).
Value viaMethod(Interpreter &run, const Value &subject, const char *method, const CallArguments &given) {
  return run.call(run.attribute(subjectText(run, subject), method), given);
}

Value trim(Interpreter &run, const Value &subject, const CallArguments &given) { return viaMethod(run, subject, "strip", given); }
Value upper(Interpreter &run, const Value &subject, const CallArguments &given) { return viaMethod(run, subject, "upper", given); }
Value lower(Interpreter &run, const Value &subject, const CallArguments &given) { return viaMethod(run, subject, "lower", given); }

Value capitalize(Interpreter &run, const Value &subject, const CallArguments &given) {
  return viaMethod(run, subject, "capitalize", given);
}

Value center(Interpreter &run, const Value &subject, const CallArguments &given) {
  const Arguments args(given, {"width"});
  return viaMethod(run, subject, "center", {{Value::integer(args.integer(0, 80))}, {}});
}

/// Words begin after blanks, hyphens and opening brackets only: not quite str.title.
Value title(Interpreter &run, const Value &subject, const CallArguments &given) {
  const Arguments args(given, {});
  const Value value = subjectText(run, subject);
  const MarkedText &text = value.text();
  run.meter().work(text.text.size() * 64);
  MarkedText out;
  size_t length = 1;
  for (size_t at = 0; at < text.text.size();) {
    const size_t rest = at + characterLength(text.text, at); // one capital, or one of what separates words
    size_t end = rest;
    const auto separates = [](uint32_t c) { return isSpace(c) || c == '-' || c == '(' || c == '{' || c == '[' || c == '<'; };
    if (!separates(codePointAt(text.text, at, nullptr))) {
      while (end < text.text.size() && !separates(codePointAt(text.text, end, &length))) end += length;
    }
    out.append(changeCase(text.slice(at, rest), CaseRule::Upper));
    out.append(changeCase(text.slice(rest, end), CaseRule::Lower));
    at = end;
  }
  return run.makeString(std::move(out));
}

Value replace(Interpreter &run, const Value &subject, const CallArguments &given) {
  const Arguments args(given, {"old", "new", "count"});
  CallArguments texts;
  for (size_t i = 0; i < 2; ++i) texts.positional.push_back(run.makeString(toText(run.meter(), args.required(i))));
  if (args.find(2) && !args.find(2)->is(Kind::None)) texts.positional.push_back(*args.find(2));
  return viaMethod(run, run.makeString(toText(run.meter(), subject)), "replace", texts);
}

Value string(Interpreter &run, const Value &subject, const CallArguments &given) {
  const Arguments args(given, {});
  return subjectText(run, subject);
}

Value safe(Interpreter &run, const Value &subject, const CallArguments &given) {
  const Arguments args(given, {});
  MarkedText text = toText(run.meter(), subject);
  text.markup = true;
  return run.makeString(std::move(text));
}

Value forceescape(Interpreter &run, const Value &subject, const CallArguments &given) {
  const Arguments args(given, {});
  const MarkedText text = toText(run.meter(), subject);
  run.meter().work(text.text.size() * 8);
  return run.makeString(escapeHtml(text));
}

Value escape(Interpreter &run, const Value &subject, const CallArguments &given) {
  return subject.is(Kind::String) && subject.text().markup ? subject : forceescape(run, subject, given);
}

Value tojson(Interpreter &run, const Value &subject, const CallArguments &given) {
  const Arguments args(given, {"ensure_ascii", "indent", "separators", "sort_keys"});
  JsonStyle style;
  style.ascii = args.flag(0, false);
  style.sortKeys = args.flag(3, false);
  if (args.find(1) && !args.find(1)->is(Kind::None)) {
    const int64_t indent = args.integer(1, 0);
    style.indent = static_cast<int>(std::min<int64_t>(std::max<int64_t>(indent, 0), 100));
    style.itemSeparator = ',';
  }
  if (args.find(2) && !args.find(2)->is(Kind::None)) {
    const std::vector<Value> parts = iterate(run.meter(), *args.find(2));
    if (parts.size() != 2 || !parts[0].is(Kind::String) || !parts[1].is(Kind::String)) throw TemplateError("separators must be two texts");
    style.itemSeparator = parts[0].text().text.substr(0, 100);
    style.keySeparator = parts[1].text().text.substr(0, 100);
  }
  return run.makeString(toJson(run, subject, style));
}

Value indent(Interpreter &run, const Value &subject, const CallArguments &given) {
  const Arguments args(given, {"width", "first", "blank"});
  MarkedText margin(std::string(4, ' '));
  if (const Value *width = args.find(0)) {
    const bool isText = width->is(Kind::String);
    const int64_t columns = isText ? 0 : args.integer(0, 4);
    if (columns > 1000) throw TemplateError("an indent is too wide");
    margin = isText ? width->text() : MarkedText(std::string(static_cast<size_t>(std::max<int64_t>(columns, 0)), ' '));
  }
  const bool blank = args.flag(2, false);
  const Value value = subjectText(run, subject);
  const Value lines = run.call(run.attribute(value, "splitlines"), {});
  const std::string &whole = value.text().text;
  const bool endsLine = !whole.empty() && whole.back() == '\n';
  const size_t count = lines.items().size() + (endsLine ? 1 : 0);
  MarkedText out;
  out.markup = value.text().markup;
  for (size_t i = 0; i < count; ++i) {
    const MarkedText line = i < lines.items().size() ? lines.items()[i].text() : MarkedText();
    if (i > 0) out.append("\n");
    if (i == 0 ? args.flag(1, false) : blank || !line.text.empty()) out.append(margin);
    out.append(line);
    run.meter().work(margin.text.size() + line.text.size() + 64);
    if (out.text.size() > kMaxStringBytes) throw TemplateError("the template makes a text that is too long");
  }
  return run.makeString(std::move(out));
}

Value format(Interpreter &run, const Value &subject, const CallArguments &given) {
  if (!given.positional.empty() && !given.named.empty()) throw TemplateError("format takes values by place or by name, not both");
  const Value value = subjectText(run, subject);
  if (given.named.empty()) return run.makeString(formatPercent(run, value.text(), run.makeList(given.positional, true)));
  std::vector<std::pair<Value, Value>> entries;
  for (const auto &[name, item] : given.named) entries.emplace_back(run.makeString(MarkedText(name)), item);
  return run.makeString(formatPercent(run, value.text(), run.makeDict(std::move(entries))));
}

Value truncate(Interpreter &run, const Value &subject, const CallArguments &given) {
  const Arguments args(given, {"length", "killwords", "end", "leeway"});
  const Value value = subjectText(run, subject);
  const MarkedText end = args.text(2) ? *args.text(2) : MarkedText(std::string("..."));
  const int64_t length = args.integer(0, 255), leeway = args.integer(3, 5);
  const auto tail = static_cast<int64_t>(countCharacters(end.text));
  if (length < tail || leeway < 0 || length > INT32_MAX) throw TemplateError("truncate got a wrong length");
  if (lengthOf(run.meter(), value) <= length + leeway) return value;
  size_t cut = byteOffset(value.text().text, static_cast<size_t>(length - tail));
  if (!args.flag(1, false)) {
    const size_t blank = value.text().text.substr(0, cut).rfind(' ');
    if (blank != std::string::npos) cut = blank;
  }
  MarkedText out = value.text().slice(0, cut);
  out.append(end);
  return run.makeString(std::move(out));
}

Value wordcount(Interpreter &run, const Value &subject, const CallArguments &given) {
  const Arguments args(given, {});
  const Value value = subjectText(run, subject);
  run.meter().work(value.text().text.size() * 8);
  int64_t words = 0;
  bool inside = false;
  size_t length = 1;
  for (size_t at = 0; at < value.text().text.size(); at += length) {
    const uint32_t c = codePointAt(value.text().text, at, &length);
    const bool word = isLetter(c) || isDigit(c) || c == '_';
    words += word && !inside;
    inside = word;
  }
  return Value::integer(words);
}

/// Python's float(text); false when it is none.
bool parseFloat(const std::string &text, double &number) {
  const TextSpan kept = stripRange(text, nullptr, true, true);
  std::string clean;
  for (size_t i = kept.begin; i < kept.end; ++i) {
    const bool between = i > kept.begin && i + 1 < kept.end && isDigit(static_cast<unsigned char>(text[i - 1])) &&
                         isDigit(static_cast<unsigned char>(text[i + 1]));
    if (text[i] == '_' && between) continue;
    clean.push_back(text[i]);
  }
  std::string word = clean;
  std::transform(word.begin(), word.end(), word.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  const bool minus = !word.empty() && word[0] == '-';
  if (!word.empty() && (word[0] == '+' || word[0] == '-')) word.erase(0, 1);
  const double sign = minus ? -1.0 : 1.0;
  if (word == "inf" || word == "infinity") return number = sign * std::numeric_limits<double>::infinity(), true;
  if (word == "nan") return number = std::numeric_limits<double>::quiet_NaN(), true;
  if (word.empty() || word.size() > 400 || word.find_first_not_of("0123456789.e+-") != std::string::npos) return false;
  std::istringstream stream(word);
  stream.imbue(std::locale::classic());
  double value = 0;
  if (!(stream >> value) || stream.peek() != std::istringstream::traits_type::eof()) return false;
  number = sign * value;
  return true;
}

bool parseInt(const std::string &text, int64_t base, int64_t &number) {
  const TextSpan kept = stripRange(text, nullptr, true, true);
  std::string clean = text.substr(kept.begin, kept.end - kept.begin);
  bool minus = false;
  if (!clean.empty() && (clean[0] == '+' || clean[0] == '-')) {
    minus = clean[0] == '-';
    clean.erase(0, 1);
  }
  const std::string prefix = clean.substr(0, 2);
  if ((base == 16 && (prefix == "0x" || prefix == "0X")) || (base == 8 && (prefix == "0o" || prefix == "0O")) ||
      (base == 2 && (prefix == "0b" || prefix == "0B"))) {
    clean.erase(0, 2);
  }
  int64_t value = 0;
  bool digitBefore = false;
  for (char c : clean) {
    if (c == '_' && digitBefore) {
      digitBefore = false;
      continue;
    }
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'z' ? c - 'a' + 10 : c >= 'A' && c <= 'Z' ? c - 'A' + 10 : 99;
    if (digit >= base) return false;
    digitBefore = true;
    if (__builtin_mul_overflow(value, base, &value) || __builtin_add_overflow(value, minus ? -digit : digit, &value)) {
      throw TemplateError("a whole number does not fit in 64 bits");
    }
  }
  number = value;
  return digitBefore;
}

Value toInt(Interpreter &, const Value &subject, const CallArguments &given) {
  const Arguments args(given, {"default", "base"});
  const Value otherwise = args.find(0) ? *args.find(0) : Value::integer(0);
  const int64_t base = args.integer(1, 10);
  if (base < 2 || base > 36) throw TemplateError("the base must be 2 to 36");
  if (subject.is(Kind::Undefined)) throw TemplateError(subject.undefinedMessage());
  if (subject.isIntegral()) return Value::integer(subject.asInt());
  double number = 0.0;
  if (subject.is(Kind::Float)) {
    number = subject.asDouble();
  } else if (subject.is(Kind::String)) {
    int64_t whole = 0;
    if (parseInt(subject.text().text, base, whole)) return Value::integer(whole);
    if (!parseFloat(subject.text().text, number)) return otherwise;
  } else {
    return otherwise;
  }
  if (std::isnan(number) || std::isinf(number)) return otherwise;
  if (std::fabs(number) >= 9.2e18) throw TemplateError("a whole number does not fit in 64 bits");
  return Value::integer(static_cast<int64_t>(number));
}

Value toFloat(Interpreter &, const Value &subject, const CallArguments &given) {
  const Arguments args(given, {"default"});
  if (subject.is(Kind::Undefined)) throw TemplateError(subject.undefinedMessage());
  if (subject.isNumber()) return Value::number(subject.asDouble());
  double number = 0.0;
  if (subject.is(Kind::String) && parseFloat(subject.text().text, number)) return Value::number(number);
  return args.find(0) ? *args.find(0) : Value::number(0.0);
}

Value round(Interpreter &, const Value &subject, const CallArguments &given) {
  const Arguments args(given, {"precision", "method"});
  const int64_t precision = args.integer(0, 0);
  const std::string method = args.text(1) ? args.text(1)->text : "common";
  if (subject.is(Kind::Undefined)) throw TemplateError(subject.undefinedMessage());
  if (!subject.isNumber()) throw TemplateError(std::string("a value of type ") + typeName(subject) + " can not be rounded");
  if (precision < -15 || precision > 15) throw TemplateError("round got a wrong precision");
  const double scale = std::pow(10.0, static_cast<double>(precision)), value = subject.asDouble();
  if (method == "ceil") return Value::number(std::ceil(value * scale) / scale);
  if (method == "floor") return Value::number(std::floor(value * scale) / scale);
  if (method != "common") throw TemplateError("round knows common, ceil and floor");
  if (subject.isIntegral() && precision >= 0) return Value::integer(subject.asInt());
  double rounded = value;
  if (precision < 0) {
    rounded = std::nearbyint(value * scale) / scale;
  } else if (std::fabs(value) < 1e15) {
    // printf rounds the exact decimal value half to even, as Python does
    char buffer[64];
    std::snprintf(buffer, sizeof buffer, "%.*f", static_cast<int>(precision), value);
    rounded = std::strtod(buffer, nullptr);
  }
  return subject.isIntegral() ? Value::integer(static_cast<int64_t>(rounded)) : Value::number(rounded);
}

Value absolute(Interpreter &, const Value &subject, const CallArguments &given) {
  const Arguments args(given, {});
  if (subject.is(Kind::Float)) return Value::number(std::fabs(subject.asDouble()));
  if (subject.isIntegral() && subject.asInt() >= 0) return Value::integer(subject.asInt());
  return negated(subject);
}

Value defaulted(Interpreter &run, const Value &subject, const CallArguments &given) {
  const Arguments args(given, {"default_value", "boolean"});
  if (!subject.is(Kind::Undefined) && !(args.flag(1, false) && !truth(subject))) return subject;
  return args.find(0) ? *args.find(0) : run.makeString({});
}

Value attr(Interpreter &run, const Value &subject, const CallArguments &given) {
  const Arguments args(given, {"name"});
  const MarkedText *name = args.text(0);
  if (!name) throw TemplateError("attr needs a name");
  if (subject.is(Kind::Dict)) return Value::undefined("'" + name->text + "'"); // keys are no attributes here
  return run.attribute(subject, name->text);
}

const std::unordered_map<std::string, FilterFunction> kFilters = {
    {"trim", trim},           {"upper", upper},       {"lower", lower},     {"capitalize", capitalize},
    {"center", center},       {"title", title},       {"replace", replace}, {"string", string},
    {"safe", safe},           {"escape", escape},     {"e", escape},        {"forceescape", forceescape},
    {"tojson", tojson},       {"indent", indent},     {"format", format},   {"truncate", truncate},
    {"wordcount", wordcount}, {"int", toInt},         {"float", toFloat},   {"round", round},
    {"abs", absolute},        {"default", defaulted}, {"d", defaulted},     {"attr", attr}};

} // namespace

FilterFunction findTextFilter(const std::string &name) {
  const auto found = kFilters.find(name);
  return found == kFilters.end() ? nullptr : found->second;
}

} // namespace attune::tokenizer::jinja
