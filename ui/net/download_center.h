// The downloads of this workspace: those under way, those paused, and those that an earlier session left. GUI thread; each one
// works on a thread of the centre's, which ends with it and leaves every download ready to go on.
#pragma once

#include "ui/bridge/task_runner.h"
#include "ui/net/model_download.h"
#include "ui/services.h"

#include <QThread>

namespace attune::ui {

struct Download {
  DownloadPlan plan;
  DownloadProgress progress;
  ModelDownload *job = nullptr; // while it runs
  bool foreign = false;         // begun by somebody else: a person must agree to go on
  const QString &folder() const { return plan.folder; }
};

class DownloadCenter : public QObject {
  Q_OBJECT

public:
  DownloadCenter(const Services &services, TaskRunner &tasks, QObject *parent = nullptr);
  ~DownloadCenter() override;
  /// For what starts from now on. `proxy` as in HubAccess.
  void setProxy(const QString &proxy) { m_proxy = proxy; }
  const std::vector<Download> &all() const { return m_all; }
  const Download *find(const QString &folder) const;
  /// Looks once for downloads that were not finished.
  void look();
  /// Into a new folder of the workspace's models, or on into the one that an unfinished download of the same model has.
  void start(const HubAddress &address, const std::vector<HubFile> &files, const QByteArray &token);
  void pause(const QString &folder);
  void resume(const QString &folder, const QByteArray &token);
  /// Stops it and moves what has arrived to the trash.
  void discard(const QString &folder);

Q_SIGNALS:
  void listChanged();
  void changed(const QString &folder);
  void finished(const QString &folder);
  void failed(const QString &message);

private:
  Download *entry(const QString &folder);
  void run(Download &download, const QByteArray &token);
  void onChanged(const QString &folder, ModelDownload *job, const DownloadProgress &progress);
  void forget(const QString &folder);

  const Services &m_services;
  TaskRunner &m_tasks;
  QString m_proxy;
  std::vector<Download> m_all;
  QThread m_thread;
  Task m_looking, m_placing, m_trashing;
  bool m_looked = false;
};

} // namespace attune::ui
