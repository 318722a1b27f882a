#include "core/tokenizer/jinja_parser.h"

#include <algorithm>

namespace attune::tokenizer::jinja {

Parser::Parser(const std::string &source) : m_tokens(tokenize(source)) {}

bool Parser::skipOperator(const char *text) {
  if (!isOperator(text)) return false;
  next();
  return true;
}

bool Parser::skipName(const char *text) {
  if (!isName(text)) return false;
  next();
  return true;
}

void Parser::failUnexpected() const {
  switch (current().kind) {
  case TokenKind::VariableEnd:
  case TokenKind::BlockEnd: fail("unexpected end of the tag");
  case TokenKind::End: fail("unexpected end of the template");
  default: fail("unexpected '" + current().text.substr(0, 40) + "'");
  }
}

void Parser::expectOperator(const char *text) {
  if (!skipOperator(text)) fail(std::string("expected '") + text + "'");
}

void Parser::expectKind(TokenKind kind, const char *what) {
  if (current().kind != kind) fail(std::string("expected ") + what);
  next();
}

std::string Parser::expectName() {
  if (current().kind != TokenKind::Name) fail("expected a name");
  return next().text;
}

int Parser::intern(const std::string &name) {
  const auto [place, added] = m_ids.emplace(name, static_cast<int>(m_names.size()));
  if (added) m_names.push_back(name);
  return place->second;
}

ExprPtr Parser::make(ExprKind kind, int line) const {
  auto expr = std::make_unique<Expr>();
  expr->kind = kind;
  expr->line = line;
  return expr;
}

ExprPtr Parser::adopt(ExprPtr parent, ExprPtr child) const {
  if (child) {
    parent->depth = std::max(parent->depth, child->depth + 1);
    if (parent->depth > kMaxExprDepth) throw TemplateError("an expression is nested too deeply", parent->line);
  }
  parent->children.push_back(std::move(child));
  return parent;
}

ExprPtr Parser::binary(Operator op, ExprPtr left, ExprPtr right, int line) const {
  ExprPtr expr = make(ExprKind::Binary, line);
  expr->operators.push_back(op);
  return adopt(adopt(std::move(expr), std::move(left)), std::move(right));
}

ExprPtr Parser::expression(bool withConditional) {
  const Nest nest(*this);
  const int line = current().line;
  ExprPtr expr = orExpr();
  while (withConditional && skipName("if")) {
    ExprPtr conditional = make(ExprKind::Conditional, line);
    conditional = adopt(adopt(std::move(conditional), orExpr()), std::move(expr));
    expr = adopt(std::move(conditional), skipName("else") ? expression() : nullptr);
  }
  return expr;
}

ExprPtr Parser::orExpr() {
  const int line = current().line;
  ExprPtr left = andExpr();
  while (skipName("or")) left = adopt(adopt(make(ExprKind::Or, line), std::move(left)), andExpr());
  return left;
}

ExprPtr Parser::andExpr() {
  const int line = current().line;
  ExprPtr left = notExpr();
  while (skipName("and")) left = adopt(adopt(make(ExprKind::And, line), std::move(left)), notExpr());
  return left;
}

ExprPtr Parser::notExpr() {
  if (!isName("not")) return compareExpr();
  const Nest nest(*this);
  const int line = next().line;
  return adopt(make(ExprKind::Not, line), notExpr());
}

ExprPtr Parser::compareExpr() {
  static const std::pair<const char *, Operator> kComparisons[] = {{"==", Operator::Equal},     {"!=", Operator::NotEqual},
                                                                   {"<=", Operator::LessEqual}, {">=", Operator::GreaterEqual},
                                                                   {"<", Operator::Less},       {">", Operator::Greater}};
  const int line = current().line;
  ExprPtr left = sumExpr();
  ExprPtr compare;
  for (;;) {
    const Operator *found = nullptr;
    static const Operator kIn = Operator::In, kNotIn = Operator::NotIn;
    for (const auto &[text, op] : kComparisons) {
      if (!found && skipOperator(text)) found = &op;
    }
    if (!found && skipName("in")) found = &kIn;
    if (!found && isName("not") && look().kind == TokenKind::Name && look().text == "in") {
      next();
      next();
      found = &kNotIn;
    }
    if (!found) break;
    if (!compare) compare = adopt(make(ExprKind::Compare, line), std::move(left));
    compare->operators.push_back(*found);
    compare = adopt(std::move(compare), sumExpr());
  }
  return compare ? std::move(compare) : std::move(left);
}

ExprPtr Parser::sumExpr() {
  const int line = current().line;
  ExprPtr left = concatExpr();
  for (;;) {
    if (skipOperator("+")) {
      left = binary(Operator::Add, std::move(left), concatExpr(), line);
    } else if (skipOperator("-")) {
      left = binary(Operator::Subtract, std::move(left), concatExpr(), line);
    } else {
      return left;
    }
  }
}

ExprPtr Parser::concatExpr() {
  const int line = current().line;
  ExprPtr first = productExpr();
  if (!isOperator("~")) return first;
  ExprPtr concat = adopt(make(ExprKind::Concat, line), std::move(first));
  while (skipOperator("~")) concat = adopt(std::move(concat), productExpr());
  return concat;
}

ExprPtr Parser::productExpr() {
  static const std::pair<const char *, Operator> kProducts[] = {
      {"//", Operator::FloorDivide}, {"*", Operator::Multiply}, {"/", Operator::Divide}, {"%", Operator::Modulo}};
  const int line = current().line;
  ExprPtr left = powerExpr();
  for (bool again = true; again;) {
    again = false;
    for (const auto &[text, op] : kProducts) {
      if (!skipOperator(text)) continue;
      left = binary(op, std::move(left), powerExpr(), line);
      again = true;
      break;
    }
  }
  return left;
}

ExprPtr Parser::powerExpr() {
  const int line = current().line;
  ExprPtr left = unaryExpr();
  while (skipOperator("**")) left = binary(Operator::Power, std::move(left), unaryExpr(), line);
  return left;
}

ExprPtr Parser::unaryExpr(bool withFilter) {
  const int line = current().line;
  ExprPtr expr;
  if (isOperator("-") || isOperator("+")) {
    const Nest nest(*this);
    const ExprKind kind = next().text == "-" ? ExprKind::Negate : ExprKind::Plus;
    expr = adopt(make(kind, line), unaryExpr(false));
  } else {
    expr = primary();
  }
  expr = postfix(std::move(expr));
  return withFilter ? filterExpr(std::move(expr)) : std::move(expr);
}

ExprPtr Parser::primary(bool withNamespace) {
  const int line = current().line;
  ExprPtr expr = make(ExprKind::Constant, line);
  switch (current().kind) {
  case TokenKind::Name: {
    const std::string name = next().text;
    if (name == "true" || name == "True") {
      expr->constant = Value::boolean(true);
    } else if (name == "false" || name == "False") {
      expr->constant = Value::boolean(false);
    } else if (name == "none" || name == "None") {
      expr->constant = Value::none();
    } else {
      expr->kind = ExprKind::Name;
      expr->nameId = intern(name);
      expr->name = name;
      if (withNamespace && skipOperator(".")) {
        expr->kind = ExprKind::NamespaceField;
        expr->name = expectName();
      }
    }
    return expr;
  }
  case TokenKind::String: {
    std::string text;
    while (current().kind == TokenKind::String) text += next().text;
    expr->constant = Value::string(nullptr, MarkedText(std::move(text)));
    return expr;
  }
  case TokenKind::Integer: expr->constant = Value::integer(next().integer); return expr;
  case TokenKind::Float: expr->constant = Value::number(next().number); return expr;
  default: break;
  }
  if (skipOperator("(")) {
    const Nest nest(*this);
    expr = tuple(false, true, nullptr, true);
    expectOperator(")");
    return expr;
  }
  if (isOperator("[")) return listLiteral();
  if (isOperator("{")) return dictLiteral();
  failUnexpected();
}

ExprPtr Parser::tuple(bool simple, bool withConditional, const char *endName, bool parentheses, bool withNamespace) {
  const int line = current().line;
  ExprPtr items = make(ExprKind::Tuple, line);
  bool isTuple = false;
  for (;;) {
    if (!items->children.empty()) expectOperator(",");
    const bool ends = current().kind == TokenKind::VariableEnd || current().kind == TokenKind::BlockEnd || isOperator(")") ||
                      (endName && isName(endName));
    if (ends) break;
    items = adopt(std::move(items), simple ? primary(withNamespace) : expression(withConditional));
    if (!isOperator(",")) break;
    isTuple = true;
  }
  if (isTuple) return items;
  if (!items->children.empty()) return std::move(items->children.front());
  if (!parentheses) failUnexpected();
  return items;
}

ExprPtr Parser::listLiteral() {
  const Nest nest(*this);
  ExprPtr list = make(ExprKind::List, next().line);
  while (!isOperator("]")) {
    if (!list->children.empty()) expectOperator(",");
    if (isOperator("]")) break;
    list = adopt(std::move(list), expression());
  }
  expectOperator("]");
  return list;
}

ExprPtr Parser::dictLiteral() {
  const Nest nest(*this);
  ExprPtr dict = make(ExprKind::Dict, next().line);
  while (!isOperator("}")) {
    if (!dict->children.empty()) expectOperator(",");
    if (isOperator("}")) break;
    dict = adopt(std::move(dict), expression());
    expectOperator(":");
    dict = adopt(std::move(dict), expression());
  }
  expectOperator("}");
  return dict;
}

ExprPtr Parser::postfix(ExprPtr expr) {
  for (;;) {
    if (isOperator(".") || isOperator("[")) {
      expr = subscript(std::move(expr));
    } else if (isOperator("(")) {
      ExprPtr call = adopt(make(ExprKind::Call, current().line), std::move(expr));
      callArguments(*call);
      expr = std::move(call);
    } else {
      return expr;
    }
  }
}

ExprPtr Parser::filterExpr(ExprPtr expr) {
  for (;;) {
    if (isOperator("|")) {
      expr = filterChain(std::move(expr), false);
    } else if (isName("is")) {
      expr = testExpr(std::move(expr));
    } else if (isOperator("(")) {
      ExprPtr call = adopt(make(ExprKind::Call, current().line), std::move(expr));
      callArguments(*call);
      expr = std::move(call);
    } else {
      return expr;
    }
  }
}

ExprPtr Parser::filterChain(ExprPtr expr, bool startInline) {
  while (startInline || skipOperator("|")) {
    startInline = false;
    ExprPtr filter = make(ExprKind::Filter, current().line);
    filter->name = expectName();
    filter = adopt(std::move(filter), std::move(expr));
    if (isOperator("(")) callArguments(*filter);
    expr = std::move(filter);
  }
  return expr;
}

ExprPtr Parser::testExpr(ExprPtr expr) {
  ExprPtr test = make(ExprKind::Test, next().line);
  const bool negated = skipName("not");
  test->name = expectName();
  test = adopt(std::move(test), std::move(expr));
  const TokenKind kind = current().kind;
  if (isOperator("(")) {
    callArguments(*test);
  } else if (kind == TokenKind::String || kind == TokenKind::Integer || kind == TokenKind::Float || isOperator("[") || isOperator("{") ||
             (kind == TokenKind::Name && !isName("else") && !isName("or") && !isName("and"))) {
    if (isName("is")) fail("tests can not be chained with 'is'");
    // "x is defined if ..." ends the test: an argument is never one of these words
    if (!isName("if") && !isName("in") && !isName("not")) test = adopt(std::move(test), postfix(primary()));
  }
  if (!negated) return test;
  ExprPtr inverse = make(ExprKind::Not, test->line);
  return adopt(std::move(inverse), std::move(test));
}

ExprPtr Parser::subscript(ExprPtr expr) {
  const int line = current().line;
  if (skipOperator(".")) {
    if (current().kind == TokenKind::Integer) {
      ExprPtr place = make(ExprKind::Constant, line);
      place->constant = Value::integer(next().integer);
      return adopt(adopt(make(ExprKind::Index, line), std::move(expr)), std::move(place));
    }
    ExprPtr attribute = make(ExprKind::Attribute, line);
    attribute->name = expectName();
    return adopt(std::move(attribute), std::move(expr));
  }
  expectOperator("[");
  const Nest nest(*this);
  ExprPtr place = make(ExprKind::Tuple, line);
  bool several = false;
  while (!isOperator("]")) {
    if (!place->children.empty()) {
      expectOperator(",");
      several = true;
    }
    place = adopt(std::move(place), subscriptItem());
  }
  expectOperator("]");
  if (!several && !place->children.empty()) place = std::move(place->children.front());
  return adopt(adopt(make(ExprKind::Index, line), std::move(expr)), std::move(place));
}

ExprPtr Parser::subscriptItem() {
  ExprPtr slice = make(ExprKind::Slice, current().line);
  ExprPtr start;
  if (!isOperator(":")) {
    start = expression();
    if (!isOperator(":")) return start;
  }
  slice = adopt(std::move(slice), std::move(start));
  expectOperator(":");
  auto ends = [&] { return isOperator(":") || isOperator("]") || isOperator(","); };
  slice = adopt(std::move(slice), ends() ? nullptr : expression());
  const bool stepped = skipOperator(":");
  return adopt(std::move(slice), stepped && !ends() ? expression() : nullptr);
}

void Parser::callArguments(Expr &call) {
  const Nest nest(*this);
  auto own = [&](ExprPtr child) {
    call.depth = std::max(call.depth, child->depth + 1);
    if (call.depth > kMaxExprDepth) fail("an expression is nested too deeply");
    return child;
  };
  expectOperator("(");
  bool first = true;
  while (!isOperator(")")) {
    if (!first) expectOperator(",");
    first = false;
    if (isOperator(")")) break;
    if (skipOperator("*")) {
      if (call.spread || call.spreadNamed) fail("a call has two lists of arguments");
      call.spread = own(expression());
    } else if (skipOperator("**")) {
      if (call.spreadNamed) fail("a call has two dicts of arguments");
      call.spreadNamed = own(expression());
    } else if (current().kind == TokenKind::Name && look().kind == TokenKind::Operator && look().text == "=") {
      const std::string name = next().text;
      next();
      call.named.emplace_back(name, own(expression()));
    } else {
      if (call.spread || call.spreadNamed || !call.named.empty()) fail("a positional argument follows a named one");
      call.children.push_back(own(expression()));
    }
  }
  expectOperator(")");
}

ExprPtr Parser::assignTarget(bool withNamespace, const char *endName) {
  ExprPtr target = tuple(true, true, endName, false, withNamespace);
  checkTarget(*target);
  return target;
}

void Parser::checkTarget(const Expr &target) const {
  if (target.kind == ExprKind::Name || target.kind == ExprKind::NamespaceField) return;
  if (target.kind != ExprKind::Tuple) fail("this can not be assigned to");
  for (const ExprPtr &child : target.children) checkTarget(*child);
}

} // namespace attune::tokenizer::jinja
