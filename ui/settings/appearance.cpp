#include "ui/settings/appearance.h"

#include "ui/widgets/theme.h"

#include <QApplication>
#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>
#include <QDBusVariant>
#include <QLibraryInfo>
#include <QLocale>
#include <QPalette>

namespace attune::ui {

Appearance::Appearance(QObject *parent) : QObject(parent), m_platformDark(QPalette().color(QPalette::Window).lightness() < 128) {
  askPortal();
  connect(qApp, &QGuiApplication::applicationStateChanged, this, [this](Qt::ApplicationState state) {
    if (state == Qt::ApplicationActive) askPortal(); // the desktop's theme may have changed meanwhile
  });
}

/// Qt 6.4 has no call for the desktop's colour scheme; the portal tells it.
void Appearance::askPortal() {
  const QDBusConnection bus = QDBusConnection::sessionBus();
  if (!bus.isConnected()) return;
  QDBusMessage question =
      QDBusMessage::createMethodCall(QStringLiteral("org.freedesktop.portal.Desktop"), QStringLiteral("/org/freedesktop/portal/desktop"),
                                     QStringLiteral("org.freedesktop.portal.Settings"), QStringLiteral("Read"));
  question << QStringLiteral("org.freedesktop.appearance") << QStringLiteral("color-scheme");
  auto *watcher = new QDBusPendingCallWatcher(bus.asyncCall(question), this);
  connect(watcher, &QDBusPendingCallWatcher::finished, this, [this, watcher] {
    const QDBusPendingReply<QDBusVariant> reply = *watcher;
    watcher->deleteLater();
    if (reply.isError()) return;
    QVariant scheme = reply.value().variant();
    if (scheme.metaType() == QMetaType::fromType<QDBusVariant>()) scheme = scheme.value<QDBusVariant>().variant(); // wrapped twice
    m_portalScheme = scheme.toUInt();
    if (m_applied) apply(m_preferences);
  });
}

bool Appearance::wantsDark() const {
  if (m_preferences.theme != ThemeChoice::System) return m_preferences.theme == ThemeChoice::Dark;
  return m_portalScheme != 0 ? m_portalScheme == 1 : m_platformDark;
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
