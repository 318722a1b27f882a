// Messages in the desktop's own place for them (org.freedesktop.Notifications over D-Bus); nothing happens where no such
// service answers. GUI thread; calls do not wait.
#pragma once

#include <QHash>
#include <QObject>
#include <QString>

#include <functional>

namespace attune::ui {

class DesktopNotice : public QObject {
  Q_OBJECT

public:
  explicit DesktopNotice(QObject *parent = nullptr);
  /// `onClick` runs when somebody clicks the message.
  void show(const QString &title, const QString &text, std::function<void()> onClick);

private Q_SLOTS:
  void onAction(uint id, const QString &action);

private:
  QHash<uint, std::function<void()>> m_clicks;
};

} // namespace attune::ui
