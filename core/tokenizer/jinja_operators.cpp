// Python's operators on template values, and the reading of builtin arguments.
#include "core/tokenizer/jinja_eval.h"

#include <cmath>
#include <limits>

namespace attune::tokenizer::jinja {
namespace {

const char *const kSymbols[] = {"+", "-", "*", "/", "//", "%", "**"};

[[noreturn]] void failTypes(Operator op, const Value &left, const Value &right) {
  for (const Value *side : {&left, &right}) {
    if (side->is(Kind::Undefined)) throw TemplateError(side->undefinedMessage());
  }
  throw TemplateError(std::string("operator ") + kSymbols[static_cast<int>(op)] + " does not work on " + typeName(left) + " and " +
                      typeName(right));
}

[[noreturn]] void failRange() { throw TemplateError("a whole number does not fit in 64 bits"); }

int64_t floorDivide(int64_t a, int64_t b) {
  if (b == -1) {
    if (a == std::numeric_limits<int64_t>::min()) failRange();
    return -a;
  }
  const int64_t quotient = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

Value wholeOperator(Operator op, int64_t a, int64_t b) {
  int64_t result = 0;
  bool overflow = false;
  switch (op) {
  case Operator::Add: overflow = __builtin_add_overflow(a, b, &result); break;
  case Operator::Subtract: overflow = __builtin_sub_overflow(a, b, &result); break;
  case Operator::Multiply: overflow = __builtin_mul_overflow(a, b, &result); break;
  case Operator::Divide:
    if (b == 0) throw TemplateError("division by zero");
    return Value::number(static_cast<double>(a) / static_cast<double>(b));
  case Operator::FloorDivide:
    if (b == 0) throw TemplateError("division by zero");
    result = floorDivide(a, b);
    break;
  case Operator::Modulo:
    if (b == 0) throw TemplateError("division by zero");
    result = b == -1 ? 0 : a - floorDivide(a, b) * b;
    break;
  default: // power
    if (b < 0) {
      if (a == 0) throw TemplateError("division by zero");
      return Value::number(std::pow(static_cast<double>(a), static_cast<double>(b)));
    }
    result = 1;
    for (int64_t base = a; b > 0 && !overflow; b >>= 1) {
      if (b & 1) overflow = __builtin_mul_overflow(result, base, &result);
      if (b > 1) overflow = __builtin_mul_overflow(base, base, &base) || overflow;
    }
  }
  if (overflow) failRange();
  return Value::integer(result);
}

Value floatOperator(Operator op, double a, double b) {
  switch (op) {
  case Operator::Add: return Value::number(a + b);
  case Operator::Subtract: return Value::number(a - b);
  case Operator::Multiply: return Value::number(a * b);
  case Operator::Power: return Value::number(std::pow(a, b));
  default: break;
  }
  if (b == 0.0) throw TemplateError("division by zero");
  if (op == Operator::Divide) return Value::number(a / b);
  double remainder = std::fmod(a, b);
  if (remainder != 0.0 && (remainder < 0) != (b < 0)) remainder += b;
  if (op == Operator::Modulo) return Value::number(remainder == 0.0 ? std::copysign(0.0, b) : remainder);
  return Value::number(std::round((a - remainder) / b));
}

Value repeated(Interpreter &run, const Value &value, int64_t count) {
  if (count < 0) count = 0;
  if (value.is(Kind::String)) {
    const MarkedText &text = value.text();
    const size_t size = text.text.size() + 1;
    if (static_cast<uint64_t>(count) > kMaxStringBytes / size + 1) throw TemplateError("the template makes a text that is too long");
    MarkedText result;
    result.markup = text.markup;
    run.meter().work(size * static_cast<size_t>(count) + text.marks.size() * static_cast<size_t>(count) * sizeof(Mark));
    for (int64_t i = 0; i < count && !text.text.empty(); ++i) result.append(text);
    return run.makeString(std::move(result));
  }
  const size_t size = value.items().size();
  if (size > 0 && static_cast<uint64_t>(count) > kMaxItems / size) throw TemplateError("the template makes a list that is too long");
  run.meter().step(static_cast<int64_t>(size) * (size > 0 ? count : 0));
  std::vector<Value> items;
  for (int64_t i = 0; size > 0 && i < count; ++i) items.insert(items.end(), value.items().begin(), value.items().end());
  return run.makeList(std::move(items), value.isTuple());
}

} // namespace

Value applyOperator(Interpreter &run, Operator op, const Value &left, const Value &right) {
  if (left.isNumber() && right.isNumber()) {
    if (left.isIntegral() && right.isIntegral()) return wholeOperator(op, left.asInt(), right.asInt());
    return floatOperator(op, left.asDouble(), right.asDouble());
  }
  if (op == Operator::Modulo && left.is(Kind::String)) return run.makeString(formatPercent(run, left.text(), right));
  if (op == Operator::Add && left.kind() == right.kind()) {
    if (left.is(Kind::String)) {
      MarkedText text;
      text.markup = left.text().markup || right.text().markup;
      for (const Value *side : {&left, &right}) appendText(run.meter(), text, text.markup ? run.makeString(asMarkup(side->text())) : *side);
      return run.makeString(std::move(text));
    }
    if (left.is(Kind::List) && left.isTuple() == right.isTuple()) {
      std::vector<Value> items = iterate(run.meter(), left);
      const std::vector<Value> more = iterate(run.meter(), right);
      items.insert(items.end(), more.begin(), more.end());
      return run.makeList(std::move(items), left.isTuple());
    }
  }
  if (op == Operator::Multiply) {
    auto repeats = [](const Value &value) { return value.is(Kind::String) || value.is(Kind::List); };
    if (repeats(left) && right.isIntegral()) return repeated(run, left, right.asInt());
    if (repeats(right) && left.isIntegral()) return repeated(run, right, left.asInt());
  }
  failTypes(op, left, right);
}

bool contains(Interpreter &run, const Value &container, const Value &value) {
  switch (container.kind()) {
  case Kind::Undefined: return false;
  case Kind::String:
    if (value.is(Kind::Undefined)) throw TemplateError(value.undefinedMessage());
    if (!value.is(Kind::String)) throw TemplateError(std::string("'in <text>' needs a text on its left side, not ") + typeName(value));
    chargeSearch(run.meter(), container.text(), value.text());
    return findText(container.text().text, value.text().text) != std::string::npos;
  case Kind::List:
    for (const Value &item : container.items()) {
      if (equal(run.meter(), item, value)) return true;
    }
    return false;
  case Kind::Dict:
    if (value.is(Kind::String)) run.meter().work(value.text().text.size() * 8);
    return container.dictionary().find(value) != nullptr;
  default: throw TemplateError(std::string("a value of type ") + typeName(container) + " contains nothing");
  }
}

Value negated(const Value &value) {
  if (value.is(Kind::Undefined)) throw TemplateError(value.undefinedMessage());
  if (value.is(Kind::Float)) return Value::number(-value.asDouble());
  if (!value.isIntegral()) throw TemplateError(std::string("a value of type ") + typeName(value) + " is no number");
  if (value.asInt() == std::numeric_limits<int64_t>::min()) failRange();
  return Value::integer(-value.asInt());
}

Arguments::Arguments(const CallArguments &given, std::initializer_list<const char *> names)
    : m_values(names.size(), nullptr), m_names(names) {
  if (given.positional.size() > m_values.size()) {
    throw TemplateError("too many values: " + std::to_string(given.positional.size()) + " instead of at most " +
                        std::to_string(m_values.size()));
  }
  for (size_t i = 0; i < given.positional.size(); ++i) m_values[i] = &given.positional[i];
  for (const auto &[name, value] : given.named) {
    size_t place = 0;
    while (place < m_names.size() && name != m_names[place]) ++place;
    if (place == m_names.size()) throw TemplateError("there is no parameter '" + name + "'");
    if (m_values[place]) throw TemplateError("two values for '" + name + "'");
    m_values[place] = &value;
  }
}

const Value &Arguments::required(size_t index) const {
  if (!m_values[index]) throw TemplateError(std::string("a value for '") + m_names[index] + "' is missing");
  return *m_values[index];
}

int64_t Arguments::integer(size_t index, int64_t otherwise) const {
  const Value *value = m_values[index];
  if (!value) return otherwise;
  if (value->is(Kind::Undefined)) throw TemplateError(value->undefinedMessage());
  if (!value->isIntegral()) throw TemplateError(std::string("'") + m_names[index] + "' must be a whole number");
  return value->asInt();
}

bool Arguments::flag(size_t index, bool otherwise) const { return m_values[index] ? truth(*m_values[index]) : otherwise; }

const MarkedText *Arguments::text(size_t index) const {
  const Value *value = m_values[index];
  if (!value || value->is(Kind::None)) return nullptr;
  if (value->is(Kind::Undefined)) throw TemplateError(value->undefinedMessage());
  if (!value->is(Kind::String)) throw TemplateError(std::string("'") + m_names[index] + "' must be a text");
  return &value->text();
}

} // namespace attune::tokenizer::jinja
