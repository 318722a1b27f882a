// Theme and motion follow the desktop portal: at the start, when it tells of a change, and when the window becomes active again.
// Run on a private bus.
#include "ui/settings/appearance.h"
#include "ui/widgets/theme.h"

#include <QDBusAbstractAdaptor>
#include <QDBusConnection>
#include <QDBusVariant>
#include <QtTest>

using namespace attune::ui;

/// A portal with three settings.
class FakePortal : public QDBusAbstractAdaptor {
  Q_OBJECT
  Q_CLASSINFO("D-Bus Interface", "org.freedesktop.portal.Settings")

public:
  explicit FakePortal(QObject *parent) : QDBusAbstractAdaptor(parent) {}
  uint scheme = 1;
  uint reduced = 0;
  bool animations = true;

public Q_SLOTS:
  QDBusVariant Read(const QString &, const QString &key) {
    const QVariant value = key == QLatin1String("color-scheme")     ? QVariant(scheme)
                           : key == QLatin1String("reduced-motion") ? QVariant(reduced)
                                                                    : QVariant(animations);
    return QDBusVariant(QVariant::fromValue(QDBusVariant(value)));
  }

Q_SIGNALS:
  void SettingChanged(const QString &space, const QString &key, const QDBusVariant &value);
};

class PortalTest : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void followsThePortal() {
    QDBusConnection bus = QDBusConnection::connectToBus(QDBusConnection::SessionBus, QStringLiteral("portal")); // another client
    if (!bus.isConnected()) QSKIP("There is no session bus.");
    QObject root;
    auto *portal = new FakePortal(&root);
    QVERIFY(bus.registerObject(QStringLiteral("/org/freedesktop/portal/desktop"), &root));
    QVERIFY(bus.registerService(QStringLiteral("org.freedesktop.portal.Desktop")));
    Appearance appearance;
    appearance.apply(Preferences());
    QTRY_VERIFY(appearance.dark());
    portal->scheme = 2;
    Q_EMIT qApp->applicationStateChanged(Qt::ApplicationActive);
    QTRY_VERIFY(!appearance.dark());
    portal->scheme = 1;
    Q_EMIT portal->SettingChanged(QStringLiteral("org.freedesktop.appearance"), QStringLiteral("color-scheme"), QDBusVariant(uint(1)));
    QTRY_VERIFY(appearance.dark());
    QVERIFY(motionAllowed());
    portal->animations = false;
    Q_EMIT qApp->applicationStateChanged(Qt::ApplicationActive);
    QTRY_VERIFY(!motionAllowed());
    portal->animations = true;
    portal->reduced = 1;
    Q_EMIT qApp->applicationStateChanged(Qt::ApplicationActive);
    QTRY_VERIFY(!motionAllowed());
    Preferences dark;
    dark.motion = MotionChoice::Full;
    dark.theme = ThemeChoice::Dark; // what the user chose wins
    appearance.apply(dark);
    QVERIFY(appearance.dark());
    QVERIFY(motionAllowed());
  }
};

QTEST_MAIN(PortalTest)
#include "portal_test.moc"
