#include "ui/widgets/memory_meter.h"

#include "ui/widgets/theme.h"

#include <QPainter>
#include <QPainterPath>

namespace attune::ui {

namespace {
constexpr double kBar = 8;
}

MemoryMeter::MemoryMeter(QWidget *parent) : QWidget(parent) { setFixedSize(sizeHint()); }

void MemoryMeter::setUse(const Use &use) {
  m_use = use;
  update();
}

void MemoryMeter::paintEvent(QPaintEvent *) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const Theme &look = theme();
  const QRectF bar(0, (height() - kBar) / 2, width(), kBar);
  QPainterPath shape;
  shape.addRoundedRect(bar, 3, 3);
  painter.setClipPath(shape);
  painter.fillRect(bar, look.color(Tone::Line));
  if (m_use.total <= 0) return;
  double x = 0;
  const auto draw = [&](qint64 bytes, const QBrush &brush) {
    const double wide = width() * static_cast<double>(bytes) / static_cast<double>(m_use.total);
    painter.fillRect(QRectF(x, bar.top(), wide, bar.height()), brush);
    x += wide;
  };
  draw(m_use.others, look.color(Tone::Muted));
  draw(m_use.own, look.color(Tone::Accent));
  if (m_use.awaited <= 0) return;
  draw(m_use.awaited, mixed(look.color(Tone::Line), look.color(Tone::Accent), 0.35));
  painter.fillRect(QRectF(x - 2, bar.top(), 2, bar.height()), look.color(Tone::Accent));
}

} // namespace attune::ui
