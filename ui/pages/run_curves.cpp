#include "ui/pages/run_curves.h"

#include "ui/widgets/chip.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/number_text.h"
#include "ui/widgets/retranslate.h"
#include "ui/widgets/stat_tile.h"
#include "ui/widgets/toast.h"

#include <QComboBox>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QSlider>
#include <QVBoxLayout>

#include <cmath>

namespace attune::ui {

namespace {

/// At most 60 of the values, for a tile's course.
QVector<float> course(const std::vector<double> &values) {
  QVector<float> points;
  const size_t count = std::min<size_t>(values.size(), 60);
  for (size_t i = 0; i < count; ++i) points.append(static_cast<float>(values[i * values.size() / count]));
  return points;
}

} // namespace

RunCurves::RunCurves(QWidget *parent) : QWidget(parent) {
  auto *layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(12);

  QFrame *card = makeCard(this);
  auto *head = new QHBoxLayout;
  head->setSpacing(8);
  auto *title = makeLabel(TextRole::Strong, card);
  auto *legend = makeLabel(TextRole::Caption, card);
  m_smoothingName = makeLabel(TextRole::Caption, card);
  m_smoothing = new QSlider(Qt::Horizontal, card);
  m_smoothing->setRange(0, 99);
  m_smoothing->setValue(90);
  m_smoothing->setFixedWidth(90);
  m_log = new Chip(card);
  m_log->setCheckable(true);
  m_axis = new QComboBox(card);
  head->addWidget(title);
  head->addWidget(legend, 1);
  head->addWidget(m_smoothingName);
  head->addWidget(m_smoothing);
  head->addWidget(m_log);
  head->addWidget(m_axis);
  cardLayout(card)->addLayout(head);
  m_loss = new MetricChart(Metric::Loss, card);
  cardLayout(card)->addWidget(m_loss, 1);
  layout->addWidget(card, 1);

  auto *tiles = new QHBoxLayout;
  tiles->setSpacing(12);
  for (int i = 0; i < 4; ++i) {
    m_tiles.push_back(new StatTile(this));
    tiles->addWidget(m_tiles.back(), 1);
  }
  layout->addLayout(tiles);

  connect(m_log, &QAbstractButton::toggled, m_loss, &MetricChart::setLogarithmic);
  connect(m_smoothing, &QSlider::valueChanged, this, [this](int value) { m_loss->setSmoothing(value / 100.0); });
  connect(m_axis, &QComboBox::currentIndexChanged, this, [this](int index) {
    if (index >= 0) m_loss->setAxis(static_cast<ChartAxis>(index));
  });
  m_throttle.setSingleShot(true);
  m_throttle.setInterval(500);
  connect(&m_throttle, &QTimer::timeout, this, &RunCurves::showTiles);
  onLanguage(this, [this, title, legend] {
    title->setText(tr("Loss"));
    legend->setText(tr("raw and smoothed, validation dashed"));
    m_smoothingName->setText(tr("smoothing"));
    m_smoothing->setAccessibleName(tr("Smoothing"));
    m_log->setText(tr("log"));
    m_log->setAccessibleName(tr("Logarithmic axis"));
    const int axis = std::max(0, m_axis->currentIndex());
    m_axis->clear();
    m_axis->addItems({tr("by step"), tr("by token"), tr("by minute")});
    m_axis->setCurrentIndex(axis);
    m_axis->setAccessibleName(tr("Horizontal axis"));
    m_loss->setAccessibleName(tr("Loss curve"));
    m_loss->setToolTip({});
    const QString names[] = {tr("Learning rate"), tr("Gradient norm"), tr("Tokens/s"), tr("Memory")};
    for (size_t i = 0; i < m_tiles.size(); ++i) m_tiles[i]->setTitle(names[i]);
    showTiles();
  });
  onTheme(this, [this] { showTiles(); });
}

void RunCurves::setRuns(const std::vector<ChartRun> &runs, RunModel *chosen) {
  if (m_chosen) disconnect(m_chosen, nullptr, this, nullptr);
  m_chosen = chosen;
  if (m_chosen)
    connect(m_chosen, &RunModel::changed, this, [this] {
      if (!m_throttle.isActive()) m_throttle.start();
    });
  m_loss->setRuns(runs);
  showTiles();
}

void RunCurves::showTiles() {
  const StepColumns none;
  const StepColumns &steps = m_chosen ? m_chosen->steps() : none;
  const std::vector<double> *columns[] = {&steps.lr, &steps.gradNorm, &steps.tokensPerSecond, &steps.memory};
  for (size_t i = 0; i < 4; ++i) {
    const double last = columns[i]->empty() ? std::nan("") : columns[i]->back();
    const QString text = !std::isfinite(last) ? QStringLiteral("–")
                         : i == 0             ? rateText(last)
                         : i == 2             ? countText(static_cast<qint64>(last))
                         : i == 3             ? bytesText(static_cast<qint64>(last))
                                              : numberText(last);
    m_tiles[i]->setValue(text);
    m_tiles[i]->setCourse(course(*columns[i]), theme().series(static_cast<int>(i) == 0 ? 3 : static_cast<int>(i)));
  }
}

void RunCurves::requestExport() {
  const QString path = QFileDialog::getSaveFileName(this, tr("Export the chart"), QStringLiteral("loss.png"),
                                                    tr("Picture (*.png);;Vector picture (*.svg);;Table of values (*.csv)"));
  if (path.isEmpty()) return;
  const bool table = path.endsWith(QLatin1String(".csv"), Qt::CaseInsensitive);
  const bool done = table ? m_loss->exportCsv(path) : m_loss->exportImage(path);
  Toast::show(this, done ? tr("Saved as %1.").arg(path) : tr("%1 could not be written. Choose another folder.").arg(path));
}

} // namespace attune::ui
