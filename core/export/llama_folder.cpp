#include "core/export/llama_folder.h"

#include "core/base/atomic_file.h"
#include "core/base/json.h"
#include "core/model/hf_config.h"
#include "core/model/hf_files.h"
#include "core/tokenizer/sentencepiece_json.h"

#include <filesystem>

namespace attune::core {
namespace {

/// Baichuan2's layout as a template: what core/tokenizer/role_token_chat does with ids, with the tokens' texts.
std::string roleTemplate(const tokenizer::TokenizerBundle &bundle) {
  const std::string user = Json(bundle.tokenizer->piece(bundle.roleTokens->user)).dump();
  const std::string assistant = Json(bundle.tokenizer->piece(bundle.roleTokens->assistant)).dump();
  return "{% for message in messages %}"
         "{% if message['role'] == 'system' and loop.first %}{{ message['content'] }}"
         "{% elif message['role'] == 'user' %}{{ " +
         user +
         " + message['content'] }}"
         "{% elif message['role'] == 'assistant' %}{{ " +
         assistant +
         " + message['content'] }}"
         "{% else %}{{ raise_exception('Only a first system message, user and assistant are known to this model.') }}{% endif %}"
         "{% endfor %}"
         "{% if add_generation_prompt %}{{ " +
         assistant + " }}{% else %}{{ eos_token }}{% endif %}";
}

/// Settings for a tokenizer.json made of the SentencePiece model: transformers' own conversion cuts text in other ways.
Status describeTokenizer(Json &settings, const std::string &folder, const tokenizer::TokenizerBundle &bundle) {
  const tokenizer::Tokenizer &words = *bundle.tokenizer;
  const bool has = std::filesystem::exists(folder + "/tokenizer.json");
  const auto made = has ? Result<std::string>(std::string()) : tokenizer::sentencePieceAsJson(folder + "/tokenizer.model", words);
  if (!made.ok() && made.error().code != ErrorCode::UnsupportedFormat) return made.error();
  if (made.ok() && !has) ATTUNE_CHECK(writeFileAtomic(folder + "/tokenizer.json", *made));
  settings["tokenizer_class"] = made.ok() ? "PreTrainedTokenizerFast" : "LlamaTokenizer";
  settings["add_bos_token"] = words.addsBos();
  settings["add_eos_token"] = false;
  const std::pair<const char *, tokenizer::TokenId> own[] = {{"bos_token", words.bosToken()}, {"eos_token", words.eosToken()}};
  for (const auto &[key, id] : own)
    if (id >= 0) settings[key] = words.piece(id);
  for (const char *key : {"unk_token", "pad_token"}) // their texts: how they are matched stands in tokenizer.json
    if (settings.contains(key) && settings[key].is_object() && settings[key].contains("content"))
      settings[key] = Json(settings[key]["content"]);
  std::error_code ignored;
  std::filesystem::remove(folder + "/special_tokens_map.json", ignored);
  return {};
}

} // namespace

Status writeLlamaFiles(const std::string &folder, const std::string &source, const io::ModelConfig &original, const io::ModelConfig &llama,
                       const std::string &dtype) {
  ATTUNE_CHECK(writeFileAtomic(folder + "/config.json", hfConfigJson(llama, dtype)));
  if (!isFolder(source)) return {};
  ATTUNE_CHECK(carryFiles(source, folder, false));
  const std::string path = folder + "/tokenizer_config.json";
  const bool sentencePiece = std::filesystem::exists(folder + "/tokenizer.model");
  if (!std::filesystem::exists(path) && !(sentencePiece && original.family == "baichuan")) return {};
  Json settings = Json::object();
  if (std::filesystem::exists(path)) {
    ATTUNE_TRY(settings, readJsonFile(path));
  }
  const bool ownCode = original.family == "baichuan" || settings.contains("auto_map");
  if (ownCode && sentencePiece) { // a SentencePiece tokenizer in Python of the model's own
    ATTUNE_TRY(const tokenizer::TokenizerBundle bundle, tokenizer::loadTokenizer(source));
    settings.erase("auto_map");
    ATTUNE_CHECK(describeTokenizer(settings, folder, bundle));
    if (bundle.roleTokens && original.headNorm && !settings.contains("chat_template")) settings["chat_template"] = roleTemplate(bundle);
  }
  return writeFileAtomic(path, dumpJson(settings) + "\n");
}

} // namespace attune::core
