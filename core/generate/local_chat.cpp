#include "core/generate/local_chat.h"

#include "core/device/compute_device.h"
#include "core/device/dtype_policy.h"
#include "core/device/own_thread.h"
#include "core/device/torch_guard.h"
#include "core/generate/generator.h"
#include "core/generate/model_session.h"

#include <algorithm>
#include <optional>
#include <utility>

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

  Result<api::ChatTemplateUse> useTemplate(const std::string &name) override {
    ATTUNE_TRY(const tokenizer::ChatLayout *layout, m_session.layout(name));
    return api::ChatTemplateUse{layout->name(), layout->missingMarks()};
  }

  Result<std::vector<api::ChatAnswer>> answer(const std::vector<api::ChatRequest> &requests) override {
    return onOwnThread([&] { return guarded("The answer", [&] { return answerGuarded(requests); }); });
  }

private:
  /// One of the answers that take turns.
  struct Turn {
    Turn(const api::ChatRequest &asked, const tokenizer::Tokenizer &tokenizer) : request(asked), decoder(tokenizer) {}
    void emit(const std::string &piece) {
      answer.text += piece;
      if (!piece.empty() && request.onText)
        request.onText(piece, {answer.newTokens, generation ? generation->result().tokensPerSecond() : 0});
    }
    const api::ChatRequest &request;
    tokenizer::StreamingDecoder decoder;
    std::string newest; // the newest token's piece, not told yet
    api::ChatAnswer answer;
    std::optional<Generation> generation;
  };

  Result<std::unique_ptr<Turn>> begin(const api::ChatRequest &request) {
    tokenizer::Conversation conversation;
    for (const api::ChatMessage &message : request.messages) conversation.messages.push_back({message.role, message.text, ""});
    ATTUNE_TRY(const tokenizer::ChatLayout *layout, m_session.layout(request.templateName));
    ATTUNE_TRY(std::vector<int32_t> prompt, m_session.encodeChat(*layout, conversation));
    auto turn = std::make_unique<Turn>(request, *m_session.bundle.tokenizer);
    turn->answer.promptTokens = static_cast<int64_t>(prompt.size());
    const api::SamplingSettings &asked = request.sampling;
    GenerateOptions options;
    options.maxNewTokens = asked.maxNewTokens;
    if (request.contextTokens > 0) {
      const int64_t left = request.contextTokens - turn->answer.promptTokens;
      if (left <= 0)
        return Error{ErrorCode::InvalidData,
                     "The conversation has " + std::to_string(prompt.size()) + " tokens, and there is room for " +
                         std::to_string(request.contextTokens) + ".",
                     "", "Begin a new one."};
      options.maxNewTokens = std::min(options.maxNewTokens, left);
    }
    options.sampling = {asked.greedy, asked.temperature, asked.topK, asked.topP, asked.minP, asked.repetitionPenalty, asked.seed};
    options.endTokens = m_session.chatEndTokens;
    options.stop = request.stop;
    options.onToken = [turn = turn.get()](int32_t id) {
      ++turn->answer.newTokens;
      turn->newest = turn->decoder.push(id);
    };
    ATTUNE_TRY(turn->generation,
               Generation::create(m_session.model.transformer, request.tuned ? m_session.model.tunedWeights : m_session.model.weights,
                                  request.tuned ? m_session.model.adapters() : nullptr, std::move(prompt), options));
    return turn;
  }

  Result<std::vector<api::ChatAnswer>> answerGuarded(const std::vector<api::ChatRequest> &requests) {
    std::vector<std::unique_ptr<Turn>> turns;
    for (const api::ChatRequest &request : requests) {
      ATTUNE_TRY(auto turn, begin(request));
      turns.push_back(std::move(turn));
    }
    const auto isOpen = [](const auto &turn) { return !turn->generation->done() && !turn->request.stop.stopRequested(); };
    while (std::any_of(turns.begin(), turns.end(), isOpen))
      for (const auto &turn : turns) {
        if (!isOpen(turn)) continue;
        const Status status = turn->generation->step();
        if (!status.ok() && status.error().code != ErrorCode::Interrupted) return status.error();
        turn->emit(std::exchange(turn->newest, {})); // now that the time of its token counts
      }
    std::vector<api::ChatAnswer> answers;
    for (const auto &turn : turns) {
      turn->emit(turn->decoder.flush());
      const GenerateResult &result = turn->generation->result();
      turn->answer.promptSeconds = result.promptSeconds;
      turn->answer.tokensPerSecond = result.tokensPerSecond();
      turn->answer.ended = result.ended;
      answers.push_back(std::move(turn->answer));
    }
    return answers;
  }

  ModelSession m_session;
};

} // namespace

Result<std::unique_ptr<api::ChatModel>> openLocalChat(const std::string &model, const std::string &adapter) {
  const auto open = [&]() -> Result<std::unique_ptr<api::ChatModel>> {
    ATTUNE_TRY(const at::Device device, chooseDevice("auto"));
    ATTUNE_TRY(const at::ScalarType type, computeTypeFor(api::Precision::Auto, ComputePurpose::Answer, device));
    ATTUNE_TRY(ModelSession session, ModelSession::openToGenerate(model, adapter, LoadOptions(type, device), true));
    return std::unique_ptr<api::ChatModel>(new LocalChat(std::move(session)));
  };
  return onOwnThread([&] { return guarded("Loading the model", open); });
}

} // namespace attune::core
