// What stands after "is": x is defined, x is string, x is in [...].
#include "core/tokenizer/jinja_eval.h"

#include <cmath>
#include <unordered_map>

namespace attune::tokenizer::jinja {
namespace {

template <Kind kind> bool isKind(Interpreter &, const Value &subject, const CallArguments &given) {
  const Arguments args(given, {});
  return subject.is(kind);
}

bool isDefined(Interpreter &, const Value &subject, const CallArguments &given) {
  const Arguments args(given, {});
  return !subject.is(Kind::Undefined);
}

bool isNumber(Interpreter &, const Value &subject, const CallArguments &given) {
  const Arguments args(given, {});
  return subject.isNumber();
}

bool isTrue(Interpreter &, const Value &subject, const CallArguments &given) {
  const Arguments args(given, {});
  return subject.is(Kind::Bool) && truth(subject);
}

bool isFalse(Interpreter &, const Value &subject, const CallArguments &given) {
  const Arguments args(given, {});
  return subject.is(Kind::Bool) && !truth(subject);
}

bool isIterable(Interpreter &, const Value &subject, const CallArguments &given) {
  const Arguments args(given, {});
  return subject.is(Kind::Undefined) || subject.is(Kind::String) || subject.is(Kind::List) || subject.is(Kind::Dict) ||
         subject.is(Kind::Loop);
}

bool isSequence(Interpreter &, const Value &subject, const CallArguments &given) {
  const Arguments args(given, {});
  return subject.is(Kind::Undefined) || subject.is(Kind::String) || subject.is(Kind::List) || subject.is(Kind::Dict);
}

bool isIn(Interpreter &run, const Value &subject, const CallArguments &given) {
  const Arguments args(given, {"seq"});
  return contains(run, args.required(0), subject);
}

template <Operator op> bool compares(Interpreter &run, const Value &subject, const CallArguments &given) {
  const Arguments args(given, {"other"});
  const Value &other = args.required(0);
  switch (op) {
  case Operator::Equal: return equal(run.meter(), subject, other);
  case Operator::NotEqual: return !equal(run.meter(), subject, other);
  case Operator::Less: return less(run.meter(), subject, other);
  case Operator::Greater: return less(run.meter(), other, subject);
  case Operator::LessEqual: return less(run.meter(), subject, other) || equal(run.meter(), subject, other);
  default: return less(run.meter(), other, subject) || equal(run.meter(), subject, other);
  }
}

int64_t remainderOf(Interpreter &run, const Value &subject, int64_t divisor) {
  const Value rest = applyOperator(run, Operator::Modulo, subject, Value::integer(divisor));
  if (!rest.isNumber()) throw TemplateError("a number is needed here");
  return rest.is(Kind::Float) ? (rest.asDouble() == 0.0 ? 0 : rest.asDouble() == 1.0 ? 1 : 2) : rest.asInt();
}

bool isOdd(Interpreter &run, const Value &subject, const CallArguments &given) {
  const Arguments args(given, {});
  return remainderOf(run, subject, 2) == 1;
}

bool isEven(Interpreter &run, const Value &subject, const CallArguments &given) {
  const Arguments args(given, {});
  return remainderOf(run, subject, 2) == 0;
}

bool isDivisible(Interpreter &run, const Value &subject, const CallArguments &given) {
  const Arguments args(given, {"num"});
  args.required(0);
  return remainderOf(run, subject, args.integer(0, 1)) == 0;
}

bool isCase(Interpreter &run, const Value &subject, const CallArguments &given, const char *method) {
  const Arguments args(given, {});
  return truth(run.call(run.attribute(run.makeString(toText(run.meter(), subject)), method), {}));
}

bool isUpper(Interpreter &run, const Value &subject, const CallArguments &given) { return isCase(run, subject, given, "isupper"); }
bool isLower(Interpreter &run, const Value &subject, const CallArguments &given) { return isCase(run, subject, given, "islower"); }

bool isSame(Interpreter &, const Value &subject, const CallArguments &given) {
  const Arguments args(given, {"other"});
  const Value &other = args.required(0);
  if (subject.kind() != other.kind()) return false;
  if (subject.isNumber()) return subject.asDouble() == other.asDouble();
  if (subject.is(Kind::String)) return subject.text().text == other.text().text;
  return subject.is(Kind::None) || subject.is(Kind::Undefined) || subject.identity() == other.identity();
}

bool never(Interpreter &, const Value &, const CallArguments &given) {
  const Arguments args(given, {});
  return false;
}

bool isFilter(Interpreter &, const Value &subject, const CallArguments &given) {
  const Arguments args(given, {});
  return subject.is(Kind::String) && (findTextFilter(subject.text().text) || findListFilter(subject.text().text));
}

bool isTest(Interpreter &, const Value &subject, const CallArguments &given) {
  const Arguments args(given, {});
  return subject.is(Kind::String) && findTest(subject.text().text);
}

bool isCallable(Interpreter &, const Value &subject, const CallArguments &given) {
  const Arguments args(given, {});
  return subject.is(Kind::Callable);
}

bool isInteger(Interpreter &, const Value &subject, const CallArguments &given) {
  const Arguments args(given, {});
  return subject.is(Kind::Int) || subject.isBigInteger();
}

bool isFloat(Interpreter &, const Value &subject, const CallArguments &given) {
  const Arguments args(given, {});
  return subject.is(Kind::Float) && !subject.isBigInteger();
}

const std::unordered_map<std::string, TestFunction> kTests = {{"defined", isDefined},
                                                              {"undefined", isKind<Kind::Undefined>},
                                                              {"none", isKind<Kind::None>},
                                                              {"string", isKind<Kind::String>},
                                                              {"mapping", isKind<Kind::Dict>},
                                                              {"iterable", isIterable},
                                                              {"sequence", isSequence},
                                                              {"number", isNumber},
                                                              {"integer", isInteger},
                                                              {"float", isFloat},
                                                              {"boolean", isKind<Kind::Bool>},
                                                              {"true", isTrue},
                                                              {"false", isFalse},
                                                              {"in", isIn},
                                                              {"odd", isOdd},
                                                              {"even", isEven},
                                                              {"divisibleby", isDivisible},
                                                              {"upper", isUpper},
                                                              {"lower", isLower},
                                                              {"sameas", isSame},
                                                              {"escaped", never},
                                                              {"callable", isCallable},
                                                              {"filter", isFilter},
                                                              {"test", isTest},
                                                              {"==", compares<Operator::Equal>},
                                                              {"eq", compares<Operator::Equal>},
                                                              {"equalto", compares<Operator::Equal>},
                                                              {"!=", compares<Operator::NotEqual>},
                                                              {"ne", compares<Operator::NotEqual>},
                                                              {"<", compares<Operator::Less>},
                                                              {"lt", compares<Operator::Less>},
                                                              {"lessthan", compares<Operator::Less>},
                                                              {">", compares<Operator::Greater>},
                                                              {"gt", compares<Operator::Greater>},
                                                              {"greaterthan", compares<Operator::Greater>},
                                                              {"<=", compares<Operator::LessEqual>},
                                                              {"le", compares<Operator::LessEqual>},
                                                              {">=", compares<Operator::GreaterEqual>},
                                                              {"ge", compares<Operator::GreaterEqual>}};

} // namespace

TestFunction findTest(const std::string &name) {
  const auto found = kTests.find(name);
  return found == kTests.end() ? nullptr : found->second;
}

} // namespace attune::tokenizer::jinja
