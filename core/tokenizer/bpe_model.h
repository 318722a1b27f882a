// Vocabulary and merges of a BPE model, over bytes or characters: one word to token ids. Immutable after create; any
// thread (each thread keeps its own small cache of words).
#pragma once

#include "core/tokenizer/bpe_spec.h"
#include "core/tokenizer/word_cache.h"

#include <array>
#include <unordered_map>

namespace attune::tokenizer {

class BpeModel {
public:
  using Symbol = WordSymbol;

  /// MalformedFile when ids repeat, are out of range, or a merge names a piece that the vocabulary lacks.
  static Result<BpeModel> create(const BpeSpec &spec);

  /// Appends the symbols of one word.
  void encodeWord(std::string_view word, std::vector<Symbol> &out) const;

  TokenId vocabularySize() const { return static_cast<TokenId>(m_pieces.size()); }
  const std::string &piece(TokenId id) const { return m_pieces[static_cast<size_t>(id)]; }
  /// The text of a piece, which may end inside a character.
  const std::string &bytes(TokenId id) const { return m_bytes[static_cast<size_t>(id)]; }
  TokenId idOf(std::string_view piece) const;
  /// Adds or confirms a token that is matched whole, as `matched` where normalisation changes it.
  Status addWhole(const AddedToken &token, const std::string &matched, const BpeSpec &spec);

private:
  struct Merge {
    uint64_t pair = kNoPair;
    int32_t rank = 0;
    TokenId id = 0;
  };
  struct Ranked {
    int32_t rank;
    TokenId id;
  };
  static constexpr uint64_t kNoPair = ~uint64_t(0);
  static constexpr int32_t kNoRank = 0x7FFFFFFF;

  Status addVocabulary(const BpeSpec &spec);
  Status addMerges(const BpeSpec &spec);
  Status addStarts(const BpeSpec &spec);
  std::string textOf(const std::string &piece, const BpeSpec &spec) const;
  std::vector<TokenId> fallback(std::string_view symbol, bool byBytes) const;
  Ranked find(TokenId left, TokenId right) const;
  void start(std::string_view word, std::vector<Symbol> &out) const;
  void startCharacters(std::string_view word, std::vector<Symbol> &out) const;
  void mergeShort(std::vector<Symbol> &symbols, size_t from) const;
  void mergeLong(std::vector<Symbol> &symbols, size_t from) const;
  void encodeUncached(std::string_view word, std::vector<Symbol> &out) const;

  std::vector<std::string> m_pieces; // by id
  std::vector<std::string> m_bytes;
  std::unordered_map<std::string, TokenId> m_ids;        // by piece
  std::unordered_map<std::string, TokenId> m_wholeWords; // by bytes, filled for ignore_merges
  std::vector<Merge> m_merges;                           // open addressing
  std::array<std::vector<TokenId>, 256> m_starts;        // ids a byte starts as; over characters, ids of an unknown one's bytes
  std::unordered_map<uint32_t, TokenId> m_characters;    // over characters: ids of the known ones
  std::array<TokenId, 128> m_ascii;                      // the same of the first of them
  bool m_byteLevel = true;
  bool m_cutsAtSpaces = false; // over characters: words are independent
  bool m_fuseUnknown = false;
  TokenId m_unknown = -1;
  uint64_t m_key = 0; // of this model in the word caches
};

} // namespace attune::tokenizer
