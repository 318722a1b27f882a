#include "ui/widgets/forecast_bar.h"

#include "ui/widgets/number_text.h"
#include "ui/widgets/theme.h"

#include <QFocusEvent>
#include <QHelpEvent>
#include <QPainter>
#include <QPainterPath>
#include <QTimer>
#include <QToolTip>

#include <algorithm>

namespace attune::ui {

namespace {
constexpr int kTop = 3, kBar = 14, kBottom = 2 * kTop + kBar; // the mark of the budget stands out above and below
constexpr int kGap = 5, kLine = 20, kDot = 9;

/// More than there are series colours: the later ones are tints.
QColor partColor(int place) {
  const QColor color = theme().series(place);
  return place < 8 ? color : mixed(theme().color(theme().dark() ? Tone::Text : Tone::Surface), color, 0.5);
}

QFont smallFont(QFont font) {
  font.setPixelSize(12);
  return font;
}

void paintTooMuch(QPainter &painter, const QRectF &rect) {
  painter.fillRect(rect, theme().color(Tone::Danger));
  painter.fillRect(rect, QBrush(theme().color(Tone::Surface), Qt::BDiagPattern));
}

} // namespace

ForecastBar::ForecastBar(QWidget *parent) : QWidget(parent) {
  QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  policy.setHeightForWidth(true);
  setSizePolicy(policy);
  setFocusPolicy(Qt::TabFocus);
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

void ForecastBar::setScale(double bytes) {
  m_scale = bytes;
  update();
}

void ForecastBar::setLegend(bool shown) {
  m_legend = shown;
  updateGeometry();
  update();
}

double ForecastBar::total() const {
  double sum = 0;
  for (const Part &part : m_parts) sum += static_cast<double>(part.bytes);
  return sum;
}

double ForecastBar::scale() const { return std::max({m_scale, static_cast<double>(m_budget), total(), 1.0}); }

QVector<ForecastBar::Entry> ForecastBar::legend(int width) const {
  const QFontMetrics metrics(smallFont(font()));
  QVector<Entry> entries;
  if (!m_legend) return entries;
  int x = 0, y = kBottom + kGap;
  const auto add = [&](const QString &text, int part) {
    const int needed = kDot + 8 + metrics.horizontalAdvance(text);
    if (x > 0 && x + needed > width) {
      x = 0;
      y += kLine;
    }
    entries.push_back({QRect(x, y, needed, kLine), text, part});
    x += needed + 18;
  };
  for (int i = 0; i < m_parts.size(); ++i) add(m_parts[i].name + QLatin1Char(' ') + bytesText(m_parts[i].bytes), i);
  if (m_budget > 0 && total() > static_cast<double>(m_budget)) {
    const double over = std::min(total() - static_cast<double>(m_budget), 9e18);
    add(tr("%1 too much").arg(bytesText(static_cast<qint64>(over))), -1);
  }
  return entries;
}

QSize ForecastBar::sizeHint() const { return {480, heightForWidth(width() > 0 ? width() : 480)}; }

int ForecastBar::heightForWidth(int width) const {
  const auto entries = legend(width);
  return entries.isEmpty() ? kBottom : entries.last().rect.bottom() + 1;
}

void ForecastBar::paintEvent(QPaintEvent *) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const Theme &look = theme();
  const double perByte = width() / scale(), border = perByte * static_cast<double>(m_budget);
  const bool over = m_budget > 0 && total() > static_cast<double>(m_budget);
  QPainterPath shape;
  shape.addRoundedRect(QRectF(0, kTop, width(), kBar), 4, 4);
  painter.save();
  painter.setClipPath(shape);
  painter.fillRect(0, kTop, width(), kBar, look.color(Tone::Line));
  double x = 0;
  for (const Part &part : m_parts) {
    const double wide = perByte * static_cast<double>(part.bytes);
    painter.fillRect(QRectF(x, kTop, wide, kBar), partColor(part.color));
    x += wide;
  }
  if (over) paintTooMuch(painter, QRectF(border, kTop, x - border, kBar));
  painter.restore();
  if (m_budget > 0 && border < width() - 1) painter.fillRect(QRectF(border - 1, 0, 2, kBottom), look.color(Tone::Text));
  if (hasFocus()) {
    painter.setPen(QPen(look.color(Tone::Accent), 1.6));
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(QRectF(0.8, kTop - 1.2, width() - 1.6, kBar + 2.4), 5, 5);
  }
  painter.setFont(smallFont(font()));
  for (const Entry &entry : legend(width())) {
    const QRectF dot(entry.rect.left(), entry.rect.center().y() - kDot / 2.0, kDot, kDot);
    painter.setPen(Qt::NoPen);
    if (entry.part < 0) {
      paintTooMuch(painter, dot);
    } else {
      painter.setBrush(partColor(m_parts[entry.part].color));
      painter.drawRoundedRect(dot, 3, 3);
    }
    painter.setPen(look.color(entry.part < 0 ? Tone::Danger : Tone::Muted));
    painter.drawText(entry.rect.adjusted(kDot + 8, 0, 4, 0), Qt::AlignVCenter | Qt::AlignLeft, entry.text);
  }
}

QString ForecastBar::about(const Part &part) const {
  const QString amount = part.name + QLatin1Char(' ') + bytesText(part.bytes);
  return part.help.isEmpty() ? amount : tr("%1: %2", "item of the forecast with its size, what it is").arg(amount, part.help);
}

QString ForecastBar::explanation(const QPoint &place) const {
  for (const Entry &entry : legend(width()))
    if (entry.part >= 0 && entry.rect.contains(place)) return about(m_parts[entry.part]);
  double x = 0;
  for (const Part &part : m_parts) {
    x += width() / scale() * static_cast<double>(part.bytes);
    if (place.y() < kBottom && place.x() < x) return about(part);
  }
  QStringList all;
  for (const Part &part : m_parts) all.append(about(part));
  return all.join(QLatin1Char('\n'));
}

/// The explanations come to the keyboard, too.
void ForecastBar::focusInEvent(QFocusEvent *event) {
  QWidget::focusInEvent(event);
  if (event->reason() != Qt::TabFocusReason && event->reason() != Qt::BacktabFocusReason) return;
  QTimer::singleShot(0, this, [this] { // the event itself would hide it again
    if (hasFocus()) QToolTip::showText(mapToGlobal(rect().bottomLeft()), explanation(QPoint(-1, height())), this);
  });
}

bool ForecastBar::event(QEvent *event) {
  if (event->type() == QEvent::LanguageChange) updateGeometry();
  if (event->type() == QEvent::ToolTip) {
    const auto *help = static_cast<QHelpEvent *>(event);
    QToolTip::showText(help->globalPos(), explanation(help->pos()), this);
    return true;
  }
  return QWidget::event(event);
}

} // namespace attune::ui
