#include "ui/net/hub_address.h"

#include <QRegularExpression>
#include <QUrlQuery>

namespace attune::ui {

namespace {

QUrl under(const QUrl &base, const QString &path) {
  QUrl url = base;
  QString start = base.path();
  while (start.endsWith(QLatin1Char('/'))) start.chop(1);
  url.setPath(start + path, QUrl::DecodedMode);
  return url;
}

/// The pages of a hub that show files of a model.
bool isPageOfFiles(const QString &word) {
  return word == QLatin1String("tree") || word == QLatin1String("blob") || word == QLatin1String("resolve");
}

} // namespace

bool isHubWord(const QString &text) {
  static const QRegularExpression word(QStringLiteral("\\A[A-Za-z0-9][A-Za-z0-9._-]{0,95}\\z"));
  return word.match(text).hasMatch() && !text.contains(QLatin1String(".."));
}

QString hubName(const QUrl &base) {
  const bool usual = base.scheme() == QLatin1String("https");
  const QUrl shown = base.adjusted(QUrl::RemoveUserInfo | QUrl::StripTrailingSlash);
  return QString::fromLatin1(shown.toEncoded(usual ? QUrl::RemoveScheme : QUrl::None)).mid(usual ? 2 : 0);
}

HubLayout layoutOf(const QUrl &base) {
  return base.host().contains(QLatin1String("modelscope")) ? HubLayout::ModelScope : HubLayout::HuggingFace;
}

QUrl HubAddress::listUrl() const {
  QUrlQuery query;
  if (layout == HubLayout::HuggingFace) {
    QUrl url = under(base, QStringLiteral("/api/models/%1/tree/%2").arg(repo, revision));
    query.addQueryItem(QStringLiteral("recursive"), QStringLiteral("1"));
    url.setQuery(query);
    return url;
  }
  QUrl url = under(base, QStringLiteral("/api/v1/models/%1/repo/files").arg(repo));
  query.addQueryItem(QStringLiteral("Revision"), revision);
  query.addQueryItem(QStringLiteral("Recursive"), QStringLiteral("true"));
  url.setQuery(query);
  return url;
}

QUrl HubAddress::fileUrl(const QString &path) const {
  if (layout == HubLayout::HuggingFace) return under(base, QStringLiteral("/%1/resolve/%2/%3").arg(repo, revision, path));
  QUrl url = under(base, QStringLiteral("/api/v1/models/%1/repo").arg(repo));
  url.setQuery(QStringLiteral("Revision=%1&FilePath=%2")
                   .arg(QString::fromLatin1(QUrl::toPercentEncoding(revision)), QString::fromLatin1(QUrl::toPercentEncoding(path))));
  return url;
}

std::optional<QUrl> parseHubBase(const QString &typed) {
  QString text = typed.trimmed();
  if (!text.contains(QLatin1String("://"))) text.prepend(QLatin1String("https://"));
  QUrl url(text, QUrl::StrictMode);
  if (!url.isValid() || url.host().isEmpty() || (url.scheme() != QLatin1String("https") && url.scheme() != QLatin1String("http")))
    return std::nullopt;
  return url.adjusted(QUrl::RemoveUserInfo | QUrl::RemoveQuery | QUrl::RemoveFragment | QUrl::StripTrailingSlash);
}

std::optional<HubAddress> parseHubAddress(const QString &typed, const QUrl &base) {
  QString text = typed.trimmed();
  HubAddress address{layoutOf(base), base, {}, {}};
  static const QRegularExpression withHost(QStringLiteral("^(https?://|[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)+(:\\d+)?/[^/]+/)"));
  if (text.contains(QLatin1String("://")) || withHost.match(text).hasMatch()) {
    const auto url = parseHubBase(text);
    if (!url) return std::nullopt;
    text = url->path();
    QUrl hub = *url;
    hub.setPath({});
    if (!base.path().isEmpty() && hub.host() == base.host() && text.startsWith(base.path())) { // a mirror below a path
      hub.setPath(base.path());
      text.remove(0, base.path().size());
    }
    if (hub.host() == QLatin1String("hf.co")) hub.setHost(QStringLiteral("huggingface.co"));
    address.base = hub;
    if (hub.host() != base.host()) address.layout = layoutOf(hub);
  }
  QStringList parts = text.split(QLatin1Char('/'), Qt::SkipEmptyParts);
  if (!parts.isEmpty() && parts.first() == QLatin1String("models")) parts.removeFirst();
  if (parts.size() < 2 || !isHubWord(parts[0]) || !isHubWord(parts[1])) return std::nullopt;
  address.repo = parts[0] + QLatin1Char('/') + parts[1];
  if (parts.size() >= 4 && isPageOfFiles(parts[2]) && isHubWord(parts[3]))
    address.revision = parts[3];
  else
    address.revision = address.layout == HubLayout::ModelScope ? QStringLiteral("master") : QStringLiteral("main");
  return address;
}

} // namespace attune::ui
