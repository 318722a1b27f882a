// A label of one line that shows what fits and an ellipsis, and the whole text as its tool tip. GUI thread.
#pragma once

#include <QLabel>

namespace attune::ui {

class ElidedLabel : public QLabel {
  Q_OBJECT

public:
  explicit ElidedLabel(QWidget *parent = nullptr, Qt::TextElideMode mode = Qt::ElideRight);
  QSize minimumSizeHint() const override;
  QSize sizeHint() const override;

protected:
  void paintEvent(QPaintEvent *event) override;

private:
  Qt::TextElideMode m_mode;
};

} // namespace attune::ui
