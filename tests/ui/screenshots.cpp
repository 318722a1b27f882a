// ./dev screenshots DIR: every place in both languages, both themes and two sizes, with believable content.
#include "tests/support/fake_conversation_store.h"
#include "tests/support/fake_dataset_store.h"
#include "tests/support/fake_engine.h"
#include "tests/support/fake_run_store.h"
#include "tests/support/fake_token_preview.h"
#include "ui/pages/chat_page.h"
#include "ui/pages/runs_page.h"
#include "ui/pages/train_page.h"
#include "ui/shell/main_window.h"

#include <QApplication>
#include <QDir>
#include <QElapsedTimer>
#include <QStandardPaths>

using namespace attune;

namespace {

void settle(int milliseconds) {
  QElapsedTimer timer;
  timer.start();
  while (timer.elapsed() < milliseconds) QApplication::processEvents(QEventLoop::AllEvents, 20);
}

} // namespace

int main(int argc, char **argv) {
  QStandardPaths::setTestModeEnabled(true);
  QApplication application(argc, argv);
  if (argc < 2) return 2;
  const QDir folder(QString::fromLocal8Bit(argv[1]));
  if (!QDir().mkpath(folder.path())) return 1;
  const QString only = argc > 2 ? QString::fromLocal8Bit(argv[2]) : QString();

  test::FakeRunStore store;
  const double now = static_cast<double>(time(nullptr));
  store.addRun("try-it", 260, 1.9, api::RunPhase::Completed, now - 90000);
  store.addRun("alpaca-lora-1", 900, 1.95, api::RunPhase::Stopped, now - 60000);
  store.addRun("belle-full-2", 1100, 1.62, api::RunPhase::Completed, now - 30000);
  store.addRun("客服问答-lora", 800, 1.72, api::RunPhase::Completed, now - 20000);
  store.addRun("alpaca-lora-3", 1000, 1.55, api::RunPhase::Completed, now - 4000);
  test::FakeEngine engine;
  engine.steps = 1125;
  engine.stepMilliseconds = 3;
  ui::Services services;
  services.runs = &store;
  test::FakeTokenPreview preview;
  test::FakeConversationStore conversations;
  test::FakeDatasetStore datasets;
  services.conversations = &conversations;
  services.datasets = &datasets;
  services.preview = &preview;
  services.openEngine = [&engine]() -> Result<api::Engine *> { return &engine; };
  services.workspace = "/fake";
  services.resources = ATTUNE_SOURCE_DIR "/resources";
  services.starterModel = "/fake/starter.gguf";

  for (const bool dark : {false, true})
    for (const char *language : {"en", "zh_CN"}) {
      ui::Preferences preferences;
      preferences.language = QLatin1String(language);
      preferences.theme = dark ? ui::ThemeChoice::Dark : ui::ThemeChoice::Light;
      ui::Appearance appearance;
      appearance.apply(preferences);
      for (const QSize size : {QSize(1024, 640), QSize(1280, 800), QSize(1920, 1080)}) {
        const QString suffix = QStringLiteral("-%1-%2-%3.png")
                                   .arg(QLatin1String(language).left(2), dark ? QStringLiteral("dark") : QStringLiteral("light"))
                                   .arg(size.width());
        if (!only.isEmpty() && !suffix.contains(only)) continue;
        ui::MainWindow window(services, appearance, preferences);
        window.resize(size);
        window.show();
        settle(400);
        window.tryIt();
        settle(1300);
        window.trainPage()->addDataset(QStringLiteral("/data/alpaca_en_demo.jsonl"));
        window.chatPage()->useRun(window.runsPage()->currentRun());
        settle(100);
        window.chatPage()->ask(QStringLiteral("What is LoRA?"));
        for (const ui::Place place : ui::kPlaces) {
          window.goTo(place);
          settle(500);
          window.grab().save(folder.filePath(ui::placeIcon(place) + suffix));
        }
        window.runs().requestStop(window.runs().active());
        settle(200);
      }
    }
  return 0;
}
