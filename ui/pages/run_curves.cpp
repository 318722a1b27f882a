#include "ui/pages/run_curves.h"

#include "ui/charts/mark_legend.h"
#include "ui/pages/curves_export.h"
#include "ui/pages/run_answers.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/chip.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/file_pick.h"
#include "ui/widgets/number_text.h"
#include "ui/widgets/retranslate.h"
#include "ui/widgets/stat_tile.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QSlider>
#include <QSplitter>
#include <QVBoxLayout>

#include <cmath>

namespace attune::ui {

namespace {

constexpr int kTilePixels = 60;
constexpr int kRoomForLegend = 560, kRoomForAnswers = 760;

QColor metricColor(Metric metric) {
  const int colors[] = {0, 3, 1, 2, 6};
  return theme().series(colors[static_cast<int>(metric)]);
}

} // namespace

RunCurves::RunCurves(api::RunStore *store, TaskRunner &tasks, QWidget *parent)
    : QWidget(parent), m_order{Metric::Loss, Metric::LearningRate, Metric::GradientNorm, Metric::TokensPerSecond, Metric::Memory} {
  auto *layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(12);

  QFrame *card = makeCard(this);
  auto *head = new QHBoxLayout;
  head->setSpacing(8);
  m_title = makeLabel(TextRole::Strong, card);
  m_legend = new ElidedLabel(card);
  setRole(m_legend, TextRole::Caption);
  QSizePolicy keep = m_legend->sizePolicy();
  keep.setRetainSizeWhenHidden(true);
  m_legend->setSizePolicy(keep);
  m_smoothingName = makeLabel(TextRole::Caption, card);
  m_smoothing = new QSlider(Qt::Horizontal, card);
  m_smoothing->setRange(0, 99);
  m_smoothing->setValue(90);
  m_smoothing->setFixedWidth(90);
  m_log = new Chip(card);
  m_log->setCheckable(true);
  m_log->setFocusPolicy(Qt::StrongFocus);
  m_answersWanted = new Chip(card);
  m_answersWanted->setCheckable(true);
  m_answersWanted->setChecked(true);
  m_answersWanted->setFocusPolicy(Qt::StrongFocus);
  m_axis = new QComboBox(card);
  head->addWidget(m_title);
  head->addWidget(m_legend, 1);
  head->addWidget(m_smoothingName);
  head->addWidget(m_smoothing);
  head->addWidget(m_answersWanted);
  head->addWidget(m_log);
  head->addWidget(m_axis);
  cardLayout(card)->addLayout(head);
  auto *beside = new QSplitter(Qt::Horizontal, card);
  beside->setObjectName(QStringLiteral("answersSplitter"));
  beside->setChildrenCollapsible(false);
  m_chart = new MetricChart(Metric::Loss, beside);
  m_answers = new RunAnswers(beside);
  m_export = new CurvesExport(*m_chart, store, tasks, this);
  layout->addWidget(m_export->banner());
  beside->addWidget(m_chart);
  beside->addWidget(m_answers);
  beside->setStretchFactor(0, 3);
  beside->setStretchFactor(1, 1);
  cardLayout(card)->addWidget(beside, 1);
  m_marks = new MarkLegend(card);
  cardLayout(card)->addWidget(m_marks);
  layout->addWidget(card, 1);

  auto *tiles = new QHBoxLayout;
  tiles->setSpacing(8);
  for (size_t i = 1; i < m_order.size(); ++i) {
    auto *tile = new StatTile(this);
    m_tiles.push_back(tile);
    tiles->addWidget(tile, 1);
    connect(tile, &StatTile::clicked, this, [this, i] { enlarge(i); });
  }
  layout->addLayout(tiles);

  connect(m_log, &QAbstractButton::toggled, m_chart, &MetricChart::setLogarithmic);
  connect(m_smoothing, &QSlider::valueChanged, this, [this](int value) { m_chart->setSmoothing(value / 100.0); });
  connect(m_axis, &QComboBox::currentIndexChanged, this, [this](int index) {
    if (index >= 0) m_chart->setAxis(static_cast<ChartAxis>(index));
  });
  connect(m_answersWanted, &QAbstractButton::toggled, this, &RunCurves::showAnswers);
  connect(m_chart, &MetricChart::hovered, m_answers, &RunAnswers::setStep);
  connect(m_chart, &MetricChart::rangeChanged, this, [this] {
    showTiles();
    showAnswers();
    m_marks->setKinds(m_chart->markKinds());
  });
  onLanguage(this, [this] {
    m_smoothingName->setText(tr("smoothing"));
    m_smoothing->setAccessibleName(tr("Smoothing"));
    m_answersWanted->setText(tr("answers"));
    m_answersWanted->setAccessibleName(tr("Sample answers beside the curve"));
    m_log->setText(tr("log"));
    m_log->setAccessibleName(tr("Logarithmic axis"));
    const int axis = std::max(0, m_axis->currentIndex());
    m_axis->clear();
    m_axis->addItems({tr("by step"), tr("by token"), tr("by minute")});
    m_axis->setCurrentIndex(axis);
    m_axis->setAccessibleName(tr("Horizontal axis"));
    showNames();
    showTiles();
  });
  onTheme(this, [this] { showTiles(); });
}

void RunCurves::showNames() {
  const QString names[] = {tr("Loss"), tr("Learning rate"), tr("Gradient norm"), tr("Tokens/s"), tr("Memory")};
  const QString large[] = {tr("Loss"), tr("Learning rate"), tr("Gradient norm"), tr("Tokens/s"), tr("Memory in GiB")};
  const auto index = static_cast<size_t>(m_order[0]);
  m_title->setText(large[index]);
  m_chart->setAccessibleName(tr("Curve: %1").arg(large[index]));
  for (size_t i = 0; i < m_tiles.size(); ++i) {
    m_tiles[i]->setTitle(names[static_cast<size_t>(m_order[i + 1])]);
    m_tiles[i]->setAction(tr("Show this curve large"));
  }
  const bool loss = m_order[0] == Metric::Loss;
  for (QWidget *widget : std::initializer_list<QWidget *>{m_smoothingName, m_smoothing}) widget->setVisible(loss);
  m_legend->setText(loss ? tr("raw and smoothed, validation dashed") : QString());
  m_title->setToolTip(m_legend->text());
}

void RunCurves::enlarge(size_t place) {
  std::swap(m_order[0], m_order[place]);
  m_chart->setMetric(m_order[0]);
  showNames();
  showTiles();
}

void RunCurves::setRuns(const std::vector<ChartRun> &runs, RunModel *chosen) {
  m_chosen = chosen;
  m_runs = runs;
  m_answers->setRun(chosen);
  m_chart->setRuns(runs);
}

/// Where there are answers and room for them; the narrow window has them in a view of their own.
void RunCurves::showAnswers() {
  const bool possible = m_chosen && !m_chosen->samples().empty() && width() >= kRoomForAnswers;
  m_answersWanted->setVisible(possible);
  m_answers->setVisible(possible && m_answersWanted->isChecked());
}

void RunCurves::resizeEvent(QResizeEvent *event) {
  QWidget::resizeEvent(event);
  showAnswers();
  m_legend->setVisible(width() >= kRoomForLegend); // whole or not at all
}

void RunCurves::showTiles() {
  for (size_t i = 0; i < m_tiles.size(); ++i) {
    const Metric metric = m_order[i + 1];
    const double last = m_chosen ? MetricChart::last(*m_chosen, metric) : std::nan("");
    m_tiles[i]->setValue(MetricChart::valueText(metric, last));
    m_tiles[i]->setCourse(m_chosen ? m_chart->pointsOf(*m_chosen, metric, kTilePixels) : QVector<QPointF>(), m_chart->from(), m_chart->to(),
                          metricColor(metric));
  }
}

void RunCurves::requestExport() {
  pickSaveName(this, tr("Export the chart"), QStringLiteral("loss.png"),
               tr("Picture (*.png);;Vector picture (*.svg);;Table of values (*.csv)"), [this](const QString &path) { exportTo(path); });
}

void RunCurves::exportTo(const QString &path) { m_export->write(path, m_runs); }

} // namespace attune::ui
