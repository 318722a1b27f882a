#include "core/base/atomic_file.h"
#include "core/base/inside_folder.h"
#include "core/tokenizer/bpe_tokenizer.h"
#include "core/tokenizer/gguf_tokenizer.h"
#include "core/tokenizer/role_token_chat.h"
#include "core/tokenizer/sentencepiece_tokenizer.h"
#include "core/tokenizer/tekken.h"
#include "core/tokenizer/tokenizer_json.h"
#include "core/tokenizer/tokenizer_settings.h"

#include <algorithm>
#include <filesystem>
#include <map>

namespace attune::tokenizer {

namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxTokenizerFile = size_t(256) << 20;
constexpr size_t kMaxSentencePieceFile = size_t(64) << 20;
constexpr const char *kFolderHint =
    "Copy the tokenizer files of the model's original folder; one that is read of tokenizer.json, tekken.json and tokenizer.model will do.";
constexpr const char *kGgufHint = "Download or convert the file again, or use the model's Hugging Face folder.";
constexpr size_t kMaxTemplateFile = size_t(16) << 20;

struct NamedTemplate {
  std::string source;
  std::string file;
};

/// The templates of a folder by name, as transformers finds them: .jinja files, else `chat_template` of the settings as a
/// text, as a list of {"name", "template"} or as an object.
Result<std::map<std::string, NamedTemplate>> templatesOf(const std::string &folder, const Json &config, const std::string &configPath) {
  std::map<std::string, NamedTemplate> templates;
  const auto addFile = [&](const std::string &name, const std::string &path) -> Status {
    ATTUNE_TRY(std::string source, insideFolder(readFile(path, kMaxTemplateFile)));
    templates[name] = {std::move(source), path};
    return {};
  };
  const std::string single = folder + "/chat_template.jinja";
  if (TokenizerSettings::exists(single)) ATTUNE_CHECK(addFile("default", single));
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
      const bool complete = entry.is_object() && entry.contains("template") && !tokenTextOf(entry, "name").empty();
      if (!complete) return Error{ErrorCode::MalformedFile, "A chat template of the list has no name or no text.", where, ""};
      ATTUNE_CHECK(add(tokenTextOf(entry, "name"), entry["template"]));
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

using AnyTokenizer = std::shared_ptr<const Tokenizer>;

TokenizerBundle bundleOf(AnyTokenizer tokenizer) {
  TokenizerBundle bundle;
  addEndToken(bundle.endTokens, tokenizer->eosToken());
  bundle.tokenizer = std::move(tokenizer);
  return bundle;
}

Result<AnyTokenizer> makeBpe(BpeSpec spec) {
  ATTUNE_TRY(auto tokenizer, BpeTokenizer::create(std::move(spec)));
  return AnyTokenizer(std::move(tokenizer));
}

Result<AnyTokenizer> loadJson(const std::string &path, const TokenizerSettings &settings) {
  ATTUNE_TRY(const std::string text, insideFolder(readFile(path, kMaxTokenizerFile)));
  ATTUNE_TRY(BpeSpec spec, parseTokenizerJson(text, path));
  const auto inVocabulary = [&spec](const std::string &content) {
    const auto found =
        std::find_if(spec.vocabulary.begin(), spec.vocabulary.end(), [&](const auto &entry) { return entry.first == content; });
    return found == spec.vocabulary.end() ? -1 : found->second;
  };
  ATTUNE_CHECK(settings.addTokens(inVocabulary, spec.addedTokens));
  const TokenId bos = idOfContent(spec.addedTokens, settings.token("bos_token"));
  if (bos >= 0 && !spec.addsBos) spec.bos = bos; // beside a tokenizer.json transformers ignores add_bos_token
  spec.eos = idOfContent(spec.addedTokens, settings.token("eos_token"));
  return makeBpe(std::move(spec));
}

Result<AnyTokenizer> loadSentencePiece(const std::string &path, const TokenizerSettings &settings) {
  ATTUNE_TRY(const std::string bytes, insideFolder(readFile(path, kMaxSentencePieceFile)));
  SentencePieceTokenizer::Options options;
  options.where = path;
  const auto listedAsText = [&](const std::string &piece) { return settings.listsAsText(piece); };
  ATTUNE_TRY(auto model, SentencePieceModel::parse(bytes, path, [&](const std::string &piece) {
               return SentencePieceTokenizer::isMarker(piece) && !listedAsText(piece);
             }));
  ATTUNE_CHECK(settings.addTokens([&](const std::string &content) { return model->idOf(content); }, options.addedTokens));
  const auto named = [&](const char *key, TokenId otherwise) {
    const std::string content = settings.token(key);
    if (content.empty()) return otherwise;
    const TokenId added = idOfContent(options.addedTokens, content);
    return added >= 0 ? added : model->idOf(content);
  };
  options.bos = named("bos_token", model->begin());
  options.eos = named("eos_token", model->end());
  options.addsBos = settings.flag("add_bos_token", true);
  options.prefixAfterSpecial = settings.flag("legacy", true);
  ATTUNE_TRY(auto tokenizer, SentencePieceTokenizer::create(std::move(model), std::move(options)));
  return AnyTokenizer(std::move(tokenizer));
}

Result<AnyTokenizer> loadTekken(const std::string &path, const TokenizerSettings &settings) {
  ATTUNE_TRY(const std::string text, insideFolder(readFile(path, kMaxTokenizerFile)));
  ATTUNE_TRY(BpeSpec spec, parseTekken(text, path));
  if (const TokenId eos = idOfContent(spec.addedTokens, settings.token("eos_token")); eos >= 0) spec.eos = eos;
  return makeBpe(std::move(spec));
}

/// tokenizer.json goes first, as in transformers; the others serve where Attune cannot read that.
Result<AnyTokenizer> loadAny(const std::string &folder, const TokenizerSettings &settings) {
  std::optional<Error> first;
  using Load = Result<AnyTokenizer> (*)(const std::string &, const TokenizerSettings &);
  const std::pair<const char *, Load> known[] = {
      {"/tokenizer.json", loadJson}, {"/tekken.json", loadTekken}, {"/tokenizer.model", loadSentencePiece}};
  for (const auto &[name, load] : known) {
    if (!TokenizerSettings::exists(folder + name)) continue;
    auto made = orHint(load(folder + name, settings), kFolderHint);
    if (made.ok()) return made;
    if (!first) first = made.error();
  }
  if (first) return *first;
  return Error{ErrorCode::MissingInFolder, "The folder has no tokenizer.json, tokenizer.model or tekken.json.", folder,
               "Copy the model's tokenizer files into the folder."};
}

Result<TokenizerBundle> loadFolder(const std::string &folder) {
  ATTUNE_TRY(const TokenizerSettings settings, orHint(TokenizerSettings::read(folder), kFolderHint));
  ATTUNE_TRY(AnyTokenizer tokenizer, loadAny(folder, settings));
  TokenizerBundle bundle = bundleOf(std::move(tokenizer));
  const std::string generationPath = folder + "/generation_config.json";
  bundle.templateTokens = settings.templateTokens();
  ATTUNE_TRY(const Json generation, orHint(readSettingsFile(generationPath), kFolderHint));
  ATTUNE_TRY(const Json model, orHint(readSettingsFile(folder + "/config.json"), kFolderHint));
  if (!addEndTokens(generation, bundle)) addEndTokens(model, bundle);
  bundle.roleTokens = roleTokensOf(model, generation, bundle.tokenizer->vocabularySize());
  ATTUNE_TRY(auto templates, orHint(templatesOf(folder, settings.config(), settings.path()), kFolderHint));
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
  ATTUNE_TRY(AnyTokenizer tokenizer, orHint(readGgufTokenizer(*file), kGgufHint));
  TokenizerBundle bundle = bundleOf(std::move(tokenizer));
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
  if (!TokenizerSettings::exists(modelPath))
    return Error{ErrorCode::FileNotFound, "The model does not exist.", modelPath, "Give a Hugging Face folder or a .gguf file."};
  return loadGguf(modelPath);
}

} // namespace attune::tokenizer
