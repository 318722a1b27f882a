// attune-studio: one window on one workspace. libtorch comes with the engine module after the first paint.
#include "app/gui/composition.h"
#include "core/base/workspace.h"
#include "ui/settings/appearance.h"
#include "ui/shell/main_window.h"

#include <QApplication>
#include <QDir>
#include <QLockFile>
#include <QMessageBox>

namespace {

using namespace attune;

QString workspaceFolder(const ui::Preferences &preferences) {
  return preferences.workspace.isEmpty() ? QString::fromStdString(defaultWorkspace()) : preferences.workspace;
}

} // namespace

int main(int argc, char **argv) {
  QApplication application(argc, argv);
  QApplication::setOrganizationName(QStringLiteral("Attune"));
  QApplication::setApplicationName(QStringLiteral("attune-studio"));
  QApplication::setApplicationVersion(QStringLiteral(ATTUNE_VERSION));
  QApplication::setDesktopFileName(QStringLiteral("attune-studio"));
  const ui::Preferences preferences = ui::Preferences::load();
  ui::Appearance appearance;
  appearance.apply(preferences);

  const QString workspace = workspaceFolder(preferences);
  if (!QDir().mkpath(workspace)) {
    QMessageBox::critical(
        nullptr, QStringLiteral("Attune"),
        QApplication::translate("Main", "The workspace %1 cannot be made. Choose another with ATTUNE_WORKSPACE.").arg(workspace));
    return 1;
  }
  QLockFile lock(workspace + QStringLiteral("/.studio.lock"));
  lock.setStaleLockTime(0); // a lock counts as long as its process lives
  if (!lock.tryLock(0) && lock.error() == QLockFile::LockFailedError) {
    QMessageBox::information(
        nullptr, QStringLiteral("Attune"),
        QApplication::translate("Main",
                                "Attune is open already with this workspace. Close the other window first, or choose another workspace."));
    return 1;
  }
  const app::Composition composition(workspace, QApplication::applicationDirPath(), preferences.threads);
  ui::MainWindow window(composition.services(), appearance, preferences);
  window.show();
  return QApplication::exec();
}
