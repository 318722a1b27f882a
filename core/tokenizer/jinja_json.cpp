// json.dumps with provenance, and JSON text to template values.
#include "core/base/json.h"
#include "core/tokenizer/jinja_eval.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace attune::tokenizer::jinja {
namespace {

class Writer {
public:
  Writer(Interpreter &run, const JsonStyle &style) : m_run(run), m_style(style) {}

  void write(const Value &value, int level) {
    m_run.meter().step();
    if (m_out.text.size() > kMaxStringBytes) throw TemplateError("the template makes a text that is too long");
    switch (value.kind()) {
    case Kind::None: m_out.append("null"); return;
    case Kind::Bool: m_out.append(truth(value) ? "true" : "false"); return;
    case Kind::Int: m_out.append(std::to_string(value.asInt())); return;
    case Kind::Float: m_out.append(value.isBigInteger() ? floatText(value) : number(value.asDouble())); return;
    case Kind::String: string(value.text()); return;
    case Kind::List: {
      const auto &items = value.items();
      if (items.empty()) return m_out.append("[]");
      m_out.append("[");
      for (size_t i = 0; i < items.size(); ++i) {
        separate(i, level + 1);
        write(items[i], level + 1);
      }
      newline(level);
      return m_out.append("]");
    }
    case Kind::Dict: return object(value, level);
    case Kind::Undefined: throw TemplateError(value.undefinedMessage());
    default: throw TemplateError(std::string("a value of type ") + typeName(value) + " has no JSON form");
    }
  }

  MarkedText take() { return std::move(m_out); }

private:
  static std::string number(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
    return floatText(value);
  }

  void object(const Value &value, int level) {
    std::vector<const std::pair<Value, Value> *> entries;
    for (const auto &entry : value.dictionary().entries) entries.push_back(&entry);
    if (entries.empty()) return m_out.append("{}");
    if (m_style.sortKeys) {
      std::stable_sort(entries.begin(), entries.end(), [&](auto *a, auto *b) { return less(m_run.meter(), a->first, b->first); });
    }
    m_out.append("{");
    for (size_t i = 0; i < entries.size(); ++i) {
      separate(i, level + 1);
      key(entries[i]->first);
      m_out.append(m_style.keySeparator);
      write(entries[i]->second, level + 1);
    }
    newline(level);
    m_out.append("}");
  }

  void key(const Value &value) {
    if (value.is(Kind::String)) return string(value.text());
    if (value.is(Kind::List)) throw TemplateError("keys of JSON objects must be plain values");
    m_out.append("\"");
    write(value, 0);
    m_out.append("\"");
  }

  void newline(int level) {
    if (m_style.indent < 0) return;
    m_run.meter().work(static_cast<size_t>(level) * static_cast<size_t>(m_style.indent));
    m_out.append("\n");
    m_out.append(std::string(static_cast<size_t>(level) * static_cast<size_t>(m_style.indent), ' '));
  }

  void separate(size_t index, int level) {
    if (index > 0) m_out.append(m_style.itemSeparator);
    newline(level);
  }

  void string(const MarkedText &text) {
    m_run.meter().work(text.text.size() * 4);
    m_out.append("\"");
    size_t plainFrom = 0, length = 1;
    for (size_t at = 0; at < text.text.size(); at += length) {
      const uint32_t c = codePointAt(text.text, at, &length);
      const std::string escape = escaped(c);
      if (escape.empty()) continue;
      m_run.meter().step();
      m_out.append(text, plainFrom, at);
      const MarkedText piece = text.slice(at, at + length);
      if (const Author *author = piece.anyAuthor()) {
        m_out.appendWritten(escape, *author);
      } else {
        m_out.append(escape);
      }
      plainFrom = at + length;
    }
    m_out.append(text, plainFrom, text.text.size());
    m_out.append("\"");
  }

  std::string escaped(uint32_t c) const {
    switch (c) {
    case '"': return "\\\"";
    case '\\': return "\\\\";
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    case '\b': return "\\b";
    case '\f': return "\\f";
    default: break;
    }
    if (c >= 0x20 && !(m_style.ascii && c >= 0x7F)) return {};
    char buffer[16];
    if (c >= 0x10000) {
      std::snprintf(buffer, sizeof buffer, "\\u%04x\\u%04x", 0xD800 + ((c - 0x10000) >> 10), 0xDC00 + ((c - 0x10000) & 0x3FF));
    } else {
      std::snprintf(buffer, sizeof buffer, "\\u%04x", c);
    }
    return buffer;
  }

  Interpreter &m_run;
  const JsonStyle &m_style;
  MarkedText m_out;
};

Value converted(Meter &meter, const Json &json, const Author &author) {
  meter.step();
  switch (json.type()) {
  case Json::value_t::boolean: return Value::boolean(json.get<bool>());
  case Json::value_t::number_integer: return Value::integer(json.get<int64_t>());
  case Json::value_t::number_unsigned: {
    const auto value = json.get<uint64_t>();
    return value > INT64_MAX ? Value::bigInteger(std::to_string(value)) : Value::integer(static_cast<int64_t>(value));
  }
  case Json::value_t::number_float: return Value::number(json.get<double>());
  case Json::value_t::string: return Value::string(&meter, MarkedText(validUtf8(json.get_ref<const std::string &>()), author));
  case Json::value_t::array: {
    std::vector<Value> items;
    for (const Json &item : json) items.push_back(converted(meter, item, author));
    return Value::list(&meter, std::move(items));
  }
  case Json::value_t::object: {
    std::vector<std::pair<Value, Value>> entries;
    for (const auto &[key, item] : json.items()) {
      Value name = Value::string(&meter, MarkedText(validUtf8(key), author));
      entries.emplace_back(std::move(name), converted(meter, item, author));
    }
    return Value::dict(&meter, std::move(entries));
  }
  case Json::value_t::binary: { // the text of a number
    const std::string text(json.get_binary().begin(), json.get_binary().end());
    if (text == "-0") return Value::integer(0);
    const bool whole = text.find_first_of(".eE") == std::string::npos;
    return whole ? Value::bigInteger(text) : Value::number(std::strtod(text.c_str(), nullptr));
  }
  default: return Value::none();
  }
}

} // namespace

MarkedText toJson(Interpreter &run, const Value &value, const JsonStyle &style) {
  Writer writer(run, style);
  writer.write(value, 0);
  return writer.take();
}

Value fromJson(Meter &meter, const std::string &json, const Author &author) {
  JsonLimits limits;
  limits.maxDepth = kMaxValueDepth - 20;
  limits.keepNumberTexts = true;
  const Result<Json> parsed = parseJson(json, "", limits);
  if (!parsed) throw TemplateError("the conversation holds malformed JSON: " + parsed.error().message);
  return converted(meter, *parsed, author);
}

} // namespace attune::tokenizer::jinja
