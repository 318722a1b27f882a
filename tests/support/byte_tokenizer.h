// A tokenizer whose ids can be read off: for tests of what stands above tokenizers.
#pragma once

#include "core/tokenizer/tokenizer.h"

#include <algorithm>

namespace attune::test {

/// One token a byte, but for three special tokens, matched wherever no protected byte is touched.
class ByteTokenizer : public tokenizer::Tokenizer {
public:
  static constexpr tokenizer::TokenId kStart = 1000, kEnd = 1001, kEos = 1002;

  tokenizer::EncodedText encodeWithOffsets(std::string_view text, const std::vector<tokenizer::TextSpan> &protectedSpans) const override {
    static const std::pair<std::string_view, tokenizer::TokenId> kSpecials[] = {
        {"<|im_start|>", kStart}, {"<|im_end|>", kEnd}, {"</s>", kEos}};
    tokenizer::EncodedText encoded;
    for (size_t at = 0; at < text.size();) {
      size_t length = 1;
      tokenizer::TokenId id = static_cast<unsigned char>(text[at]);
      for (const auto &[piece, special] : kSpecials) {
        const bool touches =
            std::any_of(protectedSpans.begin(), protectedSpans.end(),
                        [&, size = piece.size()](const tokenizer::TextSpan &s) { return s.begin < at + size && at < s.end; });
        if (text.substr(at, piece.size()) == piece && !touches) {
          length = piece.size();
          id = special;
        }
      }
      encoded.ids.push_back(id);
      encoded.offsets.push_back({at, at + length});
      at += length;
    }
    return encoded;
  }
  std::vector<tokenizer::TokenId> encode(std::string_view text, bool) const override { return encodeWithOffsets(text, {}).ids; }
  std::string decode(const std::vector<tokenizer::TokenId> &ids, bool) const override {
    std::string text;
    for (const tokenizer::TokenId id : ids) {
      if (id < 256) {
        text.push_back(static_cast<char>(id));
      } else {
        text += id == kStart ? "<|im_start|>" : id == kEnd ? "<|im_end|>" : "</s>";
      }
    }
    return text;
  }
  std::string piece(tokenizer::TokenId id) const override { return decode({id}, false); }
  tokenizer::TokenId idOf(std::string_view) const override { return -1; }
  bool isSpecial(tokenizer::TokenId id) const override { return id >= 256; }
  int64_t vocabularySize() const override { return 1003; }
  tokenizer::TokenId bosToken() const override { return -1; }
  tokenizer::TokenId eosToken() const override { return kEos; }
  bool addsBos() const override { return false; }
};

} // namespace attune::test
