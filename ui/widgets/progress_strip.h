// A job on one line: what, how far, time left, pause, checkpoint, stop. GUI thread; shows, and asks through signals.
#pragma once

#include <QFrame>

class QLabel;
class QProgressBar;
class QPushButton;

namespace attune::ui {

class ElidedLabel;

class ProgressStrip : public QFrame {
  Q_OBJECT

public:
  explicit ProgressStrip(QWidget *parent = nullptr);
  void setTitle(const QString &title);
  /// `share` below 0: how far is not known.
  void setProgress(const QString &text, double share);
  void setPaused(bool paused);
  /// A run on a cluster cannot pause: its card would be held and paid for.
  void setPausable(bool pausable);
  /// Whether pausing and checkpoints, and whether stopping can be asked for.
  void setSteerable(bool steerable, bool stoppable);
  bool isPaused() const { return m_paused; }
  QPushButton *pauseButton() const { return m_pause; } // goes on while paused
  QPushButton *checkpointButton() const { return m_checkpoint; }
  QPushButton *stopButton() const { return m_stop; }

Q_SIGNALS:
  void pauseClicked();
  void resumeClicked();
  void checkpointClicked();
  void stopClicked();

private:
  void showPause();

  ElidedLabel *m_title;
  QLabel *m_text;
  QProgressBar *m_bar;
  QPushButton *m_pause;
  QPushButton *m_checkpoint;
  QPushButton *m_stop;
  bool m_paused = false;
};

} // namespace attune::ui
