#include "ui/widgets/length_histogram.h"

#include "ui/widgets/number_text.h"
#include "ui/widgets/theme.h"

#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>

namespace attune::ui {

namespace {

constexpr int kAxis = 18;

} // namespace

LengthHistogram::LengthHistogram(QWidget *parent) : QWidget(parent) {
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  setMinimumHeight(90);
}

void LengthHistogram::setBins(std::vector<api::LengthBin> bins, qint64 cutoff) {
  m_bins = std::move(bins);
  m_cutoff = cutoff;
  update();
}

QRectF LengthHistogram::barRect(size_t index) const {
  int64_t most = 1;
  for (const api::LengthBin &bin : m_bins) most = std::max(most, bin.rows);
  const double step = static_cast<double>(width()) / static_cast<double>(m_bins.size());
  const double height =
      m_bins[index].rows == 0
          ? 0
          : std::max(2.0, static_cast<double>(m_bins[index].rows) / static_cast<double>(most) * (this->height() - kAxis - 4));
  return {static_cast<double>(index) * step + 1, this->height() - kAxis - height, std::max(1.0, step - 2), height};
}

void LengthHistogram::paintEvent(QPaintEvent *) {
  if (m_bins.empty()) return;
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const Theme &look = theme();
  painter.setPen(Qt::NoPen);
  for (size_t i = 0; i < m_bins.size(); ++i) {
    painter.setBrush(m_bins[i].from >= m_cutoff ? look.color(Tone::Danger) : mixed(look.color(Tone::Surface), look.series(0), 0.75));
    painter.drawRoundedRect(barRect(i), 2, 2);
  }
  const int bottom = height() - kAxis;
  painter.fillRect(QRect(0, bottom, width(), 1), look.color(Tone::Line));
  QFont small = font();
  small.setPixelSize(11);
  painter.setFont(small);
  painter.setPen(look.color(Tone::Muted));
  painter.drawText(QRect(0, bottom + 2, width() / 2, kAxis - 2), Qt::AlignLeft, countText(m_bins.front().from));
  painter.drawText(QRect(width() / 2, bottom + 2, width() / 2, kAxis - 2), Qt::AlignRight, countText(m_bins.back().to));
  double x = -1;
  for (size_t i = 0; i < m_bins.size(); ++i) {
    const api::LengthBin &bin = m_bins[i];
    if (m_cutoff >= bin.from && m_cutoff < bin.to)
      x = (static_cast<double>(i) + static_cast<double>(m_cutoff - bin.from) / static_cast<double>(bin.to - bin.from)) * width() /
          static_cast<double>(m_bins.size());
  }
  if (x < 0) return;
  painter.setPen(QPen(look.color(Tone::Danger), 1, Qt::DashLine));
  painter.drawLine(QPointF(x, 0), QPointF(x, bottom));
}

bool LengthHistogram::event(QEvent *event) {
  if (event->type() == QEvent::ToolTip && !m_bins.empty()) {
    auto *help = static_cast<QHelpEvent *>(event);
    const auto index = std::min(m_bins.size() - 1,
                                static_cast<size_t>(std::max(0, help->pos().x()) * static_cast<int>(m_bins.size()) / std::max(1, width())));
    const api::LengthBin &bin = m_bins[index];
    QToolTip::showText(help->globalPos(),
                       tr("%1 to %2 tokens: %Ln row(s)", "", static_cast<int>(bin.rows)).arg(countText(bin.from), countText(bin.to - 1)),
                       this);
    return true;
  }
  return QWidget::event(event);
}

} // namespace attune::ui
