#include "ui/widgets/segmented_switch.h"

#include "ui/widgets/theme.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>

namespace attune::ui {

namespace {
constexpr int kHeight = 32, kPadding = 14;
}

SegmentedSwitch::SegmentedSwitch(QWidget *parent) : QWidget(parent) {
  setFocusPolicy(Qt::StrongFocus);
  setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
}

void SegmentedSwitch::setChoices(const QStringList &keys, const QStringList &texts) {
  const QString key = current();
  m_keys = keys;
  m_texts = texts;
  m_index = std::max<int>(0, static_cast<int>(keys.indexOf(key)));
  updateGeometry();
  update();
}

void SegmentedSwitch::setCurrent(const QString &key) {
  const int index = static_cast<int>(m_keys.indexOf(key));
  if (index < 0 || index == m_index) return;
  m_index = index;
  update();
}

int SegmentedSwitch::widthOf(int index) const {
  QFont bold = font();
  bold.setWeight(QFont::DemiBold);
  return QFontMetrics(bold).horizontalAdvance(m_texts.value(index)) + 2 * kPadding;
}

QRect SegmentedSwitch::rectOf(int index) const {
  int x = 0;
  for (int i = 0; i < index; ++i) x += widthOf(i);
  return {x, 0, widthOf(index), height()};
}

QSize SegmentedSwitch::sizeHint() const {
  int width = 0;
  for (int i = 0; i < m_texts.size(); ++i) width += widthOf(i);
  return {width + 1, kHeight};
}

int SegmentedSwitch::indexAt(const QPoint &position) const {
  for (int i = 0; i < m_texts.size(); ++i) {
    if (rectOf(i).contains(position)) return i;
  }
  return -1;
}

void SegmentedSwitch::choose(int index) {
  if (index < 0 || index >= m_keys.size() || index == m_index) return;
  m_index = index;
  update();
  Q_EMIT changed(current());
}

void SegmentedSwitch::paintEvent(QPaintEvent *) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const Theme &look = theme();
  const QRectF frame = QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5);
  QPainterPath shape;
  shape.addRoundedRect(frame, 6, 6);
  painter.fillPath(shape, look.color(Tone::Surface));
  painter.save();
  painter.setClipPath(shape);
  for (int i = 0; i < m_texts.size(); ++i) {
    const QRect cell = rectOf(i);
    const bool on = i == m_index, off = !isEnabled();
    if (on) painter.fillRect(cell, look.color(Tone::Tint));
    QFont shown = font();
    if (on) shown.setWeight(QFont::DemiBold);
    painter.setFont(shown);
    painter.setPen(off ? mixed(look.color(Tone::Surface), look.color(Tone::Muted), 0.55) : look.color(on ? Tone::Accent : Tone::Muted));
    painter.drawText(cell, Qt::AlignCenter, m_texts[i]);
    if (i > 0) {
      painter.setPen(look.color(Tone::Line));
      painter.drawLine(cell.topLeft(), cell.bottomLeft());
    }
  }
  painter.restore();
  painter.setPen(QPen(look.color(hasFocus() ? Tone::Accent : Tone::Line), hasFocus() ? 1.6 : 1.0));
  painter.drawPath(shape);
}

void SegmentedSwitch::mousePressEvent(QMouseEvent *event) {
  if (event->button() == Qt::LeftButton) choose(indexAt(event->pos()));
}

void SegmentedSwitch::keyPressEvent(QKeyEvent *event) {
  const int step = event->key() == Qt::Key_Right || event->key() == Qt::Key_Down ? 1
                   : event->key() == Qt::Key_Left || event->key() == Qt::Key_Up  ? -1
                                                                                 : 0;
  if (step == 0) return QWidget::keyPressEvent(event);
  choose(m_index + step);
}

void SegmentedSwitch::focusInEvent(QFocusEvent *) { update(); }
void SegmentedSwitch::focusOutEvent(QFocusEvent *) { update(); }

} // namespace attune::ui
