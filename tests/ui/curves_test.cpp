// The curves of runs: what is drawn, and what is exported of them. Offscreen, on fakes and on real folders.
#include "core/api/run_config_json.h"
#include "tests/support/find_button.h"
#include "tests/support/folder_studio.h"
#include "ui/charts/metric_chart.h"
#include "ui/pages/run_curves.h"
#include "ui/pages/runs_page.h"
#include "ui/widgets/stat_tile.h"
#include "ui/widgets/theme.h"
#include "ui/widgets/toast.h"

#include <QLabel>
#include <QSettings>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QtTest>

#include <atomic>
#include <thread>

using namespace attune;
using namespace attune::ui;
using test::button;
using test::FolderStudio;
using test::named;

namespace {

/// Reads no run to its end before it is let to.
struct SlowStore : test::FakeRunStore {
  std::atomic<bool> slow{false};
  Status replay(const std::string &folder, api::EventSink &sink, const StopToken &stop) override {
    while (slow && !stop.stopRequested()) std::this_thread::yield();
    if (stop.stopRequested()) return Error{ErrorCode::Interrupted, "Stopped.", folder, ""};
    return FakeRunStore::replay(folder, sink, stop);
  }
};

QString toast(const QWidget *window) {
  const auto *shown = window->findChild<Toast *>();
  return shown && shown->isVisible() ? shown->findChild<QLabel *>()->text() : QString();
}

} // namespace

class CurvesTest : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() { QStandardPaths::setTestModeEnabled(true); }
  void init() { QSettings().clear(); } // windows closed before left their sizes

  void exportsAreWrittenOffTheGuiThread() {
    test::StudioFixture studio;
    studio.store.addRun("first", 40, 1.5);
    studio.open();
    QTRY_VERIFY(studio.window->runs().known());
    RunModel *run = studio.window->runs().model(QStringLiteral("/fake/runs/first"));
    QTRY_COMPARE(run->step(), 40);
    const QTemporaryDir folder;
    for (const char *name : {"loss.png", "loss.svg", "loss.csv"}) {
      const QString path = folder.filePath(QLatin1String(name));
      std::atomic<bool> go{false};
      TaskRunner tasks(nullptr, 1);
      const auto release = qScopeGuard([&go] { go = true; });
      const Task busy = tasks.run(
          this,
          [&go](StopToken) {
            while (!go) std::this_thread::yield();
            return 0;
          },
          [](int) {});
      RunCurves curves(&studio.store, tasks);
      curves.setRuns({{run, QStringLiteral("first"), Qt::blue}}, run);
      curves.exportTo(path);
      QVERIFY2(!QFile::exists(path), name);
      go = true;
      QTRY_VERIFY2(QFile::exists(path), name);
    }
    QVERIFY(!QImage(folder.filePath(QStringLiteral("loss.png"))).isNull());
    QFile vector(folder.filePath(QStringLiteral("loss.svg")));
    QVERIFY(vector.open(QIODevice::ReadOnly) && vector.readAll().trimmed().endsWith("</svg>"));
  }

  void theTableHoldsTheFiguresOfTheShownRuns() {
    FolderStudio studio;
    std::string events = FolderStudio::events(30);
    events += api::eventToJson({40, 2000, api::Resumed{20, 2}}) + "\n";
    api::StepMetrics metrics;
    metrics.step = 21;
    metrics.loss = 7.25;
    metrics.memory.hostBytes = 4096;
    events += api::eventToJson({41, 2001.5, metrics}) + "\n" + api::eventToJson({42, 2002, api::EvalResult{21, 5.5, 1}}) + "\n";
    const QString one = studio.write(QStringLiteral("runs/one"), events, api::runConfigJson(named("=one, \"x\"")));
    const QString two = studio.write(QStringLiteral("runs/two"), FolderStudio::events(3), api::runConfigJson(named("two")));
    studio.write(QStringLiteral("runs/three"), FolderStudio::events(5), api::runConfigJson(named("three")));
    studio.open();
    QTRY_COMPARE(studio.window->runs().runs().size(), size_t(3));
    RunsPage *page = studio.window->runsPage();
    studio.window->showRun(one);
    page->showAlso(two);
    QTRY_COMPARE(studio.window->runs().model(one)->step(), 21);
    QTRY_COMPARE(studio.window->runs().model(two)->step(), 3);
    QFile table(studio.workspace.filePath(QStringLiteral("loss.csv")));
    page->curves()->exportTo(table.fileName());
    QTRY_VERIFY(table.exists());
    QVERIFY(table.open(QIODevice::ReadOnly));
    const QList<QByteArray> lines = table.readAll().trimmed().split('\n');
    QCOMPARE(lines[0], QByteArray("run,step,time,loss,eval_loss,lr,grad_norm,tokens,trained_tokens,tokens_per_second,seconds,"
                                  "device_bytes,device_peak_bytes,host_bytes,host_peak_bytes"));
    QCOMPARE(lines.size(), 1 + 21 + 3); // what the resume took back is not there, nor the run that is not shown
    QCOMPARE(lines[21], QByteArray("\"'=one, \"\"x\"\"\",21,2001.500,7.25,5.5,0,0,0,0,0,0,,,4096,"));
    QVERIFY(lines[24].startsWith("\"two\",3,1003.000,1.333333333,,"));
  }

  void aLongExportShowsHowFarItIsAndCanBeCancelled() {
    SlowStore store;
    test::StudioFixture studio;
    const auto closed = qScopeGuard([&studio] { studio.window.reset(); }); // before its store
    store.addRun("first", 40, 1.5);
    studio.services.runs = &store;
    studio.open();
    QTRY_VERIFY(studio.window->runs().known());
    studio.window->showRun(QStringLiteral("/fake/runs/first"));
    RunsPage *page = studio.window->runsPage();
    QTRY_COMPARE(studio.window->runs().model(QStringLiteral("/fake/runs/first"))->step(), 40);
    const QTemporaryDir folder;
    store.slow = true;
    page->curves()->exportTo(folder.filePath(QStringLiteral("loss.csv")));
    QTRY_VERIFY(button(page, QStringLiteral("Cancel")));
    page->curves()->exportTo(folder.filePath(QStringLiteral("other.csv")));
    QVERIFY(toast(studio.window.get()).contains(QStringLiteral("still under way")));
    QTest::mouseClick(button(page, QStringLiteral("Cancel")), Qt::LeftButton);
    QVERIFY(!button(page, QStringLiteral("Cancel")));
    QTRY_VERIFY(QDir(folder.path()).entryList(QDir::Files | QDir::Hidden).isEmpty());
    store.slow = false;
    page->curves()->exportTo(folder.filePath(QStringLiteral("loss.csv")));
    QTRY_VERIFY(QFile::exists(folder.filePath(QStringLiteral("loss.csv"))));
    QTRY_VERIFY(toast(studio.window.get()).startsWith(QStringLiteral("Saved as ")));
    for (const char *name : {"a.csv", "a.svg", "a.png"}) {
      page->curves()->exportTo(folder.filePath(QStringLiteral("nowhere/")) + QLatin1String(name));
      QTRY_VERIFY2(toast(studio.window.get()).contains(QStringLiteral("nowhere/") + QLatin1String(name)), name);
    }
  }

  void aLongCurveIsSmoothedInSlices() {
    Series values;
    for (int i = 0; i < 120000; ++i) values.push_back(std::sin(i * 0.01));
    Smoothed whole(0.9), parts(0.9);
    QVERIFY(whole.follow(values));
    QVERIFY(!parts.follow(values, 50000));
    QVERIFY(!parts.follow(values, 50000));
    QVERIFY(parts.follow(values, 50000));
    QCOMPARE(parts.values().size(), whole.values().size());
    QCOMPARE(parts.values().back(), whole.values().back());

    test::StudioFixture studio;
    studio.store.addRun("long", 120000, 1.5);
    studio.store.addRun("newer", 3, 1.5, api::RunPhase::Completed, 1.8e9); // is what the page shows by itself
    studio.open();
    QTRY_VERIFY(studio.window->runs().known());
    studio.window->showRun(QStringLiteral("/fake/runs/long"));
    MetricChart *chart = studio.window->runsPage()->curves()->chart();
    double first = 0; // drawn; between two looks of QTRY all slices may pass
    connect(chart, &MetricChart::rangeChanged, this, [&] {
      if (first == 0 && !chart->drawnPoints(0).isEmpty()) first = chart->drawnPoints(0).last().x();
    });
    QTRY_VERIFY(first > 0);
    QVERIFY(first < 120000);
    QTRY_COMPARE(chart->drawnPoints(0).last().x(), 120000.0);
  }

  void theMarkAtTheLastStepIsWhole() {
    test::StudioFixture studio;
    studio.store.addRun("first", 400, 1.5); // a checkpoint at its last step
    studio.open();
    QTRY_VERIFY(studio.window->runs().known());
    studio.window->showRun(QStringLiteral("/fake/runs/first"));
    MetricChart *chart = studio.window->runsPage()->curves()->chart();
    QTRY_COMPARE(chart->drawnPoints(0).size(), 400);
    const QImage picture = chart->picture();
    const auto begin = static_cast<int>(chart->chart()->plotArea().right() * 2) + 5;
    int drawn = 0;
    for (int x = begin; x < begin + 4; ++x)
      for (int y = 0; y < picture.height(); ++y) drawn += picture.pixelColor(x, y) == theme().series(0);
    QVERIFY(drawn > 0);
  }

  void smallChartsShareTheStretchAndSwapPlaces() {
    test::StudioFixture studio;
    studio.store.addRun("first", 400, 1.5);
    studio.open();
    QTRY_VERIFY(studio.window->runs().known());
    studio.window->showRun(QStringLiteral("/fake/runs/first"));
    RunCurves *curves = studio.window->runsPage()->curves();
    QTRY_COMPARE(curves->chart()->drawnPoints(0).size(), 400);
    QCOMPARE(curves->tile(0)->accessibleName(), QStringLiteral("Learning rate"));
    QTest::mouseClick(curves->tile(1), Qt::LeftButton);
    QCOMPARE(curves->chart()->metric(), Metric::GradientNorm);
    QCOMPARE(curves->tile(1)->accessibleName(), QStringLiteral("Loss"));
    QTest::keyClick(curves->tile(1), Qt::Key_Return);
    QCOMPARE(curves->chart()->metric(), Metric::Loss);
  }
};

QTEST_MAIN(CurvesTest)
#include "curves_test.moc"
