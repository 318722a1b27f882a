// A hub on 127.0.0.1 that misbehaves as it is told: breaks off, truncates, lies about sizes, ignores ranges, redirects, refuses.
// Also a small HTTP proxy. GUI thread; header-only.
#pragma once

#include <QCryptographicHash>
#include <QHash>
#include <QTimer>
#include <QUrl>
#include <QtNetwork/QTcpServer>
#include <QtNetwork/QTcpSocket>

#include <functional>

namespace attune::test {

struct HubRequest {
  QByteArray method, target;             // as sent: path with query
  QHash<QByteArray, QByteArray> headers; // names in lower case
  QByteArray path() const { return target.left(target.indexOf('?') < 0 ? target.size() : target.indexOf('?')); }
};

struct HubAnswer {
  int status = 200;
  QByteArray body;
  QList<QPair<QByteArray, QByteArray>> headers;
  qint64 announced = -1;  // Content-Length, where it is not the body's
  qint64 breakAfter = -1; // bytes of the body, then the connection is reset
  int bytesEach20Ms = 0;  // slow
  qint64 stallAfter = -1; // bytes of a slow body, then nothing more comes
  bool silent = false;    // never answers
};

class HubServer : public QTcpServer {
public:
  std::function<HubAnswer(const HubRequest &)> answer;
  QList<HubRequest> requests;

  HubServer() {
    listen(QHostAddress::LocalHost);
    connect(this, &QTcpServer::newConnection, this, [this] {
      while (QTcpSocket *socket = nextPendingConnection()) serve(socket);
    });
  }
  QUrl url(const QString &host = QStringLiteral("127.0.0.1")) const {
    return QUrl(QStringLiteral("http://%1:%2").arg(host).arg(serverPort()));
  }
  QList<HubRequest> requestsOf(const QByteArray &path) const {
    QList<HubRequest> found;
    for (const HubRequest &request : requests)
      if (request.path() == path) found.append(request);
    return found;
  }
  /// The file as a good server gives it: ranges, If-Range, ETag.
  static HubAnswer file(const HubRequest &request, const QByteArray &content, const QByteArray &tag = "\"one\"") {
    HubAnswer answer;
    answer.headers = {{"ETag", tag}, {"Accept-Ranges", "bytes"}};
    const QByteArray range = request.headers.value("range"), condition = request.headers.value("if-range");
    if (!range.startsWith("bytes=") || (!condition.isEmpty() && condition != tag)) {
      answer.body = content;
      return answer;
    }
    const qint64 from = range.mid(6, range.indexOf('-') - 6).toLongLong();
    if (from >= content.size()) {
      answer.status = 416;
      return answer;
    }
    answer.status = 206;
    answer.body = content.mid(from);
    answer.headers.append({"Content-Range", "bytes " + QByteArray::number(from) + "-" + QByteArray::number(content.size() - 1) + "/" +
                                                QByteArray::number(content.size())});
    return answer;
  }

private:
  void serve(QTcpSocket *socket) {
    connect(socket, &QTcpSocket::disconnected, socket, &QObject::deleteLater);
    connect(socket, &QTcpSocket::readyRead, this, [this, socket] {
      QByteArray data = socket->property("head").toByteArray() + socket->readAll();
      const qsizetype end = data.indexOf("\r\n\r\n");
      socket->setProperty("head", end < 0 ? data : data.mid(end + 4));
      if (end < 0) return;
      const QList<QByteArray> lines = data.left(end).split('\n');
      HubRequest request;
      const QList<QByteArray> first = lines.value(0).trimmed().split(' ');
      request.method = first.value(0);
      request.target = first.value(1);
      for (const QByteArray &line : lines.mid(1)) {
        const qsizetype colon = line.indexOf(':');
        request.headers.insert(line.left(colon).trimmed().toLower(), line.mid(colon + 1).trimmed());
      }
      requests.append(request);
      send(socket, answer ? answer(request) : HubAnswer{404, {}, {}});
    });
  }
  static void send(QTcpSocket *socket, const HubAnswer &answer) {
    if (answer.silent) return;
    QByteArray head = "HTTP/1.1 " + QByteArray::number(answer.status) + " X\r\nConnection: close\r\nContent-Length: " +
                      QByteArray::number(answer.announced >= 0 ? answer.announced : answer.body.size()) + "\r\n";
    for (const auto &[name, value] : answer.headers) head += name + ": " + value + "\r\n";
    socket->write(head + "\r\n");
    const QByteArray body = answer.breakAfter >= 0 ? answer.body.left(answer.breakAfter) : answer.body;
    if (answer.bytesEach20Ms <= 0) {
      socket->write(body);
      return socket->disconnectFromHost(); // after what is written
    }
    auto *timer = new QTimer(socket);
    const qsizetype end = answer.stallAfter >= 0 ? answer.stallAfter : body.size();
    connect(timer, &QTimer::timeout, socket, [socket, body, end, step = answer.bytesEach20Ms, at = qsizetype(0)]() mutable {
      socket->write(body.mid(at, qMin<qsizetype>(step, end - at)));
      at = qMin(at + step, end);
      if (at >= body.size()) socket->disconnectFromHost();
    });
    timer->start(20);
  }
};

/// Passes plain HTTP requests on to their host.
class HttpProxy : public QTcpServer {
public:
  int passed = 0;

  HttpProxy() {
    listen(QHostAddress::LocalHost);
    connect(this, &QTcpServer::newConnection, this, [this] {
      while (QTcpSocket *client = nextPendingConnection()) {
        connect(client, &QTcpSocket::disconnected, client, &QObject::deleteLater);
        connect(client, &QTcpSocket::readyRead, this, [this, client] {
          const QByteArray data = client->readAll();
          const QList<QByteArray> first = data.left(data.indexOf("\r\n")).split(' ');
          const QUrl url = QUrl::fromEncoded(first.value(1));
          auto *server = new QTcpSocket(client);
          ++passed;
          QByteArray request = data;
          request.replace(first.value(1), url.toEncoded(QUrl::RemoveScheme | QUrl::RemoveAuthority));
          connect(server, &QTcpSocket::connected, server, [server, request] { server->write(request); });
          connect(server, &QTcpSocket::readyRead, client, [server, client] { client->write(server->readAll()); });
          connect(server, &QTcpSocket::disconnected, client, [client] { client->disconnectFromHost(); });
          server->connectToHost(QStringLiteral("127.0.0.1"), static_cast<quint16>(url.port(80)));
        });
      }
    });
  }
  QString url() const { return QStringLiteral("http://127.0.0.1:%1").arg(serverPort()); }
};

} // namespace attune::test
