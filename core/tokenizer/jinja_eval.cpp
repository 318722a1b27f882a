#include "core/tokenizer/jinja_eval.h"

#include <algorithm>

namespace attune::tokenizer::jinja {

void Scope::set(int id, Value value) {
  for (auto &[own, old] : names) {
    if (own == id) {
      old = std::move(value);
      return;
    }
  }
  names.emplace_back(id, std::move(value));
}

Value Interpreter::lookup(int id, const std::string &name) const {
  for (const Scope *scope = m_scope.get(); scope; scope = scope->parent.get()) {
    for (const auto &[own, value] : scope->names) {
      if (own == id) return value;
    }
  }
  return Value::undefined("'" + name + "'");
}

Value Interpreter::evaluate(const Expr &expr) {
  m_meter.step();
  const Depth depth(*this);
  try {
    return evaluateNode(expr);
  } catch (TemplateError &error) {
    if (error.line == 0) error.line = expr.line;
    throw;
  }
}

Value Interpreter::evaluateNode(const Expr &expr) {
  switch (expr.kind) {
  case ExprKind::Constant: return expr.constant;
  case ExprKind::Name: return lookup(expr.nameId, expr.name);
  case ExprKind::NamespaceField: break;
  case ExprKind::Tuple:
  case ExprKind::List: {
    std::vector<Value> items;
    items.reserve(expr.children.size());
    for (const ExprPtr &child : expr.children) items.push_back(evaluate(*child));
    return makeList(std::move(items), expr.kind == ExprKind::Tuple);
  }
  case ExprKind::Dict: {
    std::vector<std::pair<Value, Value>> entries;
    for (size_t i = 0; i + 1 < expr.children.size(); i += 2) {
      Value key = evaluate(*expr.children[i]);
      entries.emplace_back(std::move(key), evaluate(*expr.children[i + 1]));
    }
    return makeDict(std::move(entries));
  }
  case ExprKind::Attribute: return attribute(evaluate(*expr.children[0]), expr.name);
  case ExprKind::Index: {
    const Value value = evaluate(*expr.children[0]);
    if (expr.children[1]->kind == ExprKind::Slice) return slice(value, *expr.children[1]);
    return item(value, evaluate(*expr.children[1]));
  }
  case ExprKind::Slice: throw TemplateError("a slice stands alone");
  case ExprKind::Call: {
    const Value callee = evaluate(*expr.children[0]);
    return call(callee, arguments(expr));
  }
  case ExprKind::Filter: {
    const Value subject = evaluate(*expr.children[0]);
    return applyFilter(expr.name, subject, arguments(expr));
  }
  case ExprKind::Test: {
    const Value subject = evaluate(*expr.children[0]);
    return Value::boolean(applyTest(expr.name, subject, arguments(expr)));
  }
  case ExprKind::Negate: return negated(evaluate(*expr.children[0]));
  case ExprKind::Plus: {
    const Value value = evaluate(*expr.children[0]);
    if (!value.isNumber()) throw TemplateError(std::string("a value of type ") + typeName(value) + " is no number");
    return value.is(Kind::Bool) ? Value::integer(value.asInt()) : value;
  }
  case ExprKind::Not: return Value::boolean(!truth(evaluate(*expr.children[0])));
  case ExprKind::And: {
    Value left = evaluate(*expr.children[0]);
    return truth(left) ? evaluate(*expr.children[1]) : left;
  }
  case ExprKind::Or: {
    Value left = evaluate(*expr.children[0]);
    return truth(left) ? left : evaluate(*expr.children[1]);
  }
  case ExprKind::Binary: {
    const Value left = evaluate(*expr.children[0]);
    return applyOperator(*this, expr.operators[0], left, evaluate(*expr.children[1]));
  }
  case ExprKind::Concat: {
    std::vector<Value> parts; // all of them first: no half-made text is held while macros run
    for (const ExprPtr &child : expr.children) parts.push_back(evaluate(*child));
    MarkedText text;
    for (const Value &part : parts) appendText(m_meter, text, part);
    return makeString(std::move(text));
  }
  case ExprKind::Compare: return Value::boolean(compare(expr));
  case ExprKind::Conditional:
    if (truth(evaluate(*expr.children[0]))) return evaluate(*expr.children[1]);
    if (expr.children[2]) return evaluate(*expr.children[2]);
    return Value::undefined("the inline if without an else whose condition is false");
  }
  throw TemplateError("an expression that can not be evaluated");
}

bool Interpreter::compare(const Expr &expr) {
  Value left = evaluate(*expr.children[0]);
  for (size_t i = 0; i < expr.operators.size(); ++i) {
    Value right = evaluate(*expr.children[i + 1]);
    bool holds = false;
    switch (expr.operators[i]) {
    case Operator::Equal: holds = equal(m_meter, left, right); break;
    case Operator::NotEqual: holds = !equal(m_meter, left, right); break;
    case Operator::Less: holds = less(m_meter, left, right); break;
    case Operator::Greater: holds = less(m_meter, right, left); break;
    case Operator::LessEqual: holds = less(m_meter, left, right) || equal(m_meter, left, right); break;
    case Operator::GreaterEqual: holds = less(m_meter, right, left) || equal(m_meter, left, right); break;
    case Operator::In: holds = contains(*this, right, left); break;
    case Operator::NotIn: holds = !contains(*this, right, left); break;
    default: break;
    }
    if (!holds) return false;
    left = std::move(right);
  }
  return true;
}

CallArguments Interpreter::arguments(const Expr &expr) {
  CallArguments given;
  for (size_t i = 1; i < expr.children.size(); ++i) given.positional.push_back(evaluate(*expr.children[i]));
  for (const auto &[name, value] : expr.named) given.named.emplace_back(name, evaluate(*value));
  if (expr.spread) {
    for (Value &value : iterate(m_meter, evaluate(*expr.spread))) given.positional.push_back(std::move(value));
  }
  if (expr.spreadNamed) {
    const Value names = evaluate(*expr.spreadNamed);
    if (!names.is(Kind::Dict)) throw TemplateError("** needs a dict");
    for (const auto &[key, value] : names.dictionary().entries) {
      if (!key.is(Kind::String)) throw TemplateError("names of arguments must be texts");
      given.named.emplace_back(key.text().text, value);
    }
  }
  return given;
}

Value Interpreter::call(const Value &callee, const CallArguments &given) {
  if (callee.is(Kind::Undefined)) throw TemplateError(callee.undefinedMessage());
  if (!callee.is(Kind::Callable)) throw TemplateError(std::string("a value of type ") + typeName(callee) + " can not be called");
  const Depth depth(*this);
  return callee.function().call(*this, given);
}

namespace {

Value loopAttribute(const Value &value, const std::string &name) {
  const LoopState &loop = value.loopState();
  const auto &items = loop.sequence.items();
  const auto index = static_cast<int64_t>(loop.index), count = static_cast<int64_t>(items.size());
  if (name == "index") return Value::integer(index + 1);
  if (name == "index0") return Value::integer(index);
  if (name == "revindex") return Value::integer(count - index);
  if (name == "revindex0") return Value::integer(count - index - 1);
  if (name == "first") return Value::boolean(index == 0);
  if (name == "last") return Value::boolean(index + 1 == count);
  if (name == "length") return Value::integer(count);
  if (name == "depth") return Value::integer(1); // counts recursive loops, which there are none of
  if (name == "depth0") return Value::integer(0);
  if (name == "previtem") return index > 0 ? items[loop.index - 1] : Value::undefined("the item before the first");
  if (name == "nextitem") return index + 1 < count ? items[loop.index + 1] : Value::undefined("the item after the last");
  auto function = std::make_shared<Callable>();
  function->name = name;
  if (name == "cycle") {
    function->call = [at = loop.index](Interpreter &, const CallArguments &given) {
      if (given.positional.empty()) throw TemplateError("loop.cycle needs values");
      return given.positional[at % given.positional.size()];
    };
  } else if (name == "changed") {
    function->call = [value](Interpreter &owner, const CallArguments &given) {
      LoopState &state = value.loopState();
      for (const Value &item : given.positional) {
        // lists could hold the loop itself, and a loop that holds itself is never freed
        if (!item.is(Kind::String) && !item.isNumber() && !item.is(Kind::None)) throw TemplateError("loop.changed needs plain values");
      }
      bool same = state.changedCalled && state.changedBefore.size() == given.positional.size();
      for (size_t i = 0; same && i < given.positional.size(); ++i) same = equal(owner.meter(), state.changedBefore[i], given.positional[i]);
      state.changedCalled = true;
      if (!same) state.changedBefore = given.positional;
      return Value::boolean(!same);
    };
  } else {
    return Value::undefined("'loop' has no attribute '" + name + "', which");
  }
  return Value::callable(std::move(function));
}

} // namespace

Value Interpreter::attribute(const Value &value, const std::string &name) {
  switch (value.kind()) {
  case Kind::Undefined: throw TemplateError(value.undefinedMessage());
  case Kind::Namespace:
    if (const Value *found = value.space().find(name)) return *found;
    break;
  case Kind::Loop: return loopAttribute(value, name);
  case Kind::Callable:
    if (const Node *macro = value.function().macro) {
      if (name == "name") return macro->kind == NodeKind::Macro ? makeString(MarkedText(value.function().name)) : Value::none();
      if (name == "arguments") {
        std::vector<Value> names;
        for (const std::string &parameter : macro->parameterNames) names.push_back(makeString(MarkedText(parameter)));
        return makeList(std::move(names), true);
      }
      throw TemplateError("of a macro only name and arguments can be asked for, not '" + name + "'");
    }
    break;
  case Kind::String:
  case Kind::List:
  case Kind::Dict: {
    Value method = methodOf(*this, value, name);
    if (!method.is(Kind::Undefined)) return method;
    if (value.is(Kind::Dict)) {
      if (const Value *found = value.dictionary().find(std::string_view(name))) return *found;
    }
    break;
  }
  default: break;
  }
  return Value::undefined(std::string("'") + typeName(value) + " object' has no attribute '" + name + "', which");
}

Value Interpreter::item(const Value &value, const Value &key) {
  switch (value.kind()) {
  case Kind::Undefined: throw TemplateError(value.undefinedMessage());
  case Kind::Dict: {
    if (key.is(Kind::String)) m_meter.work(key.text().text.size() * 8);
    if (const Value *found = value.dictionary().find(key)) return *found;
    break;
  }
  case Kind::List:
    if (key.isIntegral()) {
      const auto count = static_cast<int64_t>(value.items().size());
      const int64_t index = key.asInt() < 0 ? key.asInt() + count : key.asInt();
      if (index >= 0 && index < count) return value.items()[static_cast<size_t>(index)];
      return Value::undefined("item " + std::to_string(key.asInt()) + " of a list of " + std::to_string(count));
    }
    break;
  case Kind::String:
    if (key.isIntegral()) {
      const int64_t count = lengthOf(m_meter, value);
      const int64_t index = key.asInt() < 0 ? key.asInt() + count : key.asInt();
      if (index < 0 || index >= count) return Value::undefined("character " + std::to_string(key.asInt()) + " of a text");
      const std::string &text = value.text().text;
      const size_t at = byteOffset(text, static_cast<size_t>(index));
      m_meter.work(at * 8);
      return makeString(value.text().slice(at, at + characterLength(text, at)));
    }
    break;
  default: break;
  }
  if (key.is(Kind::String)) {
    const std::string &name = key.text().text;
    return value.is(Kind::Dict) ? [&] {
      Value method = methodOf(*this, value, name);
      return method.is(Kind::Undefined) ? Value::undefined("'dict object' has no attribute '" + name + "', which") : method;
    }() : attribute(value, name);
  }
  return Value::undefined(std::string("an element of a value of type ") + typeName(value));
}

Value Interpreter::slice(const Value &value, const Expr &range) {
  Value parts[3];
  for (size_t i = 0; i < 3; ++i) {
    parts[i] = range.children[i] ? evaluate(*range.children[i]) : Value::none();
    if (parts[i].is(Kind::Undefined)) throw TemplateError(parts[i].undefinedMessage());
    if (!parts[i].is(Kind::None) && !parts[i].isIntegral()) throw TemplateError("slice bounds must be whole numbers");
  }
  if (value.is(Kind::Undefined)) throw TemplateError(value.undefinedMessage());
  if (!value.is(Kind::String) && !value.is(Kind::List)) {
    return Value::undefined(std::string("a slice of a value of type ") + typeName(value));
  }
  const int64_t count = lengthOf(m_meter, value);
  const int64_t step = parts[2].is(Kind::None) ? 1 : parts[2].asInt();
  if (step == 0) throw TemplateError("the step of a slice is zero");
  auto bound = [&](const Value &part, int64_t otherwise) {
    if (part.is(Kind::None)) return otherwise;
    int64_t at = part.asInt();
    if (at < 0) at = std::max<int64_t>(at + count, step < 0 ? -1 : 0);
    return std::min(at, step < 0 ? count - 1 : count);
  };
  const int64_t start = bound(parts[0], step < 0 ? count - 1 : 0), stop = bound(parts[1], step < 0 ? -1 : count);
  if (value.is(Kind::String) && step == 1) {
    const std::string &text = value.text().text;
    const size_t from = byteOffset(text, static_cast<size_t>(start));
    if (stop <= start) return makeString({});
    m_meter.work(text.size());
    return makeString(value.text().slice(from, byteOffset(text, static_cast<size_t>(stop))));
  }
  const std::vector<Value> all = iterate(m_meter, value);
  std::vector<Value> chosen;
  for (int64_t i = start; step > 0 ? i < stop : i > stop; i += step) {
    chosen.push_back(all[static_cast<size_t>(i)]);
    m_meter.step();
    if (step > count || step < -count) break; // one element at most; avoids overflow of i
  }
  if (value.is(Kind::List)) return makeList(std::move(chosen), value.isTuple());
  MarkedText text;
  for (const Value &character : chosen) text.append(character.text());
  return makeString(std::move(text));
}

Value Interpreter::applyFilter(const std::string &name, const Value &subject, const CallArguments &given) {
  FilterFunction filter = findTextFilter(name);
  if (!filter) filter = findListFilter(name);
  if (!filter) throw TemplateError("there is no filter '" + name + "'");
  const Depth depth(*this);
  return filter(*this, subject, given);
}

bool Interpreter::applyTest(const std::string &name, const Value &subject, const CallArguments &given) {
  const TestFunction test = findTest(name);
  if (!test) throw TemplateError("there is no test '" + name + "'");
  return test(*this, subject, given);
}

/// Applies "|a|b" of a filter or set block to the text inside.
Value Interpreter::filterChain(const Expr &chain, Value innermost) {
  Value subject = chain.children[0] ? filterChain(*chain.children[0], std::move(innermost)) : std::move(innermost);
  try {
    return applyFilter(chain.name, subject, arguments(chain));
  } catch (TemplateError &error) {
    if (error.line == 0) error.line = chain.line;
    throw;
  }
}

} // namespace attune::tokenizer::jinja
