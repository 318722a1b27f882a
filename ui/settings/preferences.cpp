#include "ui/settings/preferences.h"

#include <QSettings>

namespace attune::ui {

namespace {

const QString kThemes[] = {QStringLiteral("system"), QStringLiteral("light"), QStringLiteral("dark")};

} // namespace

Preferences Preferences::load() {
  const QSettings settings;
  Preferences preferences;
  preferences.language = settings.value(QStringLiteral("language")).toString();
  const QString theme = settings.value(QStringLiteral("theme"), kThemes[0]).toString();
  for (int i = 0; i < 3; ++i)
    if (theme == kThemes[i]) preferences.theme = static_cast<ThemeChoice>(i);
  preferences.workspace = settings.value(QStringLiteral("workspace")).toString();
  preferences.threads = qBound(0, settings.value(QStringLiteral("threads"), 0).toInt(), 1024);
  return preferences;
}

void Preferences::save() const {
  QSettings settings;
  settings.setValue(QStringLiteral("language"), language);
  settings.setValue(QStringLiteral("theme"), kThemes[static_cast<int>(theme)]);
  settings.setValue(QStringLiteral("workspace"), workspace);
  settings.setValue(QStringLiteral("threads"), threads);
}

} // namespace attune::ui
