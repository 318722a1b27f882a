#include "core/tokenizer/gguf_tokenizer.h"

#include "core/tokenizer/split_pattern.h"
#include "core/tokenizer/unicode.h"

namespace attune::tokenizer {

namespace {

enum TokenType : int64_t { kControl = 3, kUserDefined = 4 };

/// A value of tokenizer.ggml.pre whose original tokenizer.json is known.
struct KnownPre {
  const char *name;
  const char *pattern;
  bool digitsFirst;
  bool ignoreMerges;
  bool nfc;
  bool addsBos; // when the file does not say
};

const char *const kDeepseekNumbers = "\\p{N}{1,3}";
const char *const kDeepseekHan = "[一-龥぀-ゟ゠-ヿ]+";
const char *const kDeepseekWords =
    "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|"
    "\\s*[\r\n]+|\\s+(?!\\S)|\\s+";

const std::vector<KnownPre> &knownPres() {
  static const std::vector<KnownPre> list = {
      {"gpt-2", gpt2Pattern(), false, false, false, false},  {"olmo", gpt2Pattern(), false, false, false, false},
      {"smollm", gpt2Pattern(), true, false, false, false},  {"starcoder", gpt2Pattern(), true, false, false, false},
      {"refact", gpt2Pattern(), true, false, false, false},  {"llama-bpe", llama3Pattern(), false, true, false, true},
      {"llama3", llama3Pattern(), false, true, false, true}, {"llama-v3", llama3Pattern(), false, true, false, true},
      {"qwen2", qwen2Pattern(), false, false, true, false},  {"deepseek-v3", kDeepseekWords, false, false, false, true},
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
    if (known.pattern == kDeepseekWords)
      for (const char *pattern : {kDeepseekNumbers, kDeepseekHan})
        spec.steps.push_back({SplitStep::Kind::Pattern, pattern, SplitBehavior::Isolated, false});
    if (known.digitsFirst) spec.steps.push_back({SplitStep::Kind::Digits, "", SplitBehavior::Isolated, false});
    spec.steps.push_back({SplitStep::Kind::Pattern, known.pattern, SplitBehavior::Isolated, false});
    spec.ignoreMerges = known.ignoreMerges;
    spec.normalizeNfc = known.nfc;
    spec.addsBos = file.flag("tokenizer.ggml.add_bos_token").value_or(known.addsBos);
    return {};
  }
  return Error{ErrorCode::UnsupportedFormat,
               pre.empty() ? "The GGUF file does not name its pre-tokenizer."
                           : "The pre-tokenizer \"" + pre.substr(0, 60) + "\" is not known to Attune.",
               file.where() + "#tokenizer.ggml.pre", "Use the model's Hugging Face folder instead."};
}

} // namespace

Result<BpeSpec> readGgufTokenizer(const io::GgufFile &file) {
  const auto model = file.text("tokenizer.ggml.model");
  if (!model) return Error{ErrorCode::MissingInFolder, "The GGUF file holds no tokenizer.", file.where() + "#tokenizer.ggml.model", ""};
  if (*model != "gpt2")
    return Error{ErrorCode::UnsupportedFormat, "The GGUF tokenizer \"" + std::string(model->substr(0, 60)) + "\" is not read by Attune.",
                 file.where() + "#tokenizer.ggml.model", ""};
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
  const auto idOf = [&](const char *key) {
    const int64_t id = file.integer(key).value_or(-1);
    return id >= 0 && id < static_cast<int64_t>(tokens->size()) ? static_cast<TokenId>(id) : -1;
  };
  spec.bos = idOf("tokenizer.ggml.bos_token_id");
  spec.eos = idOf("tokenizer.ggml.eos_token_id");
  return spec;
}

} // namespace attune::tokenizer
