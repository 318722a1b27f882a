// Tokenizer for SentencePiece models: the library cuts plain text, special tokens are matched around it.
// Immutable after create; any thread. MalformedFile when an added token contradicts the model.
#pragma once

#include "core/tokenizer/added_tokens.h"
#include "core/tokenizer/encoding_tokenizer.h"
#include "core/tokenizer/sentencepiece_model.h"

namespace attune::tokenizer {

class SentencePieceTokenizer : public EncodingTokenizer {
public:
  struct Options {
    std::string where;                   // the file, for messages
    std::vector<AddedToken> addedTokens; // of the settings files; they may extend the model's vocabulary
    TokenId bos = -1;
    TokenId eos = -1;
    bool addsBos = false;
    bool prefixAfterSpecial = true; // text behind a special token begins with the dummy prefix again
  };
  static Result<std::shared_ptr<const SentencePieceTokenizer>> create(std::shared_ptr<const SentencePieceModel> model, Options options);

  /// Whether a user-defined piece is markup that only templates may write ("<reserved_1>"), not white space.
  static bool isMarker(const std::string &piece);

  std::string decode(const std::vector<TokenId> &ids, bool skipSpecial) const override;
  std::string decodeNext(TokenId id, bool atStart) const override;
  std::string piece(TokenId id) const override;
  TokenId idOf(std::string_view piece) const override;
  bool isSpecial(TokenId id) const override;
  int64_t vocabularySize() const override { return static_cast<int64_t>(m_texts.size()); }
  TokenId bosToken() const override { return m_options.bos; }
  TokenId eosToken() const override { return m_options.eos; }
  bool addsBos() const override { return m_options.addsBos && m_options.bos >= 0; }

private:
  struct Work;
  struct Entry {
    std::string piece;
    std::string text; // what it adds to a decoded text
    bool special = false;
    bool whole = false;   // matched in the text, not cut out of it by the library
    bool outside = false; // ends the sentence that the library sees
  };
  Status addEntry(const AddedToken &token);
  void encodeValid(std::string_view text, Job &job) const override;
  void encodeSentence(std::string_view text, const AddedPiece *first, const AddedPiece *last, Work &work) const;

  std::shared_ptr<const SentencePieceModel> m_model;
  Options m_options;
  AddedTokens m_tokens;
  std::vector<Entry> m_texts; // by id
  std::map<std::string, TokenId, std::less<>> m_addedIds;
};

} // namespace attune::tokenizer
