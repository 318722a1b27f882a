#include "ui/models/chat_engine.h"

namespace attune::ui {

ChatEngine::ChatEngine(EngineGate &gate, QObject *parent) : QObject(parent), m_gate(gate), m_tasks(nullptr, 1) {
  connect(&m_stream, &TextStream::arrived, this, [this](const QString &text) {
    if (!m_queue.empty()) Q_EMIT grew(m_queue.front().id, m_queue.front().tuned, text);
  });
}

ChatEngine::~ChatEngine() { m_stop.requestStop(); }

void ChatEngine::use(const std::string &model, const std::string &adapter) {
  if (model == m_path && adapter == m_adapter && (m_model || m_isLoading)) return;
  unload();
  m_path = model;
  m_adapter = adapter;
  if (model.empty()) return;
  m_isLoading = true;
  Q_EMIT loadedChanged();
  m_gate.whenReady(this, [this, model, adapter](api::Engine &engine) {
    if (model != m_path || adapter != m_adapter) return; // chosen otherwise meanwhile
    using Opened = Result<std::shared_ptr<api::ChatModel>>;
    m_loading = m_tasks.run(
        this,
        [engine = &engine, model, adapter](StopToken) -> Opened {
          ATTUNE_TRY(auto loaded, engine->openChat(model, adapter));
          return std::shared_ptr<api::ChatModel>(std::move(loaded));
        },
        [this](Opened loaded) {
          m_isLoading = false;
          if (loaded.ok()) {
            m_model = *loaded;
            m_defaults = m_model->defaults();
          } else {
            m_path.clear();
            Q_EMIT loadFailed(QString::fromStdString(loaded.error().text()));
          }
          Q_EMIT loadedChanged();
        });
  });
}

void ChatEngine::unload() {
  stop();
  m_loading.cancel();
  m_model.reset(); // an answer under way holds it until it ends
  m_defaults.reset();
  m_path.clear();
  m_isLoading = false;
  Q_EMIT loadedChanged();
}

void ChatEngine::ask(int id, const std::vector<api::ChatMessage> &messages, bool tuned, const api::SamplingSettings &sampling) {
  if (!m_model) return;
  api::ChatRequest request;
  request.messages = messages;
  request.tuned = tuned;
  request.sampling = sampling;
  m_queue.push_back({id, tuned, std::move(request)});
  if (m_queue.size() == 1) next();
}

void ChatEngine::stop() {
  m_stop.requestStop(); // the answer so far arrives as an answer
  if (m_queue.size() > 1) m_queue.erase(m_queue.begin() + 1, m_queue.end());
}

void ChatEngine::next() {
  m_stop = StopSource();
  const auto input = m_stream.begin();
  api::ChatRequest request = m_queue.front().request;
  request.stop = m_stop.token();
  request.onText = [input](const std::string &piece) { input->push(piece); };
  m_answering = m_tasks.run(
      this, [model = m_model, request](StopToken) { return model->answer(request); },
      [this](const Result<api::ChatAnswer> &answer) {
        m_stream.end();
        const Question done = m_queue.front();
        m_queue.pop_front();
        if (answer.ok())
          Q_EMIT answered(done.id, done.tuned, *answer);
        else
          Q_EMIT failed(done.id, done.tuned,
                        QString::fromStdString(answer.error().text() + (answer.error().hint.empty() ? "" : " " + answer.error().hint)));
        if (!m_queue.empty()) next();
      });
}

} // namespace attune::ui
