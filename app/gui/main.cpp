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
#include <memory>

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
  const QString problem =
      QDir(workspace).exists()
          ? QApplication::translate("Main",
                                    "The workspace %1 cannot be written. Make it writable and start Attune again, or choose another "
                                    "folder.")
          : QApplication::translate("Main", "The workspace %1 cannot be used. Connect the disk it is on and start Attune again, or "
                                            "choose another folder.");
  QMessageBox box(QMessageBox::Critical, QStringLiteral("Attune"), problem.arg(QDir::toNativeSeparators(workspace)));
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

/// Another window has the workspace and does not come forward: asks what to do. True when this one may go on.
bool settleWithOther(app::SingleInstance &instance) {
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
  std::unique_ptr<app::SingleInstance> instance;
  while (!instance) {
    if (QDir().mkpath(workspace)) {
      instance = std::make_unique<app::SingleInstance>(workspace);
      if (instance->claim()) break;
      if (instance->raiseOther()) return 0;
      if (!instance->isReadOnly()) {
        if (settleWithOther(*instance)) break;
        return 0;
      }
      instance.reset();
    }
    workspace = otherWorkspace(workspace, preferences);
    if (workspace.isEmpty()) return 1;
  }
  const app::Composition composition(workspace, QApplication::applicationDirPath(), preferences.threads);
  ui::MainWindow window(composition.services(), appearance, preferences);
  QObject::connect(instance.get(), &app::SingleInstance::raiseRequested, &window, &ui::MainWindow::comeForward);
  window.show();
  const int code = QApplication::exec();
  if (!window.runs().active().isEmpty()) { // its thread still computes; the run's folder is whole at any moment
    window.flush();
    std::_Exit(code);
  }
  return code;
}
