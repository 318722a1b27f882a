#include "ui/charts/mark_legend.h"

#include "ui/charts/mark_shape.h"
#include "ui/widgets/retranslate.h"
#include "ui/widgets/theme.h"

#include <QPainter>

namespace attune::ui {

namespace {

constexpr int kLine = 18, kShape = 18, kGap = 16;

QFont smallFont(QFont font) {
  font.setPixelSize(12);
  return font;
}

} // namespace

MarkLegend::MarkLegend(QWidget *parent) : QWidget(parent) {
  QSizePolicy policy(QSizePolicy::Ignored, QSizePolicy::Fixed);
  policy.setHeightForWidth(true);
  setSizePolicy(policy);
  hide();
  onLanguage(this, [this] {
    setAccessibleName(tr("Marks on the curve"));
    speak();
  });
}

void MarkLegend::setKinds(const std::set<RunMark::Kind> &kinds) {
  if (kinds == m_kinds) return;
  m_kinds = kinds;
  setVisible(!kinds.empty());
  speak();
}

void MarkLegend::speak() {
  QStringList names;
  for (const RunMark::Kind kind : m_kinds) names.append(markName(kind));
  setAccessibleDescription(names.join(QStringLiteral(", ")));
  updateGeometry();
  update();
}

std::vector<MarkLegend::Entry> MarkLegend::entries(int width) const {
  const QFontMetrics metrics(smallFont(font()));
  std::vector<Entry> all;
  int x = 0, y = 0;
  for (const RunMark::Kind kind : m_kinds) {
    const QString name = markName(kind);
    const int wide = kShape + metrics.horizontalAdvance(name);
    if (x > 0 && x + wide > width) {
      x = 0;
      y += kLine;
    }
    all.push_back({kind, name, QRect(x, y, wide, kLine)});
    x += wide + kGap;
  }
  return all;
}

int MarkLegend::heightForWidth(int width) const {
  const auto all = entries(width);
  return all.empty() ? 0 : all.back().rect.bottom() + 1;
}

QSize MarkLegend::sizeHint() const { return {200, heightForWidth(width())}; }

void MarkLegend::paintEvent(QPaintEvent *) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setFont(smallFont(font()));
  for (const Entry &entry : entries(width())) {
    drawMark(painter, entry.kind, QPointF(entry.rect.left() + 6, entry.rect.center().y() + 0.5), theme().color(Tone::Muted));
    painter.setPen(theme().color(Tone::Muted));
    painter.drawText(entry.rect.adjusted(kShape, 0, 2, 0), Qt::AlignVCenter | Qt::AlignLeft, entry.name);
  }
}

} // namespace attune::ui
