// A shown window on the real engine, in English. GUI thread.
#pragma once

#include "app/gui/composition.h"
#include "ui/shell/main_window.h"

#include <QCoreApplication>

#include <memory>

namespace attune::test {

struct RealStudio {
  app::Composition composition;
  ui::Preferences preferences;
  ui::Appearance appearance;
  std::unique_ptr<ui::MainWindow> window;

  explicit RealStudio(const QString &workspace) : composition(workspace, QCoreApplication::applicationDirPath(), 0) {
    preferences.language = QStringLiteral("en");
    appearance.apply(preferences);
    window = std::make_unique<ui::MainWindow>(composition.services(), appearance, preferences);
    window->show();
  }
};

} // namespace attune::test
