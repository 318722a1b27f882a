#include "ui/settings/desktop_portal.h"

#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>
#include <QGuiApplication>

namespace attune::ui {

namespace {

const QString kService = QStringLiteral("org.freedesktop.portal.Desktop");
const QString kPath = QStringLiteral("/org/freedesktop/portal/desktop");
const QString kSettings = QStringLiteral("org.freedesktop.portal.Settings");
const QString kAppearance = QStringLiteral("org.freedesktop.appearance");
const QString kGnome = QStringLiteral("org.gnome.desktop.interface");
const QString kColorScheme = QStringLiteral("color-scheme");
const QString kReducedMotion = QStringLiteral("reduced-motion");
const QString kAnimations = QStringLiteral("enable-animations");

} // namespace

DesktopPortal::DesktopPortal(QObject *parent) : QObject(parent) {
  qRegisterMetaType<QDBusVariant>("QDBusVariant"); // the connection looks for it by its name
  QDBusConnection::sessionBus().connect(QString(), kPath, kSettings, QStringLiteral("SettingChanged"), this,
                                        SLOT(onSettingChanged(QString, QString, QDBusVariant)));
  ask();
  connect(qApp, &QGuiApplication::applicationStateChanged, this, [this](Qt::ApplicationState state) {
    if (state == Qt::ApplicationActive) ask(); // for portals that tell of no change
  });
}

void DesktopPortal::ask() {
  read(kAppearance, kColorScheme);
  read(kAppearance, kReducedMotion);
  read(kGnome, kAnimations);
}

void DesktopPortal::read(const QString &space, const QString &key) {
  const QDBusConnection bus = QDBusConnection::sessionBus();
  if (!bus.isConnected()) return;
  QDBusMessage question = QDBusMessage::createMethodCall(kService, kPath, kSettings, QStringLiteral("Read"));
  question << space << key;
  auto *watcher = new QDBusPendingCallWatcher(bus.asyncCall(question), this);
  connect(watcher, &QDBusPendingCallWatcher::finished, this, [this, watcher, space, key] {
    const QDBusPendingReply<QDBusVariant> reply = *watcher;
    watcher->deleteLater();
    if (!reply.isError()) onSettingChanged(space, key, reply.value());
  });
}

void DesktopPortal::onSettingChanged(const QString &space, const QString &key, const QDBusVariant &answer) {
  QVariant value = answer.variant();
  if (value.metaType() == QMetaType::fromType<QDBusVariant>()) value = value.value<QDBusVariant>().variant(); // wrapped twice
  if (space == kAppearance && key == kColorScheme)
    m_colorScheme = value.toUInt();
  else if (space == kAppearance && key == kReducedMotion)
    m_reducedMotion = value.toUInt() == 1;
  else if (space == kGnome && key == kAnimations)
    m_animations = value.toBool();
  else
    return;
  Q_EMIT changed();
}

} // namespace attune::ui
