#include "ui/charts/metric_chart.h"

#include "ui/charts/decimate.h"
#include "ui/widgets/number_text.h"
#include "ui/widgets/retranslate.h"
#include "ui/widgets/theme.h"

#include <QAbstractAxis>
#include <QChart>
#include <QFile>
#include <QGraphicsLayout>
#include <QGraphicsLineItem>
#include <QGraphicsRectItem>
#include <QGraphicsSimpleTextItem>
#include <QKeyEvent>
#include <QLineSeries>
#include <QLogValueAxis>
#include <QMouseEvent>
#include <QPainter>
#include <QSaveFile>
#include <QScatterSeries>
#include <QSvgGenerator>
#include <QTextStream>
#include <QValueAxis>

#include <algorithm>
#include <array>
#include <cmath>

namespace attune::ui {

struct MetricChart::Curve {
  ChartRun source;
  QLineSeries *raw = nullptr;
  QLineSeries *smooth = nullptr;
  QLineSeries *validation = nullptr;
  QScatterSeries *marks = nullptr;
  std::vector<double> smoothed;
  double carry = 0, share = 0;
  std::vector<double> x; // in the chosen unit
  std::array<QXYSeries *, 4> series() const { return {raw, smooth, validation, marks}; }
};

namespace {

/// 1, 2 or 5 times a power of ten, so that about `ticks` of it make `range`.
double niceInterval(double range, int ticks) {
  const double raw = range / std::max(1, ticks);
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (raw <= factor * power) return factor * power;
  return 10 * power;
}

QPen curvePen(const QColor &color, double width, Qt::PenStyle style = Qt::SolidLine) {
  return QPen(color, width, style, Qt::RoundCap, Qt::RoundJoin);
}

} // namespace

MetricChart::MetricChart(Metric metric, QWidget *parent) : QChartView(parent), m_metric(metric) {
  auto *plot = new QChart;
  plot->legend()->hide();
  plot->setMargins(QMargins(0, 4, 8, 0));
  plot->layout()->setContentsMargins(0, 0, 0, 0);
  plot->setBackgroundRoundness(0);
  setChart(plot);
  setRenderHint(QPainter::Antialiasing);
  setFrameShape(QFrame::NoFrame);
  setFocusPolicy(Qt::StrongFocus);
  setMouseTracking(true);
  setMinimumSize(160, 100);
  auto *x = new QValueAxis;
  x->setLabelFormat(QStringLiteral("%d"));
  plot->addAxis(x, Qt::AlignBottom);
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
  setLogarithmic(false);
  onTheme(this, [this] { applyColors(); });
}

MetricChart::~MetricChart() = default;

const std::vector<double> &MetricChart::values(const RunModel &run) const {
  switch (m_metric) {
  case Metric::Loss: return run.steps().loss;
  case Metric::LearningRate: return run.steps().lr;
  case Metric::GradientNorm: return run.steps().gradNorm;
  case Metric::TokensPerSecond: return run.steps().tokensPerSecond;
  case Metric::Memory: return run.steps().memory;
  }
  return run.steps().loss;
}

std::vector<double> MetricChart::positions(const RunModel &run, const std::vector<double> &time, const std::vector<double> &step,
                                           const std::vector<double> &tokens) const {
  if (m_axis == ChartAxis::Step) return step;
  if (m_axis == ChartAxis::Tokens) return tokens;
  const double start = run.steps().time.empty() ? 0 : run.steps().time.front();
  std::vector<double> minutes(time.size());
  std::transform(time.begin(), time.end(), minutes.begin(), [start](double at) { return (at - start) / 60; });
  return minutes;
}

void MetricChart::setRuns(std::vector<ChartRun> runs) {
  for (const auto &curve : m_curves) {
    if (curve->source.run) disconnect(curve->source.run, nullptr, this, nullptr);
    for (QXYSeries *series : curve->series()) {
      chart()->removeSeries(series);
      delete series;
    }
  }
  m_curves.clear();
  for (ChartRun &run : runs) {
    auto curve = std::make_unique<Curve>();
    curve->source = std::move(run);
    curve->raw = new QLineSeries;
    curve->smooth = new QLineSeries;
    curve->validation = new QLineSeries;
    curve->marks = new QScatterSeries;
    curve->marks->setMarkerShape(QScatterSeries::MarkerShapeRotatedRectangle);
    curve->marks->setMarkerSize(8);
    for (QXYSeries *series : curve->series()) {
      chart()->addSeries(series);
      series->attachAxis(chart()->axes(Qt::Horizontal).first());
      series->attachAxis(m_y);
    }
    if (curve->source.run) connect(curve->source.run, &RunModel::changed, this, &MetricChart::scheduleUpdate);
    m_curves.push_back(std::move(curve));
  }
  applyColors();
  rebuild();
}

void MetricChart::setAxis(ChartAxis axis) {
  m_axis = axis;
  static_cast<QValueAxis *>(chart()->axes(Qt::Horizontal).first())
      ->setLabelFormat(axis == ChartAxis::Time ? QStringLiteral("%g") : QStringLiteral("%d"));
  showAll();
}

void MetricChart::setSmoothing(double weight) {
  m_smoothing = std::clamp(weight, 0.0, 0.9999);
  for (const auto &curve : m_curves) curve->smoothed.clear();
  rebuild();
}

void MetricChart::setLogarithmic(bool on) {
  if (m_y && m_logarithmic == on) return;
  m_logarithmic = on;
  QAbstractAxis *old = m_y;
  if (on) {
    auto *axis = new QLogValueAxis;
    axis->setBase(10);
    axis->setLabelFormat(QStringLiteral("%g"));
    axis->setMinorTickCount(8);
    m_y = axis;
  } else {
    auto *axis = new QValueAxis;
    axis->setLabelFormat(QStringLiteral("%g"));
    axis->setTickType(QValueAxis::TicksDynamic);
    m_y = axis;
  }
  if (old) chart()->removeAxis(old); // takes it from the series, too
  chart()->addAxis(m_y, Qt::AlignLeft);
  for (const auto &curve : m_curves)
    for (QXYSeries *series : curve->series()) series->attachAxis(m_y);
  delete old;
  applyColors();
  rebuild();
}

void MetricChart::scheduleUpdate() {
  if (!m_throttle.isActive()) m_throttle.start();
}

void MetricChart::showAll() {
  m_zoomed = false;
  rebuild();
}

double MetricChart::end() const {
  double last = 0;
  for (const auto &curve : m_curves)
    if (!curve->x.empty()) last = std::max(last, curve->x.back());
  return last;
}

void MetricChart::rebuild() {
  for (const auto &curve : m_curves) {
    if (!curve->source.run) continue;
    const RunModel &run = *curve->source.run;
    curve->x = positions(run, run.steps().time, run.steps().step, run.steps().tokens);
    const auto &y = values(run);
    if (curve->smoothed.empty() || curve->smoothed.size() > y.size()) { // new, or a resume took steps back
      curve->smoothed.clear();
      curve->carry = curve->share = 0;
    }
    smoothOn(y, m_smoothing, curve->smoothed, curve->carry, curve->share);
  }
  if (!m_zoomed) {
    m_from = 0;
    m_to = end() > 0 ? end() : 1;
  }
  updateRange();
}

void MetricChart::updateRange() {
  auto *axis = static_cast<QValueAxis *>(chart()->axes(Qt::Horizontal).first());
  axis->setRange(m_from, m_to);
  axis->setTickType(QValueAxis::TicksDynamic);
  double interval = niceInterval(m_to - m_from, std::max(2, width() / 130));
  if (m_axis == ChartAxis::Step) interval = std::max(1.0, interval);
  axis->setTickInterval(interval);
  for (const auto &curve : m_curves) updateCurve(*curve);
  double low = INFINITY, high = -INFINITY;
  for (const auto &curve : m_curves)
    for (const QLineSeries *series : {curve->raw, curve->smooth, curve->validation})
      for (const QPointF &point : series->points()) {
        if (point.x() < m_from || point.x() > m_to) continue;
        low = std::min(low, point.y());
        high = std::max(high, point.y());
      }
  if (low <= high) setYRange(low, high);
}

void MetricChart::setYRange(double low, double high) {
  if (m_logarithmic) {
    static_cast<QLogValueAxis *>(m_y)->setRange(std::max(low * 0.9, 1e-12), std::max(high * 1.1, 1e-11));
    return;
  }
  const double spread = std::max(high - low, std::max(std::fabs(high) * 1e-3, 1e-12));
  const double bottom = low >= 0 ? std::max(0.0, low - 0.06 * spread) : low - 0.06 * spread;
  auto *axis = static_cast<QValueAxis *>(m_y);
  axis->setTickInterval(niceInterval(spread, std::max(2, height() / 70)));
  axis->setRange(bottom, high + 0.06 * spread);
}

void MetricChart::updateCurve(Curve &curve) {
  if (!curve.source.run) {
    for (QXYSeries *series : curve.series()) series->clear();
    return;
  }
  const RunModel &run = *curve.source.run;
  const int pixels = std::max(50, static_cast<int>(chart()->plotArea().width()));
  const bool smooth = m_smoothing > 0 && m_metric == Metric::Loss;
  curve.raw->replace(decimate(curve.x, values(run), m_from, m_to, smooth ? pixels / 2 : pixels, m_logarithmic));
  curve.smooth->setVisible(smooth);
  if (smooth)
    curve.smooth->replace(decimate(curve.x, curve.smoothed, m_from, m_to, pixels, m_logarithmic));
  else
    curve.smooth->clear();
  if (m_metric != Metric::Loss) return;
  const EvalColumns &evals = run.evals();
  curve.validation->replace(
      decimate(positions(run, evals.time, evals.step, evals.tokens), evals.loss, m_from, m_to, pixels, m_logarithmic));
  QVector<QPointF> marks;
  for (const RunMark &mark : run.marks()) {
    const auto &steps = run.steps().step;
    const auto at = static_cast<size_t>(std::lower_bound(steps.begin(), steps.end(), mark.step) - steps.begin());
    if (at >= curve.x.size() || curve.x[at] < m_from || curve.x[at] > m_to) continue;
    const double y = smooth ? curve.smoothed[at] : values(run)[at];
    if (std::isfinite(y) && (!m_logarithmic || y > 0)) marks.append({curve.x[at], y});
  }
  curve.marks->replace(marks);
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
  for (const auto &curve : m_curves) {
    const bool smooth = m_smoothing > 0 && m_metric == Metric::Loss;
    QColor faint = curve->source.color;
    faint.setAlphaF(smooth ? 0.28F : 1.0F);
    curve->raw->setPen(curvePen(faint, smooth ? 1 : 1.6));
    curve->smooth->setPen(curvePen(curve->source.color, 2));
    curve->validation->setPen(curvePen(curve->source.color, 2, Qt::DashLine));
    curve->validation->setPointsVisible(true);
    curve->marks->setColor(look.color(Tone::Surface));
    curve->marks->setBorderColor(curve->source.color);
  }
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

void MetricChart::wheelEvent(QWheelEvent *event) {
  const double centre = chart()->mapToValue(event->position(), m_curves.empty() ? nullptr : m_curves.front()->raw).x();
  zoom(std::pow(0.999, event->angleDelta().y()), std::clamp(centre, m_from, m_to));
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

void MetricChart::showReadOut(const QPointF &position) {
  const QRectF area = chart()->plotArea();
  if (m_curves.empty() || !area.contains(position)) return leaveEvent(nullptr);
  const double x = chart()->mapToValue(position, m_curves.front()->raw).x();
  QString text;
  for (const auto &curve : m_curves) {
    if (!curve->source.run || curve->x.empty()) continue;
    auto at = static_cast<size_t>(std::lower_bound(curve->x.begin(), curve->x.end(), x) - curve->x.begin());
    at = std::min(at, curve->x.size() - 1);
    if (at > 0 && x - curve->x[at - 1] < curve->x[at] - x) --at;
    if (text.isEmpty()) text = tr("step %1").arg(countText(static_cast<qint64>(curve->source.run->steps().step[at])));
    const double value = values(*curve->source.run)[at];
    const QString shown = m_metric == Metric::Memory         ? bytesText(std::isfinite(value) ? static_cast<qint64>(value) : -1)
                          : m_metric == Metric::LearningRate ? rateText(value)
                                                             : numberText(value);
    text += QStringLiteral("\n%1  %2").arg(curve->source.name.left(28), shown);
  }
  m_readOut->setText(text);
  const QRectF box = m_readOut->boundingRect().adjusted(-8, -4, 8, 4);
  const double left = position.x() + 12 + box.width() > area.right() ? position.x() - 12 - box.width() : position.x() + 12;
  m_readOutBox->setRect(0, 0, box.width(), box.height());
  m_readOut->setPos(8, 4);
  m_readOutBox->setPos(left, std::clamp(position.y() - box.height() - 8, area.top(), std::max(area.top(), area.bottom() - box.height())));
  m_cross->setLine(position.x(), area.top(), position.x(), area.bottom());
  m_cross->show();
  m_readOutBox->show();
}

bool MetricChart::exportImage(const QString &path) {
  leaveEvent(nullptr);
  if (path.endsWith(QLatin1String(".svg"), Qt::CaseInsensitive)) {
    QSvgGenerator generator;
    generator.setFileName(path);
    generator.setSize(size());
    generator.setViewBox(rect());
    QPainter painter;
    if (!painter.begin(&generator)) return false;
    render(&painter);
    return painter.end();
  }
  QPixmap image(size() * 2);
  image.setDevicePixelRatio(2);
  image.fill(theme().color(Tone::Surface));
  QPainter painter(&image);
  painter.setRenderHint(QPainter::Antialiasing);
  render(&painter, QRectF(QPointF(0, 0), QSizeF(size())));
  painter.end();
  return image.save(path, "PNG");
}

bool MetricChart::exportCsv(const QString &path) const {
  QSaveFile file(path);
  if (!file.open(QIODevice::WriteOnly | QIODevice::Text)) return false;
  QTextStream out(&file);
  out << "run,step,tokens,seconds,loss,learning_rate,gradient_norm,tokens_per_second,memory_bytes\n";
  out.setRealNumberPrecision(10);
  for (const auto &curve : m_curves) {
    if (!curve->source.run) continue;
    const StepColumns &steps = curve->source.run->steps();
    QString name = curve->source.name;
    name.replace(QLatin1Char('"'), QLatin1String("\"\""));
    if (!name.isEmpty() && QStringLiteral("=+-@").contains(name.front())) name.prepend(QLatin1Char('\'')); // no formula for a spreadsheet
    for (size_t i = 0; i < steps.step.size(); ++i) {
      out << '"' << name << "\"," << static_cast<qint64>(steps.step[i]) << ',' << static_cast<qint64>(steps.tokens[i]) << ','
          << steps.time[i] - steps.time.front() << ',' << steps.loss[i] << ',' << steps.lr[i] << ',' << steps.gradNorm[i] << ','
          << steps.tokensPerSecond[i] << ',';
      if (std::isfinite(steps.memory[i])) out << static_cast<qint64>(steps.memory[i]);
      out << '\n';
    }
  }
  out.flush();
  return file.commit();
}

QVector<QPointF> MetricChart::drawnPoints(int index) const {
  const Curve &curve = *m_curves.at(static_cast<size_t>(index));
  return curve.smooth->isVisible() ? curve.smooth->points() : curve.raw->points();
}

} // namespace attune::ui
