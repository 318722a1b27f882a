#include "app/gui/single_instance.h"

#include <QCryptographicHash>
#include <QDir>
#include <QFileInfo>
#include <QLocalSocket>
#include <QSysInfo>

namespace attune::app {

SingleInstance::SingleInstance(const QString &workspace)
    : m_lockPath(workspace + QStringLiteral("/.studio.lock")),
      m_name(QStringLiteral("attune-studio-") +
             QString::fromLatin1(
                 QCryptographicHash::hash(QDir(workspace).canonicalPath().toUtf8(), QCryptographicHash::Sha256).toHex().left(16))),
      m_lock(m_lockPath) {
  m_lock.setStaleLockTime(0); // a lock counts as long as its process lives
  m_server.setSocketOptions(QLocalServer::UserAccessOption);
  connect(&m_server, &QLocalServer::newConnection, this, [this] {
    while (QLocalSocket *caller = m_server.nextPendingConnection()) caller->deleteLater();
    Q_EMIT raiseRequested();
  });
}

bool SingleInstance::claim() {
  if (!m_lock.tryLock(0) && m_lock.error() == QLockFile::LockFailedError) return false;
  listen();
  return true;
}

bool SingleInstance::raiseOther() const {
  QLocalSocket other;
  other.connectToServer(m_name);
  return other.waitForConnected(1000);
}

bool SingleInstance::isReadOnly() const { return !QFileInfo(QFileInfo(m_lockPath).path()).isWritable(); }

QString SingleInstance::otherMachine() const {
  qint64 process = 0;
  QString machine, program;
  if (!m_lock.getLockInfo(&process, &machine, &program)) return {};
  return machine == QSysInfo::machineHostName() ? QString() : machine;
}

bool SingleInstance::takeOver() {
  QFile::remove(m_lockPath);
  return claim();
}

void SingleInstance::listen() {
  QLocalServer::removeServer(m_name); // what a killed process left
  m_server.listen(m_name);
}

} // namespace attune::app
