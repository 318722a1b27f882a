#include "ui/net/model_download.h"

#include "core/base/atomic_file.h"

#include <QDir>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QStorageInfo>

#include <algorithm>

namespace attune::ui {

namespace {

constexpr int kSchema = 1;
constexpr qint64 kSpareBytes = 64 << 20; // left free on the disk
constexpr qint64 kMaxStateBytes = 16 << 20;
constexpr int kTickMs = 250;

QString statePath(const QString &folder) { return folder + QLatin1Char('/') + QLatin1String(kDownloadStateFile); }

QJsonObject readState(const QString &folder) {
  QFile file(statePath(folder));
  if (!file.open(QIODevice::ReadOnly) || file.size() > kMaxStateBytes) return {};
  return QJsonDocument::fromJson(file.readAll()).object();
}

} // namespace

qint64 DownloadPlan::bytes() const {
  qint64 sum = 0;
  for (const HubFile &file : files) sum += file.bytes;
  return sum;
}

std::optional<DownloadPlan> readDownload(const QString &folder) {
  const QJsonObject state = readState(folder);
  const auto base = parseHubBase(state.value(QLatin1String("base")).toString());
  if (state.value(QLatin1String("schema")).toInt() != kSchema || !base) return std::nullopt;
  DownloadPlan plan;
  const auto address = parseHubAddress(state.value(QLatin1String("repo")).toString(), *base);
  if (!address) return std::nullopt;
  plan.address = *address;
  plan.address.revision = state.value(QLatin1String("revision")).toString();
  plan.address.layout =
      state.value(QLatin1String("layout")).toString() == QLatin1String("modelscope") ? HubLayout::ModelScope : HubLayout::HuggingFace;
  plan.folder = folder;
  for (const QJsonValue &value : state.value(QLatin1String("files")).toArray()) {
    const QJsonObject item = value.toObject();
    HubFile file{item.value(QLatin1String("path")).toString(), static_cast<qint64>(item.value(QLatin1String("bytes")).toDouble(-1)),
                 item.value(QLatin1String("sha256")).toString().toLatin1(), item.value(QLatin1String("sha1")).toString().toLatin1()};
    if (!isSafeName(file.path) || file.bytes < 0) return std::nullopt;
    plan.files.push_back(std::move(file));
  }
  return plan.files.empty() ? std::nullopt : std::make_optional(std::move(plan));
}

ModelDownload::ModelDownload(DownloadPlan plan, DownloadOptions options)
    : m_plan(std::move(plan)), m_options(std::move(options)), m_tags(m_plan.files.size()) {}

bool ModelDownload::isThere(const HubFile &file) const {
  const QFileInfo info(m_plan.folder + QLatin1Char('/') + file.path); // gets its name only when it is whole and right
  return info.isFile() && info.size() == file.bytes;
}

qint64 ModelDownload::onDisk(const HubFile &file) const {
  return isThere(file) ? file.bytes : std::min(QFileInfo(FileTransfer::partPath(m_plan.folder, file)).size(), file.bytes);
}

bool ModelDownload::writeState() {
  QJsonArray files;
  for (size_t i = 0; i < m_plan.files.size(); ++i) {
    const HubFile &file = m_plan.files[i];
    files.append(QJsonObject{{QStringLiteral("path"), file.path},
                             {QStringLiteral("bytes"), file.bytes},
                             {QStringLiteral("sha256"), QString::fromLatin1(file.sha256)},
                             {QStringLiteral("sha1"), QString::fromLatin1(file.sha1)},
                             {QStringLiteral("etag"), QString::fromLatin1(m_tags[i])}});
  }
  const bool scope = m_plan.address.layout == HubLayout::ModelScope;
  const QJsonObject state{{QStringLiteral("schema"), kSchema},
                          {QStringLiteral("base"), m_plan.address.base.toString()},
                          {QStringLiteral("layout"), scope ? QStringLiteral("modelscope") : QStringLiteral("huggingface")},
                          {QStringLiteral("repo"), m_plan.address.repo},
                          {QStringLiteral("revision"), m_plan.address.revision},
                          {QStringLiteral("files"), files}};
  return writeFileAtomic(statePath(m_plan.folder).toStdString(), QJsonDocument(state).toJson().toStdString()).ok();
}

void ModelDownload::start() {
  if (m_running) return;
  m_running = true;
  m_doneFiles = 0;
  m_doneBytes = 0;
  m_rate = 0;
  m_waiting.clear();
  const QJsonArray known = readState(m_plan.folder).value(QLatin1String("files")).toArray();
  for (const QJsonValue &value : known)
    for (size_t i = 0; i < m_plan.files.size(); ++i)
      if (m_plan.files[i].path == value.toObject().value(QLatin1String("path")).toString())
        m_tags[i] = value.toObject().value(QLatin1String("etag")).toString().toLatin1();
  if (!QDir().mkpath(m_plan.folder) || !writeState()) return end({HubTrouble::WriteFailed, m_plan.folder});
  qint64 missing = 0;
  for (size_t i = m_plan.files.size(); i-- > 0;) {
    const HubFile &file = m_plan.files[i];
    missing += file.bytes - onDisk(file);
    if (isThere(file)) {
      ++m_doneFiles;
      m_doneBytes += file.bytes;
    } else {
      m_waiting.push_back(i);
    }
  }
  const qint64 room = QStorageInfo(m_plan.folder).bytesAvailable() - kSpareBytes;
  if (missing > room) return end({HubTrouble::DiskFull, QString::number(missing - room)});
  m_network = std::make_unique<QNetworkAccessManager>();
  if (!setProxy(*m_network, m_options.proxy)) return end({HubTrouble::Proxy, m_options.proxy});
  m_ticks = new QTimer(this);
  connect(m_ticks, &QTimer::timeout, this, &ModelDownload::tell);
  m_ticks->start(kTickMs);
  m_clock.start();
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
      writeState();
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
  if (whole) QFile::remove(statePath(m_plan.folder));
  qint64 bytes = 0;
  for (const HubFile &file : m_plan.files) bytes += onDisk(file);
  Q_EMIT changed({whole ? DownloadPhase::Done : DownloadPhase::Paused, bytes, m_plan.bytes(), m_doneFiles,
                  static_cast<int>(m_plan.files.size()), 0, problem});
}

void ModelDownload::tell() {
  qint64 bytes = m_doneBytes;
  for (const FileTransfer *transfer : m_going) bytes += transfer->bytes();
  const double seconds = static_cast<double>(m_clock.restart()) / 1000;
  if (m_before >= 0 && seconds > 0) { // smooth over some seconds
    const double now = static_cast<double>(std::max<qint64>(0, bytes - m_before)) / seconds;
    m_rate = m_rate == 0 ? now : 0.9 * m_rate + 0.1 * now;
  }
  m_before = bytes;
  Q_EMIT changed({DownloadPhase::Running, bytes, m_plan.bytes(), m_doneFiles, static_cast<int>(m_plan.files.size()), m_rate, {}});
}

} // namespace attune::ui
