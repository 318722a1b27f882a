#include "core/tokenizer/tokenizer_settings.h"

#include "core/base/inside_folder.h"

#include <algorithm>
#include <filesystem>
#include <unordered_map>

namespace attune::tokenizer {

namespace {

constexpr size_t kMaxSettingsFile = size_t(16) << 20;
const char *const kListed = "added_tokens_decoder";

bool flagOf(const Json &object, const char *key, bool otherwise = false) {
  if (!object.is_object()) return otherwise;
  const auto found = object.find(key);
  return found != object.end() && found->is_boolean() ? found->get<bool>() : otherwise;
}

/// The text of an entry of added_tokens_decoder.
std::string contentOf(const Json &entry) { return tokenTextOf(Json{{"token", entry}}, "token"); }

} // namespace

/// The tokens under way with their places by text.
struct TokenizerSettings::Joined {
  explicit Joined(std::vector<AddedToken> &all) : tokens(all) {
    for (size_t i = 0; i < tokens.size(); ++i) places.emplace(tokens[i].content, i);
  }
  AddedToken *find(const std::string &content) {
    const auto found = places.find(content);
    return found == places.end() ? nullptr : &tokens[found->second];
  }
  void add(AddedToken token) {
    places.emplace(token.content, tokens.size());
    tokens.push_back(std::move(token));
  }
  std::vector<AddedToken> &tokens;
  std::unordered_map<std::string, size_t> places;
};

Result<Json> readSettingsFile(const std::string &path) {
  if (!TokenizerSettings::exists(path)) return Json(Json::object());
  ATTUNE_TRY(Json value, insideFolder(readJsonFile(path, kMaxSettingsFile)));
  if (!value.is_object()) return Error{ErrorCode::MalformedFile, "The file holds no JSON object.", path, ""};
  return value;
}

std::string tokenTextOf(const Json &object, const char *key) {
  const auto found = object.find(key);
  if (found == object.end()) return "";
  if (found->is_string()) return found->get<std::string>();
  if (found->is_object() && found->contains("content") && (*found)["content"].is_string()) return (*found)["content"].get<std::string>();
  return "";
}

TokenId idOfContent(const std::vector<AddedToken> &tokens, const std::string &content) {
  for (const AddedToken &token : tokens)
    if (!content.empty() && token.content == content) return token.id;
  return -1;
}

bool TokenizerSettings::exists(const std::string &path) {
  std::error_code failed;
  return std::filesystem::exists(path, failed);
}

Result<TokenizerSettings> TokenizerSettings::read(const std::string &folder) {
  TokenizerSettings out;
  out.m_path = folder + "/tokenizer_config.json";
  out.m_olderPath = folder + "/added_tokens.json";
  ATTUNE_TRY(out.m_config, readSettingsFile(out.m_path));
  ATTUNE_TRY(const Json map, readSettingsFile(folder + "/special_tokens_map.json"));
  const auto listed = out.m_config.find(kListed);
  if (listed != out.m_config.end() && listed->is_object())
    for (const Json &entry : *listed)
      if (!flagOf(entry, "special")) out.m_listedAsText.insert(contentOf(entry));
  if (listed != out.m_config.end()) return out;
  for (const auto &[key, value] : map.items()) out.m_config[key] = value; // then the older files speak, and first
  ATTUNE_TRY(out.m_older, readSettingsFile(out.m_olderPath));
  return out;
}

bool TokenizerSettings::flag(const char *key, bool otherwise) const { return flagOf(m_config, key, otherwise); }

TemplateTokens TokenizerSettings::templateTokens() const {
  TemplateTokens tokens;
  const std::string suffix = "_token";
  const auto add = [&](const Json &object, const std::string &name) {
    const std::string text = tokenTextOf(object, name.c_str());
    if (!text.empty()) tokens[name] = text;
  };
  for (const auto &[name, value] : m_config.items()) {
    const size_t stem = name.size() - std::min(name.size(), suffix.size());
    if (stem > 0 && name.compare(stem, suffix.size(), suffix) == 0) add(m_config, name);
  }
  const auto extra = m_config.find("extra_special_tokens");
  if (extra != m_config.end() && extra->is_object())
    for (const auto &[name, value] : extra->items()) add(*extra, name);
  return tokens;
}

Status TokenizerSettings::addTokens(const std::function<TokenId(const std::string &)> &inVocabulary,
                                    std::vector<AddedToken> &tokens) const {
  Joined joined(tokens);
  ATTUNE_CHECK(addOlder(joined));
  ATTUNE_CHECK(addListed(joined));
  for (const char *key : {"bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"}) {
    const std::string content = token(key);
    if (content.empty() || joined.find(content)) continue;
    AddedToken token;
    token.id = inVocabulary(content);
    token.content = content;
    token.special = true;
    if (token.id >= 0) joined.add(std::move(token));
  }
  return {};
}

/// What added_tokens_decoder says of a token that is there goes before what the tokenizer's own file says.
Status TokenizerSettings::addListed(Joined &joined) const {
  const auto listed = m_config.find(kListed);
  if (listed == m_config.end() || !listed->is_object()) return {};
  for (const auto &[key, value] : listed->items()) {
    const std::string content = contentOf(value);
    if (content.empty()) continue;
    if (key.empty() || key.size() > 9 || key.find_first_not_of("0123456789") != std::string::npos)
      return Error{ErrorCode::MalformedFile, "An added token has no valid id.", m_path + "#" + kListed, ""};
    AddedToken token;
    token.where = m_path;
    token.id = static_cast<TokenId>(std::stol(key));
    token.content = content;
    AddedToken *const known = joined.find(content);
    token.special = flagOf(value, "special") || (known && known->special);
    token.normalized = flagOf(value, "normalized", !token.special);
    token.lstrip = flagOf(value, "lstrip");
    token.rstrip = flagOf(value, "rstrip");
    token.singleWord = flagOf(value, "single_word");
    if (known) {
      token.id = known->id;
      *known = std::move(token);
    } else {
      joined.add(std::move(token));
    }
  }
  return {};
}

/// Special are those that the settings name.
Status TokenizerSettings::addOlder(Joined &joined) const {
  std::set<std::string> named;
  for (const auto &[name, text] : templateTokens()) named.insert(text);
  for (const auto &[content, id] : m_older.items()) {
    if (!id.is_number_unsigned() || id.get<uint64_t>() > INT32_MAX || content.empty())
      return Error{ErrorCode::MalformedFile, "An added token has no valid id.", m_olderPath, ""};
    if (joined.find(content)) continue; // tokenizer.json's goes before
    AddedToken token;
    token.where = m_olderPath;
    token.id = static_cast<TokenId>(id.get<uint64_t>());
    token.content = content;
    token.special = named.count(content) > 0;
    token.normalized = !token.special;
    joined.add(std::move(token));
  }
  return {};
}

} // namespace attune::tokenizer
