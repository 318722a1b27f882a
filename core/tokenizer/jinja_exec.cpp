// The statements of the template engine: output, scopes, loops, macros, globals.
#include "core/tokenizer/jinja_eval.h"

#include <utility>

namespace attune::tokenizer::jinja {
namespace {

/// Enters a scope and leaves it on every way out.
class Entered {
public:
  Entered(std::shared_ptr<Scope> &current, std::shared_ptr<Scope> parent) : m_current(current), m_before(current) {
    auto scope = std::make_shared<Scope>();
    scope->parent = std::move(parent);
    m_current = std::move(scope);
  }
  ~Entered() { m_current = std::move(m_before); }
  Entered(const Entered &) = delete;
  Entered &operator=(const Entered &) = delete;

private:
  std::shared_ptr<Scope> &m_current;
  std::shared_ptr<Scope> m_before;
};

Value builtin(const char *name, std::function<Value(Interpreter &, const CallArguments &)> call) {
  auto function = std::make_shared<Callable>();
  function->name = name;
  function->call = std::move(call);
  return Value::callable(std::move(function));
}

std::vector<std::pair<Value, Value>> namedEntries(Interpreter &run, const CallArguments &given) {
  std::vector<std::pair<Value, Value>> entries;
  for (const Value &value : given.positional) {
    if (value.is(Kind::Dict)) {
      for (const auto &entry : value.dictionary().entries) entries.push_back(entry);
      continue;
    }
    for (const Value &pair : iterate(run.meter(), value)) {
      const std::vector<Value> parts = iterate(run.meter(), pair);
      if (parts.size() != 2) throw TemplateError("dict needs pairs");
      entries.emplace_back(parts[0], parts[1]);
    }
  }
  for (const auto &[name, value] : given.named) entries.emplace_back(run.makeString(MarkedText(name)), value);
  return entries;
}

Value range(Interpreter &run, const CallArguments &given) {
  const Arguments args(given, {"start", "stop", "step"});
  int64_t start = args.integer(0, 0), stop = args.integer(1, 0);
  const int64_t step = args.integer(2, 1);
  args.required(0);
  if (!args.find(1)) {
    stop = start;
    start = 0;
  }
  if (step == 0) throw TemplateError("the step of range is zero");
  std::vector<Value> items;
  for (int64_t i = start; step > 0 ? i < stop : i > stop;) {
    if (items.size() >= 100'000) throw TemplateError("a range is too long"); // jinja2's sandbox has the same limit
    items.push_back(Value::integer(i));
    run.meter().step();
    if (__builtin_add_overflow(i, step, &i)) break;
  }
  return run.makeList(std::move(items));
}

Value strftimeNow(Interpreter &run, const CallArguments &given) {
  const Arguments args(given, {"format"});
  const MarkedText *format = args.text(0);
  if (!format || format->text.size() > 1000) throw TemplateError("strftime_now needs a short format");
  if (format->text.empty()) return run.makeString({});
  const std::time_t now = run.now();
  std::tm parts{};
  localtime_r(&now, &parts);
  char buffer[8192];
  const size_t size = std::strftime(buffer, sizeof buffer, format->text.c_str(), &parts);
  return run.makeString(MarkedText(validUtf8(std::string_view(buffer, size))));
}

} // namespace

Interpreter::Interpreter(const Program &program, std::time_t now) : m_program(program), m_now(now) { defineGlobals(); }

void Interpreter::define(const std::string &name, Value value) {
  const int id = m_program.idOf(name);
  if (id >= 0) m_scope->set(id, std::move(value));
}

Value Interpreter::makeNamespace() {
  if (m_namespaces.size() >= 10'000) throw TemplateError("the template makes too many namespaces");
  m_namespaces.emplace_back();
  return Value::nameSpace(&m_namespaces.back());
}

void Interpreter::defineGlobals() {
  define("range", builtin("range", range));
  define("strftime_now", builtin("strftime_now", strftimeNow));
  define("dict", builtin("dict", [](Interpreter &run, const CallArguments &given) { return run.makeDict(namedEntries(run, given)); }));
  define("namespace", builtin("namespace", [](Interpreter &run, const CallArguments &given) {
           const Value space = run.makeNamespace();
           for (auto &[key, value] : namedEntries(run, given)) space.space().set(toText(run.meter(), key).text, value);
           return space;
         }));
  define("raise_exception", builtin("raise_exception", [](Interpreter &run, const CallArguments &given) -> Value {
           const Arguments args(given, {"message"});
           std::string message = toText(run.meter(), args.required(0)).text;
           if (message.size() > 500) message.resize(byteOffset(message, 200));
           throw TemplateError("the template refuses the conversation: " + message);
         }));
  define("cycler", builtin("cycler", [](Interpreter &, const CallArguments &) -> Value {
           throw TemplateError("cycler is not supported; loop.cycle is");
         }));
  define("joiner", builtin("joiner", [](Interpreter &, const CallArguments &given) {
           const Arguments args(given, {"sep"});
           const Value separator = args.find(0) ? *args.find(0) : Value::string(nullptr, MarkedText(", "));
           auto used = std::make_shared<bool>(false);
           return builtin("joiner", [separator, used](Interpreter &, const CallArguments &) {
             return std::exchange(*used, true) ? separator : Value::string(nullptr, MarkedText());
           });
         }));
}

Interpreter::Capture::Capture(Interpreter &owner) : run(owner) {
  size_t held = 0;
  for (const MarkedText *outer : run.m_captures) held += outer->memory();
  if (held > kMaxHeldBytes) throw TemplateError("the template needs too much memory");
  run.m_captures.push_back(&text);
}

MarkedText Interpreter::render() {
  const Entered entered(m_scope, m_scope); // a template may hide a global, never change it
  Capture out(*this);
  run(m_program.body, out.text);
  return std::move(out.text);
}

Interpreter::Flow Interpreter::run(const Body &body, MarkedText &out) {
  for (const NodePtr &node : body) {
    const Flow flow = run(*node, out);
    if (flow != Flow::Normal) return flow;
  }
  return Flow::Normal;
}

Interpreter::Flow Interpreter::run(const Node &node, MarkedText &out) try {
  m_meter.step();
  const Depth depth(*this);
  switch (node.kind) {
  case NodeKind::Text:
    m_meter.work(node.text.size());
    out.append(node.text);
    if (out.text.size() > kMaxStringBytes) throw TemplateError("the template makes a text that is too long");
    return Flow::Normal;
  case NodeKind::Print: appendText(m_meter, out, evaluate(*node.value)); return Flow::Normal;
  case NodeKind::If:
    for (const auto &[condition, body] : node.branches) {
      if (!condition || truth(evaluate(*condition))) return run(body, out);
    }
    return Flow::Normal;
  case NodeKind::For: return runFor(node, out);
  case NodeKind::Set: assign(*node.target, evaluate(*node.value)); return Flow::Normal;
  case NodeKind::SetBlock: {
    Capture capture(*this);
    const Flow flow = runCaptured(node, capture.text);
    Value value = makeString(std::move(capture.text));
    assign(*node.target, node.value ? filterChain(*node.value, std::move(value)) : value);
    return flow;
  }
  case NodeKind::FilterBlock: {
    Capture capture(*this);
    const Flow flow = runCaptured(node, capture.text);
    appendText(m_meter, out, filterChain(*node.value, makeString(std::move(capture.text))));
    return flow;
  }
  case NodeKind::Macro: m_scope->set(node.nameId, macro(node, node.text)); return Flow::Normal;
  case NodeKind::CallBlock: callBlock(node, out); return Flow::Normal;
  case NodeKind::With: {
    std::vector<Value> values;
    for (const auto &assignment : node.assignments) values.push_back(evaluate(*assignment.second));
    const Entered entered(m_scope, m_scope);
    for (size_t i = 0; i < values.size(); ++i) assign(*node.assignments[i].first, values[i]);
    return run(node.body, out);
  }
  case NodeKind::Generation: {
    const size_t begin = out.text.size();
    const Flow flow = run(node.body, out);
    if (out.text.size() > begin) out.generation.push_back({begin, out.text.size()});
    return flow;
  }
  case NodeKind::Break: return Flow::Break;
  case NodeKind::Continue: return Flow::Continue;
  }
  return Flow::Normal;
} catch (TemplateError &error) {
  if (error.line == 0) error.line = node.line;
  throw;
}

/// Runs the body of a set or filter block in a scope of its own.
Interpreter::Flow Interpreter::runCaptured(const Node &node, MarkedText &text) {
  const Entered entered(m_scope, m_scope);
  return run(node.body, text);
}

Interpreter::Flow Interpreter::runFor(const Node &node, MarkedText &out) {
  const Value sequence = evaluate(*node.value);
  std::vector<Value> items = iterate(m_meter, sequence);
  if (node.condition) {
    std::vector<Value> kept;
    for (Value &item : items) {
      const Entered entered(m_scope, m_scope);
      assign(*node.target, item);
      if (truth(evaluate(*node.condition))) kept.push_back(std::move(item));
    }
    items = std::move(kept);
  }
  const size_t count = items.size();
  auto state = std::make_shared<LoopState>();
  state->sequence = makeList(std::move(items));
  const int loopId = m_program.idOf("loop");
  Flow flow = Flow::Normal;
  bool finished = false; // some pass reached the end of the body: jinja2 goes by that, not by the number of items
  for (size_t i = 0; i < count && flow != Flow::Break; ++i) {
    state->index = i;
    const Entered entered(m_scope, m_scope);
    if (loopId >= 0) m_scope->set(loopId, Value::loop(state));
    assign(*node.target, state->sequence.items()[i]);
    flow = run(node.body, out);
    finished = finished || flow == Flow::Normal;
  }
  if (finished) return Flow::Normal;
  const Entered entered(m_scope, m_scope);
  return run(node.otherwise, out);
}

void Interpreter::assign(const Expr &target, const Value &value) {
  if (target.kind == ExprKind::Name) {
    m_scope->set(target.nameId, value);
  } else if (target.kind == ExprKind::NamespaceField) {
    const Value space = lookup(target.nameId, m_program.names[static_cast<size_t>(target.nameId)]);
    if (!space.is(Kind::Namespace)) throw TemplateError("only a namespace has fields that can be set", target.line);
    space.space().set(target.name, value);
  } else {
    const std::vector<Value> values = iterate(m_meter, value);
    if (values.size() != target.children.size()) {
      throw TemplateError("expected " + std::to_string(target.children.size()) + " values, got " + std::to_string(values.size()),
                          target.line);
    }
    for (size_t i = 0; i < values.size(); ++i) assign(*target.children[i], values[i]);
  }
}

Value Interpreter::macro(const Node &node, const std::string &name) {
  const std::weak_ptr<Scope> home = m_scope;
  auto function = std::make_shared<Callable>();
  function->name = name;
  function->macro = &node;
  function->call = [&node, name, home](Interpreter &run, const CallArguments &given) {
    const std::shared_ptr<Scope> scope = home.lock();
    if (!scope) throw TemplateError("macro '" + name + "' is called after its block has ended");
    return run.invokeMacro(node, name, scope, given);
  };
  return Value::callable(std::move(function));
}

Value Interpreter::invokeMacro(const Node &node, const std::string &name, const std::shared_ptr<Scope> &home, const CallArguments &given) {
  const Entered entered(m_scope, home);
  const size_t count = node.parameters.size();
  std::vector<Value> values(count);
  std::vector<bool> present(count, false);
  std::vector<Value> extra;
  std::vector<std::pair<Value, Value>> extraNamed;
  for (size_t i = 0; i < given.positional.size(); ++i) {
    if (i < count) {
      values[i] = given.positional[i];
      present[i] = true;
    } else {
      extra.push_back(given.positional[i]);
    }
  }
  const int callerId = m_program.idOf("caller");
  if (callerId >= 0 && node.kind == NodeKind::Macro) m_scope->set(callerId, Value::undefined("'caller'"));
  for (const auto &[key, value] : given.named) {
    size_t place = 0;
    while (place < count && node.parameterNames[place] != key) ++place;
    if (place < count) {
      if (present[place]) throw TemplateError("macro '" + name + "' got two values for '" + key + "'");
      values[place] = value;
      present[place] = true;
    } else if (key == "caller") {
      if (callerId >= 0) m_scope->set(callerId, value);
    } else {
      extraNamed.emplace_back(makeString(MarkedText(key)), value);
    }
  }
  const int varargsId = m_program.idOf("varargs"), kwargsId = m_program.idOf("kwargs");
  if (!extra.empty() && varargsId < 0) throw TemplateError("macro '" + name + "' takes at most " + std::to_string(count) + " values");
  if (!extraNamed.empty() && kwargsId < 0) {
    throw TemplateError("macro '" + name + "' has no parameter '" + extraNamed.front().first.text().text + "'");
  }
  if (varargsId >= 0) m_scope->set(varargsId, makeList(std::move(extra), true));
  if (kwargsId >= 0) m_scope->set(kwargsId, makeDict(std::move(extraNamed)));
  const size_t firstDefault = count - node.defaults.size();
  for (size_t i = 0; i < count; ++i) {
    if (!present[i]) {
      values[i] =
          i >= firstDefault ? evaluate(*node.defaults[i - firstDefault]) : Value::undefined("parameter '" + node.parameterNames[i] + "'");
    }
    m_scope->set(node.parameters[i], values[i]);
  }
  Capture capture(*this);
  run(node.body, capture.text);
  return makeString(std::move(capture.text));
}

void Interpreter::callBlock(const Node &node, MarkedText &out) {
  const Value callee = evaluate(*node.value->children[0]);
  CallArguments given = arguments(*node.value);
  given.named.emplace_back("caller", macro(node, "caller"));
  appendText(m_meter, out, call(callee, given));
}

} // namespace attune::tokenizer::jinja
