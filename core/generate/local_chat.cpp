#include "core/generate/local_chat.h"

#include "core/device/dtype_policy.h"
#include "core/device/torch_guard.h"
#include "core/generate/generator.h"
#include "core/io/generation_defaults.h"
#include "core/model/language_model.h"
#include "core/tokenizer/chat_template.h"

#include <future>

namespace attune::core {

namespace {

class LocalChat : public api::ChatModel {
public:
  LocalChat(LanguageModel model, tokenizer::TokenizerBundle bundle, tokenizer::ChatTemplate chatTemplate, io::GenerationDefaults defaults)
      : m_model(std::move(model)), m_bundle(std::move(bundle)), m_template(std::move(chatTemplate)), m_defaults(std::move(defaults)) {}

  bool hasAdapter() const override { return m_model.adapters() != nullptr; }
  int64_t contextLength() const override { return m_model.transformer.config().context; }

  api::SamplingSettings defaults() const override {
    api::SamplingSettings settings;
    settings.greedy = !m_defaults.doSample.value_or(true);
    settings.temperature = m_defaults.temperature.value_or(settings.temperature);
    settings.topK = m_defaults.topK.value_or(settings.topK);
    settings.topP = m_defaults.topP.value_or(settings.topP);
    settings.minP = m_defaults.minP.value_or(settings.minP);
    settings.repetitionPenalty = m_defaults.repetitionPenalty.value_or(settings.repetitionPenalty);
    return settings;
  }

  Result<api::ChatAnswer> answer(const api::ChatRequest &request) override {
    return guarded("The answer", [&] { return answerGuarded(request); });
  }

private:
  Result<api::ChatAnswer> answerGuarded(const api::ChatRequest &request) {
    tokenizer::Conversation conversation;
    for (const api::ChatMessage &message : request.messages) conversation.messages.push_back({message.role, message.text, ""});
    ATTUNE_TRY(const auto prompt, tokenizer::encodeChat(*m_bundle.tokenizer, m_bundle.endTokens, m_template, conversation,
                                                        tokenizer::TrainedPart::Answers, true));
    const api::SamplingSettings &asked = request.sampling;
    GenerateOptions options;
    options.maxNewTokens = asked.maxNewTokens;
    options.sampling = {asked.greedy, asked.temperature, asked.topK, asked.topP, asked.minP, asked.repetitionPenalty, asked.seed};
    options.endTokens = m_bundle.endTokens;
    options.stop = request.stop;
    api::ChatAnswer answer;
    answer.promptTokens = static_cast<int64_t>(prompt.ids.size());
    tokenizer::StreamingDecoder decoder(*m_bundle.tokenizer);
    const auto emit = [&](const std::string &piece) {
      answer.text += piece;
      if (!piece.empty() && request.onText) request.onText(piece);
    };
    options.onToken = [&](int32_t id) {
      ++answer.newTokens;
      emit(decoder.push(id));
    };
    const auto result = generate(m_model.transformer, m_model.weights, request.tuned ? m_model.adapters() : nullptr, prompt.ids, options);
    emit(decoder.flush());
    if (!result.ok() && result.error().code != ErrorCode::Interrupted) return result.error();
    if (!result.ok()) return answer;
    answer.promptSeconds = result->promptSeconds;
    answer.tokensPerSecond = result->tokensPerSecond();
    answer.ended = result->ended;
    return answer;
  }

  LanguageModel m_model;
  tokenizer::TokenizerBundle m_bundle;
  tokenizer::ChatTemplate m_template;
  io::GenerationDefaults m_defaults;
};

} // namespace

Result<std::unique_ptr<api::ChatModel>> openLocalChat(const std::string &model, const std::string &adapter) {
  return guarded("Loading the model", [&]() -> Result<std::unique_ptr<api::ChatModel>> {
    ATTUNE_TRY(const at::ScalarType type, computeTypeFor(api::Precision::Auto, ComputePurpose::Answer));
    // Reading a vocabulary takes as long as dequantising a small model: do both at once.
    auto tokenizer = std::async(std::launch::async, [&] { return tokenizer::loadTokenizer(model); });
    auto loaded = LanguageModel::open(model, adapter, type);
    auto bundle = tokenizer.get();
    if (!loaded.ok()) return loaded.error();
    if (!bundle.ok()) return bundle.error();
    ATTUNE_TRY(auto defaults, io::readGenerationDefaults(model, loaded->transformer.config()));
    ATTUNE_TRY(auto chat, tokenizer::ChatTemplate::ofModel(*bundle, "chat template"));
    return std::unique_ptr<api::ChatModel>(new LocalChat(std::move(*loaded), std::move(*bundle), std::move(chat), std::move(defaults)));
  });
}

} // namespace attune::core
