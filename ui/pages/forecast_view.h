// A forecast as bars with name and amount beside them: the memory that computes and, beside a card, the machine's own.
// GUI thread.
#pragma once

#include "core/api/planner.h"
#include "ui/widgets/forecast_bar.h"

#include <QWidget>

class QGridLayout;
class QLabel;

namespace attune::ui {

/// A forecast's items as the bar draws them, each always in its own colour.
QVector<ForecastBar::Part> forecastParts(const std::vector<api::ForecastItem> &items);

class ForecastView : public QWidget {
  Q_OBJECT

public:
  explicit ForecastView(QWidget *parent = nullptr);
  /// `device` names the card; without hostItems the first bar is the machine's own.
  void setForecast(const api::Forecast &forecast, const QString &device);
  /// The one bar is that of `device`, which is elsewhere; without a budget nobody knows what it has.
  void setElsewhere(bool elsewhere) { m_elsewhere = elsewhere; }
  /// What the widths of the two bars stand for at least, in bytes.
  void setScales(double device, double host);
  void setLegends(bool device, bool host);
  /// Gives the bars of both the same width.
  void alignWith(ForecastView &other);
  const api::Forecast &forecast() const { return m_forecast; }

private:
  struct Line {
    QLabel *name;
    ForecastBar *bar;
    QLabel *amount;
  };
  Line addLine(QGridLayout &grid, int row);
  void show(const Line &line, const QString &name, const std::vector<api::ForecastItem> &items, int64_t needed, int64_t budget);
  void showTexts();

  api::Forecast m_forecast;
  QString m_device;
  bool m_elsewhere = false;
  Line m_compute, m_host;
};

} // namespace attune::ui
