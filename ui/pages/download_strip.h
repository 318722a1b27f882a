// One download on one line: which model, how far, how fast, pause or continue, discard. GUI thread; shows, and asks through signals.
#pragma once

#include "ui/net/download_center.h"

#include <QFrame>

class QLabel;
class QProgressBar;
class QPushButton;

namespace attune::ui {

class ElidedLabel;

class DownloadStrip : public QFrame {
  Q_OBJECT

public:
  explicit DownloadStrip(QWidget *parent = nullptr);
  void setDownload(const Download &download);

Q_SIGNALS:
  void pauseClicked();
  void continueClicked();
  void discardClicked();

private:
  void showTexts();

  QString m_repo, m_hub;
  bool m_foreign = false;
  DownloadProgress m_progress;
  ElidedLabel *m_title, *m_text;
  QLabel *m_problem;
  QProgressBar *m_bar;
  QPushButton *m_pause, *m_discard;
};

} // namespace attune::ui
