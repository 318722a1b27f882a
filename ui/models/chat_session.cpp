#include "ui/models/chat_session.h"

#include "ui/models/error_text.h"
#include "ui/models/run_text.h"

#include <QSignalBlocker>

#include <utility>

namespace attune::ui {

ChatSession::ChatSession(RunCenter &runs, EngineGate &gate, TaskRunner &tasks, const Services &services,
                         std::function<ChatChoices()> choices, QObject *parent)
    : QObject(parent), m_runs(runs), m_choices(std::move(choices)), m_engine(gate), m_fit(runs, gate, tasks, services),
      m_list(services.conversations) {
  connectEngine();
  connect(&m_runs, &RunCenter::runEnded, this, [this] {
    // The next one begins after this; a queue that is held does not.
    if (m_waitsForRun && m_runs.active().isEmpty() && (m_runs.queue().empty() || m_runs.isQueueHeld())) prepare();
  });
  m_list.refresh();
}

ChatSession::~ChatSession() {
  const QSignalBlocker silent(m_list); // its page is going
  leave();
}

void ChatSession::connectEngine() {
  connect(&m_fit, &ChatFit::failed, this, &ChatSession::fail);
  connect(&m_engine, &ChatEngine::loadFailed, this, &ChatSession::fail);
  connect(&m_fit, &ChatFit::decided, this, [this](const api::ChatForecast &forecast) {
    m_contextTokens = forecast.contextTokens;
    if (forecast.fits())
      m_engine.load(m_source.model, m_source.adapter);
    else
      m_shortfall = forecast;
    Q_EMIT changed();
  });
  connect(&m_engine, &ChatEngine::loadedChanged, this, [this] {
    if (m_engine.defaults()) Q_EMIT defaultsKnown();
    if (m_engine.isLoaded()) m_failure.clear();
    lookAtTemplate();
    if (m_engine.isLoaded() && m_pending >= 0) return answer(std::exchange(m_pending, -1));
    Q_EMIT changed();
  });
  connect(&m_engine, &ChatEngine::templateLookedAt, this, [this](const Result<api::ChatTemplateUse> &use) {
    if (use.ok())
      m_templateUse = *use;
    else
      m_templateProblem = errorText(use.error());
    Q_EMIT changed();
  });
  connect(&m_engine, &ChatEngine::grew, this, [this](int exchange, bool tuned, const QString &text, const api::ChatPace &pace) {
    if (exchange != m_answering) return; // of a conversation that was left
    m_partial[tuned] += text;
    m_pace[tuned] = pace;
    Q_EMIT grew(exchange, tuned, text, pace);
  });
  connect(&m_engine, &ChatEngine::answered, this, [this](int exchange, bool tuned, const api::ChatAnswer &said) {
    if (exchange != m_answering) return;
    reply(exchange, tuned) =
        ChatReply{QString::fromStdString(said.text), said.newTokens, said.tokensPerSecond, !said.ended, said.promptTokens, answerer(tuned)};
  });
  connect(&m_engine, &ChatEngine::failed, this, [this](int exchange, const QString &message) {
    if (exchange != m_answering) return;
    keepPartial();
    m_failure = message;
  });
  connect(&m_engine, &ChatEngine::ended, this, [this](int exchange) {
    if (exchange == m_answering) {
      m_answering = -1;
      m_list.keep(m_id, m_talk);
    }
    if (m_pending >= 0) return answer(std::exchange(m_pending, -1));
    Q_EMIT changed();
  });
}

void ChatSession::use(const api::RunWeights &weights, const QString &name) {
  m_source = weights;
  m_sourceName = name;
  m_failure.clear();
  m_contextTokens = 0;
  m_shortfall.reset();
  m_waitsForRun = false;
  m_fit.cancel();
  m_engine.unload();
  if (m_pending >= 0) prepare(); // a question waits for a model that fits
  Q_EMIT changed();
}

void ChatSession::prepare() {
  if (m_source.model.empty() || m_engine.isLoaded() || m_engine.isLoading() || m_fit.isAsking()) return;
  m_shortfall.reset();
  m_waitsForRun = false;
  m_failure.clear();
  m_fit.ask({m_source.model, m_source.adapter, m_source.adapter.empty() ? 1 : 2, m_contextTokens, std::nullopt});
  Q_EMIT changed();
}

void ChatSession::fail(const QString &message) {
  m_failure = message;
  m_pending = -1;
  Q_EMIT changed();
}

void ChatSession::shorten() {
  if (!m_shortfall) return;
  m_contextTokens = m_shortfall->fittingTokens;
  prepare();
}

void ChatSession::waitForRun(bool wait) {
  m_waitsForRun = wait;
  if (!wait) m_pending = -1;
  Q_EMIT changed();
}

void ChatSession::setTemplate(const std::string &name) {
  if (name == m_talk.templateName) return;
  m_talk.templateName = name;
  m_failure.clear();
  if (!m_talk.isEmpty()) m_list.keep(m_id, m_talk);
  lookAtTemplate();
  Q_EMIT changed();
}

void ChatSession::lookAtTemplate() {
  m_templateUse.reset();
  m_templateProblem.clear();
  m_engine.lookAtTemplate(m_talk.templateName);
}

QString ChatSession::answerer(bool tuned) const {
  return tuned || (m_source.adapter.empty() && !m_sourceName.isEmpty()) ? m_sourceName : shortName(m_source.model);
}

void ChatSession::ask(const QString &question, const QString &system, int instead) {
  m_talk.system = system;
  const int exchange = instead >= 0 ? m_talk.askInstead(instead, question) : m_talk.ask(question);
  m_list.keep(m_id, m_talk); // the answer may be long in coming, or never come
  answer(exchange);
}

void ChatSession::regenerate(int exchange) {
  if (m_engine.isAnswering()) return;
  const Exchange &one = m_talk.at(exchange);
  answer(one.base || one.tuned ? m_talk.askAgain(exchange) : exchange);
}

void ChatSession::choose(int exchange) {
  m_talk.choose(exchange);
  Q_EMIT changed();
}

void ChatSession::stop() {
  m_pending = -1;
  m_engine.stop();
  Q_EMIT changed();
}

void ChatSession::answer(int exchange) {
  m_failure.clear();
  if (m_engine.isAnswering() || !m_engine.isLoaded()) { // comes back once it is free
    m_pending = exchange;
    if (!m_waitsForRun) prepare();
    return Q_EMIT changed();
  }
  const ChatChoices choices = m_choices();
  std::vector<api::ChatRequest> requests;
  for (QString &partial : m_partial) partial.clear();
  for (const bool tuned : {false, true}) {
    if (m_engine.hasAdapter() ? !(tuned ? choices.tuned : choices.base) : tuned) continue;
    reply(exchange, tuned).reset();
    api::ChatRequest request;
    for (auto &[role, text] : m_talk.messagesUpTo(exchange, tuned)) request.messages.push_back({role, text});
    request.tuned = tuned;
    request.templateName = m_talk.templateName;
    request.sampling = choices.sampling;
    request.sampling.seed += static_cast<uint64_t>(m_talk.attempt(exchange)); // asked again: another answer
    request.contextTokens = m_contextTokens;
    requests.push_back(std::move(request));
  }
  m_answering = exchange;
  m_templateAnswered = m_talk.templateName;
  m_engine.ask(exchange, std::move(requests));
  Q_EMIT changed();
}

/// Takes what an answer under way has said so far for the answer.
void ChatSession::keepPartial() {
  for (const bool tuned : {false, true})
    if (!m_partial[tuned].isEmpty())
      reply(m_answering, tuned) =
          ChatReply{m_partial[tuned], m_pace[tuned].newTokens, m_pace[tuned].tokensPerSecond, true, 0, answerer(tuned)};
}

void ChatSession::leave() {
  m_pending = -1;
  if (m_answering < 0) return;
  keepPartial();
  m_answering = -1;
  m_engine.stop();
  m_list.keep(m_id, m_talk);
}

void ChatSession::flush() {
  leave();
  m_list.flush();
}

void ChatSession::begin() {
  leave();
  std::string kept = std::move(m_talk.templateName); // as the system prompt and the sampling
  m_talk = Conversation();
  m_talk.templateName = std::move(kept);
  m_id.clear();
  Q_EMIT changed();
}

void ChatSession::open(std::string id) { // a copy: leave() moves what the list holds
  leave();
  const KeptConversation *kept = m_list.find(id);
  if (!kept) return;
  m_talk = *kept->talk;
  m_templateAnswered = m_talk.templateName;
  lookAtTemplate();
  m_id = std::move(id);
  Q_EMIT changed();
}

void ChatSession::setTitle(const std::string &id, const QString &title) {
  if (id == m_id) m_talk.title = title;
}

void ChatSession::forget(const std::string &id) {
  if (id != m_id) return;
  m_answering = -1; // its answer is not kept
  m_engine.stop();
  begin();
}

} // namespace attune::ui
