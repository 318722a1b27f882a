#include "ui/net/hub_request.h"

#include "ui/widgets/number_text.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QtNetwork/QNetworkAccessManager>
#include <QtNetwork/QNetworkProxy>
#include <QtNetwork/QNetworkReply>

#include <algorithm>

namespace attune::ui {

namespace {

constexpr qint64 kLongestWaitMs = 10 * 60 * 1000;

struct Words {
  Q_DECLARE_TR_FUNCTIONS(Hub)
};

qint64 retryAfterMs(const QNetworkReply &reply) {
  const QByteArray text = reply.rawHeader("Retry-After").trimmed();
  bool whole = false;
  const qint64 seconds = text.toLongLong(&whole);
  if (whole) return std::clamp<qint64>(seconds, 0, kLongestWaitMs / 1000) * 1000;
  const QDateTime when = QDateTime::fromString(QString::fromLatin1(text), Qt::RFC2822Date);
  return when.isValid() ? std::clamp<qint64>(QDateTime::currentDateTimeUtc().msecsTo(when), 0, kLongestWaitMs) : 0;
}

HubProblem networkProblem(const QNetworkReply &reply, const HubAccess &access) {
  const bool proxy = !access.proxy.isEmpty() && access.proxy != QLatin1String("none");
  switch (reply.error()) {
  case QNetworkReply::ConnectionRefusedError:
    if (!proxy) return {HubTrouble::NoConnection, reply.errorString(), true};
    [[fallthrough]]; // with a proxy nobody else was called
  case QNetworkReply::ProxyConnectionRefusedError:
  case QNetworkReply::ProxyConnectionClosedError:
  case QNetworkReply::ProxyNotFoundError:
  case QNetworkReply::ProxyTimeoutError:
  case QNetworkReply::ProxyAuthenticationRequiredError:
  case QNetworkReply::UnknownProxyError: return {HubTrouble::Proxy, reply.errorString()};
  case QNetworkReply::OperationCanceledError: // what the transfer timeout ends with
  case QNetworkReply::TimeoutError: return {HubTrouble::TimedOut, reply.url().host(), true};
  default: return {HubTrouble::NoConnection, reply.errorString(), true};
  }
}

} // namespace

QString hubProblemText(const HubProblem &problem) {
  const QString &detail = problem.detail;
  switch (problem.trouble) {
  case HubTrouble::None: return {};
  case HubTrouble::NotFound:
    return Words::tr("The hub has no such model or file. Check the name; a private model needs your access token.");
  case HubTrouble::NeedsToken: return Words::tr("The hub wants to know who asks. Give your access token, then try again.");
  case HubTrouble::TokenRefused: return Words::tr("The hub refuses the access token. Make a new one on the hub and enter it here.");
  case HubTrouble::NoAccess:
    return Words::tr(
        "You have no access to this model yet. Accept its terms on its page at the hub, then try again with your access token.");
  case HubTrouble::Proxy: return Words::tr("The proxy does not let the connection through. Check it in the settings. (%1)").arg(detail);
  case HubTrouble::NoConnection:
    return Words::tr("There is no connection to the hub. Check the network, or set a mirror or a proxy. (%1)").arg(detail);
  case HubTrouble::TimedOut: return Words::tr("%1 does not answer. Continue later, or set a mirror in the settings.").arg(detail);
  case HubTrouble::TooMany: return Words::tr("The hub asks for a pause: too many requests. Continue in some minutes.");
  case HubTrouble::ServerFailed: return Words::tr("The hub has a problem of its own. Continue later. (%1)").arg(detail);
  case HubTrouble::WebPage:
    return Words::tr("%1 answers with a web page instead of data. A sign-in page or a proxy may stand between, or this is no hub.")
        .arg(detail);
  case HubTrouble::NotAList: return Words::tr("What the hub sent is no list of files. Check its address in the settings.");
  case HubTrouble::ListTooLong:
    return Words::tr("The hub's list of files is longer than that of any model, so it was not read to its end. Check the name.");
  case HubTrouble::Redirect: return Words::tr("The hub sends the request on to an address that is not safe to follow. (%1)").arg(detail);
  case HubTrouble::WrongSize: return Words::tr("%1 does not have the size that the hub announced. The file was not kept.").arg(detail);
  case HubTrouble::WrongHash: return Words::tr("%1 arrived damaged: its checksum is not the hub's. The file was not kept.").arg(detail);
  case HubTrouble::DiskFull: return Words::tr("The disk has too little room: %1 more is needed.").arg(bytesText(detail.toLongLong()));
  case HubTrouble::WriteFailed: return Words::tr("The file could not be written. (%1)").arg(detail);
  case HubTrouble::UnsafeNames: return Words::tr("The model has a file whose name cannot be stored safely: %1").arg(detail);
  case HubTrouble::SameName:
    return Words::tr("The hub lists two different files that would share one name, so neither can be told from the other: %1").arg(detail);
  case HubTrouble::NoPlainFile:
    return Words::tr("A link or something else that is no file lies where the download would write. Nothing was written. Discard this "
                     "download and begin it anew. (%1)")
        .arg(detail);
  }
  return {};
}

QString originOf(const QUrl &url) {
  const int usual = url.scheme() == QLatin1String("https") ? 443 : 80;
  const int port = url.port(usual);
  const QString origin = url.scheme() + QStringLiteral("://") + url.host(QUrl::FullyEncoded);
  return port == usual ? origin : origin + QLatin1Char(':') + QString::number(port);
}

bool setProxy(QNetworkAccessManager &network, const QString &proxy) {
  if (proxy.isEmpty()) {
    class SystemProxy : public QNetworkProxyFactory {
      QList<QNetworkProxy> queryProxy(const QNetworkProxyQuery &query) override { return systemProxyForQuery(query); }
    };
    network.setProxyFactory(new SystemProxy);
    return true;
  }
  if (proxy == QLatin1String("none")) {
    network.setProxy(QNetworkProxy::NoProxy);
    return true;
  }
  const QUrl url(proxy.contains(QLatin1String("://")) ? proxy : QStringLiteral("http://") + proxy);
  const bool socks = url.scheme().startsWith(QLatin1String("socks"));
  if (url.host().isEmpty() || (!socks && url.scheme() != QLatin1String("http"))) return false;
  network.setProxy(QNetworkProxy(socks ? QNetworkProxy::Socks5Proxy : QNetworkProxy::HttpProxy, url.host(),
                                 static_cast<quint16>(url.port(socks ? 1080 : 8080)), url.userName(), url.password()));
  return true;
}

QNetworkRequest hubRequest(const QUrl &url, const HubAccess &access) {
  QNetworkRequest request(url);
  request.setAttribute(QNetworkRequest::RedirectPolicyAttribute, QNetworkRequest::ManualRedirectPolicy);
  request.setAttribute(QNetworkRequest::Http2AllowedAttribute, false);
  request.setAttribute(QNetworkRequest::CookieLoadControlAttribute, QNetworkRequest::Manual);
  request.setAttribute(QNetworkRequest::CookieSaveControlAttribute, QNetworkRequest::Manual);
  request.setHeader(QNetworkRequest::UserAgentHeader, QStringLiteral("attune-studio"));
  request.setRawHeader("Accept-Encoding", "identity"); // sizes and hashes are those of the file
  request.setTransferTimeout(access.timeoutMs);
  if (!access.token.isEmpty() && originOf(url) == originOf(access.origin)) request.setRawHeader("Authorization", "Bearer " + access.token);
  return request;
}

std::optional<QUrl> redirectOf(const QNetworkReply &reply) {
  const int status = reply.attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
  if (status != 301 && status != 302 && status != 303 && status != 307 && status != 308) return std::nullopt;
  const QUrl target = reply.url().resolved(QUrl::fromEncoded(reply.rawHeader("Location")));
  const bool safe = target.scheme() == QLatin1String("https") ||
                    (target.scheme() == QLatin1String("http") && reply.url().scheme() == QLatin1String("http"));
  return safe && !target.host().isEmpty() ? target.adjusted(QUrl::RemoveUserInfo) : QUrl();
}

bool isWebPage(const QNetworkReply &reply) {
  return reply.header(QNetworkRequest::ContentTypeHeader).toString().startsWith(QLatin1String("text/html"), Qt::CaseInsensitive);
}

HubProblem problemOf(const QNetworkReply &reply, const HubAccess &access) {
  const int status = reply.attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
  const QString said = QStringLiteral("HTTP %1").arg(status);
  if (status == 0) return reply.error() == QNetworkReply::NoError ? HubProblem{} : networkProblem(reply, access);
  if (status == 401) return {access.token.isEmpty() ? HubTrouble::NeedsToken : HubTrouble::TokenRefused, said};
  if (status == 403) return {HubTrouble::NoAccess, said};
  if (status == 404 || status == 410) return {HubTrouble::NotFound, said};
  if (status == 407) return {HubTrouble::Proxy, said};
  if (status == 429) return {HubTrouble::TooMany, said, true, retryAfterMs(reply)};
  if (status >= 500 || status == 408) return {HubTrouble::ServerFailed, said, true, retryAfterMs(reply)};
  if (status >= 400) return {HubTrouble::ServerFailed, said};
  return reply.error() == QNetworkReply::NoError ? HubProblem{} : networkProblem(reply, access); // broken midway
}

} // namespace attune::ui
