// Try it, stop, continue, chat: the window on libtorch and the starter model, in a workspace of its own.
#include "core/api/run_config_json.h"
#include "tests/support/real_studio.h"
#include "ui/charts/metric_chart.h"
#include "ui/pages/chat_page.h"
#include "ui/pages/run_curves.h"
#include "ui/pages/runs_page.h"

#include <QStandardPaths>
#include <QTemporaryDir>
#include <QtTest>

using namespace attune;
using namespace attune::ui;
using attune::test::RealStudio;

class RealRunTest : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() { QStandardPaths::setTestModeEnabled(true); }

  void tryStopContinueChat() {
    const QTemporaryDir workspace;
    const RealStudio studio(workspace.path());
    if (studio.composition.services().starterModel.empty()) QSKIP("The starter model is not here: ./dev setup fetches it.");
    MainWindow &window = *studio.window;
    QElapsedTimer clock;
    clock.start();
    QTRY_VERIFY(window.runs().known());
    window.tryIt();
    MetricChart *chart = window.runsPage()->curves()->chart();
    QTRY_VERIFY_WITH_TIMEOUT(!window.runs().runs().empty() && window.runs().runs().front().step >= 5, 240000);
    QTRY_VERIFY(!chart->drawnPoints(0).isEmpty());
    qInfo("step 5 after %.1f s", static_cast<double>(clock.elapsed()) / 1000);
    const QString folder = window.runs().active();
    window.runs().requestStop(folder);
    QTRY_VERIFY_WITH_TIMEOUT(window.runs().active().isEmpty(), 60000);
    const auto &runs = window.runs().runs();
    QCOMPARE(runs.front().phase, api::RunPhase::Stopped);
    const qint64 stopped = runs.front().step;

    window.runs().requestContinue(folder);
    QTRY_VERIFY_WITH_TIMEOUT(window.runs().runs().front().step >= stopped + 3, 120000);
    window.runs().requestStop(folder);
    QTRY_VERIFY_WITH_TIMEOUT(window.runs().active().isEmpty(), 60000);

    // Another look from the disk says the same.
    const api::RunSummary summary = studio.composition.services().runs->summary(folder.toStdString());
    QCOMPARE(summary.phase, api::RunPhase::Stopped);
    QCOMPARE(summary.step, window.runs().runs().front().step);

    window.goTo(Place::Chat);
    window.chatPage()->useRun(folder);
    QTRY_VERIFY_WITH_TIMEOUT(window.chatPage()->isReady(), 60000);
    window.chatPage()->ask(QStringLiteral("What is LoRA?"));
    QTRY_VERIFY_WITH_TIMEOUT(!window.chatPage()->isBusy(), 120000);
    QVERIFY(!window.chatPage()->conversation().at(0).base->text.isEmpty());
    QVERIFY(!window.chatPage()->conversation().at(0).tuned->text.isEmpty());
    QVERIFY(window.chatPage()->conversation().at(0).base->text != window.chatPage()->conversation().at(0).tuned->text);
  }

  void twoRunsOneAfterTheOther() {
    const QTemporaryDir workspace;
    const RealStudio studio(workspace.path());
    const Services &services = studio.composition.services();
    if (services.starterModel.empty()) QSKIP("The starter model is not here: ./dev setup fetches it.");
    MainWindow &window = *studio.window;
    RunCenter &runs = window.runs();
    QTRY_VERIFY(runs.known());
    QStringList folders;
    for (const char *name : {"one", "two"}) {
      auto config = api::loadRunConfig(services.resources + "/presets/tryout.json",
                                       {"model=" + services.starterModel, std::string("name=") + name, "max_steps=2"});
      QVERIFY(config.ok());
      folders.append(runs.requestStart(*config));
    }
    QCOMPARE(runs.active(), folders[0]);
    QCOMPARE(runs.queue().place(folders[1]), 1);
    QTRY_COMPARE_WITH_TIMEOUT(runs.find(folders[0])->phase, api::RunPhase::Completed, 120000);
    QCOMPARE(runs.active(), folders[1]); // at once
    QVERIFY(runs.queue().empty());
    QTRY_COMPARE_WITH_TIMEOUT(runs.find(folders[1])->phase, api::RunPhase::Completed, 120000);
    QVERIFY(runs.active().isEmpty());
    const api::RunSummary one = services.runs->summary(folders[0].toStdString()), two = services.runs->summary(folders[1].toStdString());
    QCOMPARE(one.step, int64_t(2));
    QCOMPARE(two.step, int64_t(2));
    QVERIFY(two.startedAt >= one.startedAt + one.seconds);
  }
};

QTEST_MAIN(RealRunTest)
#include "real_run_test.moc"
