// What the desktop hears of runs: a message at their end while the window is not in front, and no sleep while one trains.
// GUI thread; owned by the window.
#pragma once

#include "ui/models/run_center.h"
#include "ui/shell/desktop_notice.h"
#include "ui/shell/sleep_inhibitor.h"

namespace attune::ui {

class RunWatch : public QObject {
  Q_OBJECT

public:
  RunWatch(RunCenter &runs, QWidget &window);

Q_SIGNALS:
  void runClicked(const QString &folder); // in the desktop's message

private:
  void tell(const QString &folder);
  void inhibit();

  RunCenter &m_runs;
  QWidget &m_window;
  DesktopNotice m_notice;
  SleepInhibitor m_sleep;
};

} // namespace attune::ui
