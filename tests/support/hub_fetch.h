// A download and a list from a HubServer, for the tests of ui/net. Header-only.
#pragma once

#include "tests/support/hub_server.h"
#include "ui/net/hub_client.h"
#include "ui/net/model_download.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QThread>
#include <QtTest>

#include <memory>

namespace attune::test {

using namespace ui;

inline QByteArray bytesOf(int seed, int count) {
  QByteArray bytes(count, '\0');
  quint32 state = 2463534242u + static_cast<quint32>(seed);
  for (char &byte : bytes) {
    state = state * 1664525u + 1013904223u;
    byte = static_cast<char>(state >> 24);
  }
  return bytes;
}

/// JSON written with single quotes.
inline QByteArray json(const char *text) { return QByteArray(text).replace('\'', '"'); }

inline HubFile fileOf(const QString &path, const QByteArray &content, bool lfs = true) {
  HubFile file{path, content.size(), {}, {}};
  if (lfs)
    file.sha256 = QCryptographicHash::hash(content, QCryptographicHash::Sha256).toHex();
  else
    file.sha1 =
        QCryptographicHash::hash("blob " + QByteArray::number(content.size()) + QByteArray(1, '\0') + content, QCryptographicHash::Sha1)
            .toHex();
  return file;
}

/// A download of some files from a server into a folder of its own, on a thread of its own, as in the program.
class Fetch {
public:
  HubServer server;
  QTemporaryDir folder;
  QHash<QString, QByteArray> contents;
  DownloadPlan plan;
  DownloadOptions options;
  DownloadProgress last;
  int changes = 0;

  Fetch() {
    options.proxy = QStringLiteral("none");
    options.limits = {4, 1};
    options.timeoutMs = 3000;
    plan.address = {HubLayout::HuggingFace, server.url(), QStringLiteral("org/tiny"), QStringLiteral("main")};
    plan.folder = folder.filePath(QStringLiteral("tiny"));
    server.answer = [this](const HubRequest &request) { return good(request); };
  }
  ~Fetch() { leave(); }

  void add(const QString &path, const QByteArray &content, bool lfs = true) {
    contents.insert(path, content);
    plan.files.push_back(fileOf(path, content, lfs));
  }
  HubAnswer good(const HubRequest &request) {
    const QByteArray name = request.path().mid(int(qstrlen("/org/tiny/resolve/main/")));
    return contents.contains(QString::fromUtf8(name)) ? HubServer::file(request, contents[QString::fromUtf8(name)])
                                                      : HubAnswer{404, {}, {}};
  }
  void start() {
    leave();
    thread = std::make_unique<QThread>();
    download = new ModelDownload(plan, options);
    download->moveToThread(thread.get());
    QObject::connect(thread.get(), &QThread::finished, download, &QObject::deleteLater);
    QObject::connect(download, &ModelDownload::changed, &server, [this](const DownloadProgress &progress) {
      last = progress;
      ++changes;
    });
    last = {};
    last.phase = DownloadPhase::Running;
    thread->start();
    QMetaObject::invokeMethod(download, &ModelDownload::start);
  }
  void pause() { QMetaObject::invokeMethod(download, &ModelDownload::pause); }
  /// As the end of the program: at once, without a word to the download.
  void leave() {
    if (!thread) return;
    thread->quit();
    thread->wait();
    thread.reset();
  }
  bool ended() const { return last.phase != DownloadPhase::Running; }
  bool isDone() const { return last.phase == DownloadPhase::Done; }
  QByteArray onDisk(const QString &path) const {
    QFile file(plan.folder + QLatin1Char('/') + path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("absent");
  }
  qint64 partBytes(const QString &path) const { return QFileInfo(plan.folder + QLatin1Char('/') + path + QStringLiteral(".part")).size(); }
  QStringList names() const { return QDir(plan.folder).entryList(QDir::Files | QDir::Hidden); }

private:
  std::unique_ptr<QThread> thread;
  ModelDownload *download = nullptr;
};

inline const QString kWeights = QStringLiteral("model.safetensors");
inline const QByteArray kPath = "/org/tiny/resolve/main/model.safetensors";

/// Fetches one list and waits for it.
struct Listing {
  HubServer server;
  std::vector<HubFile> files;
  HubProblem problem;
  bool ended = false;
  QByteArray token;
  int timeoutMs = 3000;
  void ask(HubLayout layout = HubLayout::HuggingFace) {
    HubClient client;
    QObject::connect(&client, &HubClient::finished, &client, [this](const std::vector<HubFile> &found, const HubProblem &what) {
      files = found;
      problem = what;
      ended = true;
    });
    client.list({layout, server.url(), QStringLiteral("org/tiny"), QStringLiteral("main")}, {{}, token, QStringLiteral("none"), timeoutMs});
    QTRY_VERIFY(ended);
  }
};

} // namespace attune::test
