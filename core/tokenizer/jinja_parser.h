// Recursive descent over the tokens of one template. Internal to the engine; throws TemplateError with the line.
#pragma once

#include "core/tokenizer/jinja_ast.h"
#include "core/tokenizer/jinja_lexer.h"

#include <initializer_list>
#include <unordered_map>

namespace attune::tokenizer::jinja {

class Parser {
public:
  explicit Parser(const std::string &source);
  Program run();

private:
  static constexpr int kMaxExprDepth = 120;
  static constexpr int kMaxNesting = 80; // brackets within brackets, blocks within blocks

  /// Counts one level of nesting for the life of the object.
  struct Nest {
    explicit Nest(Parser &parser) : owner(parser) {
      if (++owner.m_nesting > kMaxNesting) owner.fail("the template is nested too deeply");
    }
    ~Nest() { --owner.m_nesting; }
    Parser &owner;
  };

  // tokens
  const Token &current() const { return m_tokens[m_at]; }
  const Token &next() { return m_tokens[m_at + 1 < m_tokens.size() ? m_at++ : m_at]; }
  const Token &look() const { return m_tokens[m_at + 1 < m_tokens.size() ? m_at + 1 : m_at]; }
  bool isOperator(const char *text) const { return current().kind == TokenKind::Operator && current().text == text; }
  bool isName(const char *text) const { return current().kind == TokenKind::Name && current().text == text; }
  bool skipOperator(const char *text);
  bool skipName(const char *text);
  void expectOperator(const char *text);
  void expectKind(TokenKind kind, const char *what);
  std::string expectName();
  [[noreturn]] void fail(const std::string &message) const { throw TemplateError(message, current().line); }
  [[noreturn]] void failUnexpected() const;
  int intern(const std::string &name);

  // expressions (jinja_parser.cpp)
  ExprPtr make(ExprKind kind, int line) const;
  ExprPtr adopt(ExprPtr parent, ExprPtr child) const; // appends a child and keeps the depth
  ExprPtr binary(Operator op, ExprPtr left, ExprPtr right, int line) const;
  ExprPtr expression(bool withConditional = true);
  ExprPtr orExpr();
  ExprPtr andExpr();
  ExprPtr notExpr();
  ExprPtr compareExpr();
  ExprPtr sumExpr();
  ExprPtr concatExpr();
  ExprPtr productExpr();
  ExprPtr powerExpr();
  ExprPtr unaryExpr(bool withFilter = true);
  ExprPtr primary(bool withNamespace = false);
  ExprPtr tuple(bool simple, bool withConditional, const char *endName, bool parentheses, bool withNamespace = false);
  ExprPtr listLiteral();
  ExprPtr dictLiteral();
  ExprPtr postfix(ExprPtr expr);
  ExprPtr filterExpr(ExprPtr expr);
  ExprPtr filterChain(ExprPtr expr, bool startInline);
  ExprPtr testExpr(ExprPtr expr);
  ExprPtr subscript(ExprPtr expr);
  ExprPtr subscriptItem();
  void callArguments(Expr &call);
  ExprPtr assignTarget(bool withNamespace, const char *endName);
  void checkTarget(const Expr &target) const;

  // statements (jinja_statements.cpp)
  Body bodyUntil(std::initializer_list<const char *> ends);
  Body block(std::initializer_list<const char *> ends, bool dropEnd);
  NodePtr node(NodeKind kind) const;
  NodePtr statement();
  NodePtr setStatement();
  NodePtr forStatement();
  NodePtr ifStatement();
  NodePtr withStatement();
  NodePtr macroStatement();
  NodePtr callStatement();
  NodePtr filterStatement();
  void signature(Node &node);

  std::vector<Token> m_tokens;
  size_t m_at = 0;
  int m_nesting = 0;
  int m_loops = 0; // open for loops, for break and continue
  std::vector<std::string> m_names;
  std::unordered_map<std::string, int> m_ids;
};

} // namespace attune::tokenizer::jinja
