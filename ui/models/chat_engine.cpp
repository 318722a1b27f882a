#include "ui/models/chat_engine.h"

#include "ui/models/error_text.h"

namespace attune::ui {

ChatEngine::ChatEngine(EngineGate &gate, QObject *parent) : QObject(parent), m_gate(gate), m_tasks(nullptr, 1) {
  connect(&m_base, &TextStream::arrived, this,
          [this](const QString &text, const api::ChatPace &pace) { Q_EMIT grew(m_id, false, text, pace); });
  connect(&m_tuned, &TextStream::arrived, this,
          [this](const QString &text, const api::ChatPace &pace) { Q_EMIT grew(m_id, true, text, pace); });
}

ChatEngine::~ChatEngine() { m_stop.requestStop(); }

void ChatEngine::load(const std::string &model, const std::string &adapter) {
  unload();
  m_isLoading = true;
  Q_EMIT loadedChanged();
  m_waiting = std::make_unique<QObject>();
  m_gate.whenReady(m_waiting.get(), [this, model, adapter](api::Engine &engine) {
    using Opened = Result<std::shared_ptr<api::ChatModel>>;
    m_loading = m_tasks.run(
        this,
        [engine = &engine, model, adapter](StopToken stop) -> Opened {
          if (stop.stopRequested()) return Error{ErrorCode::Interrupted, "Loading was stopped.", "", ""}; // chosen otherwise meanwhile
          ATTUNE_TRY(auto loaded, engine->openChat(model, adapter));
          return std::shared_ptr<api::ChatModel>(std::move(loaded));
        },
        [this](Opened loaded) {
          m_isLoading = false;
          if (loaded.ok()) {
            m_model = *loaded;
            m_defaults = m_model->defaults();
          } else {
            Q_EMIT loadFailed(errorText(loaded.error()));
          }
          Q_EMIT loadedChanged();
        });
  });
}

void ChatEngine::unload() {
  stop();
  m_waiting.reset();
  m_loading.cancel();
  m_looking.cancel();
  m_model.reset(); // an answer under way holds it until it ends
  m_defaults.reset();
  m_isLoading = false;
  Q_EMIT loadedChanged();
}

void ChatEngine::stop() { m_stop.requestStop(); } // the answer so far arrives as an answer

void ChatEngine::lookAtTemplate(const std::string &name) {
  if (!m_model) return;
  m_looking = m_tasks.run(
      this, [model = m_model, name](StopToken) { return model->useTemplate(name); },
      [this](const Result<api::ChatTemplateUse> &use) { Q_EMIT templateLookedAt(use); });
}

void ChatEngine::ask(int id, std::vector<api::ChatRequest> requests) {
  if (!m_model || m_isAnswering || requests.empty()) return;
  m_id = id;
  m_isAnswering = true;
  m_stop = StopSource();
  std::vector<bool> sides;
  for (api::ChatRequest &request : requests) {
    const auto input = (request.tuned ? m_tuned : m_base).begin();
    request.stop = m_stop.token();
    request.onText = [input](const std::string &piece, const api::ChatPace &pace) { input->push(piece, pace); };
    sides.push_back(request.tuned);
  }
  m_answering = m_tasks.run(
      this, [model = m_model, requests = std::move(requests)](StopToken) { return model->answer(requests); },
      [this, id, sides](const Result<std::vector<api::ChatAnswer>> &answers) {
        m_base.end();
        m_tuned.end();
        m_isAnswering = false;
        if (answers.ok())
          for (size_t i = 0; i < answers->size() && i < sides.size(); ++i) Q_EMIT answered(id, sides[i], (*answers)[i]);
        else
          Q_EMIT failed(id, errorText(answers.error()));
        Q_EMIT ended(id);
      });
}

} // namespace attune::ui
