// The theme follows the desktop portal: at the start, and when the window becomes active again. Run on a private bus.
#include "ui/settings/appearance.h"

#include <QDBusAbstractAdaptor>
#include <QDBusConnection>
#include <QDBusVariant>
#include <QtTest>

using namespace attune::ui;

/// A portal with one setting.
class FakePortal : public QDBusAbstractAdaptor {
  Q_OBJECT
  Q_CLASSINFO("D-Bus Interface", "org.freedesktop.portal.Settings")

public:
  explicit FakePortal(QObject *parent) : QDBusAbstractAdaptor(parent) {}
  uint scheme = 1;

public Q_SLOTS:
  QDBusVariant Read(const QString &, const QString &) { return QDBusVariant(QVariant::fromValue(QDBusVariant(scheme))); }
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
    Preferences dark;
    dark.theme = ThemeChoice::Dark; // what the user chose wins
    appearance.apply(dark);
    QVERIFY(appearance.dark());
  }
};

QTEST_MAIN(PortalTest)
#include "portal_test.moc"
