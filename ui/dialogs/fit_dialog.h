// Make it fit: looks for settings that fit while it is open, shows what would change, why and at what cost, and applies
// nothing by itself. GUI thread; the search runs on a service thread and is dropped when the dialog closes.
#pragma once

#include "core/api/planner.h"
#include "ui/bridge/task_runner.h"

#include <QDialog>

#include <optional>

class QLabel;
class QProgressBar;
class QPushButton;
class QScrollArea;

namespace attune::ui {

class ForecastView;

class FitDialog : public QDialog {
  Q_OBJECT

public:
  /// `forecast` is of `config`; `device` names the card. The planner outlives the dialog.
  FitDialog(api::Planner &planner, TaskRunner &tasks, const api::RunConfig &config, const api::Forecast &forecast, const QString &device,
            QWidget *parent);

Q_SIGNALS:
  /// The settings with nothing but the shown changes made.
  void chosen(const attune::api::RunConfig &fitted, int changes);

private:
  void onFound(Result<api::FitProposal> proposal);
  void showTexts();
  void fillChanges();
  void fitHeight();
  QString verdict() const;
  QString advice() const;
  QString nearest(const api::LeastFit &least) const;
  bool helps() const { return m_proposal && m_proposal->fits && !m_proposal->changes.empty(); }

  api::RunConfig m_config;
  QString m_device;
  std::optional<api::FitProposal> m_proposal;
  std::optional<Error> m_failure;
  QLabel *m_verdict, *m_advice, *m_beforeName, *m_afterName;
  ForecastView *m_before, *m_after;
  QProgressBar *m_looking;
  QScrollArea *m_changes;
  QPushButton *m_keep, *m_apply;
  Task m_search;
};

} // namespace attune::ui
