#include "ui/pages/run_memory.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/number_text.h"
#include "ui/widgets/retranslate.h"

#include <QGridLayout>
#include <QLabel>
#include <QProgressBar>

#include <algorithm>
#include <cmath>

namespace attune::ui {

RunMemory::RunMemory(RunCenter &runs, QWidget *parent) : QWidget(parent), m_runs(runs) {
  auto *grid = new QGridLayout(this);
  grid->setContentsMargins(0, 0, 0, 4);
  grid->setHorizontalSpacing(12);
  grid->setVerticalSpacing(2);
  grid->setColumnStretch(1, 1);
  int row = 0;
  for (Line *line : {&m_forecast, &m_peak}) {
    *line = {makeLabel(TextRole::Caption, this), new QProgressBar(this), makeLabel(TextRole::Body, this)};
    line->bar->setRange(0, 1000);
    line->bar->setTextVisible(false);
    line->amount->setTextInteractionFlags(Qt::TextSelectableByMouse);
    grid->addWidget(line->name, row, 0);
    grid->addWidget(line->bar, row, 1);
    grid->addWidget(line->amount, row++, 2);
  }
  connect(&m_runs, &RunCenter::listChanged, this, &RunMemory::showFigures);
  connect(&m_runs, &RunCenter::runChanged, this, &RunMemory::showFigures);
  onLanguage(this, [this] {
    m_forecast.name->setText(tr("Memory forecast"));
    m_forecast.bar->setAccessibleName(m_forecast.name->text());
    showFigures();
  });
}

void RunMemory::setRun(const QString &folder) {
  m_folder = folder;
  if (RunModel *figures = m_runs.find(folder) ? m_runs.model(folder) : nullptr)
    connect(figures, &RunModel::stateChanged, this, &RunMemory::showFigures, Qt::UniqueConnection);
  showFigures();
}

void RunMemory::showFigures() {
  const api::RunSummary *run = m_runs.find(m_folder);
  const RunModel *figures = run ? m_runs.model(m_folder) : nullptr;
  const qint64 forecast = run ? run->forecastBytes : 0;
  const qint64 measured = run ? run->peakBytes : 0;
  const qint64 peak = measured > 0 ? measured : figures ? figures->peakBytes() : 0;
  setVisible(forecast > 0 || peak > 0);
  const auto scale = static_cast<double>(std::max<qint64>({forecast, peak, 1}));
  const auto show = [scale](const Line &line, qint64 bytes, const QString &text) {
    for (QWidget *part : std::initializer_list<QWidget *>{line.name, line.bar, line.amount}) part->setVisible(bytes > 0);
    line.bar->setValue(static_cast<int>(1000 * static_cast<double>(bytes) / scale));
    line.amount->setText(text);
    line.bar->setAccessibleDescription(text);
  };
  m_peak.name->setText(m_runs.isLive(m_folder) ? tr("Measured peak so far") : tr("Measured peak"));
  m_peak.bar->setAccessibleName(m_peak.name->text());
  show(m_forecast, forecast, bytesText(forecast));
  const double off = forecast > 0 ? static_cast<double>(peak) / static_cast<double>(forecast) - 1 : 0;
  const QString share = percentText(std::fabs(off));
  const bool compare = measured > 0 && forecast > 0; // a run that goes has not taken all yet
  show(m_peak, peak,
       !compare                  ? bytesText(peak)
       : std::fabs(off) < 0.0005 ? tr("%1, as forecast").arg(bytesText(peak))
       : off > 0                 ? tr("%1, %2 more than forecast").arg(bytesText(peak), share)
                                 : tr("%1, %2 less than forecast").arg(bytesText(peak), share));
}

} // namespace attune::ui
