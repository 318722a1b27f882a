#include "ui/net/keyring.h"

#include <QDBusArgument>
#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusMetaType>
#include <QDBusObjectPath>
#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>
#include <QDBusVariant>

#include <utility>

namespace attune::ui {

/// (oayays) of the Secret Service.
struct KeptSecret {
  QDBusObjectPath session;
  QByteArray parameters, value;
  QString contentType;
};
using Attributes = QMap<QString, QString>;

QDBusArgument &operator<<(QDBusArgument &argument, const KeptSecret &secret) {
  argument.beginStructure();
  argument << secret.session << secret.parameters << secret.value << secret.contentType;
  argument.endStructure();
  return argument;
}

const QDBusArgument &operator>>(const QDBusArgument &argument, KeptSecret &secret) {
  argument.beginStructure();
  argument >> secret.session >> secret.parameters >> secret.value >> secret.contentType;
  argument.endStructure();
  return argument;
}

namespace {

const QString kService = QStringLiteral("org.freedesktop.secrets");
const QString kRoot = QStringLiteral("/org/freedesktop/secrets");
const QString kDefault = QStringLiteral("/org/freedesktop/secrets/aliases/default");
const QString kServiceInterface = QStringLiteral("org.freedesktop.Secret.Service");
const QString kCollection = QStringLiteral("org.freedesktop.Secret.Collection");
const QString kItem = QStringLiteral("org.freedesktop.Secret.Item");

Attributes attributesOf(const QString &name) {
  return {{QStringLiteral("application"), QStringLiteral("attune-studio")}, {QStringLiteral("hub"), name}};
}

} // namespace
} // namespace attune::ui

Q_DECLARE_METATYPE(attune::ui::KeptSecret)

namespace attune::ui {

Keyring::Keyring(QObject *parent) : QObject(parent) {
  qDBusRegisterMetaType<KeptSecret>();
  qDBusRegisterMetaType<Attributes>();
}

void Keyring::call(const QString &path, const QString &interface, const QString &method, const QList<QVariant> &arguments, Answer answer) {
  QDBusMessage question = QDBusMessage::createMethodCall(kService, path, interface, method);
  question.setArguments(arguments);
  auto *watcher = new QDBusPendingCallWatcher(QDBusConnection::sessionBus().asyncCall(question), this);
  connect(watcher, &QDBusPendingCallWatcher::finished, this, [watcher, answer = std::move(answer)] {
    watcher->deleteLater();
    answer(watcher->reply(), !watcher->isError());
  });
}

void Keyring::openSession(std::function<void(const QString &session)> then) {
  if (!QDBusConnection::sessionBus().isConnected()) return then({}); // a call would never be answered
  call(kRoot, kServiceInterface, QStringLiteral("OpenSession"), {QStringLiteral("plain"), QVariant::fromValue(QDBusVariant(QString()))},
       [then = std::move(then)](const QDBusMessage &reply, bool ok) {
         then(ok ? qvariant_cast<QDBusObjectPath>(reply.arguments().value(1)).path() : QString());
       });
}

void Keyring::read(const QString &name, std::function<void(const QByteArray &secret)> done) {
  if (m_secrets.contains(name)) return done(m_secrets.value(name));
  openSession([this, name, done](const QString &session) {
    if (session.isEmpty()) return done({});
    call(kRoot, kServiceInterface, QStringLiteral("SearchItems"), {QVariant::fromValue(attributesOf(name))},
         [this, name, done, session](const QDBusMessage &found, bool ok) {
           const auto items = ok ? qdbus_cast<QList<QDBusObjectPath>>(found.arguments().value(0)) : QList<QDBusObjectPath>();
           if (items.isEmpty()) return done({}); // a locked keyring is not opened by asking: no dialog out of nowhere
           call(items.first().path(), kItem, QStringLiteral("GetSecret"), {QVariant::fromValue(QDBusObjectPath(session))},
                [this, name, done](const QDBusMessage &answer, bool given) {
                  const QByteArray secret = given ? qdbus_cast<KeptSecret>(answer.arguments().value(0)).value : QByteArray();
                  if (!secret.isEmpty()) m_secrets.insert(name, secret);
                  done(secret);
                });
         });
  });
}

void Keyring::store(const QString &name, const QByteArray &secret, std::function<void(bool kept)> done) {
  m_secrets.insert(name, secret);
  openSession([this, name, secret, done](const QString &session) {
    if (session.isEmpty()) return done(false);
    if (secret.isEmpty()) {
      call(kRoot, kServiceInterface, QStringLiteral("SearchItems"), {QVariant::fromValue(attributesOf(name))},
           [this, done](const QDBusMessage &found, bool ok) {
             const auto items = ok ? qdbus_cast<QList<QDBusObjectPath>>(found.arguments().value(0)) : QList<QDBusObjectPath>();
             for (const QDBusObjectPath &item : items)
               call(item.path(), kItem, QStringLiteral("Delete"), {}, [](const QDBusMessage &, bool) {});
             done(ok);
           });
      return;
    }
    const QVariantMap properties = {{QStringLiteral("org.freedesktop.Secret.Item.Label"), QStringLiteral("Attune: ") + name},
                                    {QStringLiteral("org.freedesktop.Secret.Item.Attributes"), QVariant::fromValue(attributesOf(name))}};
    const KeptSecret item{QDBusObjectPath(session), {}, secret, QStringLiteral("text/plain")};
    call(kDefault, kCollection, QStringLiteral("CreateItem"), {properties, QVariant::fromValue(item), true},
         [done](const QDBusMessage &reply, bool ok) { // a locked keyring gives no item but a dialog to open it
           done(ok && qvariant_cast<QDBusObjectPath>(reply.arguments().value(0)).path() != QLatin1String("/"));
         });
  });
}

} // namespace attune::ui
