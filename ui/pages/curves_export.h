// What the chart shows, as a file: a picture, a vector picture, or the runs' figures as CSV. Reading, encoding and writing happen
// on a service thread; what takes longer than a second shows how far it is and can be cancelled. GUI thread.
#pragma once

#include "core/base/result.h"
#include "ui/bridge/task_runner.h"
#include "ui/charts/metric_chart.h"

#include <QElapsedTimer>
#include <QTimer>

#include <atomic>

namespace attune::api {
class RunStore;
}

namespace attune::ui {

class Banner;

class CurvesExport : public QObject {
  Q_OBJECT

public:
  CurvesExport(MetricChart &chart, api::RunStore *store, TaskRunner &tasks, QWidget *page);
  /// Shows the progress; the page gives it a place.
  Banner *banner() const { return m_banner; }
  /// By the ending of `path`: .csv, .svg, else PNG. Toasts say how it ended.
  void write(const QString &path, const std::vector<ChartRun> &runs);

private:
  using Progress = std::function<void(double share)>;
  void start(const QString &path, std::function<Status(const StopToken &stop, const Progress &progress)> work);
  void showProgress();
  void cancel();

  MetricChart &m_chart;
  api::RunStore *m_store;
  TaskRunner &m_tasks;
  QWidget *m_page;
  Banner *m_banner;
  QTimer m_poll;
  QElapsedTimer m_clock;
  QString m_name; // of the file being written
  std::shared_ptr<std::atomic<double>> m_share;
  Task m_writing;
};

} // namespace attune::ui
