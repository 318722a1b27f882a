#include "ui/charts/metric_chart.h"

#include "ui/charts/curve_item.h"
#include "ui/charts/mark_shape.h"
#include "ui/charts/ticks.h"
#include "ui/widgets/number_text.h"
#include "ui/widgets/retranslate.h"
#include "ui/widgets/theme.h"

#include <QAbstractAxis>
#include <QBuffer>
#include <QCategoryAxis>
#include <QChart>
#include <QGraphicsLayout>
#include <QGraphicsLineItem>
#include <QGraphicsRectItem>
#include <QGraphicsSimpleTextItem>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QSvgGenerator>
#include <QValueAxis>

#include <algorithm>
#include <cmath>
#include <utility>

namespace attune::ui {

struct MetricChart::Curve {
  ChartRun source;
  Smoothed smoothed;
};

namespace {

constexpr size_t kSmoothedAtOnce = 50000;     // values: some milliseconds
constexpr double kGib = 1024.0 * 1024 * 1024; // the unit of the memory axis

/// A range with its ticks. Never, not even in between, has a long range a short interval: Qt makes an item a tick.
void setTicks(QValueAxis &axis, double low, double high, double interval) {
  if (interval > axis.tickInterval()) axis.setTickInterval(interval);
  axis.setRange(low, high);
  if (interval != axis.tickInterval()) axis.setTickInterval(interval);
}

QValueAxis *makeAxis(const QString &format) {
  auto *axis = new QValueAxis;
  axis->setLabelFormat(format);
  axis->setTickType(QValueAxis::TicksDynamic);
  axis->setTickInterval(1);
  return axis;
}

} // namespace

MetricChart::MetricChart(Metric metric, QWidget *parent) : QChartView(parent), m_metric(metric) {
  auto *plot = new QChart;
  plot->legend()->hide();
  plot->setMargins(QMargins(0, 4, 8, 0));
  plot->layout()->setContentsMargins(0, 0, 0, 0);
  plot->setBackgroundRoundness(0);
  setChart(plot);
  setRenderHint(QPainter::Antialiasing, false); // the curves ask for it themselves; the grid is sharper and cheaper without
  setFrameShape(QFrame::NoFrame);
  setFocusPolicy(Qt::StrongFocus);
  setMouseTracking(true);
  setMinimumSize(160, 100);
  m_x = makeAxis(QStringLiteral("%d"));
  plot->addAxis(m_x, Qt::AlignBottom);
  m_drawn = new CurveItem(plot);
  m_cross = new QGraphicsLineItem(plot);
  m_readOutBox = new QGraphicsRectItem(plot);
  m_readOut = new QGraphicsSimpleTextItem(m_readOutBox);
  for (QGraphicsItem *item : std::initializer_list<QGraphicsItem *>{m_cross, m_readOutBox}) {
    item->setZValue(20);
    item->hide();
  }
  m_throttle.setSingleShot(true);
  m_throttle.setInterval(500);
  connect(&m_throttle, &QTimer::timeout, this, &MetricChart::rebuild);
  m_smoothOn.setSingleShot(true);
  m_smoothOn.setInterval(1); // others get their turn
  connect(&m_smoothOn, &QTimer::timeout, this, [this] { smooth() ? updateRange() : m_smoothOn.start(); });
  setLogarithmic(false);
  onTheme(this, [this] { applyColors(); });
}

MetricChart::~MetricChart() = default;

const Series &MetricChart::values(const RunModel &run, Metric metric) {
  switch (metric) {
  case Metric::Loss: return run.steps().loss;
  case Metric::LearningRate: return run.steps().lr;
  case Metric::GradientNorm: return run.steps().gradNorm;
  case Metric::TokensPerSecond: return run.steps().tokensPerSecond;
  case Metric::Memory: return run.steps().memory;
  }
  return run.steps().loss;
}

template <typename Columns> Places MetricChart::places(const RunModel &run, const Columns &columns) const {
  if (m_axis == ChartAxis::Step) return {columns.step};
  if (m_axis == ChartAxis::Tokens) return {columns.tokens};
  return {columns.time, run.steps().time.empty() ? 0 : run.steps().time.front(), 1.0 / 60};
}

QVector<QPointF> MetricChart::pointsOf(const RunModel &run, Metric metric, int pixels) const {
  return decimate(places(run, run.steps()), values(run, metric), m_from, m_to, pixels);
}

double MetricChart::last(const RunModel &run, Metric metric) {
  const Series &series = values(run, metric);
  return series.empty() ? std::nan("") : series.back();
}

QString MetricChart::valueText(Metric metric, double value) {
  if (!std::isfinite(value)) return QStringLiteral("–");
  if (metric == Metric::Memory) return bytesText(static_cast<qint64>(value));
  if (metric == Metric::LearningRate) return rateText(value);
  return metric == Metric::TokensPerSecond ? countText(static_cast<qint64>(value)) : numberText(value);
}

void MetricChart::setMetric(Metric metric) {
  m_metric = metric;
  rebuild();
}

void MetricChart::setRuns(std::vector<ChartRun> runs) {
  std::vector<std::unique_ptr<Curve>> before = std::exchange(m_curves, {});
  for (const auto &curve : before)
    if (curve->source.run) disconnect(curve->source.run, nullptr, this, nullptr);
  for (ChartRun &run : runs) {
    const auto same = std::find_if(before.begin(), before.end(), [&](const auto &one) { return one && one->source.run == run.run; });
    auto curve = same == before.end() ? std::make_unique<Curve>() : std::move(*same); // what was smoothed stays
    if (same == before.end()) curve->smoothed = Smoothed(m_smoothing);
    curve->source = std::move(run);
    if (curve->source.run) connect(curve->source.run, &RunModel::changed, this, &MetricChart::scheduleUpdate);
    m_curves.push_back(std::move(curve));
  }
  rebuild();
}

void MetricChart::setAxis(ChartAxis axis) {
  m_axis = axis;
  m_x->setLabelFormat(axis == ChartAxis::Time ? QStringLiteral("%g") : QStringLiteral("%d"));
  showAll();
}

void MetricChart::setSmoothing(double weight) {
  m_smoothing = std::clamp(weight, 0.0, 0.9999);
  for (const auto &curve : m_curves) curve->smoothed = Smoothed(m_smoothing);
  rebuild();
}

void MetricChart::setLogarithmic(bool on) {
  if (m_y && m_logarithmic == on) return;
  m_logarithmic = on;
  QAbstractAxis *old = m_y;
  if (on) {
    auto *axis = new QCategoryAxis; // over the logarithm: Qt's own logarithmic axis has labels at powers of ten alone
    axis->setLabelsPosition(QCategoryAxis::AxisLabelsPositionOnValue);
    m_y = axis;
  } else {
    m_y = makeAxis(QStringLiteral("%g"));
  }
  if (old) chart()->removeAxis(old);
  delete old;
  chart()->addAxis(m_y, Qt::AlignLeft);
  applyColors();
  rebuild();
}

void MetricChart::scheduleUpdate() {
  if (!m_throttle.isActive() && isVisible()) m_throttle.start();
}

void MetricChart::showEvent(QShowEvent *event) {
  QChartView::showEvent(event);
  rebuild(); // what came while it was out of sight
}

void MetricChart::showAll() {
  m_zoomed = false;
  rebuild();
}

double MetricChart::end() const {
  double last = 0;
  for (const auto &curve : m_curves) {
    if (!curve->source.run || curve->source.run->steps().step.empty()) continue;
    const Places x = places(*curve->source.run, curve->source.run->steps());
    last = std::max(last, x.at(x.size() - 1));
  }
  return last;
}

void MetricChart::rebuild() {
  if (!m_zoomed) {
    m_from = 0;
    m_to = end() > 0 ? end() : 1;
  }
  updateRange();
}

/// A frame's share of what the curves have grown by since; true when nothing is left.
bool MetricChart::smooth() {
  for (const auto &curve : m_curves)
    if (curve->source.run && !curve->smoothed.follow(values(*curve->source.run), kSmoothedAtOnce)) return false;
  return true;
}

void MetricChart::updateRange() {
  if (isSmoothed() && !smooth()) m_smoothOn.start(); // what there is yet is drawn meanwhile
  double interval = niceInterval(m_to - m_from, std::max(2, width() / 130));
  if (m_axis == ChartAxis::Step) interval = std::max(1.0, interval);
  setTicks(*m_x, m_from, m_to, interval);
  std::vector<DrawnCurve> curves;
  for (const auto &curve : m_curves) curves.push_back(drawn(*curve));
  double low = INFINITY, high = -INFINITY;
  for (const DrawnCurve &curve : curves)
    for (const auto *points : {&curve.raw, &curve.smooth, &curve.validation})
      for (const QPointF &point : *points) {
        if (point.x() < m_from || point.x() > m_to) continue;
        low = std::min(low, point.y());
        high = std::max(high, point.y());
      }
  m_drawn->setCurves(std::move(curves));
  for (QAbstractAxis *axis : chart()->axes()) axis->setLabelsVisible(low <= high); // no figures of what was shown before
  if (low <= high) setYRange(low, high);
  Q_EMIT rangeChanged();
}

/// Rounded outwards to whole ticks, so that the axis stays put while one pans.
void MetricChart::setYRange(double low, double high) {
  if (m_logarithmic) {
    low = std::max(low * 0.95, 1e-30);
    high = std::max(high * 1.05, low * 1.01);
    auto *axis = static_cast<QCategoryAxis *>(m_y);
    for (const QString &label : axis->categoriesLabels()) axis->remove(label);
    axis->setStartValue(std::log10(low));
    for (const double tick : logTicks(low, high)) axis->append(QString::number(tick, 'g', 3), std::log10(tick));
    axis->setRange(std::log10(low), std::log10(high));
    return m_drawn->setRange(m_from, m_to, low, high, true);
  }
  const double spread = std::max(high - low, std::max(std::fabs(high) * 1e-3, 1e-12));
  const double interval = niceInterval(spread, std::max(2, height() / 70));
  const double bottom = std::floor((low - 0.02 * spread) / interval) * interval,
               top = std::ceil((high + 0.02 * spread) / interval) * interval;
  const double from = low >= 0 ? std::max(0.0, bottom) : bottom;
  setTicks(*static_cast<QValueAxis *>(m_y), from, top, interval);
  m_drawn->setRange(m_from, m_to, from, top, false);
}

DrawnCurve MetricChart::drawn(const Curve &curve) const {
  DrawnCurve drawn;
  drawn.color = curve.source.color;
  if (!curve.source.run) return drawn;
  const RunModel &run = *curve.source.run;
  const int pixels = std::max(50, static_cast<int>(chart()->plotArea().width()));
  const bool smooth = isSmoothed();
  const Places x = places(run, run.steps());
  drawn.raw = decimate(x, values(run), m_from, m_to, smooth ? pixels / 2 : pixels, m_logarithmic);
  if (m_metric == Metric::Memory)
    for (QPointF &point : drawn.raw) point.ry() /= kGib;
  if (smooth) drawn.smooth = decimate(x, curve.smoothed.values(), m_from, m_to, pixels / 4, m_logarithmic);
  if (m_metric != Metric::Loss) return drawn;
  drawn.validation = decimate(places(run, run.evals()), run.evals().loss, m_from, m_to, pixels, m_logarithmic);
  for (const RunMark &mark : run.marks()) {
    const auto &steps = run.steps().step;
    const auto at = static_cast<size_t>(std::lower_bound(steps.begin(), steps.end(), mark.step) - steps.begin());
    if (at >= x.size() || x.at(at) < m_from || x.at(at) > m_to) continue;
    const Series &line = smooth && at < curve.smoothed.values().size() ? curve.smoothed.values() : values(run);
    const double y = line[at];
    if (std::isfinite(y) && (!m_logarithmic || y > 0)) drawn.marks.append({{x.at(at), y}, mark.kind});
  }
  return drawn;
}

std::set<RunMark::Kind> MetricChart::markKinds() const {
  std::set<RunMark::Kind> kinds;
  for (const DrawnCurve &curve : m_drawn->curves())
    for (const DrawnMark &mark : curve.marks) kinds.insert(mark.kind);
  return kinds;
}

void MetricChart::applyColors() {
  const Theme &look = theme();
  chart()->setBackgroundBrush(look.color(Tone::Surface));
  setBackgroundBrush(look.color(Tone::Surface));
  QFont small = font();
  small.setPixelSize(11);
  for (QAbstractAxis *axis : chart()->axes()) {
    axis->setLabelsColor(look.color(Tone::Muted));
    axis->setLabelsFont(small);
    axis->setLinePen(QPen(look.color(Tone::Line), 1));
    axis->setGridLinePen(QPen(look.color(Tone::Line), 1));
    axis->setMinorGridLineVisible(false);
    if (axis->orientation() == Qt::Horizontal) axis->setGridLineVisible(false);
  }
  m_cross->setPen(QPen(look.color(Tone::Muted), 1, Qt::DashLine));
  m_readOutBox->setBrush(look.color(Tone::Raised));
  m_readOutBox->setPen(QPen(look.color(Tone::Line), 1));
  m_readOut->setBrush(look.color(Tone::Text));
  m_readOut->setFont(small);
  m_drawn->update();
}

void MetricChart::resizeEvent(QResizeEvent *event) {
  QChartView::resizeEvent(event);
  updateRange();
}

void MetricChart::zoom(double factor, double centre) {
  const double all = std::max(1.0, end());
  const double span = std::clamp((m_to - m_from) * factor, std::max(all * 1e-6, m_axis == ChartAxis::Time ? 1e-3 : 2.0), all);
  const double share = (centre - m_from) / (m_to - m_from);
  m_from = std::clamp(centre - span * share, 0.0, all - span);
  m_to = m_from + span;
  m_zoomed = span < all;
  updateRange();
}

void MetricChart::pan(double share) {
  if (!m_zoomed) return;
  const double span = m_to - m_from;
  m_from = std::clamp(m_from + span * share, 0.0, std::max(0.0, std::max(1.0, end()) - span));
  m_to = m_from + span;
  updateRange();
}

double MetricChart::valueAt(double pixel) const {
  const QRectF area = chart()->plotArea();
  return m_from + (pixel - area.left()) / std::max(1.0, area.width()) * (m_to - m_from);
}

void MetricChart::wheelEvent(QWheelEvent *event) {
  zoom(std::pow(0.999, event->angleDelta().y()), std::clamp(valueAt(event->position().x()), m_from, m_to));
  event->accept();
}

void MetricChart::mousePressEvent(QMouseEvent *event) {
  setFocus();
  if (event->button() == Qt::LeftButton) m_drag = event->pos();
}

void MetricChart::mouseMoveEvent(QMouseEvent *event) {
  if (m_drag && (event->buttons() & Qt::LeftButton)) {
    pan(-static_cast<double>(event->pos().x() - m_drag->x()) / std::max(1.0, chart()->plotArea().width()));
    m_drag = event->pos();
  }
  showReadOut(event->position());
}

void MetricChart::mouseReleaseEvent(QMouseEvent *) { m_drag.reset(); }
void MetricChart::mouseDoubleClickEvent(QMouseEvent *) { showAll(); }

void MetricChart::leaveEvent(QEvent *) {
  m_cross->hide();
  m_readOutBox->hide();
  Q_EMIT hovered(-1);
}

void MetricChart::keyPressEvent(QKeyEvent *event) {
  const double middle = (m_from + m_to) / 2;
  switch (event->key()) {
  case Qt::Key_Plus:
  case Qt::Key_Equal: zoom(0.8, middle); break;
  case Qt::Key_Minus: zoom(1.25, middle); break;
  case Qt::Key_Left: pan(-0.1); break;
  case Qt::Key_Right: pan(0.1); break;
  case Qt::Key_0: showAll(); break;
  default: QChartView::keyPressEvent(event);
  }
}

QString MetricChart::marksNear(double x, double within) const {
  QString text;
  if (m_metric != Metric::Loss) return text;
  for (const auto &curve : m_curves) {
    if (!curve->source.run || curve->source.run->steps().step.empty()) continue;
    const Places steps{curve->source.run->steps().step}, place = places(*curve->source.run, curve->source.run->steps());
    for (const RunMark &mark : curve->source.run->marks()) {
      if (std::fabs(place.at(steps.nearest(mark.step)) - x) > within || text.count(QLatin1Char('\n')) >= 4) continue;
      const QString line = QLatin1Char('\n') + markSign(mark.kind) + QLatin1Char(' ') + curve->source.run->markText(mark);
      if (!text.contains(line)) text += line; // several updates may be skipped between two lines of the log
    }
  }
  return text;
}

void MetricChart::showReadOut(const QPointF &position) {
  const QRectF area = chart()->plotArea();
  if (m_curves.empty() || !area.contains(position)) return leaveEvent(nullptr);
  const double x = valueAt(position.x());
  QString text;
  for (const auto &curve : m_curves) {
    if (!curve->source.run || curve->source.run->steps().step.empty()) continue;
    const size_t at = places(*curve->source.run, curve->source.run->steps()).nearest(x);
    if (text.isEmpty()) {
      const double step = curve->source.run->steps().step[at];
      text = tr("step %1").arg(countText(static_cast<qint64>(step)));
      Q_EMIT hovered(step);
    }
    const QString shown = valueText(m_metric, values(*curve->source.run)[at]);
    text += QStringLiteral("\n%1  %2").arg(curve->source.name.left(28), shown);
  }
  m_readOut->setText(text + marksNear(x, 6 * (m_to - m_from) / std::max(1.0, area.width())));
  const QRectF box = m_readOut->boundingRect().adjusted(-8, -4, 8, 4);
  const double left = position.x() + 12 + box.width() > area.right() ? position.x() - 12 - box.width() : position.x() + 12;
  m_readOutBox->setRect(0, 0, box.width(), box.height());
  m_readOut->setPos(8, 4);
  m_readOutBox->setPos(left, std::clamp(position.y() - box.height() - 8, area.top(), std::max(area.top(), area.bottom() - box.height())));
  m_cross->setLine(position.x(), area.top(), position.x(), area.bottom());
  m_cross->show();
  m_readOutBox->show();
}

QImage MetricChart::picture() {
  leaveEvent(nullptr);
  QImage image(size() * 2, QImage::Format_RGB32);
  image.setDevicePixelRatio(2);
  image.fill(theme().color(Tone::Surface));
  QPainter painter(&image);
  render(&painter, QRectF(QPointF(0, 0), QSizeF(size())));
  return image;
}

QByteArray MetricChart::vectorPicture() {
  leaveEvent(nullptr);
  QBuffer text;
  QSvgGenerator generator;
  generator.setOutputDevice(&text);
  generator.setSize(size());
  generator.setViewBox(rect());
  QPainter painter(&generator);
  render(&painter);
  painter.end();
  return text.data();
}

QVector<QPointF> MetricChart::drawnPoints(int index) const {
  const DrawnCurve &curve = m_drawn->curves().at(static_cast<size_t>(index));
  return curve.smooth.isEmpty() ? curve.raw : curve.smooth;
}

} // namespace attune::ui
