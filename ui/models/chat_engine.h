// The loaded model that Chat talks with, and the answers under way: first one side, then the other, from one set of weights.
// GUI thread; loading and answering happen on a thread of their own.
#pragma once

#include "core/api/chat.h"
#include "ui/bridge/text_stream.h"
#include "ui/models/engine_gate.h"

#include <deque>

namespace attune::ui {

class ChatEngine : public QObject {
  Q_OBJECT

public:
  ChatEngine(EngineGate &gate, QObject *parent = nullptr);
  ~ChatEngine() override;

  /// Loads when another model or adapter is meant; what was loaded goes first.
  void use(const std::string &model, const std::string &adapter);
  void unload();
  bool isLoaded() const { return m_model != nullptr; }
  bool isLoading() const { return m_isLoading; }
  bool isAnswering() const { return !m_queue.empty(); }
  bool hasAdapter() const { return m_model && m_model->hasAdapter(); }
  const std::optional<api::SamplingSettings> &defaults() const { return m_defaults; }

  /// Answers come one after another; each is told apart by its `id`.
  void ask(int id, const std::vector<api::ChatMessage> &messages, bool tuned, const api::SamplingSettings &sampling);
  void stop();

Q_SIGNALS:
  void loadedChanged();
  void loadFailed(const QString &message);
  void grew(int id, bool tuned, const QString &text);
  void answered(int id, bool tuned, const attune::api::ChatAnswer &answer);
  void failed(int id, bool tuned, const QString &message);

private:
  struct Question {
    int id;
    bool tuned;
    api::ChatRequest request;
  };
  void next();

  EngineGate &m_gate;
  TaskRunner m_tasks; // one thread: the model is used by one at a time
  Task m_loading, m_answering;
  StopSource m_stop;
  TextStream m_stream;
  std::shared_ptr<api::ChatModel> m_model;
  std::optional<api::SamplingSettings> m_defaults;
  std::string m_path, m_adapter;
  bool m_isLoading = false;
  std::deque<Question> m_queue; // the front one is being answered
};

} // namespace attune::ui
