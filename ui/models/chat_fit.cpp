#include "ui/models/chat_fit.h"

#include "ui/models/error_text.h"

namespace attune::ui {

ChatFit::ChatFit(RunCenter &runs, EngineGate &gate, TaskRunner &tasks, const Services &services, QObject *parent)
    : QObject(parent), m_runs(runs), m_gate(gate), m_tasks(tasks), m_services(services) {
  connect(&m_gate, &EngineGate::failed, this, [this] {
    if (!m_asking) return;
    cancel();
    Q_EMIT failed(errorText(*m_gate.failure()));
  });
}

void ChatFit::ask(api::ChatDemand demand) {
  cancel();
  m_asking = true;
  m_question = std::make_unique<QObject>();
  m_gate.whenReady(m_question.get(), [this, demand = std::move(demand)](api::Engine &engine) {
    const QString active = m_runs.active();
    api::ChatDemand asked = demand;
    asked.running = m_runs.unwrittenConfig(active); // while it loads
    const std::string run = asked.running ? std::string() : active.toStdString();
    m_forecasting = m_tasks.run(
        this,
        [planner = &engine.planner(), store = m_services.runs, asked, run](StopToken) mutable -> Result<api::ChatForecast> {
          if (!run.empty()) {
            ATTUNE_TRY(asked.running, store->config(run));
          }
          return planner->forecastChat(asked);
        },
        [this](const Result<api::ChatForecast> &forecast) {
          m_asking = false;
          if (forecast.ok())
            Q_EMIT decided(*forecast);
          else
            Q_EMIT failed(errorText(forecast.error()));
        });
  });
}

void ChatFit::cancel() {
  m_question.reset();
  m_forecasting.cancel();
  m_asking = false;
}

} // namespace attune::ui
