#include "core/tokenizer/jinja_value.h"

#include "core/tokenizer/unicode.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace attune::tokenizer::jinja {

struct StringObject {
  StringObject(Meter *meter, MarkedText &&value) : text(std::move(value)), charge(meter, text.memory() + 160) {}
  MarkedText text;
  Charge charge;
};

struct ListObject {
  ListObject(Meter *meter, std::vector<Value> &&values, bool isTuple)
      : items(std::move(values)), tuple(isTuple), charge(meter, items.capacity() * sizeof(Value) + 64) {}
  std::vector<Value> items;
  bool tuple;
  bool generator = false;
  int depth = 1;
  Charge charge;
};

namespace {

constexpr size_t kIndexedFrom = 12; // dicts below are searched entry by entry
const size_t kDictEntryBytes = 2 * sizeof(Value) + 96;

/// The text of a key behind its type. (Not `"s" + text`: GCC 12 warns about that for no reason.)
std::string tagged(char type, std::string_view text) {
  std::string key(1, type);
  return key.append(text);
}

int nested(int depth) {
  if (depth >= kMaxValueDepth) throw TemplateError("lists or dicts are nested too deeply");
  return depth + 1;
}

} // namespace

Value Value::undefined(std::string name) {
  Value value;
  if (name.size() > 200) name.resize(200);
  value.m_object = std::make_shared<std::string>(std::move(name));
  return value;
}

Value Value::boolean(bool flag) {
  Value value(Kind::Bool);
  value.m_bool = flag;
  return value;
}

Value Value::integer(int64_t number) {
  Value value(Kind::Int);
  value.m_int = number;
  return value;
}

Value Value::number(double number) {
  Value value(Kind::Float);
  value.m_double = number;
  return value;
}

Value Value::bigInteger(std::string digits) {
  Value value = number(std::strtod(digits.c_str(), nullptr));
  value.m_object = std::make_shared<std::string>(std::move(digits));
  return value;
}

Value Value::string(Meter *meter, MarkedText text) {
  if (text.text.size() > kMaxStringBytes) throw TemplateError("the template makes a text that is too long");
  Value value(Kind::String);
  value.m_object = std::make_shared<StringObject>(meter, std::move(text));
  return value;
}

Value Value::list(Meter *meter, std::vector<Value> items, bool tuple) {
  if (items.size() > kMaxItems) throw TemplateError("the template makes a list that is too long");
  int depth = 0;
  for (const Value &item : items) depth = std::max(depth, item.depth());
  const int own = nested(depth);
  auto object = std::make_shared<ListObject>(meter, std::move(items), tuple);
  object->depth = own;
  Value value(Kind::List);
  value.m_object = std::move(object);
  return value;
}

Value Value::generator(Meter *meter, std::vector<Value> items) {
  Value value = list(meter, std::move(items));
  static_cast<ListObject *>(value.m_object.get())->generator = true;
  return value;
}

Value Value::dict(Meter *meter, std::vector<std::pair<Value, Value>> entries) {
  if (entries.size() > kMaxItems) throw TemplateError("the template makes a dict that is too large");
  auto object = std::make_shared<DictObject>(meter, entries.size() * kDictEntryBytes + 128);
  std::unordered_map<std::string, size_t> seen; // a repeated key keeps its place and takes the last value
  for (auto &[key, item] : entries) {
    if (meter && key.is(Kind::String)) meter->work(key.text().text.size() * 4);
    const auto [place, added] = seen.emplace(keyText(key), object->entries.size());
    object->depth = std::max(object->depth, nested(std::max(item.depth(), key.depth())));
    if (added) {
      object->entries.emplace_back(std::move(key), std::move(item));
    } else {
      object->entries[place->second].second = std::move(item);
    }
  }
  if (object->entries.size() >= kIndexedFrom) object->index = std::move(seen);
  Value value(Kind::Dict);
  value.m_object = std::move(object);
  return value;
}

Value Value::callable(std::shared_ptr<const Callable> function) {
  Value value(Kind::Callable);
  value.m_object = std::const_pointer_cast<Callable>(std::move(function));
  return value;
}

Value Value::nameSpace(Namespace *space) {
  Value value(Kind::Namespace);
  value.m_space = space;
  return value;
}

Value Value::loop(std::shared_ptr<LoopState> state) {
  Value value(Kind::Loop);
  value.m_object = std::move(state);
  return value;
}

const MarkedText &Value::text() const { return static_cast<const StringObject *>(m_object.get())->text; }
const std::vector<Value> &Value::items() const { return static_cast<const ListObject *>(m_object.get())->items; }
bool Value::isTuple() const { return is(Kind::List) && static_cast<const ListObject *>(m_object.get())->tuple; }
bool Value::isGenerator() const { return is(Kind::List) && static_cast<const ListObject *>(m_object.get())->generator; }

std::string Value::undefinedMessage() const {
  if (!m_object) return "a value is undefined";
  return *static_cast<const std::string *>(m_object.get()) + " is undefined";
}

int Value::depth() const {
  if (is(Kind::List)) return static_cast<const ListObject *>(m_object.get())->depth;
  if (is(Kind::Dict)) return dictionary().depth;
  return 0;
}

const Value *DictObject::find(const Value &key) const {
  if (key.is(Kind::String)) return find(std::string_view(key.text().text));
  if (key.is(Kind::Dict) || (key.is(Kind::List) && !key.isTuple())) return nullptr;
  const std::string wanted = keyText(key);
  for (const auto &[own, value] : entries) {
    if (!own.is(Kind::String) && keyText(own) == wanted) return &value;
  }
  return nullptr;
}

const Value *DictObject::find(std::string_view key) const {
  if (!index.empty()) {
    const auto found = index.find(tagged('s', key));
    return found == index.end() ? nullptr : &entries[found->second].second;
  }
  for (const auto &[own, value] : entries) {
    if (own.is(Kind::String) && own.text().text == key) return &value;
  }
  return nullptr;
}

const Value *Namespace::find(std::string_view name) const {
  for (const auto &[own, value] : entries) {
    if (own == name) return &value;
  }
  return nullptr;
}

void Namespace::set(const std::string &name, Value value) {
  for (auto &[own, old] : entries) {
    if (own == name) {
      old = std::move(value);
      return;
    }
  }
  if (entries.size() >= 10'000) throw TemplateError("a namespace has too many names");
  entries.emplace_back(name, std::move(value));
}

const char *typeName(const Value &value) {
  switch (value.kind()) {
  case Kind::Undefined: return "Undefined";
  case Kind::None: return "NoneType";
  case Kind::Bool: return "bool";
  case Kind::Int: return "int";
  case Kind::Float: return value.isBigInteger() ? "int" : "float";
  case Kind::String: return "str";
  case Kind::List: return value.isTuple() ? "tuple" : value.isGenerator() ? "generator" : "list";
  case Kind::Dict: return "dict";
  case Kind::Callable: return "function";
  case Kind::Namespace: return "Namespace";
  case Kind::Loop: return "LoopContext";
  }
  return "object";
}

bool truth(const Value &value) {
  switch (value.kind()) {
  case Kind::Undefined:
  case Kind::None: return false;
  case Kind::Bool:
  case Kind::Int: return value.asInt() != 0;
  case Kind::Float: return value.asDouble() != 0.0;
  case Kind::String: return !value.text().text.empty();
  case Kind::List: return value.isGenerator() || !value.items().empty();
  case Kind::Dict: return !value.dictionary().entries.empty();
  case Kind::Callable:
  case Kind::Namespace:
  case Kind::Loop: return true;
  }
  return true;
}

bool equal(Meter &meter, const Value &a, const Value &b) {
  meter.step();
  if (a.isNumber() && b.isNumber()) {
    return a.isIntegral() && b.isIntegral() ? a.asInt() == b.asInt() : a.asDouble() == b.asDouble();
  }
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
  case Kind::Undefined:
  case Kind::None: return true;
  case Kind::String: meter.work(a.text().text.size()); return a.text().text == b.text().text;
  case Kind::List: {
    if (a.isTuple() != b.isTuple() || a.items().size() != b.items().size()) return false;
    for (size_t i = 0; i < a.items().size(); ++i) {
      if (!equal(meter, a.items()[i], b.items()[i])) return false;
    }
    return true;
  }
  case Kind::Dict: {
    const auto &left = a.dictionary().entries;
    if (left.size() != b.dictionary().entries.size()) return false;
    for (const auto &[key, value] : left) {
      const Value *other = b.dictionary().find(key);
      if (!other || !equal(meter, value, *other)) return false;
    }
    return true;
  }
  default: return a.identity() == b.identity();
  }
}

bool less(Meter &meter, const Value &a, const Value &b) {
  meter.step();
  if (a.isNumber() && b.isNumber()) {
    return a.isIntegral() && b.isIntegral() ? a.asInt() < b.asInt() : a.asDouble() < b.asDouble();
  }
  if (a.is(Kind::String) && b.is(Kind::String)) {
    meter.work(std::min(a.text().text.size(), b.text().text.size()));
    return a.text().text < b.text().text; // UTF-8 keeps the order of code points
  }
  if (a.is(Kind::List) && b.is(Kind::List) && a.isTuple() == b.isTuple()) {
    const size_t n = std::min(a.items().size(), b.items().size());
    for (size_t i = 0; i < n; ++i) {
      if (!equal(meter, a.items()[i], b.items()[i])) return less(meter, a.items()[i], b.items()[i]);
    }
    return a.items().size() < b.items().size();
  }
  for (const Value *side : {&a, &b}) {
    if (side->is(Kind::Undefined)) throw TemplateError(side->undefinedMessage());
  }
  throw TemplateError(std::string("values of type ") + typeName(a) + " and " + typeName(b) + " have no order");
}

int64_t lengthOf(Meter &meter, const Value &value) {
  switch (value.kind()) {
  case Kind::Undefined: return 0;
  case Kind::String: meter.work(value.text().text.size()); return static_cast<int64_t>(countCharacters(value.text().text));
  case Kind::List: return static_cast<int64_t>(value.items().size());
  case Kind::Dict: return static_cast<int64_t>(value.dictionary().entries.size());
  case Kind::Loop: return static_cast<int64_t>(value.loopState().sequence.items().size());
  default: throw TemplateError(std::string("a value of type ") + typeName(value) + " has no length");
  }
}

std::vector<Value> iterate(Meter &meter, const Value &value) {
  std::vector<Value> items;
  switch (value.kind()) {
  case Kind::Undefined: break;
  case Kind::List:
    meter.step(static_cast<int64_t>(value.items().size()));
    items = value.items();
    break;
  case Kind::Dict:
    meter.step(static_cast<int64_t>(value.dictionary().entries.size()));
    for (const auto &entry : value.dictionary().entries) items.push_back(entry.first);
    break;
  case Kind::String: {
    const MarkedText &text = value.text();
    for (size_t at = 0; at < text.text.size();) {
      const size_t length = characterLength(text.text, at);
      MarkedText character = text.slice(at, at + length);
      character.markup = false;
      items.push_back(Value::string(&meter, std::move(character)));
      if (items.size() > kMaxItems) throw TemplateError("the template walks over a text that is too long");
      meter.step();
      at += length;
    }
    break;
  }
  default: throw TemplateError(std::string("a value of type ") + typeName(value) + " can not be iterated over");
  }
  return items;
}

std::string floatText(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  char buffer[64];
  int precision = 0;
  for (; precision < 17; ++precision) {
    std::snprintf(buffer, sizeof buffer, "%.*e", precision, value);
    if (std::strtod(buffer, nullptr) == value) break;
  }
  const char *exponentAt = std::strchr(buffer, 'e');
  const int exponent = std::atoi(exponentAt + 1);
  std::string digits;
  for (const char *c = buffer; c != exponentAt; ++c) {
    if (*c >= '0' && *c <= '9') digits.push_back(*c); // skips the sign and the locale's decimal point
  }
  const std::string sign = std::signbit(value) ? "-" : "";
  if (exponent < -4 || exponent >= 16) {
    std::string text = sign + digits.substr(0, 1);
    if (digits.size() > 1) text.append(".").append(digits, 1);
    const int size = std::abs(exponent);
    return text + (exponent < 0 ? "e-" : "e+") + (size < 10 ? "0" : "") + std::to_string(size);
  }
  if (exponent < 0) return (sign + "0.").append(static_cast<size_t>(-exponent - 1), '0') + digits;
  const size_t whole = static_cast<size_t>(exponent) + 1;
  if (digits.size() <= whole) return (sign + digits).append(whole - digits.size(), '0') + ".0";
  return sign + digits.substr(0, whole) + "." + digits.substr(whole);
}

std::string floatText(const Value &value) {
  return value.isBigInteger() ? *static_cast<const std::string *>(value.identity()) : floatText(value.asDouble());
}

namespace {

void appendQuoted(Meter &meter, MarkedText &out, const MarkedText &text) {
  const bool single = text.text.find('\'') != std::string::npos && text.text.find('"') == std::string::npos;
  const char quote = single ? '"' : '\'';
  meter.work(text.text.size() * 4);
  out.append(std::string(1, quote));
  size_t plainFrom = 0;
  for (size_t at = 0; at < text.text.size();) {
    size_t length = 1;
    const uint32_t c = codePointAt(text.text, at, &length);
    char escape[16] = "";
    if (c == '\n') {
      std::strcpy(escape, "\\n");
    } else if (c == '\r') {
      std::strcpy(escape, "\\r");
    } else if (c == '\t') {
      std::strcpy(escape, "\\t");
    } else if (c == '\\') {
      std::strcpy(escape, "\\\\");
    } else if (c == static_cast<uint32_t>(quote)) {
      std::snprintf(escape, sizeof escape, "\\%c", quote);
    } else if (c != ' ' && !(classOf(c) & (kLetter | kMark | kNumber | kPunctuation | kSymbol))) { // not printable
      std::snprintf(escape, sizeof escape, c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x", c);
    }
    if (escape[0]) {
      out.append(text, plainFrom, at);
      const MarkedText piece = text.slice(at, at + length);
      if (const Author *author = piece.anyAuthor()) {
        out.appendWritten(escape, *author);
      } else {
        out.append(escape);
      }
      plainFrom = at + length;
    }
    at += length;
  }
  out.append(text, plainFrom, text.text.size());
  out.append(std::string(1, quote));
}

void checkSize(const MarkedText &out) {
  if (out.text.size() > kMaxStringBytes) throw TemplateError("the template makes a text that is too long");
}

} // namespace

void appendRepr(Meter &meter, MarkedText &out, const Value &value) {
  meter.step();
  checkSize(out);
  if (value.is(Kind::String)) {
    if (value.text().markup) out.append("Markup(");
    appendQuoted(meter, out, value.text());
    if (value.text().markup) out.append(")");
  } else if (value.is(Kind::List)) {
    const auto &items = value.items();
    out.append(value.isTuple() ? "(" : "[");
    for (size_t i = 0; i < items.size(); ++i) {
      if (i) out.append(", ");
      appendRepr(meter, out, items[i]);
    }
    out.append(value.isTuple() ? (items.size() == 1 ? ",)" : ")") : "]");
  } else if (value.is(Kind::Dict)) {
    out.append("{");
    bool first = true;
    for (const auto &[key, item] : value.dictionary().entries) {
      if (!first) out.append(", ");
      first = false;
      appendRepr(meter, out, key);
      out.append(": ");
      appendRepr(meter, out, item);
    }
    out.append("}");
  } else if (value.is(Kind::Undefined)) {
    out.append("Undefined");
  } else {
    appendText(meter, out, value);
  }
}

void appendText(Meter &meter, MarkedText &out, const Value &value) {
  switch (value.kind()) {
  case Kind::Undefined: return;
  case Kind::None: out.append("None"); return;
  case Kind::Bool: out.append(truth(value) ? "True" : "False"); return;
  case Kind::Int: out.append(std::to_string(value.asInt())); return;
  case Kind::Float: out.append(floatText(value)); return;
  case Kind::String:
    meter.work(value.text().text.size() + value.text().marks.size() * sizeof(Mark));
    out.append(value.text());
    checkSize(out);
    return;
  case Kind::List:
  case Kind::Dict: appendRepr(meter, out, value); return;
  case Kind::Callable: out.append("<function " + value.function().name + ">"); return;
  case Kind::Namespace: out.append("<Namespace>"); return;
  case Kind::Loop: out.append("<LoopContext>"); return;
  }
}

MarkedText toText(Meter &meter, const Value &value) {
  MarkedText out;
  appendText(meter, out, value);
  return out;
}

std::string keyText(const Value &key) {
  switch (key.kind()) {
  case Kind::None: return "n";
  case Kind::String: return tagged('s', key.text().text);
  case Kind::Bool:
  case Kind::Int: return tagged('i', std::to_string(key.asInt()));
  case Kind::Float: {
    const double value = key.asDouble();
    if (value == std::floor(value) && std::fabs(value) < 9e18) return tagged('i', std::to_string(static_cast<int64_t>(value)));
    return key.isBigInteger() ? tagged('i', floatText(key)) : tagged('f', floatText(value));
  }
  case Kind::List:
    if (key.isTuple()) {
      std::string text = "t";
      for (const Value &item : key.items()) {
        const std::string part = keyText(item);
        text += std::to_string(part.size()) + ":" + part;
        if (text.size() > size_t(1) << 20) throw TemplateError("a key is too long");
      }
      return text;
    }
    break;
  default: break;
  }
  throw TemplateError(std::string("a value of type ") + typeName(key) + " can not be a key");
}

} // namespace attune::tokenizer::jinja
