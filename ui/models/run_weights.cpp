#include "ui/models/run_weights.h"

#include <algorithm>

namespace attune::ui {

RunWeightsList::RunWeightsList(RunCenter &runs, TaskRunner &tasks, const Services &services, QObject *parent)
    : QObject(parent), m_runs(runs), m_tasks(tasks), m_services(services) {
  connect(&m_runs, &RunCenter::listChanged, this, &RunWeightsList::refresh);
  connect(&m_runs, &RunCenter::runChanged, this, &RunWeightsList::onRunChanged);
  refresh();
}

void RunWeightsList::onRunChanged(const QString &folder) {
  const RunModel *run = m_runs.model(folder);
  if (!run) return;
  const auto count =
      std::count_if(run->marks().begin(), run->marks().end(), [](const RunMark &mark) { return mark.kind == RunMark::Kind::Checkpoint; });
  if (m_marks.value(folder) == count) return;
  m_marks[folder] = count;
  refresh();
}

void RunWeightsList::refresh() {
  std::vector<std::string> folders;
  for (const api::RunSummary &run : m_runs.runs()) folders.push_back(run.folder);
  m_reading = m_tasks.run(
      this,
      [store = m_services.runs, folders](StopToken stop) {
        QHash<QString, std::vector<api::RunWeights>> found;
        for (const std::string &folder : folders) {
          if (stop.stopRequested()) break;
          found.insert(QString::fromStdString(folder), store->weights(folder));
        }
        return found;
      },
      [this](QHash<QString, std::vector<api::RunWeights>> found) {
        m_weights = std::move(found);
        Q_EMIT changed();
      });
}

} // namespace attune::ui
