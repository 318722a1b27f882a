#include "ui/shell/desktop_notice.h"

#include <QCoreApplication>
#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>
#include <QVariantMap>

namespace attune::ui {

namespace {

const QString kService = QStringLiteral("org.freedesktop.Notifications");
const QString kPath = QStringLiteral("/org/freedesktop/Notifications");

} // namespace

DesktopNotice::DesktopNotice(QObject *parent) : QObject(parent) {
  QDBusConnection::sessionBus().connect(kService, kPath, kService, QStringLiteral("ActionInvoked"), this, SLOT(onAction(uint, QString)));
}

void DesktopNotice::show(const QString &title, const QString &text, std::function<void()> onClick) {
  const QDBusConnection bus = QDBusConnection::sessionBus();
  if (!bus.isConnected()) return;
  QDBusMessage call = QDBusMessage::createMethodCall(kService, kPath, kService, QStringLiteral("Notify"));
  const QVariantMap hints = {{QStringLiteral("desktop-entry"), QStringLiteral("attune-studio")}};
  call << QCoreApplication::applicationName() << 0U << QStringLiteral("attune-studio") << title << text.toHtmlEscaped()
       << QStringList{QStringLiteral("default"), QString()} << hints << -1;
  auto *watcher = new QDBusPendingCallWatcher(bus.asyncCall(call), this);
  connect(watcher, &QDBusPendingCallWatcher::finished, this, [this, watcher, onClick = std::move(onClick)] {
    const QDBusPendingReply<uint> reply = *watcher;
    watcher->deleteLater();
    if (m_clicks.size() > 100) m_clicks.clear();
    if (!reply.isError()) m_clicks.insert(reply.value(), onClick);
  });
}

void DesktopNotice::onAction(uint id, const QString &) {
  if (const auto act = m_clicks.take(id)) act();
}

} // namespace attune::ui
