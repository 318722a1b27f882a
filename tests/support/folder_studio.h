// A window on run folders that a test writes; header-only.
#pragma once

#include "core/api/event_json.h"
#include "core/base/atomic_file.h"
#include "core/store/run_store.h"
#include "tests/support/studio_fixture.h"

#include <QTemporaryDir>
#include <QtTest>

namespace attune::test {

inline api::RunConfig named(const std::string &name) {
  api::RunConfig config;
  config.name = name;
  config.model = "/models/tiny";
  config.dataset = {{"/data/rows.jsonl"}};
  return config;
}

/// A window on folders of its own.
struct FolderStudio : StudioFixture {
  QTemporaryDir workspace;
  store::FolderRunStore folders{workspace.path().toStdString()};

  FolderStudio() { services.runs = &folders; }
  QString write(const QString &path, const std::string &events, const std::string &config) {
    const std::string folder = workspace.filePath(path).toStdString();
    [&] {
      QVERIFY(makeFolders(folder).ok());
      if (!config.empty()) QVERIFY(writeFileAtomic(folder + "/run.json", config).ok());
      if (!events.empty()) QVERIFY(writeFileAtomic(folder + "/events.jsonl", events).ok());
    }();
    return QString::fromStdString(folder);
  }
  static std::string events(int64_t steps) {
    std::string text = api::eventToJson({1, 1000, api::RunStarted{1, steps, "cpu", {}}}) + "\n";
    for (int64_t step = 1; step <= steps; ++step) {
      api::StepMetrics metrics;
      metrics.step = step;
      metrics.loss = 4.0 / static_cast<double>(step);
      text += api::eventToJson({step + 1, 1000 + static_cast<double>(step), metrics}) + "\n";
    }
    return text;
  }
};

} // namespace attune::test
