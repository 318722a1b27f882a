// Jinja source to tokens, with the white-space rules Hugging Face uses (trim_blocks and lstrip_blocks on).
// Pure function; throws TemplateError with the line.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace attune::tokenizer::jinja {

enum class TokenKind : uint8_t { Data, VariableBegin, VariableEnd, BlockBegin, BlockEnd, Name, String, Integer, Float, Operator, End };

struct Token {
  TokenKind kind = TokenKind::End;
  std::string text; // of strings without quotes and escapes
  int64_t integer = 0;
  double number = 0.0;
  int line = 1;
};

std::vector<Token> tokenize(const std::string &source);

} // namespace attune::tokenizer::jinja
