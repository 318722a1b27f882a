// What the desktop wishes for, asked over D-Bus (Qt 6.4 has no call for it): colour scheme and reduced motion. GUI thread.
// Nothing is known where no portal answers; answers and later changes arrive as changed().
#pragma once

#include <QDBusVariant>
#include <QObject>

namespace attune::ui {

class DesktopPortal : public QObject {
  Q_OBJECT

public:
  explicit DesktopPortal(QObject *parent = nullptr);
  uint colorScheme() const { return m_colorScheme; } // 1 = dark, 2 = light, 0 = no wish
  bool reducedMotion() const { return m_reducedMotion || !m_animations; }

Q_SIGNALS:
  void changed();

private Q_SLOTS:
  void onSettingChanged(const QString &space, const QString &key, const QDBusVariant &value);

private:
  void ask();
  void read(const QString &space, const QString &key);

  uint m_colorScheme = 0;
  bool m_reducedMotion = false; // org.freedesktop.appearance
  bool m_animations = true;     // org.gnome.desktop.interface, of desktops that lack the other
};

} // namespace attune::ui
