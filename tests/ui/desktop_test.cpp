// What the desktop hears: a message with an action, no sleep while a run goes. Fakes of its services on a private bus, which
// is the system's, too.
#include "ui/shell/desktop_notice.h"
#include "ui/shell/sleep_inhibitor.h"

#include <QDBusAbstractAdaptor>
#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusObjectPath>
#include <QDBusUnixFileDescriptor>
#include <QtTest>

#include <fcntl.h>
#include <unistd.h>

using namespace attune::ui;

class FakeNotifications : public QDBusAbstractAdaptor {
  Q_OBJECT
  Q_CLASSINFO("D-Bus Interface", "org.freedesktop.Notifications")

public:
  explicit FakeNotifications(QObject *parent) : QDBusAbstractAdaptor(parent) {}
  QString title, text;
  QStringList actions;

public Q_SLOTS:
  uint Notify(const QString &, uint, const QString &, const QString &summary, const QString &body, const QStringList &offered,
              const QVariantMap &, int) {
    title = summary;
    text = body;
    actions = offered;
    return 42;
  }

Q_SIGNALS:
  void ActionInvoked(uint id, const QString &action);
};

class FakeInhibit : public QDBusAbstractAdaptor {
  Q_OBJECT
  Q_CLASSINFO("D-Bus Interface", "org.freedesktop.portal.Inhibit")

public:
  explicit FakeInhibit(QObject *parent) : QDBusAbstractAdaptor(parent) {}
  uint flags = 0;
  QString reason;

public Q_SLOTS:
  QDBusObjectPath Inhibit(const QString &, uint wanted, const QVariantMap &options) {
    flags = wanted;
    reason = options.value(QStringLiteral("reason")).toString();
    return QDBusObjectPath(QStringLiteral("/org/freedesktop/portal/desktop/request/1"));
  }
};

class FakeRequest : public QDBusAbstractAdaptor {
  Q_OBJECT
  Q_CLASSINFO("D-Bus Interface", "org.freedesktop.portal.Request")

public:
  explicit FakeRequest(QObject *parent) : QDBusAbstractAdaptor(parent) {}
  int closed = 0;

public Q_SLOTS:
  void Close() { ++closed; }
};

class FakeLogind : public QDBusAbstractAdaptor {
  Q_OBJECT
  Q_CLASSINFO("D-Bus Interface", "org.freedesktop.login1.Manager")

public:
  explicit FakeLogind(QObject *parent) : QDBusAbstractAdaptor(parent) {}
  ~FakeLogind() override { ::close(m_ends[0]); }
  QString what;
  /// Whether somebody still holds what was given out.
  bool isHeld() const {
    char byte = 0;
    return m_ends[0] >= 0 && ::read(m_ends[0], &byte, 1) != 0;
  }

public Q_SLOTS:
  QDBusUnixFileDescriptor Inhibit(const QString &wanted, const QString &, const QString &, const QString &) {
    what = wanted;
    if (::pipe2(m_ends, O_NONBLOCK | O_CLOEXEC) != 0) return {};
    const QDBusUnixFileDescriptor given(m_ends[1]);
    ::close(m_ends[1]);
    return given;
  }

private:
  int m_ends[2] = {-1, -1};
};

class DesktopTest : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() {
    qputenv("DBUS_SYSTEM_BUS_ADDRESS", qgetenv("DBUS_SESSION_BUS_ADDRESS"));
    if (!QDBusConnection::sessionBus().isConnected()) QSKIP("There is no session bus.");
  }

  void aMessageThatCanBeClicked() {
    QDBusConnection bus = QDBusConnection::connectToBus(QDBusConnection::SessionBus, QStringLiteral("notifications"));
    QObject root;
    auto *service = new FakeNotifications(&root);
    QVERIFY(bus.registerObject(QStringLiteral("/org/freedesktop/Notifications"), &root));
    QVERIFY(bus.registerService(QStringLiteral("org.freedesktop.Notifications")));
    DesktopNotice notice;
    int clicks = 0;
    notice.show(QStringLiteral("try-it is done"), QStringLiteral("Loss 1 < 2"), [&clicks] { ++clicks; });
    QTRY_COMPARE(service->title, QStringLiteral("try-it is done"));
    QCOMPARE(service->text, QStringLiteral("Loss 1 &lt; 2")); // its text is markup
    QCOMPARE(service->actions.value(0), QStringLiteral("default"));
    const auto click = [&](uint id) {
      QDBusMessage signal = QDBusMessage::createSignal(QStringLiteral("/org/freedesktop/Notifications"),
                                                       QStringLiteral("org.freedesktop.Notifications"), QStringLiteral("ActionInvoked"));
      signal << id << QStringLiteral("default");
      bus.send(signal);
    };
    click(7); // somebody else's
    click(42);
    QTRY_COMPARE(clicks, 1);
    click(42);
    bus.unregisterService(QStringLiteral("org.freedesktop.Notifications"));
    QDBusConnection::disconnectFromBus(QStringLiteral("notifications"));
  }

  void sleepIsHeldOffThroughLogindWhereThereIsNoPortal() {
    QDBusConnection bus = QDBusConnection::connectToBus(QDBusConnection::SessionBus, QStringLiteral("logind"));
    QObject root;
    auto *service = new FakeLogind(&root);
    QVERIFY(bus.registerObject(QStringLiteral("/org/freedesktop/login1"), &root));
    QVERIFY(bus.registerService(QStringLiteral("org.freedesktop.login1")));
    SleepInhibitor sleep;
    sleep.hold(QStringLiteral("training"));
    QTRY_COMPARE(service->what, QStringLiteral("sleep"));
    QTRY_VERIFY(sleep.isGranted());
    QVERIFY(service->isHeld());
    sleep.release();
    QTRY_VERIFY(!service->isHeld());
    QDBusConnection::disconnectFromBus(QStringLiteral("logind"));
  }

  void sleepIsHeldOffThroughThePortal() {
    QDBusConnection bus = QDBusConnection::connectToBus(QDBusConnection::SessionBus, QStringLiteral("portal"));
    QObject root, request;
    auto *service = new FakeInhibit(&root);
    auto *handle = new FakeRequest(&request);
    QVERIFY(bus.registerObject(QStringLiteral("/org/freedesktop/portal/desktop"), &root));
    QVERIFY(bus.registerObject(QStringLiteral("/org/freedesktop/portal/desktop/request/1"), &request));
    QVERIFY(bus.registerService(QStringLiteral("org.freedesktop.portal.Desktop")));
    SleepInhibitor sleep;
    sleep.hold(QStringLiteral("training"));
    QTRY_COMPARE(service->flags, 4U);
    QCOMPARE(service->reason, QStringLiteral("training"));
    sleep.release(); // maybe before the answer is here
    QTRY_COMPARE(handle->closed, 1);
    {
      SleepInhibitor gone;
      service->flags = 0;
      gone.hold(QStringLiteral("training"));
      QTRY_COMPARE(service->flags, 4U);
      QTRY_VERIFY(gone.isGranted());
    }
    QTRY_COMPARE(handle->closed, 2);
    QDBusConnection::disconnectFromBus(QStringLiteral("portal"));
  }
};

QTEST_MAIN(DesktopTest)
#include "desktop_test.moc"
