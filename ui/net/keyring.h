// Secrets in the desktop's keyring, the Secret Service over D-Bus: access tokens of hubs by originOf(), what unlocks a login to a
// cluster by keyringName(). Where none answers a secret lives in memory until the program ends; it is never written to a file.
// GUI thread; nothing blocks, answers come as calls while the Keyring lives.
#pragma once

#include <QByteArray>
#include <QHash>
#include <QObject>

#include <functional>

class QDBusMessage;

namespace attune::ui {

class Keyring : public QObject {
  Q_OBJECT

public:
  explicit Keyring(QObject *parent = nullptr);
  /// Empty where there is none.
  void read(const QString &name, std::function<void(const QByteArray &secret)> done);
  /// Keeps it, or forgets it when it is empty; `kept` is false when it stays in memory only.
  void store(const QString &name, const QByteArray &secret, std::function<void(bool kept)> done);

private:
  using Answer = std::function<void(const QDBusMessage &reply, bool ok)>;
  void call(const QString &path, const QString &interface, const QString &method, const QList<QVariant> &arguments, Answer answer);
  /// `then` gets the session's path, empty when no keyring answers.
  void openSession(std::function<void(const QString &session)> then);

  QHash<QString, QByteArray> m_secrets; // read or stored in this session
};

} // namespace attune::ui
