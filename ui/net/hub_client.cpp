#include "ui/net/hub_client.h"

#include <QRegularExpression>
#include <QtNetwork/QNetworkReply>

namespace attune::ui {

namespace {

constexpr qint64 kMaxListBytes = 64 << 20;
constexpr int kMaxPages = 1000;
constexpr int kPatience = 4; // times the time of silence that ends a request: a page that trickles in for longer is none

/// The address of the next page in a Link header.
QUrl nextPage(const QNetworkReply &reply) {
  static const QRegularExpression next(QStringLiteral("<([^>]*)>[^,]*;\\s*rel=\"?next\"?"));
  const auto match = next.match(QString::fromUtf8(reply.rawHeader("Link")));
  return match.hasMatch() ? reply.url().resolved(QUrl(match.captured(1))) : QUrl();
}

} // namespace

HubClient::HubClient(QObject *parent) : QObject(parent) {
  m_whole.setSingleShot(true);
  connect(&m_whole, &QTimer::timeout, this, [this] { cutOff({HubTrouble::TimedOut, m_address.base.host(), true}); });
}

void HubClient::list(const HubAddress &address, const HubAccess &access) {
  cancel();
  m_address = address;
  m_access = access;
  m_access.origin = address.base;
  m_files.clear();
  m_bytes = 0;
  m_redirects = m_pages = 0;
  if (!setProxy(m_network, access.proxy)) return end({HubTrouble::Proxy, access.proxy});
  get(address.listUrl());
}

void HubClient::cancel() {
  m_whole.stop();
  if (!m_reply) return;
  m_reply->disconnect(this);
  m_reply->abort();
  m_reply->deleteLater();
  m_reply = nullptr;
}

void HubClient::cutOff(const HubProblem &problem) {
  cancel();
  end(problem);
}

void HubClient::get(const QUrl &url) {
  m_whole.start(kPatience * m_access.timeoutMs);
  m_reply = m_network.get(hubRequest(url, m_access));
  connect(m_reply, &QNetworkReply::downloadProgress, this, [this](qint64 received) {
    if (m_bytes + received > kMaxListBytes) cutOff({HubTrouble::ListTooLong, {}});
  });
  connect(m_reply, &QNetworkReply::finished, this, &HubClient::onFinished);
}

void HubClient::onFinished() {
  QNetworkReply *reply = m_reply;
  reply->deleteLater();
  m_reply = nullptr;
  m_whole.stop();
  if (const auto target = redirectOf(*reply)) {
    if (!target->isValid() || ++m_redirects > kMaxRedirects) return end({HubTrouble::Redirect, reply->url().host()});
    return get(*target);
  }
  if (const HubProblem problem = problemOf(*reply, m_access)) return end(problem);
  const QByteArray body = reply->readAll();
  m_bytes += body.size();
  const HubList list = parseHubList(body, m_address.layout);
  if (!list.valid)
    return end(isWebPage(*reply) || body.trimmed().startsWith('<') ? HubProblem{HubTrouble::WebPage, reply->url().host()}
                                                                   : HubProblem{HubTrouble::NotAList, {}});
  if (!list.refused.isEmpty()) return end({HubTrouble::UnsafeNames, list.refused.first()});
  if (m_files.size() + list.files.size() > kMaxHubFiles) return end({HubTrouble::ListTooLong, {}});
  m_files.insert(m_files.end(), list.files.begin(), list.files.end());
  const QUrl next = nextPage(*reply);
  if (next.isEmpty()) {
    const QString shared = mergeTwins(m_files);
    return end(shared.isEmpty() ? HubProblem{} : HubProblem{HubTrouble::SameName, shared});
  }
  if (originOf(next) != originOf(reply->url())) return end({HubTrouble::NotAList, {}});
  if (++m_pages > kMaxPages) return end({HubTrouble::ListTooLong, {}});
  get(next);
}

void HubClient::end(const HubProblem &problem) {
  if (problem) m_files.clear();
  Q_EMIT finished(m_files, problem);
}

} // namespace attune::ui
