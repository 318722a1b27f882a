// Tokenizer for BPE models over bytes (GPT-2, Llama 3, Qwen ...) or characters (Llama 2, Gemma ...), built from a BpeSpec.
// Immutable after create; any thread.
#pragma once

#include "core/tokenizer/added_tokens.h"
#include "core/tokenizer/bpe_model.h"
#include "core/tokenizer/encoding_tokenizer.h"
#include "core/tokenizer/pre_tokenizer.h"
#include "core/tokenizer/text_normalizer.h"

namespace attune::tokenizer {

class BpeTokenizer : public EncodingTokenizer {
public:
  /// MalformedFile or UnsupportedFormat, with the spec's `where`.
  static Result<std::shared_ptr<const BpeTokenizer>> create(BpeSpec spec);

  std::string decode(const std::vector<TokenId> &ids, bool skipSpecial) const override;
  std::string decodeNext(TokenId id, bool atStart) const override;
  std::string piece(TokenId id) const override;
  TokenId idOf(std::string_view piece) const override { return m_model.idOf(piece); }
  bool isSpecial(TokenId id) const override;
  int64_t vocabularySize() const override { return m_model.vocabularySize(); }
  TokenId bosToken() const override { return m_bos; }
  TokenId eosToken() const override { return m_eos; }
  bool addsBos() const override { return m_addsBos; }
  std::vector<TokenId> prefixTokens() const override { return m_prefix.empty() ? Tokenizer::prefixTokens() : m_prefix; }

private:
  struct Work;
  void encodeValid(std::string_view text, Job &job) const override;
  void encodePlain(std::string_view text, TextSpan range, Work &work) const;
  void encodeStage(size_t at, std::string_view text, TextSpan range, Work &work) const;
  void encodeWords(const PreTokenizer &cutter, std::string_view text, TextSpan range, Work &work) const;

  BpeModel m_model;
  AddedTokens m_rawTokens;        // matched in the text as it came
  AddedTokens m_normalizedTokens; // matched after normalisation
  std::vector<bool> m_special;
  TextNormalizer m_normalizer; // before normalized tokens are matched
  struct Stage {
    TextNormalizer preparer;
    PreTokenizer cutter;
  };
  std::vector<Stage> m_stages; // after that; never empty
  bool m_asksOrigin = false;   // a stage wants to know whether a piece begins the text
  PieceDecoding m_decoding;
  std::vector<TokenId> m_prefix;
  TokenId m_bos = -1;
  TokenId m_eos = -1;
  bool m_addsBos = false;
};

} // namespace attune::tokenizer
