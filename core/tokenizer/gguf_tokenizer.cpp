#include "core/tokenizer/gguf_tokenizer.h"

#include "core/tokenizer/bpe_tokenizer.h"
#include "core/tokenizer/sentencepiece_tokenizer.h"
#include "core/tokenizer/split_pattern.h"
#include "core/tokenizer/unicode.h"

namespace attune::tokenizer {

namespace {

enum TokenType : int64_t { kControl = 3, kUserDefined = 4 };

/// A value of tokenizer.ggml.pre whose original tokenizer.json is known.
struct KnownPre {
  const char *name;
  std::vector<const char *> patterns;
  bool ignoreMerges;
  bool nfc;
  bool addsBos; // when the file does not say
};

const char *const kDigit = "\\p{N}";
const char *const kQwen35 =
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|"
    "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const char *const kTekken = "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+|"
                            "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*|"
                            "\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const char *const kGpt4o =
    "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
    "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
    "\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const char *const kDeepseekWords =
    "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|"
    "\\s*[\r\n]+|\\s+(?!\\S)|\\s+";
const char *const kDeepseekHan = "[一-龥ࠀ-一가-퟿]+";
// clang-format off
const char *const kDeepseekLetters =
    "\\s?["
    "A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ"
    "-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-"
    "ἕἘ-Ἕἠ-ὅὈ-Ὅὐ-ὗὙὛὝὟ-ώᾀ-ᾴᾶ-ᾼιῂ-ῄῆ-ῌῐ-ΐῖ-Ίῠ-"
    "Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤΩℨK-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-"
    "ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ𐐀-𐑏𐒰"
    "-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃"
    "]+";
// clang-format on

const std::vector<KnownPre> &knownPres() {
  static const std::vector<KnownPre> list = {
      {"gpt-2", {gpt2Pattern()}, false, false, false},
      {"olmo", {gpt2Pattern()}, false, false, false},
      {"smollm", {kDigit, gpt2Pattern()}, false, false, false},
      {"starcoder", {kDigit, gpt2Pattern()}, false, false, false},
      {"refact", {kDigit, gpt2Pattern()}, false, false, false},
      {"llama-bpe", {llama3Pattern()}, true, false, true},
      {"llama3", {llama3Pattern()}, true, false, true},
      {"llama-v3", {llama3Pattern()}, true, false, true},
      {"qwen2", {qwen2Pattern()}, false, true, false},
      {"deepseek-r1-qwen", {qwen2Pattern()}, false, true, false},
      {"qwen35", {kQwen35}, false, false, false},
      {"glm4", {llama3Pattern()}, true, false, false},
      {"chatglm-bpe", {llama3Pattern()}, false, false, false},
      {"gpt-4o", {kGpt4o}, false, false, false},
      {"tekken", {kTekken}, true, false, true},
      {"deepseek-v3", {"\\p{N}{1,3}", "[一-龥぀-ゟ゠-ヿ]+", kDeepseekWords}, false, false, true},
      {"deepseek-llm",
       {"[\r\n]", kDeepseekLetters, "\\s?[!-/:-~！-／：-～‘-‟　-。]+", "\\s+$", kDeepseekHan, "\\p{N}+"},
       false,
       false,
       false},
      {"deepseek-coder", {"[\r\n]", "\\s?\\p{L}+", "\\s?\\p{P}+", kDeepseekHan, kDigit}, false, false, false},
  };
  return list;
}

Error malformed(const std::string &message, const io::GgufFile &file, const char *key) {
  return {ErrorCode::MalformedFile, message, file.where() + "#" + key, ""};
}

Status addSteps(const io::GgufFile &file, BpeSpec &spec) {
  const std::string pre(file.text("tokenizer.ggml.pre").value_or(""));
  for (const KnownPre &known : knownPres()) {
    if (pre != known.name) continue;
    for (const char *pattern : known.patterns) {
      const bool digits = pattern == kDigit; // the original is a Digits step, which knows more digits than the pattern
      spec.stages.back().steps.push_back(
          {digits ? SplitStep::Kind::Digits : SplitStep::Kind::Pattern, digits ? "" : pattern, SplitBehavior::Isolated, false});
    }
    spec.ignoreMerges = known.ignoreMerges;
    if (known.nfc) spec.normalize.push_back({NormalizeStep::Kind::Normalize});
    spec.addsBos = file.flag("tokenizer.ggml.add_bos_token").value_or(known.addsBos);
    return {};
  }
  return Error{ErrorCode::UnsupportedFormat,
               pre.empty() ? "The GGUF file does not name its pre-tokenizer."
                           : "The pre-tokenizer \"" + pre.substr(0, 60) + "\" is not known to Attune.",
               file.where() + "#tokenizer.ggml.pre", "Use the model's Hugging Face folder instead."};
}

TokenId tokenId(const io::GgufFile &file, const char *key, size_t tokens) {
  const int64_t id = file.integer(key).value_or(-1);
  return id >= 0 && id < static_cast<int64_t>(tokens) ? static_cast<TokenId>(id) : -1;
}

Result<BpeSpec> readBpe(const io::GgufFile &file) {
  const auto tokens = file.texts("tokenizer.ggml.tokens");
  const auto merges = file.texts("tokenizer.ggml.merges");
  const auto types = file.integers("tokenizer.ggml.token_type");
  if (!tokens || tokens->empty()) return malformed("The GGUF file has no list of tokens.", file, "tokenizer.ggml.tokens");
  if (!merges) return malformed("The GGUF file has no list of merges.", file, "tokenizer.ggml.merges");
  if (types && types->size() != tokens->size())
    return malformed("The token types do not match the tokens.", file, "tokenizer.ggml.token_type");

  BpeSpec spec;
  spec.where = file.where();
  ATTUNE_CHECK(addSteps(file, spec));
  for (size_t i = 0; i < tokens->size(); ++i) {
    const std::string text((*tokens)[i]);
    if (validUtf8Prefix(text) != text.size()) return malformed("A token is not UTF-8.", file, "tokenizer.ggml.tokens");
    const auto id = static_cast<TokenId>(i);
    const int64_t type = types ? (*types)[i] : 1;
    if ((type == kControl || type == kUserDefined) && !text.empty()) {
      AddedToken token;
      token.id = id;
      token.content = text;
      token.special = type == kControl;
      spec.addedTokens.push_back(std::move(token));
    }
    spec.vocabulary.emplace_back(text, id);
  }
  for (const std::string_view merge : *merges) {
    const size_t space = merge.find(' ', 1);
    if (space == std::string_view::npos) return malformed("A merge is no pair.", file, "tokenizer.ggml.merges");
    spec.merges.push_back({std::string(merge.substr(0, space)), std::string(merge.substr(space + 1))});
  }
  spec.bos = tokenId(file, "tokenizer.ggml.bos_token_id", tokens->size());
  spec.eos = tokenId(file, "tokenizer.ggml.eos_token_id", tokens->size());
  return spec;
}

Result<SentencePieceParts> readParts(const io::GgufFile &file) {
  const auto tokens = file.texts("tokenizer.ggml.tokens");
  const auto scores = file.numbers("tokenizer.ggml.scores");
  const auto types = file.integers("tokenizer.ggml.token_type");
  if (!tokens || tokens->empty() || tokens->size() > 1'000'000)
    return malformed("The GGUF file has no list of tokens, or one of more than a million.", file, "tokenizer.ggml.tokens");
  if (!scores || scores->size() != tokens->size())
    return malformed("The GGUF file has no score for each token.", file, "tokenizer.ggml.scores");
  if (!types || types->size() != tokens->size())
    return malformed("The GGUF file has no type for each token.", file, "tokenizer.ggml.token_type");
  SentencePieceParts parts;
  const TokenId unknown = tokenId(file, "tokenizer.ggml.unknown_token_id", tokens->size());
  for (size_t id = 0; id < tokens->size(); ++id) {
    SentencePieceParts::Piece piece;
    piece.text = std::string((*tokens)[id]);
    piece.score = static_cast<float>((*scores)[id]);
    const int64_t type = (*types)[id];
    if (type < 1 || type > 6) return malformed("A token has an unknown type.", file, "tokenizer.ggml.token_type");
    piece.type = static_cast<PieceType>(type);
    if (unknown >= 0 && piece.type == PieceType::Unknown && static_cast<TokenId>(id) != unknown) piece.type = PieceType::Unused;
    if (static_cast<TokenId>(id) == unknown) piece.type = PieceType::Unknown;
    parts.pieces.push_back(std::move(piece));
  }
  parts.addDummyPrefix = file.flag("tokenizer.ggml.add_space_prefix").value_or(true);
  parts.removeExtraWhitespaces = file.flag("tokenizer.ggml.remove_extra_whitespaces").value_or(false);
  return parts;
}

Result<std::shared_ptr<const Tokenizer>> readSentencePiece(const io::GgufFile &file) {
  ATTUNE_TRY(const SentencePieceParts parts, readParts(file));
  const std::string where = file.where() + "#tokenizer.ggml.tokens";
  ATTUNE_TRY(auto model, SentencePieceModel::build(parts, where, SentencePieceTokenizer::isMarker));
  SentencePieceTokenizer::Options options;
  options.where = where;
  options.bos = tokenId(file, "tokenizer.ggml.bos_token_id", parts.pieces.size());
  options.eos = tokenId(file, "tokenizer.ggml.eos_token_id", parts.pieces.size());
  options.addsBos = file.flag("tokenizer.ggml.add_bos_token").value_or(true);
  ATTUNE_TRY(auto tokenizer, SentencePieceTokenizer::create(std::move(model), std::move(options)));
  return std::shared_ptr<const Tokenizer>(std::move(tokenizer));
}

} // namespace

Result<std::shared_ptr<const Tokenizer>> readGgufTokenizer(const io::GgufFile &file) {
  const auto model = file.text("tokenizer.ggml.model");
  if (!model) return Error{ErrorCode::MissingInFolder, "The GGUF file holds no tokenizer.", file.where() + "#tokenizer.ggml.model", ""};
  if (*model == "llama") return readSentencePiece(file);
  if (*model != "gpt2")
    return Error{ErrorCode::UnsupportedFormat, "The GGUF tokenizer \"" + std::string(model->substr(0, 60)) + "\" is not read by Attune.",
                 file.where() + "#tokenizer.ggml.model", ""};
  ATTUNE_TRY(BpeSpec spec, readBpe(file));
  ATTUNE_TRY(auto tokenizer, BpeTokenizer::create(std::move(spec)));
  return std::shared_ptr<const Tokenizer>(std::move(tokenizer));
}

} // namespace attune::tokenizer
