// One file on its way to or from a cluster: which, how far, how fast; stop, again, close. GUI thread; shows, and asks through signals.
#pragma once

#include "ui/models/cluster_transfers.h"

#include <QFrame>

class QLabel;
class QProgressBar;
class QPushButton;

namespace attune::ui {

class ElidedLabel;

class TransferStrip : public QFrame {
  Q_OBJECT

public:
  explicit TransferStrip(QWidget *parent = nullptr);
  void setTransfer(const Transfer &transfer);

Q_SIGNALS:
  void stopClicked();
  void againClicked();
  void closeClicked();

private:
  void showTexts();

  Transfer m_transfer;
  ElidedLabel *m_title;
  QLabel *m_text, *m_problem;
  QProgressBar *m_bar;
  QPushButton *m_act, *m_close;
};

} // namespace attune::ui
