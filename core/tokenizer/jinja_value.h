// Values of the template engine: Python's none, bool, int, float, str, list, tuple, dict, and callables.
// Owned by one render on one thread; lists and dicts never change, so values can not form cycles.
// Mistakes throw TemplateError, which never leaves core/tokenizer.
#pragma once

#include "core/tokenizer/jinja_text.h"

#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace attune::tokenizer::jinja {

struct TemplateError : std::runtime_error {
  explicit TemplateError(const std::string &message, int atLine = 0) : std::runtime_error(message), line(atLine) {}
  int line;
};

constexpr int64_t kMaxSteps = 4'000'000;           // about half a second
constexpr std::chrono::seconds kMaxTime{1};        // on a busy machine, once a render takes unusually many steps
constexpr size_t kMaxLiveBytes = size_t(96) << 20; // all strings, lists and dicts of a render
constexpr size_t kMaxStringBytes = size_t(16) << 20;
constexpr size_t kMaxHeldBytes = size_t(32) << 20; // unfinished outputs of blocks within blocks
constexpr size_t kMaxItems = 1'000'000;            // of a list, dict or range
constexpr int kMaxValueDepth = 200;
constexpr int kMaxCallDepth = 600; // nested evaluations on the C++ stack

/// What a render has used up; every loop and copy of the engine is charged here.
class Meter {
public:
  void step(int64_t count = 1) {
    const int64_t before = m_steps;
    m_steps += count;
    const bool looks = before >> 16 != m_steps >> 16; // no ordinary template gets to its first look at the clock
    if (m_steps > kMaxSteps || (looks && std::chrono::steady_clock::now() - m_start > kMaxTime))
      throw TemplateError("the template runs too long");
  }
  void work(size_t bytes) { step(static_cast<int64_t>(bytes / 64)); }
  void allocate(size_t bytes) {
    if ((m_bytes += bytes) > kMaxLiveBytes) throw TemplateError("the template needs too much memory");
  }
  void release(size_t bytes) { m_bytes -= bytes; }

private:
  const std::chrono::steady_clock::time_point m_start = std::chrono::steady_clock::now();
  int64_t m_steps = 0;
  size_t m_bytes = 0;
};

/// Memory that its owner gives back to the meter.
struct Charge {
  Charge(Meter *meterOrNull, size_t size) : meter(meterOrNull), bytes(size) {
    if (!meter) return;
    meter->work(size);
    try {
      meter->allocate(size);
    } catch (...) {
      meter->release(size);
      throw;
    }
  }
  ~Charge() {
    if (meter) meter->release(bytes);
  }
  Charge(const Charge &) = delete;
  Charge &operator=(const Charge &) = delete;
  Meter *meter;
  size_t bytes;
};

enum class Kind : uint8_t { Undefined, None, Bool, Int, Float, String, List, Dict, Callable, Namespace, Loop };

struct StringObject;
struct ListObject;
struct DictObject;
struct Callable;
struct Namespace;
struct LoopState;

class Value {
public:
  Value() = default; // undefined without a name
  static Value undefined(std::string name);
  static Value none() { return Value(Kind::None); }
  static Value boolean(bool value);
  static Value integer(int64_t value);
  static Value number(double value);
  /// A whole number of Python's beyond 64 bits; calculations take the nearest double.
  static Value bigInteger(std::string digits);
  /// `meter` null: a constant of the template itself, outside any render.
  static Value string(Meter *meter, MarkedText text);
  static Value list(Meter *meter, std::vector<Value> items, bool tuple = false);
  /// What jinja2's lazy filters return: a list that is true even when it is empty.
  static Value generator(Meter *meter, std::vector<Value> items);
  static Value dict(Meter *meter, std::vector<std::pair<Value, Value>> entries);
  static Value callable(std::shared_ptr<const Callable> callable);
  static Value nameSpace(Namespace *space); // owned by the render
  static Value loop(std::shared_ptr<LoopState> state);

  Kind kind() const { return m_kind; }
  bool is(Kind kind) const { return m_kind == kind; }
  bool isNumber() const { return m_kind == Kind::Int || m_kind == Kind::Float || m_kind == Kind::Bool; }
  bool isIntegral() const { return m_kind == Kind::Int || m_kind == Kind::Bool; }

  int64_t asInt() const { return m_kind == Kind::Bool ? m_bool : m_int; }
  double asDouble() const { return m_kind == Kind::Float ? m_double : static_cast<double>(asInt()); }
  const MarkedText &text() const;
  const std::vector<Value> &items() const;
  bool isTuple() const;
  bool isGenerator() const;
  bool isBigInteger() const { return m_kind == Kind::Float && m_object; }
  const DictObject &dictionary() const { return *static_cast<const DictObject *>(m_object.get()); }
  const Callable &function() const { return *static_cast<const Callable *>(m_object.get()); }
  Namespace &space() const { return *m_space; }
  LoopState &loopState() const { return *static_cast<LoopState *>(m_object.get()); }
  /// "'x' is undefined"
  std::string undefinedMessage() const;
  int depth() const;
  const void *identity() const { return m_kind == Kind::Namespace ? static_cast<const void *>(m_space) : m_object.get(); }

private:
  explicit Value(Kind kind) : m_kind(kind) {}
  Kind m_kind = Kind::Undefined;
  union {
    bool m_bool;
    int64_t m_int = 0;
    double m_double;
    Namespace *m_space;
  };
  std::shared_ptr<void> m_object;
};

struct DictObject {
  DictObject(Meter *meter, size_t bytes) : charge(meter, bytes) {}
  Charge charge;
  std::vector<std::pair<Value, Value>> entries;
  std::unordered_map<std::string, size_t> index; // by keyText; only for more than a few entries
  int depth = 1;
  const Value *find(const Value &key) const;
  const Value *find(std::string_view key) const;
};

class Interpreter;
struct Node;
struct CallArguments {
  std::vector<Value> positional;
  std::vector<std::pair<std::string, Value>> named;
};
struct Callable {
  std::string name;
  std::function<Value(Interpreter &, const CallArguments &)> call;
  const Node *macro = nullptr; // what it was made from, where it is a macro or the body of a call block
};

/// The only thing a template may change: {% set ns.x = ... %}.
struct Namespace {
  std::vector<std::pair<std::string, Value>> entries;
  const Value *find(std::string_view name) const;
  void set(const std::string &name, Value value);
};

struct LoopState {
  Value sequence; // a list
  size_t index = 0;
  std::vector<Value> changedBefore;
  bool changedCalled = false;
};

const char *typeName(const Value &value); // Python's: "str", "int", ...
bool truth(const Value &value);
bool equal(Meter &meter, const Value &a, const Value &b);
/// a < b for numbers, strings and lists; TypeError texts otherwise.
bool less(Meter &meter, const Value &a, const Value &b);
/// Number of characters, items or entries.
int64_t lengthOf(Meter &meter, const Value &value);
/// What a for loop walks over: list items, characters, keys. Throws for the rest.
std::vector<Value> iterate(Meter &meter, const Value &value);
/// Appends str(value) with its marks.
void appendText(Meter &meter, MarkedText &out, const Value &value);
void appendRepr(Meter &meter, MarkedText &out, const Value &value);
MarkedText toText(Meter &meter, const Value &value);
/// A text that is equal for equal hashable keys; throws for lists and dicts.
std::string keyText(const Value &key);
/// Python's repr of a float ("1.0", "1e+16", "0.1").
std::string floatText(double value);
/// The same of a value of kind Float, which may be a big whole number.
std::string floatText(const Value &value);

} // namespace attune::tokenizer::jinja
