#include "ui/widgets/elided_label.h"

#include "ui/widgets/visible_text.h"

#include <QPainter>
#include <QStyle>

namespace attune::ui {

ElidedLabel::ElidedLabel(QWidget *parent, Qt::TextElideMode mode) : QLabel(parent), m_mode(mode) {
  setTextFormat(Qt::PlainText);
  setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
}

QSize ElidedLabel::minimumSizeHint() const { return {24, QLabel::minimumSizeHint().height()}; }

QSize ElidedLabel::sizeHint() const { return {fontMetrics().horizontalAdvance(text()) + 2, QLabel::sizeHint().height()}; }

void ElidedLabel::paintEvent(QPaintEvent *) {
  QPainter painter(this);
  const QString shown = fontMetrics().elidedText(text().simplified(), m_mode, contentsRect().width());
  const QString tip = shown == text() ? QString() : toolTipText(text());
  if (toolTip() != tip) setToolTip(tip);
  style()->drawItemText(&painter, contentsRect(), static_cast<int>(alignment()), palette(), isEnabled(), shown, foregroundRole());
}

} // namespace attune::ui
