#include "ui/net/file_transfer.h"

#include "ui/net/download_folder.h"

#include <QRegularExpression>
#include <QtNetwork/QNetworkReply>

#include <algorithm>
#include <cerrno>
#include <unistd.h>

namespace attune::ui {

namespace {

constexpr qint64 kChunk = 1 << 20;   // read and written at once
constexpr qint64 kRehash = 16 << 20; // hashed at once of a part that is there already
constexpr int kLongestBackoffMs = 60000;

} // namespace

FileTransfer::FileTransfer(QNetworkAccessManager &network, const HubAccess &access, const QUrl &url, const HubFile &file,
                           const QString &folder, const QByteArray &tag, const TransferLimits &limits, QObject *parent)
    : QObject(parent), m_network(network), m_access(access), m_url(url), m_file(file), m_folder(folder), m_limits(limits), m_tag(tag),
      m_hash(file.sha256.isEmpty() ? QCryptographicHash::Sha1 : QCryptographicHash::Sha256), m_wait(this) {
  m_wait.setSingleShot(true);
  connect(&m_wait, &QTimer::timeout, this, &FileTransfer::request);
}

FileTransfer::~FileTransfer() { dropReply(); }

void FileTransfer::start() {
  if (storedFile(m_folder, m_file.path).kind == StoredKind::Other) return fail(HubTrouble::NoPlainFile);
  if (!openToWrite(m_part, m_folder, partName(m_file))) {
    const int reason = errno;
    const bool other = reason == ELOOP || reason == ENOTDIR || reason == EISDIR || reason == ENXIO;
    return fail({other ? HubTrouble::NoPlainFile : HubTrouble::WriteFailed, other ? partName(m_file) : qt_error_string(reason)});
  }
  beginHash();
  // Without tag and checksum nothing would tell whether two pieces belong together.
  const bool usable = m_part.size() <= m_file.bytes && !(m_tag.isEmpty() && m_file.sha256.isEmpty() && m_file.sha1.isEmpty());
  if (!usable) m_part.resize(0);
  m_continued = m_part.size() > 0;
  rehash();
}

void FileTransfer::stop() {
  m_over = true;
  m_wait.stop();
  dropReply();
  m_part.close();
}

void FileTransfer::dropReply() {
  if (!m_reply) return;
  m_reply->disconnect(this);
  m_reply->abort();
  m_reply->deleteLater();
  m_reply = nullptr;
}

void FileTransfer::beginHash() {
  m_hash.reset();
  if (m_file.sha256.isEmpty()) m_hash.addData(QByteArray("blob " + QByteArray::number(m_file.bytes)).append('\0')); // as git hashes
  m_offset = 0;
}

void FileTransfer::rehash() {
  if (m_over) return;
  m_part.seek(m_offset);
  for (qint64 step = 0; step < kRehash && m_offset < m_part.size(); step += kChunk) {
    const QByteArray bytes = m_part.read(kChunk);
    if (bytes.isEmpty()) return fail({HubTrouble::WriteFailed, m_part.errorString()});
    m_hash.addData(bytes);
    m_offset += bytes.size();
  }
  Q_EMIT progressed();
  if (m_offset < m_part.size())
    QMetaObject::invokeMethod(this, &FileTransfer::rehash, Qt::QueuedConnection);
  else
    request();
}

/// From the first byte.
void FileTransfer::restart() {
  m_part.resize(0);
  m_part.seek(0);
  m_continued = false;
  beginHash();
}

void FileTransfer::request() {
  if (m_offset == m_file.bytes && m_continued) return verify();
  m_redirects = 0;
  m_offsetAtTry = m_offset;
  get(m_url);
}

void FileTransfer::get(const QUrl &url) {
  QNetworkRequest request = hubRequest(url, m_access);
  if (m_offset > 0) {
    request.setRawHeader("Range", "bytes=" + QByteArray::number(m_offset) + "-");
    if (m_tag.startsWith('"')) request.setRawHeader("If-Range", m_tag); // a weak tag may not be asked for
  }
  m_headers = false;
  m_reply = m_network.get(request);
  m_reply->setReadBufferSize(2 * kChunk);
  connect(m_reply, &QNetworkReply::metaDataChanged, this, &FileTransfer::onHeaders);
  connect(m_reply, &QNetworkReply::readyRead, this, &FileTransfer::onData);
  connect(m_reply, &QNetworkReply::finished, this, &FileTransfer::onFinished);
}

/// Decides before the first byte is written whether the answer is the rest of this file.
void FileTransfer::onHeaders() {
  const int status = m_reply->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
  if (m_headers || m_over || (status != 200 && status != 206)) return;
  m_headers = true;
  if (isWebPage(*m_reply) && !m_file.path.endsWith(QLatin1String(".html"))) return fail({HubTrouble::WebPage, m_reply->url().host()});
  const QByteArray tag = m_reply->rawHeader("ETag");
  if (status == 206) {
    static const QRegularExpression range(QStringLiteral("^bytes (\\d+)-(\\d+)/(\\d+|\\*)$"));
    const auto match = range.match(QString::fromLatin1(m_reply->rawHeader("Content-Range")));
    const bool other = !tag.isEmpty() && !m_tag.isEmpty() && tag != m_tag;
    if (!match.hasMatch() || match.captured(1).toLongLong() != m_offset || other) {
      dropReply();
      restart();
      return again({HubTrouble::ServerFailed, QStringLiteral("Content-Range"), true});
    }
    if (match.captured(3) != QLatin1String("*") && match.captured(3).toLongLong() != m_file.bytes) return fail(HubTrouble::WrongSize);
  } else if (m_offset > 0) {
    restart(); // the server knows no ranges, or the file is another by now
  }
  const QByteArray length = m_reply->rawHeader("Content-Length");
  if (!length.isEmpty() && m_offset + length.toLongLong() != m_file.bytes) return fail(HubTrouble::WrongSize);
  if (!tag.isEmpty() && tag != m_tag) {
    m_tag = tag;
    Q_EMIT tagKnown(tag);
  }
}

void FileTransfer::onData() {
  if (!m_headers) onHeaders();
  while (m_reply && m_headers && !m_over && m_reply->bytesAvailable() > 0) {
    const QByteArray bytes = m_reply->read(kChunk);
    if (m_offset + bytes.size() > m_file.bytes) {
      restart();
      return fail(HubTrouble::WrongSize);
    }
    if (m_part.write(bytes) != bytes.size() || !m_part.flush()) return fail({HubTrouble::WriteFailed, m_part.errorString()});
    m_hash.addData(bytes);
    m_offset += bytes.size();
    Q_EMIT progressed();
  }
}

void FileTransfer::onFinished() {
  if (!m_reply || m_over) return;
  onHeaders();
  if (!m_reply || m_over) return;
  onData();
  if (!m_reply || m_over) return;
  QNetworkReply *reply = m_reply;
  m_reply = nullptr;
  reply->deleteLater();
  if (const auto target = redirectOf(*reply)) {
    if (!target->isValid() || ++m_redirects > kMaxRedirects) return fail({HubTrouble::Redirect, reply->url().host()});
    return get(*target);
  }
  if (reply->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt() == 416) { // the part is not of this file
    restart();
    return again({HubTrouble::ServerFailed, QStringLiteral("HTTP 416"), true});
  }
  // A signed address of a CDN refuses when it is too old: ask the hub for a new one.
  HubProblem problem = problemOf(*reply, m_access);
  if (problem.trouble == HubTrouble::NoAccess && m_redirects > 0) problem.again = true;
  if (problem) return problem.again ? again(problem) : fail(problem);
  if (m_offset < m_file.bytes) return again({HubTrouble::NoConnection, m_file.path, true}); // ended early, and said nothing
  verify();
}

void FileTransfer::again(const HubProblem &problem) {
  m_continued = m_continued || m_offset > 0;
  m_tries = m_offset > m_offsetAtTry ? 1 : m_tries + 1;
  if (m_tries >= m_limits.tries) return fail(problem);
  const qint64 backoff = std::min<qint64>(qint64(m_limits.backoffMs) << std::min(m_tries - 1, 10), kLongestBackoffMs);
  m_wait.start(static_cast<int>(std::max(backoff, problem.waitMs)));
}

void FileTransfer::verify() {
  const QByteArray expected = m_file.sha256.isEmpty() ? m_file.sha1 : m_file.sha256;
  if (!expected.isEmpty() && m_hash.result().toHex() != expected) {
    const bool pieces = m_continued;
    restart();
    if (pieces) return again({HubTrouble::WrongHash, m_file.path, true}); // once more, in one piece
    removeStored(m_folder, partName(m_file));
    return fail(HubTrouble::WrongHash);
  }
  m_part.flush();
  ::fsync(m_part.handle());
  m_part.close();
  if (!renameStored(m_folder, partName(m_file), m_file.path)) return fail({HubTrouble::WriteFailed, m_file.path});
  m_over = true;
  Q_EMIT done();
}

void FileTransfer::fail(const HubProblem &problem) {
  if (m_over) return;
  stop();
  Q_EMIT failed(problem);
}

} // namespace attune::ui
