// One window a workspace: a lock that goes with its process, and a way for a second start to bring the first window forward.
// GUI thread; owned by main. Fails only by finding another window.
#pragma once

#include <QLocalServer>
#include <QLockFile>

namespace attune::app {

class SingleInstance : public QObject {
  Q_OBJECT

public:
  explicit SingleInstance(const QString &workspace);
  /// True when this is the workspace's window: no other, or one that died without a goodbye. A folder in which no lock can be
  /// made counts as free: what cannot be written there is said where it is written.
  bool claim();
  /// Asks the window that has the workspace to come forward; false when it does not answer (another machine, another user).
  bool raiseOther() const;
  /// Whether the lock cannot be taken because nothing can be written there: it may be one that a dead window left.
  bool isReadOnly() const;
  /// The machine whose window has the workspace, where it is not this one.
  QString otherMachine() const;
  /// Takes the workspace over from a window that is known to be gone.
  bool takeOver();

Q_SIGNALS:
  void raiseRequested();

private:
  void listen();

  QString m_lockPath, m_name;
  QLockFile m_lock;
  QLocalServer m_server;
};

} // namespace attune::app
