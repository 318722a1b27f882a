#include "core/tokenizer/added_tokens.h"

#include "core/tokenizer/unicode.h"

#include <algorithm>

namespace attune::tokenizer {

Result<AddedTokens> AddedTokens::create(std::vector<AddedToken> tokens, const std::string &where) {
  AddedTokens out;
  std::fill(std::begin(out.m_first), std::end(out.m_first), -1);
  size_t bytes = 0;
  for (const AddedToken &token : tokens) {
    bytes += token.content.size();
    // Long tokens make matching quadratic, so they are refused like files that want memory.
    if (token.content.empty() || token.content.size() > 1024 || bytes > (size_t(16) << 20))
      return Error{ErrorCode::MalformedFile, "The added tokens are empty, longer than 1024 bytes or too many.",
                   token.where.empty() ? where : token.where, ""};
  }
  if (tokens.empty()) return out;
  out.m_tokens = std::move(tokens);
  out.m_nodes.emplace_back();
  for (size_t index = 0; index < out.m_tokens.size(); ++index) {
    int32_t node = 0;
    for (const char c : out.m_tokens[index].content) {
      const auto byte = static_cast<unsigned char>(c);
      int32_t child = out.childOf(node, byte);
      if (child < 0) {
        child = static_cast<int32_t>(out.m_nodes.size());
        Node fresh;
        fresh.byte = byte;
        fresh.sibling = out.m_nodes[static_cast<size_t>(node)].child;
        out.m_nodes.push_back(fresh);
        out.m_nodes[static_cast<size_t>(node)].child = child;
        if (node == 0) out.m_first[byte] = child;
      }
      node = child;
    }
    out.m_nodes[static_cast<size_t>(node)].token = static_cast<int32_t>(index);
  }
  return out;
}

bool AddedTokens::isWordBefore(std::string_view text, TextSpan range, size_t at) {
  if (at <= range.begin) return false;
  size_t start = at - 1;
  while (start > range.begin && (static_cast<unsigned char>(text[start]) & 0xC0) == 0x80) --start;
  size_t length;
  return (classOf(decodeUtf8(text.data() + start, length)) & kWord) != 0;
}

bool AddedTokens::isWordAt(std::string_view text, TextSpan range, size_t at) {
  size_t length;
  return at < range.end && (classOf(decodeUtf8(text.data() + at, length)) & kWord) != 0;
}

size_t AddedTokens::spaceBegin(std::string_view text, size_t low, size_t at) {
  while (at > low) {
    size_t start = at - 1;
    while (start > low && (static_cast<unsigned char>(text[start]) & 0xC0) == 0x80) --start;
    size_t length;
    if (!(classOf(decodeUtf8(text.data() + start, length)) & kSpace)) break;
    at = start;
  }
  return at;
}

size_t AddedTokens::spaceEnd(std::string_view text, size_t at, size_t high) {
  size_t length = 0;
  while (at < high && (classOf(decodeUtf8(text.data() + at, length)) & kSpace)) at += length;
  return at;
}

} // namespace attune::tokenizer
