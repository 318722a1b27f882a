// The forecast of the draft: what it takes against what there is, how many steps, the command line; Make it fit. GUI thread;
// planning happens on service threads, the newest question wins.
#pragma once

#include "ui/models/config_draft.h"
#include "ui/models/device_watch.h"
#include "ui/models/target_draft.h"

#include <QFrame>
#include <QTimer>

#include <optional>

class QLabel;
class QPushButton;

namespace attune::ui {

class ElidedLabel;
class ForecastView;

class ForecastCard : public QFrame {
  Q_OBJECT

public:
  ForecastCard(ConfigDraft &draft, const TargetDraft &target, EngineGate &gate, const DeviceWatch &devices, TaskRunner &tasks,
               QWidget *parent = nullptr);
  /// What is known of the data's length, for the number of steps; negative = nothing.
  void setSequences(qint64 rows, qint64 tokens);
  /// Where there is little height the bars of a card go without their legends.
  void setLow(bool low);
  QPushButton *fitButton() const { return m_fit; }
  QPushButton *copyButton() const { return m_copy; }
  /// False only when a forecast says that the run does not fit.
  bool fits() const { return !m_forecast || isGuess() || m_forecast->fits(); }

Q_SIGNALS:
  void forecastChanged();

private:
  void ask();
  api::RunConfig question() const;
  /// On a cluster whose cards nobody described nothing can be compared.
  bool isGuess() const { return m_target.target() && m_target.cardBytes() == 0; }
  void setElsewhere(api::Forecast &forecast) const;
  QString commandLine() const;
  void askFit();
  void showTexts();
  QString facts() const;
  QString advice() const;
  QString deviceName() const;
  qint64 steps() const;

  ConfigDraft &m_draft;
  const TargetDraft &m_target;
  EngineGate &m_gate;
  const DeviceWatch &m_devices;
  TaskRunner &m_tasks;
  Task m_asking;
  QTimer m_pause;
  std::optional<api::Forecast> m_forecast;
  std::optional<Error> m_failure;
  bool m_low = false;
  qint64 m_rows = -1, m_tokens = -1;
  QLabel *m_title, *m_message;
  ElidedLabel *m_facts, *m_line;
  QPushButton *m_fit, *m_copy;
  ForecastView *m_view;
};

} // namespace attune::ui
