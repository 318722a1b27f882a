// Keeps the machine from going to sleep while it is held: through the desktop portal, else through logind; nothing happens
// where neither answers. GUI thread; calls do not wait. Released when it is destroyed or the process ends.
#pragma once

#include <QDBusUnixFileDescriptor>
#include <QObject>
#include <QString>

namespace attune::ui {

class SleepInhibitor : public QObject {
  Q_OBJECT

public:
  using QObject::QObject;
  ~SleepInhibitor() override { release(); }
  /// `reason` is shown by the desktop.
  void hold(const QString &reason);
  void release();
  /// Whether the desktop has agreed.
  bool isGranted() const { return !m_request.isEmpty() || m_lock.isValid(); }

private:
  void askPortal();
  void askLogind();

  bool m_wanted = false;
  bool m_asking = false;
  QString m_reason;
  QString m_request;              // the portal's handle
  QDBusUnixFileDescriptor m_lock; // logind's: held as long as it is open
};

} // namespace attune::ui
