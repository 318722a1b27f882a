#include "ui/shell/quit_guard.h"

#include "ui/widgets/ask_first.h"
#include "ui/widgets/toast.h"

namespace attune::ui {

QuitGuard::QuitGuard(RunCenter &runs, QWidget &window) : QObject(&window), m_runs(runs), m_window(window) {
  connect(&m_runs, &RunCenter::runEnded, this, [this] {
    if (m_question) m_question->close(); // there is nothing left to ask
    if (m_ending) m_window.close();
  });
}

bool QuitGuard::mayClose() {
  if (m_now || m_runs.active().isEmpty()) return true;
  if (m_question)
    m_question->raise();
  else if (m_ending)
    askToQuitNow();
  else
    askToStop();
  return false;
}

QMessageBox *QuitGuard::ask(const QString &title, const QString &text, const QString &yes, const QString &no, std::function<void()> act) {
  m_question = askFirst(&m_window, {title, text, yes, no}, this, std::move(act));
  return m_question;
}

void QuitGuard::askToStop() {
  QMessageBox *box = ask(tr("A run is going"), tr("Stop the run and quit? It saves a checkpoint first and can go on later."),
                         tr("Stop and quit"), tr("Keep training"), [this] {
                           m_ending = true;
                           m_runs.beginEnding();
                           Toast::show(&m_window, tr("The run saves a checkpoint, then Attune closes."));
                           m_runs.requestStop(m_runs.active());
                         });
  const auto waiting = static_cast<int>(m_runs.queue().waiting().size());
  if (waiting > 0) box->setInformativeText(tr("%n waiting run(s) keep their places until Attune is opened again.", "", waiting));
}

void QuitGuard::askToQuitNow() {
  ask(tr("The run is still ending"), tr("Quit without waiting? The run can then go on from its last checkpoint."), tr("Quit now"),
      tr("Wait"), [this] {
        m_now = true;
        m_window.close();
      });
}

} // namespace attune::ui
