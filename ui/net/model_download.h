// A model on its way from a hub into a folder: several files at once, kept in a state file beside them until all are there, so
// that it goes on after a pause, a broken line or a new start. Lives on a thread with an event loop that is not the GUI's; is
// spoken to and tells through queued calls. Every failure pauses it with a HubProblem.
#pragma once

#include "ui/net/download_state.h"
#include "ui/net/file_transfer.h"

#include <QElapsedTimer>

#include <memory>

namespace attune::ui {

enum class DownloadPhase { Paused, Running, Done };

struct DownloadProgress {
  DownloadPhase phase = DownloadPhase::Paused;
  qint64 doneBytes = 0;
  qint64 totalBytes = 0;
  int doneFiles = 0;
  int totalFiles = 0;
  double bytesPerSecond = 0;
  HubProblem problem;   // why it paused by itself
  bool waiting = false; // nothing has come for a while
};

struct DownloadOptions {
  QString proxy;
  QByteArray token;
  int timeoutMs = 30000;
  int parallel = 3;
  TransferLimits limits;
};

/// How far a plan is by what lies in its folder.
DownloadProgress progressOnDisk(const DownloadPlan &plan);

class ModelDownload : public QObject {
  Q_OBJECT

public:
  ModelDownload(DownloadPlan plan, DownloadOptions options);
  const QString &folder() const { return m_plan.folder; }

public Q_SLOTS:
  void start();
  void pause();

Q_SIGNALS:
  void changed(const attune::ui::DownloadProgress &progress);

private:
  void fill();
  void take(FileTransfer *transfer);
  void stopAll();
  void end(const HubProblem &problem);
  void tell();

  const DownloadPlan m_plan;
  const DownloadOptions m_options;
  std::vector<QByteArray> m_tags; // one a file
  std::unique_ptr<QNetworkAccessManager> m_network;
  std::vector<FileTransfer *> m_going;
  std::vector<size_t> m_waiting; // the next at the back
  QTimer *m_ticks = nullptr;
  QElapsedTimer m_clock, m_quiet; // since the last tick, since the last byte
  qint64 m_doneBytes = 0;         // of files that are whole
  qint64 m_before = 0;            // bytes at the last tick
  double m_rate = 0;
  int m_doneFiles = 0;
  bool m_running = false;
};

} // namespace attune::ui
