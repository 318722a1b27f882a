#include "ui/net/download_center.h"

#include "ui/models/trash.h"

#include <QDir>
#include <QFileInfo>

#include <algorithm>

namespace attune::ui {

namespace {

constexpr int kMaxTries = 1000; // of a folder's name

QString modelsFolder(const Services &services) { return QString::fromStdString(services.workspace) + QStringLiteral("/models"); }

std::vector<Download> unfinishedIn(const QString &models) {
  std::vector<Download> found;
  for (const QFileInfo &folder : QDir(models).entryInfoList(QDir::Dirs | QDir::NoDotAndDotDot | QDir::NoSymLinks))
    if (auto state = readDownload(folder.absoluteFilePath())) {
      const DownloadProgress progress = progressOnDisk(state->plan);
      found.push_back({std::move(state->plan), progress, nullptr, state->foreign});
    }
  return found;
}

/// A folder that is not there yet: "name", "org--name", "org--name-2".
QString freeFolder(const QString &models, const QString &repo) {
  QString path = models + QLatin1Char('/') + repo.section(QLatin1Char('/'), -1);
  const QString full = models + QLatin1Char('/') + QString(repo).replace(QLatin1Char('/'), QLatin1String("--"));
  const auto taken = [&path] { return QFileInfo::exists(path) || QFileInfo(path).isSymLink(); };
  for (int i = 1; taken() && i < kMaxTries; ++i) path = i == 1 ? full : full + QStringLiteral("-%1").arg(i);
  return path;
}

} // namespace

DownloadCenter::DownloadCenter(const Services &services, TaskRunner &tasks, QObject *parent)
    : QObject(parent), m_services(services), m_tasks(tasks) {
  qRegisterMetaType<DownloadProgress>();
  m_thread.setObjectName(QStringLiteral("downloads"));
}

DownloadCenter::~DownloadCenter() {
  m_thread.quit();
  m_thread.wait();
}

const Download *DownloadCenter::find(const QString &folder) const { return const_cast<DownloadCenter *>(this)->entry(folder); }

Download *DownloadCenter::entry(const QString &folder) {
  const auto found = std::find_if(m_all.begin(), m_all.end(), [&](const Download &one) { return one.folder() == folder; });
  return found == m_all.end() ? nullptr : &*found;
}

void DownloadCenter::look() {
  if (m_looked) return;
  m_looked = true;
  m_looking = m_tasks.run(
      this, [models = modelsFolder(m_services)](StopToken) { return unfinishedIn(models); },
      [this](std::vector<Download> found) {
        for (Download &one : found)
          if (!entry(one.folder())) m_all.push_back(std::move(one));
        if (!found.empty()) Q_EMIT listChanged();
      });
}

void DownloadCenter::start(const HubAddress &address, const std::vector<HubFile> &files, const QByteArray &token) {
  for (Download &one : m_all)
    if (!one.foreign && one.plan.address.repo == address.repo && one.plan.address.base == address.base &&
        one.plan.address.revision == address.revision) {
      if (!one.job) run(one, token);
      return;
    }
  m_placing = m_tasks.run(
      this,
      [models = modelsFolder(m_services), address, files](StopToken) -> DownloadPlan {
        return {address, freeFolder(models, address.repo), files};
      },
      [this, token](DownloadPlan plan) {
        m_all.push_back({std::move(plan), {}});
        run(m_all.back(), token);
        Q_EMIT listChanged();
      });
}

void DownloadCenter::run(Download &download, const QByteArray &token) {
  DownloadOptions options;
  options.proxy = m_proxy;
  options.token = token;
  auto *job = new ModelDownload(download.plan, options);
  download.job = job;
  download.foreign = false;
  download.progress.phase = DownloadPhase::Running;
  download.progress.problem = {};
  job->moveToThread(&m_thread);
  connect(&m_thread, &QThread::finished, job, &QObject::deleteLater);
  connect(job, &ModelDownload::changed, this,
          [this, job, folder = download.folder()](const DownloadProgress &progress) { onChanged(folder, job, progress); });
  if (!m_thread.isRunning()) m_thread.start();
  QMetaObject::invokeMethod(job, &ModelDownload::start);
  Q_EMIT changed(download.folder());
}

void DownloadCenter::onChanged(const QString &folder, ModelDownload *job, const DownloadProgress &progress) {
  Download *download = entry(folder);
  if (!download || download->job != job) return;
  download->progress = progress;
  if (progress.phase != DownloadPhase::Running) {
    download->job = nullptr;
    job->deleteLater();
  }
  if (progress.phase == DownloadPhase::Done) {
    forget(folder);
    Q_EMIT finished(folder);
    return;
  }
  Q_EMIT changed(folder);
}

void DownloadCenter::pause(const QString &folder) {
  const Download *download = find(folder);
  if (download && download->job) QMetaObject::invokeMethod(download->job, &ModelDownload::pause);
}

void DownloadCenter::resume(const QString &folder, const QByteArray &token) {
  Download *download = entry(folder);
  if (download && !download->job) run(*download, token);
}

void DownloadCenter::discard(const QString &folder) {
  Download *download = entry(folder);
  if (!download) return;
  if (ModelDownload *job = download->job) { // it ends before its folder goes
    download->job = nullptr;
    connect(job, &ModelDownload::changed, this, [this, job, folder](const DownloadProgress &progress) {
      if (progress.phase == DownloadPhase::Running) return;
      job->deleteLater();
      discard(folder);
    });
    QMetaObject::invokeMethod(job, &ModelDownload::pause);
    return;
  }
  forget(folder);
  m_trashing = m_tasks.run(
      this, [folder](StopToken) { return !QFileInfo::exists(folder) || !moveToTrash(folder).isEmpty(); },
      [this, folder](bool gone) {
        if (!gone) Q_EMIT failed(tr("%1 could not be moved to the trash. Delete the folder by hand.").arg(folder));
      });
}

void DownloadCenter::forget(const QString &folder) {
  std::erase_if(m_all, [&](const Download &one) { return one.folder() == folder; });
  Q_EMIT listChanged();
}

} // namespace attune::ui
