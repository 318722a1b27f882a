#include "ui/shell/sleep_inhibitor.h"

#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusObjectPath>
#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>
#include <QVariantMap>

#include <utility>

namespace attune::ui {

namespace {

const QString kPortal = QStringLiteral("org.freedesktop.portal.Desktop");
constexpr uint kSuspend = 4; // the portal's flag

} // namespace

void SleepInhibitor::hold(const QString &reason) {
  if (std::exchange(m_wanted, true)) return;
  m_reason = reason;
  if (!m_asking) askPortal();
}

void SleepInhibitor::release() {
  m_wanted = false;
  m_lock = QDBusUnixFileDescriptor();
  if (m_request.isEmpty()) return;
  QDBusConnection::sessionBus().asyncCall(QDBusMessage::createMethodCall(
      kPortal, std::exchange(m_request, {}), QStringLiteral("org.freedesktop.portal.Request"), QStringLiteral("Close")));
}

void SleepInhibitor::askPortal() {
  const QDBusConnection bus = QDBusConnection::sessionBus();
  if (!bus.isConnected()) return askLogind();
  QDBusMessage call = QDBusMessage::createMethodCall(kPortal, QStringLiteral("/org/freedesktop/portal/desktop"),
                                                     QStringLiteral("org.freedesktop.portal.Inhibit"), QStringLiteral("Inhibit"));
  call << QString() << kSuspend << QVariantMap{{QStringLiteral("reason"), m_reason}};
  m_asking = true;
  auto *watcher = new QDBusPendingCallWatcher(bus.asyncCall(call), this);
  connect(watcher, &QDBusPendingCallWatcher::finished, this, [this, watcher] {
    const QDBusPendingReply<QDBusObjectPath> reply = *watcher;
    watcher->deleteLater();
    m_asking = false;
    if (reply.isError()) return m_wanted ? askLogind() : void();
    m_request = reply.value().path();
    if (!m_wanted) release(); // it was over before the answer
  });
}

void SleepInhibitor::askLogind() {
  const QDBusConnection bus = QDBusConnection::systemBus();
  if (!bus.isConnected()) return;
  QDBusMessage call = QDBusMessage::createMethodCall(QStringLiteral("org.freedesktop.login1"), QStringLiteral("/org/freedesktop/login1"),
                                                     QStringLiteral("org.freedesktop.login1.Manager"), QStringLiteral("Inhibit"));
  call << QStringLiteral("sleep") << QStringLiteral("Attune") << m_reason << QStringLiteral("block");
  m_asking = true;
  auto *watcher = new QDBusPendingCallWatcher(bus.asyncCall(call), this);
  connect(watcher, &QDBusPendingCallWatcher::finished, this, [this, watcher] {
    const QDBusPendingReply<QDBusUnixFileDescriptor> reply = *watcher;
    watcher->deleteLater();
    m_asking = false;
    if (!reply.isError() && m_wanted) m_lock = reply.value();
  });
}

} // namespace attune::ui
