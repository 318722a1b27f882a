#include "ui/settings/preferences.h"

#include <QSettings>

namespace attune::ui {

namespace {

const QString kThemes[] = {QStringLiteral("system"), QStringLiteral("light"), QStringLiteral("dark")};
const QString kMotions[] = {QStringLiteral("system"), QStringLiteral("full"), QStringLiteral("reduced")};

/// The place of `name` among the three names; the first for one that is none of them.
int placeOf(const QString &name, const QString (&names)[3]) { return name == names[1] ? 1 : name == names[2] ? 2 : 0; }

} // namespace

bool Preferences::workspaceIsSetOutside() { return !qEnvironmentVariableIsEmpty("ATTUNE_WORKSPACE"); }

Preferences Preferences::load() {
  const QSettings settings;
  Preferences preferences;
  preferences.language = settings.value(QStringLiteral("language")).toString();
  preferences.theme = static_cast<ThemeChoice>(placeOf(settings.value(QStringLiteral("theme")).toString(), kThemes));
  preferences.motion = static_cast<MotionChoice>(placeOf(settings.value(QStringLiteral("motion")).toString(), kMotions));
  preferences.workspace = settings.value(QStringLiteral("workspace")).toString();
  preferences.threads = qBound(0, settings.value(QStringLiteral("threads"), 0).toInt(), 1024);
  preferences.hub = settings.value(QStringLiteral("hub")).toString();
  preferences.proxy = settings.value(QStringLiteral("proxy")).toString();
  return preferences;
}

void Preferences::save() const {
  QSettings settings;
  settings.setValue(QStringLiteral("language"), language);
  settings.setValue(QStringLiteral("theme"), kThemes[static_cast<int>(theme)]);
  settings.setValue(QStringLiteral("motion"), kMotions[static_cast<int>(motion)]);
  settings.setValue(QStringLiteral("workspace"), workspace);
  settings.setValue(QStringLiteral("threads"), threads);
  settings.setValue(QStringLiteral("hub"), hub);
  settings.setValue(QStringLiteral("proxy"), proxy);
}

} // namespace attune::ui
