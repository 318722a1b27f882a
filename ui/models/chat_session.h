// The conversation under way and what answers it: asks whether the model fits, loads it, sends questions to it, keeps what was
// said. A question that cannot be answered yet waits for the model, or for the end of a run. GUI thread; disk and model
// elsewhere.
#pragma once

#include "ui/models/chat_engine.h"
#include "ui/models/chat_fit.h"
#include "ui/models/conversation_list.h"

#include <functional>

namespace attune::ui {

/// Who is asked, and how; read when a question is sent to the model.
struct ChatChoices {
  bool base = true;
  bool tuned = true; // where there is an adapter
  api::SamplingSettings sampling;
};

class ChatSession : public QObject {
  Q_OBJECT

public:
  ChatSession(RunCenter &runs, EngineGate &gate, TaskRunner &tasks, const Services &services, std::function<ChatChoices()> choices,
              QObject *parent = nullptr);
  ~ChatSession() override;
  /// The last call before the program goes without destructors: what is unwritten is written.
  void flush();

  // What answers.
  /// `name` is that of the adapter, or of a run that is a whole model. Loads with the first question, or prepare().
  void use(const api::RunWeights &weights, const QString &name);
  void prepare();
  void unload() { m_engine.unload(); }
  const api::RunWeights &source() const { return m_source; }
  const QString &sourceName() const { return m_sourceName; }
  /// The name of what answers on a side.
  QString answerer(bool tuned) const;
  bool isLoaded() const { return m_engine.isLoaded(); }
  bool isLoading() const { return m_engine.isLoading(); }
  bool isChecking() const { return m_fit.isAsking(); }
  const std::optional<api::SamplingSettings> &defaults() const { return m_engine.defaults(); }
  int64_t contextTokens() const { return m_contextTokens; }
  const QString &failure() const { return m_failure; }
  void fail(const QString &message);
  /// Set while the model does not fit.
  const std::optional<api::ChatForecast> &shortfall() const { return m_shortfall; }
  void shorten();
  void waitForRun(bool wait);
  bool waitsForRun() const { return m_waitsForRun; }

  // How it becomes text for the model.
  /// From the next answer on; kept with the conversation.
  void setTemplate(const std::string &name);
  /// Whether it was set after the last answer of this conversation.
  bool templateIsNew() const { return !m_talk.isEmpty() && m_talk.templateName != m_templateAnswered; }
  /// What the template is for the model; nothing before it is loaded and when it cannot use it.
  const std::optional<api::ChatTemplateUse> &templateUse() const { return m_templateUse; }
  const QString &templateProblem() const { return m_templateProblem; }

  // What is said.
  const Conversation &talk() const { return m_talk; }
  ConversationList &kept() { return m_list; }
  const std::string &id() const { return m_id; } // of the conversation's file; empty = not kept yet
  void begin();
  void open(std::string id);
  void setTitle(const std::string &id, const QString &title);
  void forget(const std::string &id);
  /// After the current exchange or, unless negative, in place of `instead`, which stays as a branch.
  void ask(const QString &question, const QString &system, int instead);
  void regenerate(int exchange);
  void choose(int exchange);
  void stop();
  bool isAnswering() const { return m_engine.isAnswering(); }
  int answering() const { return m_answering; } // the exchange; -1 = none of this conversation
  int pending() const { return m_pending; }     // the exchange that waits for a model

Q_SIGNALS:
  void changed();
  void defaultsKnown();
  void grew(int exchange, bool tuned, const QString &text, const attune::api::ChatPace &pace);

private:
  void connectEngine();
  void answer(int exchange);
  void lookAtTemplate();
  void leave();
  void keepPartial();
  std::optional<ChatReply> &reply(int exchange, bool tuned) { return tuned ? m_talk.at(exchange).tuned : m_talk.at(exchange).base; }

  RunCenter &m_runs;
  std::function<ChatChoices()> m_choices;
  ChatEngine m_engine;
  ChatFit m_fit;
  ConversationList m_list;
  api::RunWeights m_source;
  QString m_sourceName, m_failure;
  int64_t m_contextTokens = 0; // 0 = the usual one
  std::optional<api::ChatForecast> m_shortfall;
  bool m_waitsForRun = false;
  std::optional<api::ChatTemplateUse> m_templateUse;
  QString m_templateProblem;
  std::string m_templateAnswered; // that of the last answer
  Conversation m_talk;
  std::string m_id;
  int m_pending = -1, m_answering = -1;
  QString m_partial[2]; // of the exchange being answered: base, tuned
  api::ChatPace m_pace[2];
};

} // namespace attune::ui
