// attune-studio: the composition root. Makes the window from interfaces and gives it the implementations; libtorch comes with
// the engine module after the first paint.
#include "app/module/engine_module.h"
#include "core/store/conversation_store.h"
#include "core/store/local_token_preview.h"
#include "core/store/run_store.h"
#include "ui/settings/appearance.h"
#include "ui/shell/main_window.h"

#include <QApplication>
#include <QDir>
#include <QFileInfo>
#include <QLockFile>
#include <QMessageBox>

namespace {

using namespace attune;

/// Exported by the engine module.
using OpenEngine = api::Engine *(*)(int64_t threads);

std::string firstExisting(const QStringList &paths) {
  for (const QString &path : paths)
    if (QFileInfo::exists(path)) return QDir::cleanPath(path).toStdString();
  return {};
}

std::string workspaceFolder(const ui::Preferences &preferences) {
  if (!preferences.workspace.isEmpty()) return preferences.workspace.toStdString();
  const QString asked = qEnvironmentVariable("ATTUNE_WORKSPACE");
  return (asked.isEmpty() ? QDir::homePath() + QStringLiteral("/Attune") : asked).toStdString();
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

  ui::Services services;
  services.workspace = workspaceFolder(preferences);
  QDir().mkpath(QString::fromStdString(services.workspace));
  QLockFile lock(QString::fromStdString(services.workspace) + QStringLiteral("/.studio.lock"));
  lock.setStaleLockTime(0); // a lock counts as long as its process lives
  if (!lock.tryLock(0) && lock.error() == QLockFile::LockFailedError) {
    QMessageBox::information(
        nullptr, QStringLiteral("Attune"),
        QApplication::translate("Main",
                                "Attune is open already with this workspace. Close the other window first, or choose another workspace."));
    return 1;
  }
  const QString program = QApplication::applicationDirPath();
  services.resources = firstExisting({program + QStringLiteral("/../../resources"), program + QStringLiteral("/../share/attune")});
  services.starterModel =
      firstExisting({program + QStringLiteral("/../../.deps/models/SmolLM2-135M-Instruct.Q4_1.gguf"),
                     QString::fromStdString(services.workspace) + QStringLiteral("/models/SmolLM2-135M-Instruct.Q4_1.gguf")});
  services.program = firstExisting({program + QStringLiteral("/attune")});
  store::FolderRunStore runs(services.workspace);
  services.runs = &runs;
  store::LocalTokenPreview preview;
  services.preview = &preview;
  store::FolderConversationStore conversations(services.workspace);
  services.conversations = &conversations;
  services.openEngine = [threads = preferences.threads]() -> Result<api::Engine *> {
    const Result<void *> open = app::engineFunction("attune_engine_open");
    if (!open.ok()) return open.error();
    return reinterpret_cast<OpenEngine>(*open)(threads);
  };
  ui::MainWindow window(services, appearance, preferences);
  window.show();
  return QApplication::exec();
}
