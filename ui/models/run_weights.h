// What can be talked with: each run's result and checkpoints, newest first, followed while a run writes them. GUI thread;
// folders are read elsewhere.
#pragma once

#include "ui/models/run_center.h"

namespace attune::ui {

class RunWeightsList : public QObject {
  Q_OBJECT

public:
  RunWeightsList(RunCenter &runs, TaskRunner &tasks, const Services &services, QObject *parent = nullptr);
  std::vector<api::RunWeights> of(const std::string &folder) const { return m_weights.value(QString::fromStdString(folder)); }

Q_SIGNALS:
  void changed();

private:
  void refresh();
  void onRunChanged(const QString &folder);

  RunCenter &m_runs;
  TaskRunner &m_tasks;
  const Services &m_services;
  Task m_reading;
  QHash<QString, std::vector<api::RunWeights>> m_weights;
  QHash<QString, qsizetype> m_marks; // how many checkpoints a live run had told of
};

} // namespace attune::ui
