// Whether the window may close: asks while a run goes, lets the run end with a checkpoint, then closes the window. Runs that
// wait keep their places until the next start. GUI thread; owned by the window.
#pragma once

#include "ui/models/run_center.h"

class QMessageBox;

namespace attune::ui {

class QuitGuard : public QObject {
  Q_OBJECT

public:
  QuitGuard(RunCenter &runs, QWidget &window);
  /// True: close now. False: somebody is asked or a run is ending, and the window closes itself when it may.
  bool mayClose();

private:
  QMessageBox *ask(const QString &title, const QString &text, const QString &yes, const QString &no, std::function<void()> act);
  void askToStop();
  void askToQuitNow();

  RunCenter &m_runs;
  QWidget &m_window;
  QPointer<QMessageBox> m_question;
  bool m_ending = false; // the window goes when the run has ended
  bool m_now = false;    // without waiting for that
};

} // namespace attune::ui
