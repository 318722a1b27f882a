#include "ui/widgets/forecast_bar.h"

#include "ui/widgets/number_text.h"
#include "ui/widgets/theme.h"

#include <QHelpEvent>
#include <QPainter>
#include <QPainterPath>
#include <QToolTip>

namespace attune::ui {

namespace {
constexpr int kBar = 14, kGap = 8, kLine = 20, kDot = 9;

/// More than there are series colours: the later ones are tints.
QColor partColor(int place) {
  const QColor color = theme().series(place);
  return place < 8 ? color : mixed(theme().color(Tone::Surface), color, 0.5);
}

} // namespace

ForecastBar::ForecastBar(QWidget *parent) : QWidget(parent) {
  QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  policy.setHeightForWidth(true);
  setSizePolicy(policy);
}

void ForecastBar::setParts(QVector<Part> parts, qint64 budget) {
  m_parts = std::move(parts);
  m_budget = budget;
  QStringList spoken;
  for (const Part &part : m_parts) spoken << part.name + QLatin1Char(' ') + bytesText(part.bytes);
  setAccessibleDescription(spoken.join(QStringLiteral(", ")));
  updateGeometry();
  update();
}

qint64 ForecastBar::total() const {
  qint64 sum = 0;
  for (const Part &part : m_parts) sum += part.bytes;
  return sum;
}

QVector<ForecastBar::Entry> ForecastBar::legend(int width) const {
  QFont small = font();
  small.setPixelSize(12);
  const QFontMetrics metrics(small);
  QVector<Entry> entries;
  int x = 0, y = kBar + kGap;
  for (int i = 0; i < m_parts.size(); ++i) {
    const QString text = m_parts[i].name + QLatin1Char(' ') + bytesText(m_parts[i].bytes);
    const int needed = kDot + 8 + metrics.horizontalAdvance(text);
    if (x > 0 && x + needed > width) {
      x = 0;
      y += kLine;
    }
    entries.push_back({QRect(x, y, needed, kLine), text, m_parts[i].color});
    x += needed + 18;
  }
  return entries;
}

QSize ForecastBar::sizeHint() const { return {480, heightForWidth(width() > 0 ? width() : 480)}; }

int ForecastBar::heightForWidth(int width) const {
  const auto entries = legend(width);
  return entries.isEmpty() ? kBar : entries.last().rect.bottom() + 1;
}

void ForecastBar::paintEvent(QPaintEvent *) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const Theme &look = theme();
  const qint64 sum = total();
  const double scale = static_cast<double>(std::max<qint64>({m_budget, sum, 1}));
  QPainterPath shape;
  shape.addRoundedRect(QRectF(0, 0, width(), kBar), 4, 4);
  painter.save();
  painter.setClipPath(shape);
  painter.fillRect(0, 0, width(), kBar, look.color(Tone::Line));
  double x = 0;
  for (int i = 0; i < m_parts.size(); ++i) {
    const double part = width() * static_cast<double>(m_parts[i].bytes) / scale;
    painter.fillRect(QRectF(x, 0, part, kBar), partColor(m_parts[i].color));
    x += part;
  }
  if (m_budget > 0 && sum > m_budget) {
    const double border = width() * static_cast<double>(m_budget) / scale;
    painter.fillRect(QRectF(border, 0, width() - border, kBar), look.color(Tone::Danger));
  }
  painter.restore();
  QFont small = font();
  small.setPixelSize(12);
  painter.setFont(small);
  for (const Entry &entry : legend(width())) {
    painter.setPen(Qt::NoPen);
    painter.setBrush(partColor(entry.color));
    painter.drawRoundedRect(QRectF(entry.rect.left(), entry.rect.center().y() - kDot / 2.0, kDot, kDot), 3, 3);
    painter.setPen(look.color(Tone::Muted));
    painter.drawText(entry.rect.adjusted(kDot + 8, 0, 4, 0), Qt::AlignVCenter | Qt::AlignLeft, entry.text);
  }
}

bool ForecastBar::event(QEvent *event) {
  if (event->type() == QEvent::ToolTip) {
    QToolTip::showText(static_cast<QHelpEvent *>(event)->globalPos(), accessibleDescription(), this);
    return true;
  }
  return QWidget::event(event);
}

} // namespace attune::ui
