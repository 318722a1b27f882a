// The loaded model that Chat talks with, and the answers under way: both sides at once, a token of each in turn, from one set
// of weights. GUI thread; loading and answering happen on a thread of their own.
#pragma once

#include "core/api/chat.h"
#include "ui/bridge/text_stream.h"
#include "ui/models/engine_gate.h"

#include <optional>

namespace attune::ui {

class ChatEngine : public QObject {
  Q_OBJECT

public:
  explicit ChatEngine(EngineGate &gate, QObject *parent = nullptr);
  ~ChatEngine() override;

  /// Loads a model and an adapter (or none); what was loaded goes first. loadedChanged() or loadFailed() follows.
  void load(const std::string &model, const std::string &adapter);
  void unload();
  bool isLoaded() const { return m_model != nullptr; }
  bool isLoading() const { return m_isLoading; }
  bool isAnswering() const { return m_isAnswering; }
  bool hasAdapter() const { return m_model && m_model->hasAdapter(); }
  const std::optional<api::SamplingSettings> &defaults() const { return m_defaults; }

  /// Answers one or two requests side by side; `id` comes back with every signal. While an answer is under way: nothing.
  void ask(int id, std::vector<api::ChatRequest> requests);
  void stop();
  /// Asks the loaded model what a template is for it: templateLookedAt() follows, after an answer under way.
  void lookAtTemplate(const std::string &name);

Q_SIGNALS:
  void loadedChanged();
  void loadFailed(const QString &message);
  void templateLookedAt(const attune::Result<attune::api::ChatTemplateUse> &use);
  void grew(int id, bool tuned, const QString &text, const attune::api::ChatPace &pace);
  void answered(int id, bool tuned, const attune::api::ChatAnswer &answer);
  void failed(int id, const QString &message);
  void ended(int id); // after the last of answered() or failed()

private:
  EngineGate &m_gate;
  TaskRunner m_tasks; // one thread: the model is used by one at a time
  Task m_loading, m_answering, m_looking;
  std::unique_ptr<QObject> m_waiting; // for the engine
  StopSource m_stop;
  TextStream m_base, m_tuned;
  std::shared_ptr<api::ChatModel> m_model;
  std::optional<api::SamplingSettings> m_defaults;
  int m_id = -1; // being answered
  bool m_isLoading = false, m_isAnswering = false;
};

} // namespace attune::ui
