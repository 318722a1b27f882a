#include "ui/pages/forecast_view.h"

#include "ui/models/field_text.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/number_text.h"
#include "ui/widgets/retranslate.h"

#include <QGridLayout>
#include <QLabel>

#include <algorithm>

namespace attune::ui {

QVector<ForecastBar::Part> forecastParts(const std::vector<api::ForecastItem> &items) {
  QVector<ForecastBar::Part> parts;
  for (const api::ForecastItem &item : items)
    parts.push_back({memoryItemLabel(item.name), item.bytes, memoryItemPlace(item.name), memoryItemHelp(item.name)});
  return parts;
}

ForecastView::ForecastView(QWidget *parent) : QWidget(parent) {
  auto *grid = new QGridLayout(this);
  grid->setContentsMargins(0, 0, 0, 0);
  grid->setHorizontalSpacing(12);
  grid->setVerticalSpacing(4);
  grid->setColumnStretch(1, 1);
  m_compute = addLine(*grid, 0);
  m_host = addLine(*grid, 1);
  onLanguage(this, [this] { showTexts(); });
}

ForecastView::Line ForecastView::addLine(QGridLayout &grid, int row) {
  const Line line = {makeLabel(TextRole::Caption, this), new ForecastBar(this), makeLabel(TextRole::Body, this)};
  line.amount->setTextInteractionFlags(Qt::TextSelectableByMouse);
  grid.addWidget(line.name, row, 0, Qt::AlignTop);
  grid.addWidget(line.bar, row, 1);
  grid.addWidget(line.amount, row, 2, Qt::AlignTop | Qt::AlignRight);
  return line;
}

void ForecastView::setForecast(const api::Forecast &forecast, const QString &device) {
  m_forecast = forecast;
  m_device = device;
  showTexts();
}

void ForecastView::setScales(double device, double host) {
  m_compute.bar->setScale(device);
  m_host.bar->setScale(host);
}

void ForecastView::setLegends(bool device, bool host) {
  m_compute.bar->setLegend(device);
  m_host.bar->setLegend(host);
}

void ForecastView::alignWith(ForecastView &other) {
  QLabel *const amounts[] = {m_compute.amount, m_host.amount, other.m_compute.amount, other.m_host.amount};
  int widest = 0;
  for (const QLabel *amount : amounts) widest = std::max(widest, amount->sizeHint().width());
  for (QLabel *amount : amounts) {
    amount->setMinimumWidth(widest);
    amount->setAlignment(Qt::AlignRight);
  }
}

void ForecastView::show(const Line &line, const QString &name, const std::vector<api::ForecastItem> &items, int64_t needed,
                        int64_t budget) {
  line.name->setText(name);
  line.bar->setAccessibleName(name);
  line.bar->setParts(forecastParts(items), budget);
  line.amount->setText(m_elsewhere && budget == 0 ? bytesText(needed)
                                                  : tr("%1 of %2 free", "memory needed of free").arg(bytesText(needed), bytesText(budget)));
  setRole(line.amount, needed > budget && !(m_elsewhere && budget == 0) ? TextRole::Danger : TextRole::Body);
}

void ForecastView::showTexts() {
  const bool onCard = !m_forecast.hostItems.empty();
  const QString machine = tr("This machine");
  show(m_compute, onCard || m_elsewhere ? m_device : machine, m_forecast.items, m_forecast.neededBytes, m_forecast.budgetBytes);
  show(m_host, machine, m_forecast.hostItems, m_forecast.hostNeededBytes, m_forecast.hostBudgetBytes);
  for (QWidget *part : std::initializer_list<QWidget *>{m_host.name, m_host.bar, m_host.amount}) part->setVisible(onCard);
}

} // namespace attune::ui
