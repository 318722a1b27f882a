#include "core/generate/local_chat.h"

#include "core/device/dtype_policy.h"
#include "core/device/torch_guard.h"
#include "core/generate/generator.h"
#include "core/generate/model_session.h"

namespace attune::core {

namespace {

class LocalChat : public api::ChatModel {
public:
  explicit LocalChat(ModelSession session) : m_session(std::move(session)) {}

  bool hasAdapter() const override { return m_session.model.adapters() != nullptr; }
  int64_t contextLength() const override { return m_session.model.transformer.config().context; }

  api::SamplingSettings defaults() const override {
    const io::GenerationDefaults &defaults = m_session.defaults;
    api::SamplingSettings settings;
    settings.greedy = !defaults.doSample.value_or(true);
    settings.temperature = defaults.temperature.value_or(settings.temperature);
    settings.topK = defaults.topK.value_or(settings.topK);
    settings.topP = defaults.topP.value_or(settings.topP);
    settings.minP = defaults.minP.value_or(settings.minP);
    settings.repetitionPenalty = defaults.repetitionPenalty.value_or(settings.repetitionPenalty);
    return settings;
  }

  Result<api::ChatAnswer> answer(const api::ChatRequest &request) override {
    return guarded("The answer", [&] { return answerGuarded(request); });
  }

private:
  Result<api::ChatAnswer> answerGuarded(const api::ChatRequest &request) {
    tokenizer::Conversation conversation;
    for (const api::ChatMessage &message : request.messages) conversation.messages.push_back({message.role, message.text, ""});
    ATTUNE_TRY(const std::vector<int32_t> prompt, m_session.encodeChat(conversation));
    const api::SamplingSettings &asked = request.sampling;
    GenerateOptions options;
    options.maxNewTokens = asked.maxNewTokens;
    options.sampling = {asked.greedy, asked.temperature, asked.topK, asked.topP, asked.minP, asked.repetitionPenalty, asked.seed};
    options.endTokens = m_session.chatEndTokens;
    options.stop = request.stop;
    api::ChatAnswer answer;
    answer.promptTokens = static_cast<int64_t>(prompt.size());
    tokenizer::StreamingDecoder decoder(*m_session.bundle.tokenizer);
    const auto emit = [&](const std::string &piece) {
      answer.text += piece;
      if (!piece.empty() && request.onText) request.onText(piece);
    };
    options.onToken = [&](int32_t id) {
      ++answer.newTokens;
      emit(decoder.push(id));
    };
    const auto result = generate(m_session.model.transformer, m_session.model.weights, request.tuned ? m_session.model.adapters() : nullptr,
                                 prompt, options);
    emit(decoder.flush());
    if (!result.ok() && result.error().code != ErrorCode::Interrupted) return result.error();
    if (!result.ok()) return answer;
    answer.promptSeconds = result->promptSeconds;
    answer.tokensPerSecond = result->tokensPerSecond();
    answer.ended = result->ended;
    return answer;
  }

  ModelSession m_session;
};

} // namespace

Result<std::unique_ptr<api::ChatModel>> openLocalChat(const std::string &model, const std::string &adapter) {
  return guarded("Loading the model", [&]() -> Result<std::unique_ptr<api::ChatModel>> {
    ATTUNE_TRY(const at::ScalarType type, computeTypeFor(api::Precision::Auto, ComputePurpose::Answer));
    ATTUNE_TRY(ModelSession session, ModelSession::openToGenerate(model, adapter, type, true));
    ATTUNE_CHECK(tokenizer::ChatTemplate::ofModel(session.bundle)); // a broken one is told now
    return std::unique_ptr<api::ChatModel>(new LocalChat(std::move(session)));
  });
}

} // namespace attune::core
