// A SentencePiece model (BPE or unigram) as libsentencepiece runs it: text to pieces and their source bytes.
// Immutable after create; any thread. MalformedFile or UnsupportedFormat for messages that the library must not see:
// everything it would trust (tries, scores, nesting) is checked here first.
#pragma once

#include "core/base/result.h"
#include "core/tokenizer/word_cache.h"

#include <functional>
#include <memory>

namespace attune::tokenizer {

/// Numbered as in the message.
enum class PieceType { Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Unused = 5, Byte = 6 };

/// What a model message is built from when a file of another format holds its parts (GGUF).
struct SentencePieceParts {
  struct Piece {
    std::string text;
    float score = 0;
    PieceType type = PieceType::Normal;
  };
  std::vector<Piece> pieces; // by id
  bool unigram = false;      // else BPE
  bool addDummyPrefix = true;
  bool removeExtraWhitespaces = false;
  std::string charsMap; // compiled normalisation rules
};

class SentencePieceModel {
public:
  /// A piece of the text and the bytes of it that it stands for.
  struct Symbol {
    TokenId id;
    uint32_t begin;
    uint32_t end;
  };

  /// From the bytes of a tokenizer.model. `isMarker` says of a user-defined piece that it is matched by the caller alone, so
  /// that text which merely spells it is cut into other pieces.
  using MarkerTest = std::function<bool(const std::string &piece)>;
  static Result<std::shared_ptr<const SentencePieceModel>> parse(std::string_view bytes, const std::string &where,
                                                                 const MarkerTest &isMarker);
  static Result<std::shared_ptr<const SentencePieceModel>> build(const SentencePieceParts &parts, const std::string &where,
                                                                 const MarkerTest &isMarker);
  ~SentencePieceModel();

  TokenId size() const;
  const std::string &piece(TokenId id) const;
  PieceType type(TokenId id) const;           // as the file says
  TokenId idOf(std::string_view piece) const; // -1 when there is none
  TokenId unknown() const;
  /// Ids that the message names; -1 when the piece is not there.
  TokenId begin() const;
  TokenId end() const;
  bool addsDummyPrefix() const;
  bool removesExtraWhitespaces() const;
  float score(TokenId id) const;
  /// BPE on the text as it stands: no rules of normalisation, no spaces removed or moved behind words.
  bool isPlainBpe() const;
  const std::string &unknownSurface() const; // what stands for an unknown piece in decoded text

  /// Appends the symbols of `text` (valid UTF-8), normalised as one sentence. Spans in `markers` (sorted, disjoint) are left
  /// out of the pieces around them; `atMarker(i)` is called where the i-th stands. `prefixed` false leaves out the dummy prefix.
  void encode(std::string_view text, bool prefixed, const std::vector<TextSpan> &markers, std::vector<Symbol> &out,
              const std::function<void(size_t)> &atMarker) const;

private:
  struct Parts;
  SentencePieceModel();
  static Result<std::shared_ptr<const SentencePieceModel>> create(std::shared_ptr<SentencePieceModel> model, const std::string &where,
                                                                  const MarkerTest &isMarker);
  void encodeNormalized(std::string_view text, size_t at, const std::vector<size_t> &source, std::vector<Symbol> &out) const;
  size_t wordEnd(std::string_view text, size_t begin) const;
  void encodeWord(std::string_view word, std::vector<WordSymbol> &out) const;
  std::unique_ptr<Parts> m_parts;
};

} // namespace attune::tokenizer
