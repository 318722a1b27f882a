#include "core/tokenizer/jinja_parser.h"

namespace attune::tokenizer::jinja {

int Program::idOf(const std::string &name) const {
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return static_cast<int>(i);
  }
  return -1;
}

Program parseProgram(const std::string &source) {
  if (source.size() > size_t(1) << 20) throw TemplateError("the template is longer than 1 MiB");
  return Parser(source).run();
}

Program Parser::run() {
  Program program;
  program.body = bodyUntil({});
  if (current().kind != TokenKind::End) failUnexpected();
  program.names = std::move(m_names);
  return program;
}

NodePtr Parser::node(NodeKind kind) const {
  auto made = std::make_unique<Node>();
  made->kind = kind;
  made->line = current().line;
  return made;
}

/// Statements up to (not including) one of the end tags, whose name is then the current token.
Body Parser::bodyUntil(std::initializer_list<const char *> ends) {
  const Nest nest(*this);
  Body body;
  for (;;) {
    switch (current().kind) {
    case TokenKind::End:
      if (ends.size() > 0) fail(std::string("expected {% ") + *(ends.end() - 1) + " %}");
      return body;
    case TokenKind::Data: {
      NodePtr text = node(NodeKind::Text);
      text->text = next().text;
      body.push_back(std::move(text));
      break;
    }
    case TokenKind::VariableBegin: {
      next();
      NodePtr print = node(NodeKind::Print);
      print->value = tuple(false, true, nullptr, false);
      expectKind(TokenKind::VariableEnd, "the end of the expression");
      body.push_back(std::move(print));
      break;
    }
    case TokenKind::BlockBegin: {
      next();
      for (const char *end : ends) {
        if (isName(end)) return body;
      }
      body.push_back(statement());
      expectKind(TokenKind::BlockEnd, "the end of the tag");
      break;
    }
    default: failUnexpected();
    }
  }
}

/// The body of a statement whose opening tag ends here.
Body Parser::block(std::initializer_list<const char *> ends, bool dropEnd) {
  skipOperator(":");
  expectKind(TokenKind::BlockEnd, "the end of the tag");
  Body body = bodyUntil(ends);
  if (dropEnd) next();
  return body;
}

NodePtr Parser::statement() {
  if (current().kind != TokenKind::Name) fail("expected the name of a tag");
  const std::string tag = current().text;
  if (tag == "set") return setStatement();
  if (tag == "for") return forStatement();
  if (tag == "if") return ifStatement();
  if (tag == "with") return withStatement();
  if (tag == "macro") return macroStatement();
  if (tag == "call") return callStatement();
  if (tag == "filter") return filterStatement();
  if (tag == "print") {
    NodePtr print = node(NodeKind::Print);
    next();
    print->value = expression();
    return print;
  }
  if (tag == "generation") {
    NodePtr generation = node(NodeKind::Generation);
    next();
    generation->body = block({"endgeneration"}, true);
    return generation;
  }
  if (tag == "break" || tag == "continue") {
    if (m_loops == 0) fail(tag + " outside of a for loop");
    NodePtr jump = node(tag == "break" ? NodeKind::Break : NodeKind::Continue);
    next();
    return jump;
  }
  fail("unknown tag '" + tag.substr(0, 40) + "'");
}

NodePtr Parser::setStatement() {
  NodePtr set = node(NodeKind::Set);
  next();
  set->target = assignTarget(true, nullptr);
  if (skipOperator("=")) {
    set->value = tuple(false, true, nullptr, false);
    return set;
  }
  set->kind = NodeKind::SetBlock;
  set->value = filterChain(nullptr, false);
  set->body = block({"endset"}, true);
  return set;
}

NodePtr Parser::forStatement() {
  NodePtr loop = node(NodeKind::For);
  next();
  loop->target = assignTarget(false, "in");
  if (!skipName("in")) fail("expected 'in'");
  loop->value = tuple(false, false, "recursive", false);
  if (skipName("if")) loop->condition = expression();
  if (isName("recursive")) fail("recursive loops are not supported");
  ++m_loops;
  loop->body = block({"else", "endfor"}, false);
  --m_loops;
  if (next().text == "else") loop->otherwise = block({"endfor"}, true);
  return loop;
}

NodePtr Parser::ifStatement() {
  NodePtr branch = node(NodeKind::If);
  next();
  for (;;) {
    ExprPtr condition = tuple(false, false, nullptr, false);
    Body body = block({"elif", "else", "endif"}, false);
    branch->branches.emplace_back(std::move(condition), std::move(body));
    const std::string tag = next().text;
    if (tag == "elif") continue;
    if (tag == "else") branch->branches.emplace_back(nullptr, block({"endif"}, true));
    return branch;
  }
}

NodePtr Parser::withStatement() {
  NodePtr with = node(NodeKind::With);
  next();
  while (current().kind != TokenKind::BlockEnd) {
    if (!with->assignments.empty()) expectOperator(",");
    ExprPtr target = primary();
    checkTarget(*target);
    expectOperator("=");
    ExprPtr value = expression();
    with->assignments.emplace_back(std::move(target), std::move(value));
  }
  with->body = block({"endwith"}, true);
  return with;
}

void Parser::signature(Node &owner) {
  expectOperator("(");
  while (!isOperator(")")) {
    if (!owner.parameters.empty()) expectOperator(",");
    const std::string name = expectName();
    owner.parameters.push_back(intern(name));
    owner.parameterNames.push_back(name);
    if (skipOperator("=")) {
      owner.defaults.push_back(expression());
    } else if (!owner.defaults.empty()) {
      fail("a parameter without a default follows one with a default");
    }
  }
  expectOperator(")");
}

NodePtr Parser::macroStatement() {
  NodePtr macro = node(NodeKind::Macro);
  next();
  macro->text = expectName();
  macro->nameId = intern(macro->text);
  signature(*macro);
  const int loops = std::exchange(m_loops, 0);
  macro->body = block({"endmacro"}, true);
  m_loops = loops;
  return macro;
}

NodePtr Parser::callStatement() {
  NodePtr call = node(NodeKind::CallBlock);
  next();
  if (isOperator("(")) signature(*call);
  call->value = expression();
  if (call->value->kind != ExprKind::Call) fail("expected a call");
  const int loops = std::exchange(m_loops, 0);
  call->body = block({"endcall"}, true);
  m_loops = loops;
  return call;
}

NodePtr Parser::filterStatement() {
  NodePtr filter = node(NodeKind::FilterBlock);
  next();
  filter->value = filterChain(nullptr, true);
  filter->body = block({"endfilter"}, true);
  return filter;
}

} // namespace attune::tokenizer::jinja
