#include "ui/widgets/line_view.h"

#include "ui/widgets/theme.h"

#include <QFontDatabase>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>

#include <algorithm>

namespace attune::ui {

namespace {

constexpr int kMargin = 8;
constexpr qsizetype kMostShown = 4000; // characters of a line: all of it is laid out for every paint

} // namespace

LineView::LineView(QWidget *parent) : QAbstractScrollArea(parent) {
  setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
  setFrameShape(QFrame::NoFrame);
  setFocusPolicy(Qt::StrongFocus);
  viewport()->setCursor(Qt::IBeamCursor);
  connect(verticalScrollBar(), &QScrollBar::actionTriggered, this, [this] { // by wheel, by dragging, by a click into the bar
    if (m_follow && verticalScrollBar()->sliderPosition() < verticalScrollBar()->maximum()) Q_EMIT followEnded();
  });
}

int LineView::lineHeight() const { return fontMetrics().height() + 4; }
qsizetype LineView::page() const { return std::max(1, viewport()->height() / lineHeight()); }

void LineView::setSource(std::function<QString(qsizetype)> source) { m_source = std::move(source); }

void LineView::setCount(qsizetype count) {
  const bool fewer = count < m_count;
  if (fewer) clearChoice();
  m_count = count;
  updateBars();
  if (m_follow) verticalScrollBar()->setValue(verticalScrollBar()->maximum());
  viewport()->update();
}

void LineView::setFollow(bool follow) {
  m_follow = follow;
  if (follow) verticalScrollBar()->setValue(verticalScrollBar()->maximum());
}

void LineView::clearChoice() {
  m_anchor = m_current = -1;
  m_widest = 0;
  viewport()->update();
}

std::pair<qsizetype, qsizetype> LineView::chosen() const {
  if (m_current < 0) return {0, -1};
  return {std::min(m_anchor, m_current), std::max(m_anchor, m_current)};
}

QStringList LineView::visibleLines() const {
  QStringList lines;
  const qsizetype first = verticalScrollBar()->value();
  for (qsizetype line = first; line < std::min(m_count, first + page()); ++line) lines.append(m_source(line));
  return lines;
}

void LineView::updateBars() {
  const qsizetype beyond = std::clamp<qsizetype>(m_count - page(), 0, std::numeric_limits<int>::max());
  verticalScrollBar()->setPageStep(static_cast<int>(page()));
  verticalScrollBar()->setRange(0, static_cast<int>(beyond));
  horizontalScrollBar()->setPageStep(viewport()->width());
  horizontalScrollBar()->setSingleStep(fontMetrics().averageCharWidth() * 4);
  horizontalScrollBar()->setRange(0, std::max(0, m_widest + 2 * kMargin - viewport()->width()));
}

void LineView::paintEvent(QPaintEvent *) {
  QPainter painter(viewport());
  const Theme &look = theme();
  painter.fillRect(viewport()->rect(), look.color(Tone::Surface));
  painter.setPen(look.color(Tone::Text));
  const int height = lineHeight(), left = kMargin - horizontalScrollBar()->value();
  const auto [first, last] = chosen();
  const int before = m_widest;
  qsizetype line = verticalScrollBar()->value();
  for (int top = 0; top < viewport()->height() && line < m_count; top += height, ++line) {
    const QRect row(0, top, viewport()->width(), height);
    if (line >= first && line <= last) painter.fillRect(row, look.color(Tone::Tint));
    if (hasFocus() && line == m_current) painter.fillRect(QRect(0, top, 2, height), look.color(Tone::Accent));
    QString text = m_source(line);
    if (text.size() > kMostShown) text = text.left(kMostShown) + QChar(0x2026); // copying takes all of it
    m_widest = std::max(m_widest, fontMetrics().horizontalAdvance(text));
    painter.drawText(QRect(left, top, m_widest + kMargin, height), Qt::AlignVCenter | Qt::TextSingleLine, text);
  }
  if (m_widest != before) QMetaObject::invokeMethod(this, &LineView::updateBars, Qt::QueuedConnection); // not while painting
}

void LineView::resizeEvent(QResizeEvent *) {
  updateBars();
  if (m_follow) verticalScrollBar()->setValue(verticalScrollBar()->maximum());
}

void LineView::scrollContentsBy(int, int) { viewport()->update(); }

void LineView::changeEvent(QEvent *event) {
  QAbstractScrollArea::changeEvent(event);
  viewport()->update();
}

qsizetype LineView::lineAt(const QPoint &position) const {
  return std::clamp<qsizetype>(verticalScrollBar()->value() + position.y() / lineHeight(), 0, m_count - 1);
}

void LineView::choose(qsizetype line, bool extend) {
  if (m_count == 0) return;
  m_current = std::clamp<qsizetype>(line, 0, m_count - 1);
  if (!extend || m_anchor < 0) m_anchor = m_current;
  QScrollBar *bar = verticalScrollBar();
  if (m_current < bar->value()) bar->setValue(static_cast<int>(m_current));
  if (m_current >= bar->value() + page()) bar->setValue(static_cast<int>(m_current - page() + 1));
  if (m_follow && bar->value() < bar->maximum()) Q_EMIT followEnded();
  viewport()->update();
}

void LineView::mousePressEvent(QMouseEvent *event) {
  if (event->button() == Qt::LeftButton && m_count > 0) choose(lineAt(event->pos()), event->modifiers() & Qt::ShiftModifier);
}

void LineView::mouseMoveEvent(QMouseEvent *event) {
  if (event->buttons() & Qt::LeftButton && m_count > 0) choose(lineAt(event->pos()), true);
}

void LineView::keyPressEvent(QKeyEvent *event) {
  const bool extend = event->modifiers() & Qt::ShiftModifier;
  const qsizetype from = m_current < 0 ? verticalScrollBar()->value() - 1 : m_current;
  if (event->matches(QKeySequence::Copy)) return copyRequested();
  if (event->matches(QKeySequence::SelectAll)) {
    m_anchor = 0;
    m_current = m_count - 1;
    return viewport()->update();
  }
  switch (event->key()) {
  case Qt::Key_Up: return choose(from - 1, extend);
  case Qt::Key_Down: return choose(from + 1, extend);
  case Qt::Key_PageUp: return choose(from - page(), extend);
  case Qt::Key_PageDown: return choose(from + page(), extend);
  case Qt::Key_Home: return choose(0, extend);
  case Qt::Key_End: return choose(m_count - 1, extend);
  default: QAbstractScrollArea::keyPressEvent(event);
  }
}

} // namespace attune::ui
