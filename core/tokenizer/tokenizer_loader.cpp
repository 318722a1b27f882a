#include "core/base/atomic_file.h"
#include "core/base/inside_folder.h"
#include "core/base/json.h"
#include "core/tokenizer/bpe_tokenizer.h"
#include "core/tokenizer/gguf_tokenizer.h"
#include "core/tokenizer/role_token_chat.h"
#include "core/tokenizer/tokenizer_json.h"
#include "core/tokenizer/unicode.h"

#include <algorithm>
#include <filesystem>
#include <map>

namespace attune::tokenizer {

namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxTokenizerFile = size_t(256) << 20;
constexpr size_t kMaxSettingsFile = size_t(16) << 20;

bool exists(const std::string &path) {
  std::error_code failed;
  return fs::exists(path, failed);
}

/// The object in a settings file of the folder; an empty object when there is no such file.
Result<Json> settings(const std::string &path) {
  if (!exists(path)) return Json(Json::object());
  ATTUNE_TRY(Json value, insideFolder(readJsonFile(path, kMaxSettingsFile)));
  if (!value.is_object()) return Error{ErrorCode::MalformedFile, "The file holds no JSON object.", path, ""};
  return value;
}

/// A token given as "text" or as {"content": "text"}; empty when absent.
std::string tokenText(const Json &object, const char *key) {
  const auto found = object.find(key);
  if (found == object.end()) return "";
  if (found->is_string()) return found->get<std::string>();
  if (found->is_object() && found->contains("content") && (*found)["content"].is_string()) return (*found)["content"].get<std::string>();
  return "";
}

bool flagOf(const Json &object, const char *key, bool otherwise = false) {
  const auto found = object.find(key);
  return found != object.end() && found->is_boolean() ? found->get<bool>() : otherwise;
}

/// The named tokens of a tokenizer_config.json, with the names that transformers gives to templates.
TemplateTokens templateTokensOf(const Json &config) {
  TemplateTokens tokens;
  const std::string suffix = "_token";
  const auto add = [&](const Json &object, const std::string &name) {
    const std::string text = tokenText(object, name.c_str());
    if (!text.empty()) tokens[name] = text;
  };
  for (const auto &[name, value] : config.items()) {
    const size_t stem = name.size() - std::min(name.size(), suffix.size());
    if (stem > 0 && name.compare(stem, suffix.size(), suffix) == 0) add(config, name);
  }
  const auto extra = config.find("extra_special_tokens");
  if (extra != config.end() && extra->is_object())
    for (const auto &[name, value] : extra->items()) add(*extra, name);
  return tokens;
}

/// Special tokens that only the settings files name (older folders) join those of tokenizer.json. What
/// added_tokens_decoder says of one that is there goes before what tokenizer.json says.
Status addConfiguredTokens(const Json &config, const std::string &where, BpeSpec &spec) {
  const auto find = [&](const std::string &content) {
    const auto found =
        std::find_if(spec.addedTokens.begin(), spec.addedTokens.end(), [&](const AddedToken &token) { return token.content == content; });
    return found == spec.addedTokens.end() ? nullptr : &*found;
  };
  const auto listed = config.find("added_tokens_decoder");
  if (listed != config.end() && listed->is_object()) {
    for (const auto &[key, value] : listed->items()) {
      const std::string content = tokenText(Json{{"token", value}}, "token");
      if (content.empty()) continue;
      if (key.empty() || key.size() > 9 || key.find_first_not_of("0123456789") != std::string::npos)
        return Error{ErrorCode::MalformedFile, "An added token has no valid id.", where + "#added_tokens_decoder", ""};
      AddedToken token;
      token.where = where;
      token.id = static_cast<TokenId>(std::stol(key));
      token.content = content;
      AddedToken *const known = find(content);
      token.special = flagOf(value, "special") || (known && known->special);
      token.normalized = flagOf(value, "normalized", !token.special);
      token.lstrip = flagOf(value, "lstrip");
      token.rstrip = flagOf(value, "rstrip");
      token.singleWord = flagOf(value, "single_word");
      if (known) {
        token.id = known->id;
        *known = std::move(token);
      } else {
        spec.addedTokens.push_back(std::move(token));
      }
    }
  }
  for (const char *key : {"bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"}) {
    const std::string content = tokenText(config, key);
    if (content.empty() || find(content)) continue;
    for (const auto &[piece, id] : spec.vocabulary) {
      if (piece != content) continue;
      AddedToken token;
      token.id = id;
      token.content = content;
      token.special = true;
      spec.addedTokens.push_back(std::move(token));
      break;
    }
  }
  return {};
}

/// The tokens of an added_tokens.json, {"text": id}, which older folders have instead of added_tokens_decoder; special are
/// those that the settings name.
Status addOlderTokens(const std::string &path, const Json &config, BpeSpec &spec) {
  ATTUNE_TRY(const Json older, settings(path));
  for (const auto &[content, id] : older.items()) {
    if (!id.is_number_unsigned() || id.get<uint64_t>() > INT32_MAX || content.empty())
      return Error{ErrorCode::MalformedFile, "An added token has no valid id.", path, ""};
    const auto known = std::find_if(spec.addedTokens.begin(), spec.addedTokens.end(),
                                    [&text = content](const AddedToken &token) { return token.content == text; });
    if (known != spec.addedTokens.end()) continue; // tokenizer.json's goes before
    AddedToken token;
    token.where = path;
    token.id = static_cast<TokenId>(id.get<uint64_t>());
    token.content = content;
    for (const auto &[name, text] : templateTokensOf(config)) token.special = token.special || text == content;
    token.normalized = !token.special;
    spec.addedTokens.push_back(std::move(token));
  }
  return {};
}

TokenId idOfContent(const BpeSpec &spec, const std::string &content) {
  if (content.empty()) return -1;
  for (const AddedToken &token : spec.addedTokens)
    if (token.content == content) return token.id;
  return -1;
}

struct NamedTemplate {
  std::string source;
  std::string file;
};

/// The templates of a folder by name, as transformers finds them: .jinja files, else `chat_template` of the settings as a
/// text, as a list of {"name", "template"} or as an object.
Result<std::map<std::string, NamedTemplate>> templatesOf(const std::string &folder, const Json &config, const std::string &configPath) {
  std::map<std::string, NamedTemplate> templates;
  const auto addFile = [&](const std::string &name, const std::string &path) -> Status {
    ATTUNE_TRY(std::string source, insideFolder(readFile(path, kMaxSettingsFile)));
    templates[name] = {std::move(source), path};
    return {};
  };
  const std::string single = folder + "/chat_template.jinja";
  if (exists(single)) ATTUNE_CHECK(addFile("default", single));
  std::error_code none;
  for (const auto &entry : fs::directory_iterator(folder + "/additional_chat_templates", none)) {
    if (entry.path().extension() == ".jinja") ATTUNE_CHECK(addFile(entry.path().stem().string(), entry.path().string()));
  }
  const auto found = config.find("chat_template");
  if (!templates.empty() || found == config.end() || found->is_null()) return templates;
  const std::string where = configPath + "#chat_template";
  const auto add = [&](const std::string &name, const Json &source) -> Status {
    if (!source.is_string()) return Error{ErrorCode::MalformedFile, "A chat template has no text.", where, ""};
    templates[name] = {source.get<std::string>(), where};
    return {};
  };
  if (found->is_object()) {
    for (const auto &[name, source] : found->items()) ATTUNE_CHECK(add(name, source));
  } else if (found->is_array()) {
    for (const Json &entry : *found) {
      const bool complete = entry.is_object() && entry.contains("template") && !tokenText(entry, "name").empty();
      if (!complete) return Error{ErrorCode::MalformedFile, "A chat template of the list has no name or no text.", where, ""};
      ATTUNE_CHECK(add(tokenText(entry, "name"), entry["template"]));
    }
  } else {
    ATTUNE_CHECK(add("default", *found));
  }
  return templates;
}

/// The id may lie beyond the tokenizer's vocabulary: the model's may be larger.
void addEndToken(std::vector<TokenId> &ids, int64_t id) {
  if (id < 0 || id > INT32_MAX) return;
  const auto token = static_cast<TokenId>(id);
  if (std::find(ids.begin(), ids.end(), token) == ids.end()) ids.push_back(token);
}

/// Whether the file names any.
bool addEndTokens(const Json &config, TokenizerBundle &bundle) {
  const auto found = config.find("eos_token_id");
  if (found == config.end() || found->is_null()) return false;
  for (const Json &id : found->is_array() ? *found : Json::array({*found}))
    if (id.is_number_integer()) addEndToken(bundle.endTokens, id.get<int64_t>());
  return true;
}

Result<TokenizerBundle> finish(BpeSpec spec) {
  ATTUNE_TRY(auto tokenizer, BpeTokenizer::create(std::move(spec)));
  TokenizerBundle bundle;
  addEndToken(bundle.endTokens, tokenizer->eosToken());
  bundle.tokenizer = std::move(tokenizer);
  return bundle;
}

Result<TokenizerBundle> loadFolder(const std::string &folder) {
  const std::string path = folder + "/tokenizer.json";
  if (!exists(path)) {
    if (exists(folder + "/tokenizer.model"))
      return Error{ErrorCode::UnsupportedFormat, "SentencePiece models (tokenizer.model) are not read by Attune.",
                   folder + "/tokenizer.model", "A tokenizer.json of the same model would do."};
    return Error{ErrorCode::MissingInFolder, "The folder has no tokenizer.json.", folder,
                 "Copy the model's tokenizer files into the folder."};
  }
  ATTUNE_TRY(const std::string text, insideFolder(readFile(path, kMaxTokenizerFile)));
  ATTUNE_TRY(BpeSpec spec, parseTokenizerJson(text, path));
  const std::string configPath = folder + "/tokenizer_config.json";
  ATTUNE_TRY(Json config, settings(configPath));
  ATTUNE_TRY(const Json map, settings(folder + "/special_tokens_map.json"));
  if (!config.contains("added_tokens_decoder")) // then the older file speaks, and first
    for (const auto &[key, value] : map.items()) config[key] = value;
  if (!config.contains("added_tokens_decoder")) ATTUNE_CHECK(addOlderTokens(folder + "/added_tokens.json", config, spec));
  ATTUNE_CHECK(addConfiguredTokens(config, configPath, spec));
  const TokenId bos = idOfContent(spec, tokenText(config, "bos_token"));
  if (bos >= 0 && !spec.addsBos) spec.bos = bos; // beside a tokenizer.json transformers ignores add_bos_token
  spec.eos = idOfContent(spec, tokenText(config, "eos_token"));
  ATTUNE_TRY(TokenizerBundle bundle, finish(std::move(spec)));

  const std::string generationPath = folder + "/generation_config.json";
  bundle.templateTokens = templateTokensOf(config);
  ATTUNE_TRY(const Json generation, settings(generationPath));
  ATTUNE_TRY(const Json model, settings(folder + "/config.json"));
  if (!addEndTokens(generation, bundle)) addEndTokens(model, bundle);
  bundle.roleTokens = roleTokensOf(model, generation, bundle.tokenizer->vocabularySize());
  ATTUNE_TRY(auto templates, templatesOf(folder, config, configPath));
  if (const auto usual = templates.find("default"); usual != templates.end()) {
    bundle.chatTemplate = std::move(usual->second.source);
    bundle.templateFile = std::move(usual->second.file);
  } else {
    for (const auto &[name, one] : templates) {
      bundle.namedTemplates.push_back(name);
      bundle.templateFile = one.file;
    }
  }
  return bundle;
}

Result<TokenizerBundle> loadGguf(const std::string &path) {
  ATTUNE_TRY(const auto file, io::GgufFile::open(path));
  ATTUNE_TRY(BpeSpec spec, readGgufTokenizer(*file));
  ATTUNE_TRY(TokenizerBundle bundle, finish(std::move(spec)));
  addEndToken(bundle.endTokens, file->integer("tokenizer.ggml.eot_token_id").value_or(-1));
  const std::pair<const char *, const char *> names[] = {{"bos_token", "tokenizer.ggml.bos_token_id"},
                                                         {"eos_token", "tokenizer.ggml.eos_token_id"},
                                                         {"unk_token", "tokenizer.ggml.unknown_token_id"},
                                                         {"pad_token", "tokenizer.ggml.padding_token_id"}};
  for (const auto &[name, key] : names) {
    const int64_t id = file->integer(key).value_or(-1);
    if (id < 0 || id >= bundle.tokenizer->vocabularySize()) continue;
    bundle.templateTokens[name] = bundle.tokenizer->piece(static_cast<TokenId>(id));
  }
  if (const auto family = file->text("general.architecture"))
    bundle.roleTokens = roleTokensOf({{"model_type", *family}}, Json::object(), bundle.tokenizer->vocabularySize());
  bundle.chatTemplate = std::string(file->text("tokenizer.chat_template").value_or(""));
  bundle.templateFile = path + "#tokenizer.chat_template";
  return bundle;
}

} // namespace

Result<TokenizerBundle> loadTokenizer(const std::string &modelPath) {
  std::error_code failed;
  if (fs::is_directory(modelPath, failed)) return loadFolder(modelPath);
  if (!exists(modelPath)) return Error{ErrorCode::FileNotFound, "The model does not exist.", modelPath, ""};
  return loadGguf(modelPath);
}

} // namespace attune::tokenizer
