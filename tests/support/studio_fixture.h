// A window on fakes for the window's tests; header-only. Destroyed in the right order.
#pragma once

#include "tests/support/fake_clusters.h"
#include "tests/support/fake_engine.h"
#include "tests/support/fake_model_library.h"
#include "tests/support/fake_run_store.h"
#include "tests/support/fake_token_preview.h"
#include "ui/bridge/prompt_desk.h"
#include "ui/shell/main_window.h"

#include <QPushButton>
#include <QSettings>

#include <memory>

namespace attune::test {

struct StudioFixture {
  FakeRunStore store;
  FakeTokenPreview preview;
  FakeEngine engine;
  FakeModelLibrary models;
  ui::PromptDesk prompts;
  FakeClusters clusters;
  ui::Services services;
  ui::Appearance appearance;
  ui::Preferences preferences;
  std::unique_ptr<ui::MainWindow> window;

  StudioFixture() {
    preferences.language = QStringLiteral("en");
    preferences.theme = ui::ThemeChoice::Light;
    appearance.apply(preferences);
    services.runs = &store;
    services.preview = &preview;
    services.models = &models;
    clusters.prompts = &prompts;
    services.clusters = &clusters;
    services.prompts = &prompts;
    services.openEngine = [this]() -> Result<api::Engine *> { return &engine; };
    services.workspace = "/fake";
    services.resources = ATTUNE_SOURCE_DIR "/resources";
    services.starterModel = "/fake/starter.gguf";
  }
  void open() {
    window = std::make_unique<ui::MainWindow>(services, appearance, preferences);
    if (!QSettings().contains(QStringLiteral("window"))) window->resize(1280, 800); // the offscreen screen is smaller
    window->show();
  }
};

} // namespace attune::test
