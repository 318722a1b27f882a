// Tokens go to the desktop's keyring and come back, in the words of the Secret Service's specification; without one they stay
// in memory. Run on a private bus.
#include "ui/net/keyring.h"

#include <QDBusArgument>
#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusObjectPath>
#include <QDBusVariant>
#include <QDBusVirtualObject>
#include <QtTest>

using namespace attune::ui;

namespace {

const QDBusObjectPath kSession(QStringLiteral("/org/freedesktop/secrets/session/s1"));
const QDBusObjectPath kItem(QStringLiteral("/org/freedesktop/secrets/collection/login/1"));
const QDBusObjectPath kNone(QStringLiteral("/"));

/// A keyring of one item, which answers what the specification says and notes the types that it is asked with.
class FakeService : public QDBusVirtualObject {
public:
  QByteArray secret;
  QMap<QString, QString> attributes;
  QHash<QString, QString> signatures; // of the last call of each method
  bool locked = false;

  QString introspect(const QString &) const override { return {}; }
  bool handleMessage(const QDBusMessage &message, const QDBusConnection &bus) override {
    const QString method = message.member();
    const QList<QVariant> arguments = message.arguments();
    signatures[method] = message.signature();
    QList<QVariant> answer;
    if (method == QLatin1String("OpenSession")) {
      answer = {QVariant::fromValue(QDBusVariant(QString())), QVariant::fromValue(kSession)};
    } else if (method == QLatin1String("SearchItems")) {
      const bool found = !secret.isEmpty() && qdbus_cast<QMap<QString, QString>>(arguments[0]) == attributes;
      answer = {QVariant::fromValue(found ? QList<QDBusObjectPath>{kItem} : QList<QDBusObjectPath>()),
                QVariant::fromValue(QList<QDBusObjectPath>())};
    } else if (method == QLatin1String("GetSecret")) {
      QDBusArgument structure;
      structure.beginStructure();
      structure << kSession << QByteArray() << secret << QStringLiteral("text/plain");
      structure.endStructure();
      answer = {QVariant::fromValue(structure)};
    } else if (method == QLatin1String("CreateItem")) {
      if (!locked) take(arguments);
      answer = {QVariant::fromValue(locked ? kNone : kItem), QVariant::fromValue(locked ? kItem : kNone)};
    } else if (method == QLatin1String("Delete")) {
      secret.clear();
      answer = {QVariant::fromValue(kNone)};
    } else {
      return false;
    }
    return bus.send(message.createReply(answer));
  }

private:
  void take(const QList<QVariant> &arguments) {
    const QVariantMap properties = qdbus_cast<QVariantMap>(arguments[0]);
    attributes = qdbus_cast<QMap<QString, QString>>(properties.value(QStringLiteral("org.freedesktop.Secret.Item.Attributes")));
    const auto structure = arguments[1].value<QDBusArgument>();
    QDBusObjectPath session;
    QByteArray parameters;
    QString type;
    structure.beginStructure();
    structure >> session >> parameters >> secret >> type;
    structure.endStructure();
  }
};

QByteArray readFrom(Keyring &keyring, const QString &host) {
  QByteArray found = "not yet";
  keyring.read(host, [&found](const QByteArray &token) { found = token; });
  [&] { QTRY_VERIFY(found != "not yet"); }();
  return found;
}

int storeIn(Keyring &keyring, const QString &host, const QByteArray &token) {
  int answer = -1;
  keyring.store(host, token, [&answer](bool kept) { answer = kept; });
  [&] { QTRY_VERIFY(answer >= 0); }();
  return answer;
}

} // namespace

class KeyringTest : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void withoutAKeyringTokensStayInMemory() {
    Keyring keyring;
    QCOMPARE(storeIn(keyring, QStringLiteral("hub"), "t0"), 0);
    QCOMPARE(readFrom(keyring, QStringLiteral("hub")), QByteArray("t0"));
    Keyring next;
    QCOMPARE(readFrom(next, QStringLiteral("hub")), QByteArray());
  }

  void tokensAreKeptAndForgotten() {
    QDBusConnection bus = QDBusConnection::connectToBus(QDBusConnection::SessionBus, QStringLiteral("keyring")); // another client
    if (!bus.isConnected()) QSKIP("There is no session bus.");
    FakeService service;
    QVERIFY(bus.registerVirtualObject(QStringLiteral("/org/freedesktop/secrets"), &service, QDBusConnection::SubPath));
    QVERIFY(bus.registerService(QStringLiteral("org.freedesktop.secrets")));
    {
      Keyring keyring;
      QCOMPARE(storeIn(keyring, QStringLiteral("huggingface.co"), "hf_1"), 1);
    }
    QCOMPARE(service.secret, QByteArray("hf_1"));
    QCOMPARE(service.signatures.value(QStringLiteral("OpenSession")), QStringLiteral("sv"));
    QCOMPARE(service.signatures.value(QStringLiteral("CreateItem")), QStringLiteral("a{sv}(oayays)b"));
    Keyring next; // another start of the program
    QCOMPARE(readFrom(next, QStringLiteral("huggingface.co")), QByteArray("hf_1"));
    QCOMPARE(service.signatures.value(QStringLiteral("SearchItems")), QStringLiteral("a{ss}"));
    QCOMPARE(service.signatures.value(QStringLiteral("GetSecret")), QStringLiteral("o"));
    QCOMPARE(readFrom(next, QStringLiteral("elsewhere")), QByteArray());
    service.locked = true;
    QCOMPARE(storeIn(next, QStringLiteral("huggingface.co"), "hf_2"), 0);
    QCOMPARE(readFrom(next, QStringLiteral("huggingface.co")), QByteArray("hf_2")); // for this session
    service.locked = false;
    QCOMPARE(storeIn(next, QStringLiteral("huggingface.co"), ""), 1);
    QTRY_VERIFY(service.secret.isEmpty());
    bus.unregisterService(QStringLiteral("org.freedesktop.secrets"));
  }
};

QTEST_MAIN(KeyringTest)
#include "keyring_test.moc"
