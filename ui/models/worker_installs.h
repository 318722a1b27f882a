// Installations of the training program on clusters as the window knows them: one a cluster, its progress, output and end. They go on
// when a dialog closes; a build that goes on there when a cluster is reached is taken up by itself. GUI thread.
#pragma once

#include "core/base/stop_token.h"
#include "ui/models/cluster_center.h"

#include <QSet>
#include <QStringList>
#include <QTimer>

#include <deque>
#include <map>

namespace attune::ui {

struct WorkerInstall {
  static constexpr size_t kMostLines = 5000;
  bool running = false, stopping = false;
  api::WorkerRequest request;
  api::InstallProgress progress;
  std::deque<QString> lines; // the last ones of its output
  qsizetype forgotten = 0;   // lines before them
  std::optional<Error> problem;
  std::optional<api::WorkerReport> report;
};

class WorkerInstalls : public QObject {
  Q_OBJECT

public:
  explicit WorkerInstalls(ClusterCenter &clusters, QObject *parent = nullptr);
  ~WorkerInstalls() override;
  /// Null where none was asked for since the window opened.
  const WorkerInstall *find(const QString &cluster) const;
  void start(const QString &cluster, const api::WorkerRequest &request);
  /// Ends the build on the cluster.
  void stop(const QString &cluster);
  /// Lets the profile name this program.
  void use(const QString &cluster, const api::InstalledWorker &worker);

Q_SIGNALS:
  void changed(const QString &cluster);
  /// The profile names a program that was just installed; before it named `before`.
  void adopted(const QString &cluster, const QString &before);

private:
  struct Told; // shared with the cluster's thread
  struct Going {
    WorkerInstall install;
    StopSource leave;
    std::shared_ptr<Told> told;
    std::string script; // the profile's, when it was asked for
  };
  void onEnd(const QString &cluster, const Result<api::WorkerReport> &result);
  void takeUp(const QString &cluster);
  void collect();
  void collect(Going &going);

  ClusterCenter &m_clusters;
  std::shared_ptr<Mailbox> m_mailbox;
  std::map<QString, Going> m_all;
  QSet<QString> m_lookedFor; // clusters whose builds were taken up since they were reached
  QTimer m_timer;
};

} // namespace attune::ui
