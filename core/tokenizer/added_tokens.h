// Finds added tokens in a text: leftmost, then longest, with the strip and single-word flags of tokenizer.json.
// Immutable after create; any thread.
#pragma once

#include "core/base/result.h"
#include "core/tokenizer/bpe_spec.h"

#include <algorithm>

namespace attune::tokenizer {

/// A piece of text: an added token, or plain text when `token` is null.
struct AddedPiece {
  TextSpan span;
  const AddedToken *token = nullptr;
};

class AddedTokens {
public:
  AddedTokens() = default;
  /// MalformedFile when there are absurdly many or long tokens.
  static Result<AddedTokens> create(std::vector<AddedToken> tokens, const std::string &where);

  bool empty() const { return m_nodes.empty(); }

  /// Appends the pieces of text[range] in order. `refused(token, begin, end)` is 0 for a match that counts, else the
  /// position from which to look on: `end` when the whole match is plain text, as in the originals.
  template <typename Refused> void split(std::string_view text, TextSpan range, std::vector<AddedPiece> &out, const Refused &refused) const;

private:
  struct Node {
    int32_t child = -1;
    int32_t sibling = -1;
    int32_t token = -1;
    unsigned char byte = 0;
  };
  int32_t childOf(int32_t node, unsigned char byte) const {
    int32_t child = m_nodes[static_cast<size_t>(node)].child;
    while (child >= 0 && m_nodes[static_cast<size_t>(child)].byte != byte) child = m_nodes[static_cast<size_t>(child)].sibling;
    return child;
  }
  static bool isWordBefore(std::string_view text, TextSpan range, size_t at);
  static bool isWordAt(std::string_view text, TextSpan range, size_t at);
  static size_t spaceBegin(std::string_view text, size_t low, size_t at);
  static size_t spaceEnd(std::string_view text, size_t at, size_t high);

  std::vector<AddedToken> m_tokens;
  std::vector<Node> m_nodes; // a trie; node 0 is the root
  int32_t m_first[256];      // children of the root
};

template <typename Refused>
void AddedTokens::split(std::string_view text, TextSpan range, std::vector<AddedPiece> &out, const Refused &refused) const {
  size_t done = range.begin;
  for (size_t at = range.begin; !m_nodes.empty() && at < range.end;) {
    int32_t node = m_first[static_cast<unsigned char>(text[at])];
    if (node < 0) {
      ++at;
      continue;
    }
    const AddedToken *longest = nullptr; // that counts
    size_t resume = at + 1;              // where to look on when none does
    for (size_t next = at + 1; node >= 0; ++next) {
      if (const int32_t index = m_nodes[static_cast<size_t>(node)].token; index >= 0) {
        const AddedToken &token = m_tokens[static_cast<size_t>(index)];
        resume = refused(token, at, next);
        if (resume == 0)
          longest = &token;
        else if (resume > at + 1)
          longest = nullptr; // the longer text is plain as a whole
      }
      node = next < range.end ? childOf(node, static_cast<unsigned char>(text[next])) : -1;
    }
    if (!longest) {
      at = std::max(resume, at + 1);
      continue;
    }
    size_t begin = at;
    size_t end = at + longest->content.size();
    at = end;
    if (longest->singleWord && (isWordBefore(text, range, begin) || isWordAt(text, range, end))) continue;
    if (longest->lstrip) begin = spaceBegin(text, done, begin);
    if (longest->rstrip) end = spaceEnd(text, end, range.end);
    if (begin < done) {                             // an earlier token's rstrip took this white space
      if (longest->lstrip && end <= done) continue; // and with it all of this one
      begin = done;
    }
    if (begin > done) out.push_back({{done, begin}, nullptr});
    out.push_back({{begin, end}, longest});
    done = end;
  }
  if (done < range.end) out.push_back({{done, range.end}, nullptr});
}

} // namespace attune::tokenizer
