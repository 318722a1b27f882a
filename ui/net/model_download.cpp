#include "ui/net/model_download.h"

#include "ui/net/download_folder.h"

#include <QDir>
#include <QHash>
#include <QStorageInfo>

#include <algorithm>

namespace attune::ui {

namespace {

constexpr qint64 kSpareBytes = 64 << 20; // left free on the disk
constexpr int kTickMs = 250;
constexpr int kQuietMs = 3000;

/// A file gets its name only when it is whole and right.
bool isThere(const QString &folder, const HubFile &file) {
  const StoredFile whole = storedFile(folder, file.path);
  return whole.kind == StoredKind::File && whole.bytes == file.bytes;
}

qint64 onDisk(const QString &folder, const HubFile &file) {
  return isThere(folder, file) ? file.bytes : std::min(storedFile(folder, FileTransfer::partName(file)).bytes, file.bytes);
}

/// The first name of a plan under which something lies that is no plain file.
QString strangeName(const DownloadPlan &plan) {
  for (const HubFile &file : plan.files)
    for (const QString &name : {file.path, FileTransfer::partName(file)})
      if (storedFile(plan.folder, name).kind == StoredKind::Other) return name;
  return {};
}

} // namespace

DownloadProgress progressOnDisk(const DownloadPlan &plan) {
  std::vector<HubFile> arrived = plan.files;
  DownloadProgress progress;
  progress.totalBytes = plan.bytes();
  progress.totalFiles = static_cast<int>(plan.files.size());
  for (HubFile &file : arrived) {
    progress.doneFiles += isThere(plan.folder, file);
    file.bytes = onDisk(plan.folder, file);
  }
  progress.doneBytes = bytesOf(arrived);
  return progress;
}

ModelDownload::ModelDownload(DownloadPlan plan, DownloadOptions options)
    : m_plan(std::move(plan)), m_options(std::move(options)), m_tags(m_plan.files.size()) {}

void ModelDownload::start() {
  if (m_running) return;
  m_running = true;
  m_waiting.clear();
  m_rate = 0;
  if (const auto known = readDownload(m_plan.folder)) {
    QHash<QString, QByteArray> tags;
    for (size_t i = 0; i < known->tags.size(); ++i) tags.insert(known->plan.files[i].path, known->tags[i]);
    for (size_t i = 0; i < m_tags.size(); ++i) m_tags[i] = tags.value(m_plan.files[i].path);
  }
  if (!QDir().mkpath(m_plan.folder)) return end({HubTrouble::WriteFailed, m_plan.folder});
  if (const QString strange = strangeName(m_plan); !strange.isEmpty()) return end({HubTrouble::NoPlainFile, strange});
  if (!writeDownload(m_plan, m_tags)) return end({HubTrouble::WriteFailed, m_plan.folder});
  const DownloadProgress begun = progressOnDisk(m_plan);
  m_doneFiles = begun.doneFiles;
  m_doneBytes = 0;
  for (size_t i = m_plan.files.size(); i-- > 0;) {
    if (isThere(m_plan.folder, m_plan.files[i]))
      m_doneBytes += m_plan.files[i].bytes;
    else
      m_waiting.push_back(i);
  }
  const qint64 missing = begun.totalBytes - begun.doneBytes;
  const qint64 room = std::max<qint64>(0, QStorageInfo(m_plan.folder).bytesAvailable() - kSpareBytes);
  if (missing > room) return end({HubTrouble::DiskFull, QString::number(missing - room)});
  m_network = std::make_unique<QNetworkAccessManager>();
  if (!setProxy(*m_network, m_options.proxy)) return end({HubTrouble::Proxy, m_options.proxy});
  m_ticks = new QTimer(this);
  connect(m_ticks, &QTimer::timeout, this, &ModelDownload::tell);
  m_ticks->start(kTickMs);
  m_clock.start();
  m_quiet.start();
  m_before = -1;
  fill();
  tell();
}

void ModelDownload::fill() {
  while (m_running && static_cast<int>(m_going.size()) < m_options.parallel && !m_waiting.empty()) {
    const size_t index = m_waiting.back();
    m_waiting.pop_back();
    const HubFile &file = m_plan.files[index];
    const HubAccess access{m_plan.address.base, m_options.token, m_options.proxy, m_options.timeoutMs};
    auto *transfer =
        new FileTransfer(*m_network, access, m_plan.address.fileUrl(file.path), file, m_plan.folder, m_tags[index], m_options.limits, this);
    m_going.push_back(transfer);
    connect(transfer, &FileTransfer::tagKnown, this, [this, index](const QByteArray &tag) {
      m_tags[index] = tag;
      writeDownload(m_plan, m_tags);
    });
    connect(transfer, &FileTransfer::done, this, [this, transfer] {
      ++m_doneFiles;
      m_doneBytes += transfer->file().bytes;
      take(transfer);
      fill();
      if (m_running && m_going.empty()) end({});
    });
    connect(transfer, &FileTransfer::failed, this, [this, transfer](const HubProblem &problem) {
      take(transfer);
      end(problem);
    });
    QMetaObject::invokeMethod(transfer, &FileTransfer::start, Qt::QueuedConnection);
  }
}

void ModelDownload::take(FileTransfer *transfer) {
  std::erase(m_going, transfer);
  transfer->deleteLater();
}

void ModelDownload::stopAll() {
  for (FileTransfer *transfer : m_going) {
    transfer->stop();
    transfer->deleteLater();
  }
  m_going.clear();
  delete m_ticks;
  m_ticks = nullptr;
  m_running = false;
  if (m_network) m_network.release()->deleteLater(); // after its replies
}

void ModelDownload::pause() {
  if (!m_running) return;
  end({});
}

void ModelDownload::end(const HubProblem &problem) {
  const bool whole = !problem && m_doneFiles == static_cast<int>(m_plan.files.size());
  stopAll();
  if (whole) removeStored(m_plan.folder, QLatin1String(kDownloadStateFile));
  DownloadProgress progress = progressOnDisk(m_plan);
  progress.phase = whole ? DownloadPhase::Done : DownloadPhase::Paused;
  progress.problem = problem;
  Q_EMIT changed(progress);
}

void ModelDownload::tell() {
  qint64 bytes = m_doneBytes;
  for (const FileTransfer *transfer : m_going) bytes += transfer->bytes();
  const double seconds = static_cast<double>(m_clock.restart()) / 1000;
  if (bytes > m_before) m_quiet.start();
  const bool waiting = m_quiet.hasExpired(kQuietMs);
  if (waiting) // an average would promise an end that is not in sight
    m_rate = 0;
  else if (m_before >= 0 && seconds > 0) { // smooth over some seconds
    const double now = static_cast<double>(std::max<qint64>(0, bytes - m_before)) / seconds;
    m_rate = m_rate == 0 ? now : 0.9 * m_rate + 0.1 * now;
  }
  m_before = bytes;
  DownloadProgress progress{DownloadPhase::Running, bytes, m_plan.bytes(), m_doneFiles, static_cast<int>(m_plan.files.size()), m_rate, {}};
  progress.waiting = waiting;
  Q_EMIT changed(progress);
}

} // namespace attune::ui
