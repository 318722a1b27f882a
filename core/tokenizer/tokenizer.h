// Text to token ids and back, whatever the file format behind it. Immutable after loading; any thread.
// User text never becomes a special token unless `parseSpecial` is set.
#pragma once

#include "core/base/result.h"
#include "core/base/stop_token.h"
#include "core/tokenizer/unicode.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace attune::tokenizer {

using TokenId = int32_t;

struct EncodedText {
  std::vector<TokenId> ids;
  std::vector<TextSpan> offsets; // bytes of the input each token covers; filled only by encodeWithOffsets
};

class Tokenizer {
public:
  virtual ~Tokenizer() = default;

  /// Ids of `text` in one encoding. Invalid UTF-8 is replaced by U+FFFD first. With `parseSpecial` special
  /// tokens written in the text are matched; otherwise they are plain text.
  virtual std::vector<TokenId> encode(std::string_view text, bool parseSpecial) const = 0;
  /// As encode, for long texts; nothing when `stop` asked for it.
  virtual std::optional<std::vector<TokenId>> encodeUnlessStopped(std::string_view text, bool parseSpecial, const StopToken &stop) const {
    auto ids = encode(text, parseSpecial);
    return stop.stopRequested() ? std::nullopt : std::make_optional(std::move(ids));
  }
  /// As encode, with the byte range of each token. Special tokens are matched everywhere except where they would
  /// touch a byte of `protectedSpans` (sorted, disjoint: what a user or a row wrote).
  virtual EncodedText encodeWithOffsets(std::string_view text, const std::vector<TextSpan> &protectedSpans) const = 0;
  /// Bytes of the tokens; ids outside the vocabulary give nothing. `skipSpecial` leaves special tokens out.
  virtual std::string decode(const std::vector<TokenId> &ids, bool skipSpecial) const = 0;
  /// What one token adds to a text; some models leave out the space that begins a text (`atStart`).
  virtual std::string decodeNext(TokenId id, bool atStart) const {
    (void)atStart;
    return decode({id}, false);
  }
  /// The vocabulary string of a token ("Ġhello"); empty outside the vocabulary.
  virtual std::string piece(TokenId id) const = 0;
  /// The id of a vocabulary string, or -1.
  virtual TokenId idOf(std::string_view piece) const = 0;
  virtual bool isSpecial(TokenId id) const = 0;
  virtual int64_t vocabularySize() const = 0;
  virtual TokenId bosToken() const = 0; // -1 when there is none
  virtual TokenId eosToken() const = 0;
  virtual bool addsBos() const = 0; // the model's own wish for raw text; `tokenize --add-special` follows it
  /// All that the model wants before a raw text: the begin token, or several ("[gMASK]<sop>"), or nothing.
  virtual std::vector<TokenId> prefixTokens() const {
    return addsBos() && bosToken() >= 0 ? std::vector<TokenId>{bosToken()} : std::vector<TokenId>{};
  }
};

/// Emits text as tokens arrive and never splits a UTF-8 character: incomplete bytes wait for the next token.
class StreamingDecoder {
public:
  explicit StreamingDecoder(const Tokenizer &tokenizer) : m_tokenizer(tokenizer) {}
  std::string push(TokenId id);
  std::string flush(); // what is left, broken bytes as U+FFFD
private:
  const Tokenizer &m_tokenizer;
  std::string m_pending;
  bool m_atStart = true;
};

/// Named special tokens that chat templates see as variables: "bos_token" -> "<s>". A name that is not there is undefined.
using TemplateTokens = std::map<std::string, std::string>;

/// The tokens that begin a turn in layouts that have no template text (Baichuan).
struct RoleTokens {
  TokenId user = -1;
  TokenId assistant = -1;
};

/// What a model folder or GGUF says about text: tokenizer, chat template, generation defaults.
struct TokenizerBundle {
  std::shared_ptr<const Tokenizer> tokenizer;
  std::string chatTemplate;                // Jinja source, empty when the model ships none
  std::string templateFile;                // where that stands, for messages
  std::vector<std::string> namedTemplates; // when it ships several and none is the default
  std::optional<RoleTokens> roleTokens;    // the model's own layout where it ships no template
  TemplateTokens templateTokens;
  std::vector<TokenId> endTokens; // that end an answer: eos and generation_config's list
};

/// Needs only tokenizer files; weights may be absent. MissingInFolder, MalformedFile, UnsupportedFormat.
Result<TokenizerBundle> loadTokenizer(const std::string &modelPath);

} // namespace attune::tokenizer
