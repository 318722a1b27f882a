#include "ui/widgets/chip.h"

#include <QEvent>
#include <QPainter>

namespace attune::ui {

Chip::Chip(QWidget *parent) : QAbstractButton(parent) {
  setFocusPolicy(Qt::StrongFocus);
  setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
  QFont small = font();
  small.setPixelSize(12);
  setFont(small);
}

void Chip::setDot(std::optional<Tone> tone) {
  m_dot = tone;
  updateGeometry();
  update();
}

QSize Chip::sizeHint() const {
  QFont small = font();
  small.setPixelSize(12);
  const QFontMetrics metrics(small);
  return {metrics.horizontalAdvance(text()) + 20 + (m_dot ? 14 : 0), metrics.height() + 6};
}

void Chip::changeEvent(QEvent *event) {
  if (event->type() == QEvent::FontChange || event->type() == QEvent::EnabledChange) updateGeometry();
  QAbstractButton::changeEvent(event);
}

void Chip::paintEvent(QPaintEvent *) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  QFont small = font();
  small.setPixelSize(12);
  painter.setFont(small);
  const Theme &look = theme();
  const bool on = isCheckable() && isChecked();
  const QRectF frame = QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5);
  painter.setBrush(look.color(on ? Tone::Tint : Tone::Surface));
  painter.setPen(QPen(look.color(hasFocus() || on ? Tone::Accent : Tone::Line), hasFocus() ? 1.6 : 1.0));
  painter.drawRoundedRect(frame, frame.height() / 2, frame.height() / 2);
  int left = 10;
  if (m_dot) {
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme().color(*m_dot));
    painter.drawEllipse(QRectF(left, height() / 2.0 - 3.5, 7, 7));
    left += 14;
  }
  painter.setPen(look.color(on ? Tone::Accent : Tone::Muted));
  painter.drawText(rect().adjusted(left, 0, -10, 0), Qt::AlignVCenter | Qt::AlignLeft, text());
}

} // namespace attune::ui
