#include "core/generate/model_session.h"

#include "core/api/template_names.h"

#include <future>

namespace attune::core {

Result<ModelSession> ModelSession::open(const std::string &model, const std::string &adapter, const LoadOptions &options, bool needsText) {
  // Reading a vocabulary takes as long as dequantising a small model: do both at once, where a thread can be made.
  auto tokenizer = std::async([&] { return tokenizer::loadTokenizer(model); });
  auto loaded = LanguageModel::open(model, adapter, options);
  auto bundle = tokenizer.get();
  if (!loaded.ok()) return loaded.error();
  if (!bundle.ok() && needsText) return bundle.error();
  ModelSession session{std::move(*loaded), {}, {}, {}, {}, {}};
  if (bundle.ok()) session.bundle = std::move(*bundle);
  return session;
}

Result<ModelSession> ModelSession::openToGenerate(const std::string &model, const std::string &adapter, const LoadOptions &options,
                                                  bool needsText) {
  ATTUNE_TRY(ModelSession session, open(model, adapter, options, needsText));
  const io::ModelConfig &config = session.model.transformer.config();
  ATTUNE_TRY(session.defaults, io::readGenerationDefaults(model, config));
  for (const int64_t id : session.defaults.eosTokens)
    if (id >= 0 && id < config.vocab) session.endTokens.push_back(static_cast<int32_t>(id));
  session.chatEndTokens = session.endTokens;
  const std::vector<int32_t> &ends = session.bundle.endTokens;
  session.chatEndTokens.insert(session.chatEndTokens.end(), ends.begin(), ends.end());
  return session;
}

std::vector<int32_t> ModelSession::encode(const std::string &text) const {
  std::vector<int32_t> ids = bundle.tokenizer->prefixTokens();
  const auto own = bundle.tokenizer->encode(text, false);
  ids.insert(ids.end(), own.begin(), own.end());
  return ids;
}

Result<const tokenizer::ChatLayout *> ModelSession::layout(const std::string &name) {
  auto known = layouts.find(name);
  if (known == layouts.end() || api::isTemplateFile(name)) {
    ATTUNE_TRY(auto chosen, tokenizer::ChatLayout::choose(bundle, name));
    known = layouts.insert_or_assign(name, std::move(chosen)).first;
  }
  return static_cast<const tokenizer::ChatLayout *>(&known->second);
}

Result<std::vector<int32_t>> ModelSession::encodeChat(const tokenizer::ChatLayout &layout,
                                                      const tokenizer::Conversation &conversation) const {
  ATTUNE_TRY(auto encoded, layout.encode(bundle, conversation, tokenizer::TrainedPart::Answers, true));
  return std::move(encoded.ids);
}

} // namespace attune::core
