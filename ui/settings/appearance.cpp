#include "ui/settings/appearance.h"

#include "ui/settings/desktop_portal.h"
#include "ui/widgets/theme.h"

#include <QApplication>
#include <QLibraryInfo>
#include <QLocale>
#include <QPalette>

namespace attune::ui {

Appearance::Appearance(QObject *parent)
    : QObject(parent), m_platformDark(QPalette().color(QPalette::Window).lightness() < 128), m_desktop(new DesktopPortal(this)) {
  connect(m_desktop, &DesktopPortal::changed, this, [this] {
    if (m_applied) apply(m_preferences);
  });
}

bool Appearance::wantsDark() const {
  if (m_preferences.theme != ThemeChoice::System) return m_preferences.theme == ThemeChoice::Dark;
  return m_desktop->colorScheme() != 0 ? m_desktop->colorScheme() == 1 : m_platformDark;
}

bool Appearance::wantsMotion() const {
  if (m_preferences.motion != MotionChoice::System) return m_preferences.motion == MotionChoice::Full;
  return !m_desktop->reducedMotion();
}

void Appearance::apply(const Preferences &preferences) {
  m_preferences = preferences;
  const bool dark = wantsDark();
  if (!m_applied || dark != m_dark) {
    m_dark = dark;
    applyTheme(*qApp, Theme::load(dark));
  }
  setMotionAllowed(wantsMotion());
  QString language = preferences.language;
  if (language != QLatin1String("en") && language != QLatin1String("zh_CN"))
    language = QLocale::system().language() == QLocale::Chinese ? QStringLiteral("zh_CN") : QStringLiteral("en");
  if (m_applied && language == m_language) return;
  m_language = language;
  m_applied = true;
  QLocale::setDefault(language == QLatin1String("zh_CN") ? QLocale(QLocale::Chinese, QLocale::SimplifiedHanScript, QLocale::China)
                                                         : QLocale(QLocale::English));
  QCoreApplication::removeTranslator(&m_ours);
  QCoreApplication::removeTranslator(&m_qts);
  const QString qts = QStringLiteral("qtbase_") + language; // from the system's Qt, or as it was compiled in
  if (m_qts.load(qts, QLibraryInfo::path(QLibraryInfo::TranslationsPath)) || m_qts.load(qts, QStringLiteral(":/translations")))
    QCoreApplication::installTranslator(&m_qts);
  if (m_ours.load(QStringLiteral(":/translations/attune_") + language)) QCoreApplication::installTranslator(&m_ours);
}

} // namespace attune::ui
