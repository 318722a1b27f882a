// One file of a download: fetched into NAME.part, from where it broke off last time, hashed as it is written, and given its name
// once size and checksum are right; no link is followed. Lives on a thread with an event loop; rehashing a part goes in steps. Ends once,
// with done() or failed(); stop() ends it without either and leaves the part.
#pragma once

#include "ui/net/hub_files.h"
#include "ui/net/hub_request.h"

#include <QCryptographicHash>
#include <QFile>
#include <QPointer>
#include <QTimer>
#include <QtNetwork/QNetworkAccessManager>

namespace attune::ui {

struct TransferLimits {
  int tries = 6;        // in a row without a byte of progress
  int backoffMs = 1000; // before the second try, then twice as long each time
};

class FileTransfer : public QObject {
  Q_OBJECT

public:
  /// `tag` is the ETag that the part was fetched under, where one is known.
  FileTransfer(QNetworkAccessManager &network, const HubAccess &access, const QUrl &url, const HubFile &file, const QString &folder,
               const QByteArray &tag, const TransferLimits &limits, QObject *parent);
  ~FileTransfer() override;
  void start();
  void stop();
  const HubFile &file() const { return m_file; }
  /// Bytes on disk that count.
  qint64 bytes() const { return m_offset; }
  /// What it is called in its folder until it is whole.
  static QString partName(const HubFile &file) { return file.path + QStringLiteral(".part"); }

Q_SIGNALS:
  void progressed();
  void tagKnown(const QByteArray &tag);
  void done();
  void failed(const attune::ui::HubProblem &problem);

private:
  void rehash();
  void beginHash();
  void restart();
  void request();
  void get(const QUrl &url);
  void onHeaders();
  void onData();
  void onFinished();
  void verify();
  void again(const HubProblem &problem);
  void fail(const HubProblem &problem);
  void fail(HubTrouble trouble) { fail({trouble, m_file.path}); }
  void dropReply();

  QNetworkAccessManager &m_network;
  const HubAccess m_access;
  const QUrl m_url;
  const HubFile m_file;
  const QString m_folder;
  const TransferLimits m_limits;
  QFile m_part;
  QByteArray m_tag;
  QCryptographicHash m_hash;
  QPointer<QNetworkReply> m_reply;
  QTimer m_wait;
  qint64 m_offset = 0;
  qint64 m_offsetAtTry = 0;
  int m_tries = 0, m_redirects = 0;
  bool m_continued = false; // some of it came in an earlier answer
  bool m_headers = false, m_over = false;
};

} // namespace attune::ui
