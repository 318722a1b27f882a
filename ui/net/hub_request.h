// One request to a hub: its headers, who gets the token, where a redirect may lead, and what an answer means. Pure functions on
// requests and replies; any thread.
#pragma once

#include <QByteArray>
#include <QString>
#include <QUrl>
#include <QtNetwork/QNetworkRequest>

#include <optional>

class QNetworkAccessManager;
class QNetworkReply;

namespace attune::ui {

enum class HubTrouble {
  None,
  NotFound,     // 404
  NeedsToken,   // 401 without a token
  TokenRefused, // 401 with one
  NoAccess,     // 403, gated
  Proxy,
  NoConnection,
  TimedOut,
  TooMany,      // 429
  ServerFailed, // 5xx, and whatever else a server may say
  WebPage,      // HTML where data were asked for
  NotAList,
  ListTooLong,
  Redirect, // to nowhere, in a circle, or away from https
  WrongSize,
  WrongHash,
  DiskFull, // detail: bytes missing
  WriteFailed,
  UnsafeNames,
  SameName,    // two files for one name
  NoPlainFile, // a link or the like where a file of the download belongs
};

struct HubProblem {
  HubTrouble trouble = HubTrouble::None;
  QString detail; // a file, a host, the system's reason
  bool again = false;
  qint64 waitMs = 0; // what the server asked for
  explicit operator bool() const { return trouble != HubTrouble::None; }
};

/// The problem as a person reads it, in the language of the program. GUI thread.
QString hubProblemText(const HubProblem &problem);

struct HubAccess {
  QUrl origin;      // only its originOf() gets the token
  QByteArray token; // may be empty
  QString proxy;    // empty = the system's, "none", or "http://host:port", "socks5://host:port"
  int timeoutMs = 30000;
};

constexpr int kMaxRedirects = 8;

/// Scheme, host and port: what a token is given to and kept under.
QString originOf(const QUrl &url);
/// Makes `network` go the way that `proxy` says; false when it says nothing that can be understood.
bool setProxy(QNetworkAccessManager &network, const QString &proxy);
QNetworkRequest hubRequest(const QUrl &url, const HubAccess &access);
/// Where the reply leads; an invalid URL for one that must not be followed. Nothing for an answer that is no redirect.
std::optional<QUrl> redirectOf(const QNetworkReply &reply);
/// What went wrong, from status, headers and the network's own error.
HubProblem problemOf(const QNetworkReply &reply, const HubAccess &access);
bool isWebPage(const QNetworkReply &reply);

} // namespace attune::ui
