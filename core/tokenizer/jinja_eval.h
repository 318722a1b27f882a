// Runs a parsed template once: scopes, statements, expressions, calls. One object a render, one thread.
// Throws TemplateError (with the line) for every mistake of the template and for every limit.
#pragma once

#include "core/tokenizer/jinja_ast.h"

#include <ctime>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace attune::tokenizer::jinja {

/// Names of one block; found from the innermost outwards. Macros hold theirs weakly, so scopes form no cycles.
struct Scope {
  std::shared_ptr<Scope> parent;
  std::vector<std::pair<int, Value>> names;
  void set(int id, Value value);
};

class Interpreter {
public:
  /// `now`: what strftime_now shows.
  Interpreter(const Program &program, std::time_t now);

  Meter &meter() { return m_meter; }
  std::time_t now() const { return m_now; }
  /// Sets a variable of the template before render(); names it never uses are left out.
  void define(const std::string &name, Value value);
  MarkedText render();

  // What filters, tests and methods call back.
  Value makeString(MarkedText text) { return Value::string(&m_meter, std::move(text)); }
  Value makeList(std::vector<Value> items, bool tuple = false) { return Value::list(&m_meter, std::move(items), tuple); }
  Value makeGenerator(std::vector<Value> items) { return Value::generator(&m_meter, std::move(items)); }
  Value makeDict(std::vector<std::pair<Value, Value>> entries) { return Value::dict(&m_meter, std::move(entries)); }
  Value makeNamespace();
  Value call(const Value &callee, const CallArguments &arguments);
  Value attribute(const Value &value, const std::string &name);
  Value item(const Value &value, const Value &key);
  Value applyFilter(const std::string &name, const Value &subject, const CallArguments &arguments);
  bool applyTest(const std::string &name, const Value &subject, const CallArguments &arguments);

private:
  enum class Flow { Normal, Break, Continue };

  /// The output of a block or macro while it is made; all of them together are limited.
  struct Capture {
    explicit Capture(Interpreter &owner);
    ~Capture() { run.m_captures.pop_back(); }
    Interpreter &run;
    MarkedText text;
  };

  // statements (jinja_exec.cpp)
  Flow run(const Body &body, MarkedText &out);
  Flow run(const Node &node, MarkedText &out);
  Flow runFor(const Node &node, MarkedText &out);
  Flow runCaptured(const Node &node, MarkedText &text);
  void assign(const Expr &target, const Value &value);
  Value macro(const Node &node, const std::string &name);
  Value invokeMacro(const Node &node, const std::string &name, const std::shared_ptr<Scope> &home, const CallArguments &arguments);
  void callBlock(const Node &node, MarkedText &out);
  void defineGlobals();

  // expressions (jinja_eval.cpp)
  Value evaluate(const Expr &expr);
  Value evaluateNode(const Expr &expr);
  Value lookup(int id, const std::string &name) const;
  Value slice(const Value &value, const Expr &range);
  bool compare(const Expr &expr);
  CallArguments arguments(const Expr &expr);
  Value filterChain(const Expr &chain, Value innermost);

  /// One more evaluation on the C++ stack.
  struct Depth {
    explicit Depth(Interpreter &owner) : run(owner) {
      if (run.m_depth >= kMaxCallDepth) throw TemplateError("the template calls itself too deeply");
      ++run.m_depth;
    }
    ~Depth() { --run.m_depth; }
    Interpreter &run;
  };
  const Program &m_program;
  Meter m_meter; // before everything that holds values
  std::deque<Namespace> m_namespaces;
  std::shared_ptr<Scope> m_scope = std::make_shared<Scope>();
  std::time_t m_now;
  std::vector<const MarkedText *> m_captures;
  int m_depth = 0;
};

/// Arithmetic, comparison of kinds, string formatting (jinja_operators.cpp).
Value applyOperator(Interpreter &run, Operator op, const Value &left, const Value &right);
/// Pays for one search of `needle`; the worst long needles take ten times as long as short ones.
inline void chargeSearch(Meter &meter, const MarkedText &text, const MarkedText &needle) {
  meter.work((text.text.size() + needle.text.size()) * (needle.text.size() > 256 ? 32 : 8));
}
bool contains(Interpreter &run, const Value &container, const Value &value);
Value negated(const Value &value);

/// A method of a str or dict ("strip", "items"), or undefined (jinja_methods.cpp).
Value methodOf(Interpreter &run, const Value &value, const std::string &name);

/// "%s and %d" % values, and "{} {name}".format(...) (jinja_format.cpp).
MarkedText formatPercent(Interpreter &run, const MarkedText &format, const Value &values);
MarkedText formatBraces(Interpreter &run, const MarkedText &format, const CallArguments &arguments);

/// JSON as Python's json.dumps writes it; `indent` < 0 for one line (jinja_json.cpp).
struct JsonStyle {
  int indent = -1;
  bool ascii = false;
  bool sortKeys = false;
  std::string itemSeparator = ", ", keySeparator = ": ";
};
MarkedText toJson(Interpreter &run, const Value &value, const JsonStyle &style);
/// A value from JSON text; every string in it is marked as written by `author`. Throws for malformed JSON.
Value fromJson(Meter &meter, const std::string &json, const Author &author);

/// Arguments of a builtin by position or name; unknown names and too many positions throw.
class Arguments {
public:
  Arguments(const CallArguments &given, std::initializer_list<const char *> names);
  /// The argument, or null where it is absent.
  const Value *find(size_t index) const { return m_values[index]; }
  const Value &required(size_t index) const;
  int64_t integer(size_t index, int64_t otherwise) const;
  bool flag(size_t index, bool otherwise) const;
  /// The marked text of a string argument, or null where it is absent or none.
  const MarkedText *text(size_t index) const;

private:
  std::vector<const Value *> m_values;
  std::vector<const char *> m_names;
};

using FilterFunction = Value (*)(Interpreter &, const Value &, const CallArguments &);
using TestFunction = bool (*)(Interpreter &, const Value &, const CallArguments &);
/// Null when there is none of that name.
FilterFunction findTextFilter(const std::string &name); // jinja_filters.cpp
FilterFunction findListFilter(const std::string &name); // jinja_list_filters.cpp
TestFunction findTest(const std::string &name);         // jinja_tests.cpp

} // namespace attune::tokenizer::jinja
