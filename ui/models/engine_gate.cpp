#include "ui/models/engine_gate.h"

namespace attune::ui {

EngineGate::EngineGate(const Services &services, TaskRunner &tasks, QObject *parent)
    : QObject(parent), m_services(services), m_tasks(tasks) {}

void EngineGate::load() {
  if (m_asked) return;
  m_asked = true;
  m_loading = m_tasks.run(
      this, [open = m_services.openEngine](StopToken) { return open(); },
      [this](Result<api::Engine *> engine) {
        if (!engine.ok()) {
          m_asked = false; // another try is allowed
          m_failure = engine.error();
          Q_EMIT failed();
          return;
        }
        m_engine = *engine;
        m_failure.reset();
        Q_EMIT ready();
        m_loading = m_tasks.run(
            this, [engine = m_engine](StopToken) { return engine->device(); },
            [this](api::DeviceFacts facts) {
              m_device = std::move(facts);
              Q_EMIT deviceKnown();
            });
      });
}

void EngineGate::whenReady(QObject *context, std::function<void(api::Engine &)> use) {
  if (m_engine) return use(*m_engine);
  auto *once = new QObject(context);
  connect(this, &EngineGate::ready, once, [this, once, use = std::move(use)] {
    once->deleteLater();
    use(*m_engine);
  });
  load();
}

} // namespace attune::ui
