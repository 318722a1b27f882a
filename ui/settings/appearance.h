// The window's language, theme and motion, changed while it runs. Follows the desktop where nothing was chosen. One per
// application; GUI thread.
#pragma once

#include "ui/settings/preferences.h"

#include <QObject>
#include <QTranslator>

namespace attune::ui {

class DesktopPortal;

class Appearance : public QObject {
  Q_OBJECT

public:
  explicit Appearance(QObject *parent = nullptr);
  /// Installs what the preferences ask for; every widget hears of it by its change events.
  void apply(const Preferences &preferences);
  /// The language in use, "en" or "zh_CN".
  QString language() const { return m_language; }
  bool dark() const { return m_dark; }

private:
  bool wantsDark() const;
  bool wantsMotion() const;

  const bool m_platformDark; // the palette before ours is set
  Preferences m_preferences;
  QTranslator m_ours, m_qts;
  QString m_language;
  bool m_dark = false;
  bool m_applied = false;
  DesktopPortal *const m_desktop;
};

} // namespace attune::ui
