#include "ui/settings/appearance.h"

#include "ui/widgets/theme.h"

#include <QApplication>
#include <QLibraryInfo>
#include <QLocale>
#include <QPalette>

namespace attune::ui {

Appearance::Appearance(QObject *parent) : QObject(parent) {}

bool Appearance::wantsDark() const {
  if (m_preferences.theme != ThemeChoice::System) return m_preferences.theme == ThemeChoice::Dark;
  if (m_portalScheme != 0) return m_portalScheme == 1;
  static const bool platformDark = QPalette().color(QPalette::Window).lightness() < 128; // before ours is set
  return platformDark;
}

void Appearance::onPortalSetting(const QString &space, const QString &key, const QVariant &value) {
  if (space != QLatin1String("org.freedesktop.appearance") || key != QLatin1String("color-scheme")) return;
  m_portalScheme = value.toUInt();
  apply(m_preferences);
}

void Appearance::apply(const Preferences &preferences) {
  m_preferences = preferences;
  const bool dark = wantsDark();
  if (!m_applied || dark != m_dark) {
    m_dark = dark;
    applyTheme(*qApp, Theme::load(dark));
  }
  QString language = preferences.language;
  if (language.isEmpty()) language = QLocale::system().language() == QLocale::Chinese ? QStringLiteral("zh_CN") : QStringLiteral("en");
  if (m_applied && language == m_language) return;
  m_language = language;
  m_applied = true;
  QLocale::setDefault(language == QLatin1String("zh_CN") ? QLocale(QLocale::Chinese, QLocale::SimplifiedHanScript, QLocale::China)
                                                         : QLocale(QLocale::English));
  QCoreApplication::removeTranslator(&m_ours);
  QCoreApplication::removeTranslator(&m_qts);
  if (m_qts.load(QStringLiteral("qtbase_") + language, QLibraryInfo::path(QLibraryInfo::TranslationsPath)))
    QCoreApplication::installTranslator(&m_qts);
  if (m_ours.load(QStringLiteral(":/translations/attune_") + language)) QCoreApplication::installTranslator(&m_ours);
}

} // namespace attune::ui
