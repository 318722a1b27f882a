// A model on its way from a hub into a folder: several files at once, kept in a state file beside them until all are there, so
// that it goes on after a pause, a broken line or a new start. Lives on a thread with an event loop that is not the GUI's; is
// spoken to and tells through queued calls. Every failure pauses it with a HubProblem.
#pragma once

#include "ui/net/file_transfer.h"

#include <QElapsedTimer>

#include <memory>

namespace attune::ui {

struct DownloadPlan {
  HubAddress address;
  QString folder;
  std::vector<HubFile> files;
  qint64 bytes() const;
};

enum class DownloadPhase { Paused, Running, Done };

struct DownloadProgress {
  DownloadPhase phase = DownloadPhase::Paused;
  qint64 doneBytes = 0;
  qint64 totalBytes = 0;
  int doneFiles = 0;
  int totalFiles = 0;
  double bytesPerSecond = 0;
  HubProblem problem; // why it paused by itself
};

struct DownloadOptions {
  QString proxy;
  QByteArray token;
  int timeoutMs = 30000;
  int parallel = 3;
  TransferLimits limits;
};

/// Of the file that a download keeps in its folder.
constexpr const char *kDownloadStateFile = ".attune-download.json";

/// What is left to fetch in a folder; nothing where there is no download, or its state file is not one that can be trusted.
std::optional<DownloadPlan> readDownload(const QString &folder);

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
  bool writeState();
  qint64 onDisk(const HubFile &file) const;
  bool isThere(const HubFile &file) const;

  const DownloadPlan m_plan;
  const DownloadOptions m_options;
  std::vector<QByteArray> m_tags; // one a file
  std::unique_ptr<QNetworkAccessManager> m_network;
  std::vector<FileTransfer *> m_going;
  std::vector<size_t> m_waiting; // the next at the back
  QTimer *m_ticks = nullptr;
  QElapsedTimer m_clock;
  qint64 m_doneBytes = 0; // of files that are whole
  qint64 m_before = 0;    // bytes at the last tick
  double m_rate = 0;
  int m_doneFiles = 0;
  bool m_running = false;
};

} // namespace attune::ui
