// The settings files beside a folder's tokenizer: tokenizer_config.json, special_tokens_map.json and added_tokens.json, joined
// as transformers joins them. Plain values, any thread. MalformedFile names the file.
#pragma once

#include "core/base/json.h"
#include "core/tokenizer/bpe_spec.h"

#include <functional>
#include <set>

namespace attune::tokenizer {

/// The object in a settings file; an empty object when there is no such file.
Result<Json> readSettingsFile(const std::string &path);

/// A token given as "text" or as {"content": "text"}; empty when absent.
std::string tokenTextOf(const Json &object, const char *key);

/// The id of an added token by its text, or -1.
TokenId idOfContent(const std::vector<AddedToken> &tokens, const std::string &content);

class TokenizerSettings {
public:
  static Result<TokenizerSettings> read(const std::string &folder);
  static bool exists(const std::string &path);

  const Json &config() const { return m_config; }
  const std::string &path() const { return m_path; }
  std::string token(const char *key) const { return tokenTextOf(m_config, key); }
  bool flag(const char *key, bool otherwise) const;
  /// Whether the files list a token of this text as one that is no special token.
  bool listsAsText(const std::string &content) const { return m_listedAsText.count(content) > 0; }
  /// The named tokens, with the names that transformers gives to templates.
  TemplateTokens templateTokens() const;
  /// Joins the tokens that the files name with `tokens`. `inVocabulary` is the id of a vocabulary string, or -1.
  Status addTokens(const std::function<TokenId(const std::string &)> &inVocabulary, std::vector<AddedToken> &tokens) const;

private:
  struct Joined;
  Status addListed(Joined &joined) const;
  Status addOlder(Joined &joined) const;

  std::string m_path; // of tokenizer_config.json
  std::string m_olderPath;
  Json m_config;
  Json m_older; // added_tokens.json, {"text": id}, which older folders have instead of added_tokens_decoder
  std::set<std::string> m_listedAsText;
};

} // namespace attune::tokenizer
