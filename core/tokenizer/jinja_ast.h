// The parsed template: expressions and statements. Immutable after parsing, shared by renders on any thread.
// Depth is limited by the parser, so that walking and freeing the tree can not exhaust the stack.
#pragma once

#include "core/tokenizer/jinja_value.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace attune::tokenizer::jinja {

enum class ExprKind : uint8_t {
  Constant,
  Name,
  Tuple,
  List,
  Dict, // Dict: children are key, value, key, value
  Attribute,
  Index,
  Slice, // Slice: start, stop, step, null where absent
  Call,
  Filter,
  Test, // child 0 is the callee or the subject (null in filter blocks)
  Negate,
  Plus,
  Not,
  And,
  Or,
  Binary,
  Concat,
  Compare,
  Conditional,    // Conditional: test, then, else or null
  NamespaceField, // only as a target of set
};

enum class Operator : uint8_t {
  Add,
  Subtract,
  Multiply,
  Divide,
  FloorDivide,
  Modulo,
  Power,
  Equal,
  NotEqual,
  Less,
  LessEqual,
  Greater,
  GreaterEqual,
  In,
  NotIn
};

struct Expr {
  ExprKind kind = ExprKind::Constant;
  int line = 1;
  int depth = 1;
  int nameId = -1;                 // of Name and NamespaceField
  std::string name;                // variable, attribute, filter or test
  Value constant;                  // of Constant
  std::vector<Operator> operators; // Binary: one; Compare: one for each right side
  std::vector<std::unique_ptr<Expr>> children;
  std::vector<std::pair<std::string, std::unique_ptr<Expr>>> named; // keyword arguments
  std::unique_ptr<Expr> spread, spreadNamed;                        // *args, **kwargs
};
using ExprPtr = std::unique_ptr<Expr>;

enum class NodeKind : uint8_t { Text, Print, If, For, Set, SetBlock, Macro, CallBlock, FilterBlock, With, Generation, Break, Continue };

struct Node;
using NodePtr = std::unique_ptr<Node>;
using Body = std::vector<NodePtr>;

struct Node {
  NodeKind kind = NodeKind::Text;
  int line = 1;
  std::string text;                                     // of Text; name of Macro
  int nameId = -1;                                      // of Macro
  ExprPtr target;                                       // of Set, SetBlock, For
  ExprPtr value;                                        // printed, assigned, iterated, called, or the filter chain
  ExprPtr condition;                                    // For: its filter
  std::vector<std::pair<ExprPtr, Body>> branches;       // If: null condition for else
  std::vector<std::pair<ExprPtr, ExprPtr>> assignments; // With
  std::vector<int> parameters;                          // Macro, CallBlock: name ids
  std::vector<std::string> parameterNames;
  std::vector<ExprPtr> defaults; // of the last parameters
  Body body;
  Body otherwise; // For: else
};

struct Program {
  Body body;
  std::vector<std::string> names; // by id
  int idOf(const std::string &name) const;
};

/// Parses a whole template; throws TemplateError with the line.
Program parseProgram(const std::string &source);

} // namespace attune::tokenizer::jinja
