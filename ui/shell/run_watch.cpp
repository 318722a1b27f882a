#include "ui/shell/run_watch.h"

#include "ui/models/error_text.h"
#include "ui/widgets/number_text.h"

#include <QWidget>

namespace attune::ui {

RunWatch::RunWatch(RunCenter &runs, QWidget &window) : QObject(&window), m_runs(runs), m_window(window) {
  connect(&m_runs, &RunCenter::runEnded, this, &RunWatch::tell);
  connect(&m_runs, &RunCenter::runChanged, this, &RunWatch::inhibit);
  connect(&m_runs, &RunCenter::listChanged, this, &RunWatch::inhibit);
}

void RunWatch::inhibit() {
  const RunModel *figures = m_runs.active().isEmpty() ? nullptr : m_runs.model(m_runs.active());
  if (figures && figures->state() != api::RunState::Paused)
    m_sleep.hold(tr("A model is being trained."));
  else
    m_sleep.release();
}

void RunWatch::tell(const QString &folder) {
  const api::RunSummary *run = m_runs.find(folder);
  if (!run || m_window.isActiveWindow()) return;
  const QString name = QString::fromStdString(run->name);
  const QString title = run->phase == api::RunPhase::Completed ? tr("%1 is done").arg(name)
                        : run->phase == api::RunPhase::Failed  ? tr("%1 has failed").arg(name)
                                                               : tr("%1 was stopped").arg(name);
  const QString text = run->phase == api::RunPhase::Failed ? errorText(run->errorCode, run->error)
                       : run->loss                         ? tr("Loss %1 at step %2.").arg(numberText(*run->loss), countText(run->step))
                                                           : QString();
  m_notice.show(title, text, [this, folder] {
    m_window.raise();
    m_window.activateWindow();
    Q_EMIT runClicked(folder);
  });
}

} // namespace attune::ui
