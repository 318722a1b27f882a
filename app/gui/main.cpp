// attune-studio: one window on one workspace. libtorch comes with the engine module after the first paint.
#include "app/gui/composition.h"
#include "app/gui/single_instance.h"
#include "core/base/workspace.h"
#include "ui/settings/appearance.h"
#include "ui/shell/main_window.h"

#include <QApplication>
#include <QDir>
#include <QFileDialog>
#include <QIcon>
#include <QMessageBox>
#include <QPushButton>

#include <cstdlib>

namespace {

using namespace attune;

/// The environment wins over the settings: it is what still works when the folder chosen there is gone.
QString workspaceFolder(const ui::Preferences &preferences) {
  return ui::Preferences::workspaceIsSetOutside() || preferences.workspace.isEmpty() ? QString::fromStdString(defaultWorkspace())
                                                                                     : preferences.workspace;
}

/// A folder to work in now that `workspace` cannot be made, kept for the next start only where the settings named the one that
/// failed; empty when the person gives up.
QString otherWorkspace(const QString &workspace, ui::Preferences &preferences) {
  QMessageBox box(QMessageBox::Critical, QStringLiteral("Attune"),
                  QApplication::translate("Main", "The workspace %1 cannot be used. Connect the disk it is on and start Attune again, or "
                                                  "choose another folder.")
                      .arg(QDir::toNativeSeparators(workspace)));
  QPushButton *choose = box.addButton(QApplication::translate("Main", "Choose a folder…"), QMessageBox::AcceptRole);
  box.addButton(QApplication::translate("Main", "Quit"), QMessageBox::RejectRole);
  box.setDefaultButton(choose);
  box.exec();
  if (box.clickedButton() != choose) return {};
  const QString folder =
      QFileDialog::getExistingDirectory(nullptr, QApplication::translate("Main", "Choose the workspace folder"), QDir::homePath());
  if (!folder.isEmpty() && workspace == preferences.workspace) {
    preferences.workspace = folder;
    preferences.save();
  }
  return folder;
}

/// Another window has the workspace: brings it forward, or asks what to do. True when this one may go on.
bool settleWithOther(app::SingleInstance &instance) {
  if (instance.raiseOther()) return false;
  const QString machine = instance.otherMachine();
  if (machine.isEmpty()) {
    QMessageBox::information(
        nullptr, QStringLiteral("Attune"),
        QApplication::translate("Main",
                                "Attune is open already with this workspace. Close the other window first, or choose another workspace."));
    return false;
  }
  QMessageBox box(QMessageBox::Question, QStringLiteral("Attune"),
                  QApplication::translate("Main", "Attune is open with this workspace on %1, or was when that machine stopped. Two windows "
                                                  "on one workspace spoil each other's runs.")
                      .arg(machine));
  QPushButton *open = box.addButton(QApplication::translate("Main", "It is closed there: open"), QMessageBox::AcceptRole);
  box.setDefaultButton(box.addButton(QApplication::translate("Main", "Quit"), QMessageBox::RejectRole));
  box.exec();
  return box.clickedButton() == open && instance.takeOver();
}

} // namespace

int main(int argc, char **argv) {
  QApplication application(argc, argv);
  QApplication::setOrganizationName(QStringLiteral("Attune"));
  QApplication::setApplicationName(QStringLiteral("attune-studio"));
  QApplication::setApplicationVersion(QStringLiteral(ATTUNE_VERSION));
  QApplication::setDesktopFileName(QStringLiteral("attune-studio"));
  QApplication::setWindowIcon(QIcon(QStringLiteral(":/icons/attune.svg")));
  ui::Preferences preferences = ui::Preferences::load();
  ui::Appearance appearance;
  appearance.apply(preferences);

  QString workspace = workspaceFolder(preferences);
  while (!QDir().mkpath(workspace)) {
    workspace = otherWorkspace(workspace, preferences);
    if (workspace.isEmpty()) return 1;
  }
  app::SingleInstance instance(workspace);
  if (!instance.claim() && !settleWithOther(instance)) return 0;
  const app::Composition composition(workspace, QApplication::applicationDirPath(), preferences.threads);
  ui::MainWindow window(composition.services(), appearance, preferences);
  QObject::connect(&instance, &app::SingleInstance::raiseRequested, &window, &ui::MainWindow::comeForward);
  window.show();
  const int code = QApplication::exec();
  if (!window.runs().active().isEmpty()) { // its thread still computes; the run's folder is whole at any moment
    window.flush();
    std::_Exit(code);
  }
  return code;
}
