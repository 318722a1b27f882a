// Runs in the window: the queue, long runs, the log, comparing, opening, leaving. Offscreen, on fakes and on real folders.
#include "core/api/run_config_json.h"
#include "tests/support/folder_studio.h"
#include "tests/support/studio_fixture.h"
#include "ui/charts/decimate.h"
#include "ui/charts/metric_chart.h"
#include "ui/charts/ticks.h"
#include "ui/pages/run_actions.h"
#include "ui/pages/run_curves.h"
#include "ui/pages/run_log_view.h"
#include "ui/pages/runs_page.h"
#include "ui/widgets/line_view.h"
#include "ui/widgets/stat_tile.h"
#include "ui/widgets/theme.h"
#include "ui/widgets/toast.h"

#include <QCheckBox>
#include <QClipboard>
#include <QLabel>
#include <QLineEdit>
#include <QMessageBox>
#include <QPlainTextEdit>
#include <QScrollBar>
#include <QSettings>
#include <QSignalSpy>
#include <QSortFilterProxyModel>
#include <QStandardPaths>
#include <QTableView>
#include <QTableWidget>
#include <QTemporaryDir>
#include <QtTest>

using namespace attune;
using namespace attune::ui;
using test::FolderStudio;
using test::named;

namespace {

QPushButton *button(QWidget *page, const QString &text) {
  for (QPushButton *candidate : page->findChildren<QPushButton *>())
    if (candidate->text() == text && candidate->isVisible()) return candidate;
  return nullptr;
}

/// A window whose runs go slowly until told to stop.
struct SlowStudio : test::StudioFixture {
  SlowStudio() {
    engine.steps = 100000;
    open();
  }
  RunCenter &runs() { return window->runs(); }
  RunsPage *page() { return window->runsPage(); }
  QString start(const char *name) { return runs().requestStart(named(name)); }
  QString state(const QString &folder) {
    const RunTableModel *model = page()->findChild<RunTableModel *>();
    return model->index(model->rowOf(folder), RunTableModel::State).data().toString();
  }
};

} // namespace

class RunsTest : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() { QStandardPaths::setTestModeEnabled(true); }
  void init() { QSettings().clear(); } // windows closed before left their sizes

  void aDamagedQueueIsTold() {
    test::StudioFixture studio;
    studio.store.queueProblem = Error{ErrorCode::MalformedFile, "The list of waiting runs is damaged.", "queue.json", "It is kept."};
    studio.open();
    const auto told = [&] {
      const auto *toast = studio.window->findChild<Toast *>();
      return toast && toast->isVisible() && toast->findChild<QLabel *>()->text().contains(QStringLiteral("It is kept."));
    };
    QTRY_VERIFY(told());
  }

  void oneRunADeviceOthersWait() {
    SlowStudio studio;
    QTRY_VERIFY(studio.runs().known());
    const QString a = studio.start("a"), b = studio.start("b"), c = studio.start("c"), d = studio.start("d");
    QVERIFY(b != c);
    QTRY_COMPARE(studio.engine.requests.size(), size_t(1));
    QCOMPARE(studio.runs().active(), a);
    QCOMPARE(studio.state(b), QStringLiteral("waiting, place 1"));
    QCOMPARE(studio.state(d), QStringLiteral("waiting, place 3"));

    studio.page()->showRun(d);
    studio.page()->runActions()->moveUp();
    QCOMPARE(studio.state(c), QStringLiteral("waiting, place 3"));
    studio.page()->runActions()->moveUp();
    studio.page()->runActions()->moveUp(); // it is the next one already
    QCOMPARE(studio.state(d), QStringLiteral("waiting, place 1"));
    studio.page()->showRun(b);
    studio.page()->runActions()->takeOut();
    QVERIFY(!studio.runs().find(b));
    QTest::mouseClick(button(studio.window.get(), QStringLiteral("Undo")), Qt::LeftButton);
    QCOMPARE(studio.state(b), QStringLiteral("waiting, place 2"));
    QTRY_COMPARE(studio.store.queue().runs.size(), size_t(3));

    for (const QString &next : {d, b, c}) { // in the order shown, one after another
      studio.runs().requestStop(studio.runs().active());
      QTRY_COMPARE(studio.runs().active(), next);
      QTRY_COMPARE(QString::fromStdString(studio.engine.requests.back().folder), next);
    }
    studio.runs().requestStop(c);
    QTRY_VERIFY(studio.runs().active().isEmpty());
    QTRY_VERIFY(studio.store.queue().runs.empty());
    QCOMPARE(studio.engine.requests.size(), size_t(4));
  }

  void theQueueSurvivesTheWindow() {
    test::StudioFixture studio;
    studio.engine.steps = 100000;
    api::RunRequest request;
    request.folder = "/fake/runs/later";
    request.config = named("later");
    static_cast<void>(studio.store.writeQueue({request}));
    studio.open();
    QTRY_VERIFY(studio.window->runs().known());
    studio.window->goTo(Place::Runs);
    QVERIFY(studio.window->runs().active().isEmpty()); // nothing starts by itself
    QTRY_VERIFY(button(studio.window->runsPage(), QStringLiteral("Start them")) != nullptr);
    QTest::mouseClick(button(studio.window->runsPage(), QStringLiteral("Start them")), Qt::LeftButton);
    QTRY_COMPARE(studio.engine.requests.size(), size_t(1));
    QCOMPARE(studio.engine.requests.front().config.name, std::string("later"));
    studio.window->runs().requestStop(studio.window->runs().active());
    QTRY_VERIFY(studio.window->runs().active().isEmpty());
  }

  void aRunStoppedBeforeTheEngineIsThere() {
    std::atomic<bool> go{false};
    test::StudioFixture studio;
    const auto release = qScopeGuard([&go] { go = true; }); // before the window waits for its threads
    studio.services.openEngine = [&]() -> Result<api::Engine *> {
      while (!go) std::this_thread::yield();
      return &studio.engine;
    };
    studio.open();
    QTRY_VERIFY(studio.window->runs().known());
    const QString folder = studio.window->runs().requestStart(named("early"));
    studio.window->runs().requestStop(folder);
    QVERIFY(studio.window->runs().active().isEmpty());
    QVERIFY(!studio.window->runs().find(folder));
    go = true;
    const QString next = studio.window->runs().requestStart(named("next"));
    QTRY_COMPARE(studio.engine.requests.size(), size_t(1));
    QCOMPARE(QString::fromStdString(studio.engine.requests.front().folder), next);
    studio.window->runs().requestStop(next);
    QTRY_VERIFY(studio.window->runs().active().isEmpty());
  }

  void aRunThatLoadsIsKeptUntilItBegins() {
    SlowStudio studio;
    studio.engine.loads = true;
    QTRY_VERIFY(studio.runs().known());
    const QString a = studio.start("a");
    QTRY_COMPARE(studio.engine.requests.size(), size_t(1));
    QTRY_COMPARE(studio.store.queue().runs.size(), size_t(1)); // what a kill would leave
    studio.runs().requestStop(a);
    QTRY_VERIFY(!studio.runs().find(a));
    QTRY_VERIFY(studio.store.queue().runs.empty());
    studio.window->goTo(Place::Runs);
    QTest::mouseClick(button(studio.window.get(), QStringLiteral("Undo")), Qt::LeftButton);
    QTRY_COMPARE(studio.engine.requests.size(), size_t(2));
    QTRY_COMPARE(studio.store.queue().runs.size(), size_t(1));
    studio.engine.loads = false;
    QTRY_VERIFY(studio.store.queue().runs.empty());
    QCOMPARE(studio.runs().active(), a);
    studio.runs().requestStop(a);
    QTRY_VERIFY(studio.runs().active().isEmpty());

    studio.engine.loads = true;
    const QString b = studio.start("b");
    QTRY_COMPARE(studio.engine.requests.size(), size_t(3));
    studio.window->close();
    QTest::mouseClick(button(studio.window->findChild<QMessageBox *>(), QStringLiteral("Stop and quit")), Qt::LeftButton);
    QTRY_VERIFY(!studio.window->isVisible());
    studio.window.reset();
    QCOMPARE(studio.store.queue().runs.size(), size_t(1)); // it can go on later, as was said
    QCOMPARE(QString::fromStdString(studio.store.queue().runs[0].folder), b);
  }

  void aRunThatFailsWhileLoadingStaysInTheList() {
    test::StudioFixture studio;
    std::atomic<bool> broken{true};
    studio.services.openEngine = [&]() -> Result<api::Engine *> {
      if (broken) return Error{ErrorCode::DeviceFailed, "No engine today.", "", ""};
      return &studio.engine;
    };
    studio.open();
    QTRY_VERIFY(studio.window->runs().known());
    RunCenter &runs = studio.window->runs();
    const QString folder = runs.requestStart(named("unlucky"));
    QTRY_VERIFY(runs.active().isEmpty());
    QSignalSpy listed(&runs, &RunCenter::listChanged);
    runs.refresh();
    QTRY_VERIFY(!listed.isEmpty());
    QVERIFY(runs.find(folder));
    QCOMPARE(runs.find(folder)->phase, api::RunPhase::Failed);
    QCOMPARE(runs.find(folder)->error, std::string("No engine today."));
    QTRY_VERIFY(studio.store.queue().runs.empty());
    broken = false;
    runs.requestContinue(folder);
    QTRY_COMPARE(studio.engine.requests.size(), size_t(1));
    QVERIFY(!studio.engine.requests[0].resume); // there is nothing to go on from
    QCOMPARE(studio.engine.requests[0].config.name, std::string("unlucky"));
    runs.requestStop(folder);
    QTRY_VERIFY(runs.active().isEmpty());
  }

  void whatIsStartedWhileClosingWaitsForTheNextTime() {
    SlowStudio studio;
    studio.engine.ignoresStop = true;
    QTRY_VERIFY(studio.runs().known());
    const QString stuck = studio.start("stuck");
    QTRY_VERIFY(studio.runs().find(stuck)->step > 0);
    studio.window->close();
    QTest::mouseClick(button(studio.window->findChild<QMessageBox *>(), QStringLiteral("Stop and quit")), Qt::LeftButton);
    const QString late = studio.start("late");
    studio.runs().releaseQueue();
    QVERIFY(studio.runs().isQueueHeld());
    studio.window->flush(); // as before _Exit
    QCOMPARE(studio.store.queue().runs.size(), size_t(1));
    QCOMPARE(QString::fromStdString(studio.store.queue().runs[0].folder), late);
  }

  void notesTypedLastAreSavedOnClosing() {
    test::StudioFixture studio;
    studio.store.addRun("noted", 10, 1.5);
    studio.open();
    QTRY_VERIFY(studio.window->runs().known());
    studio.window->showRun(QStringLiteral("/fake/runs/noted"));
    studio.window->runsPage()->showView(QStringLiteral("notes"));
    auto *text = studio.window->runsPage()->findChild<QPlainTextEdit *>();
    QTest::keyClicks(text, QStringLiteral("good one"));
    auto *tags = text->parentWidget()->findChild<QLineEdit *>();
    QTest::keyClicks(tags, QStringLiteral("keep, rank8"));
    QTest::keyClick(tags, Qt::Key_Return);
    auto *table = studio.window->runsPage()->findChild<QTableView *>(QStringLiteral("runsTable"));
    QCOMPARE(table->model()->index(0, RunTableModel::Tags).data().toString(), QStringLiteral("keep, rank8"));
    auto *filter = qobject_cast<QSortFilterProxyModel *>(table->model());
    for (const char *word : {"RANK8", "good on", "noted"}) {
      filter->setFilterFixedString(QLatin1String(word));
      QCOMPARE(filter->rowCount(), 1);
    }
    filter->setFilterFixedString(QStringLiteral("nowhere"));
    QCOMPARE(filter->rowCount(), 0);
    QTest::keyClicks(text, QStringLiteral(" indeed"));
    studio.window->close();
    studio.window.reset();
    QCOMPARE(studio.store.summary("/fake/runs/noted").notes.text, std::string("good one indeed"));
  }

  void closingAsksThenEndsTheRunAndKeepsTheQueue() {
    SlowStudio studio;
    QTRY_VERIFY(studio.runs().known());
    studio.start("a");
    const QString b = studio.start("b");
    QTRY_COMPARE(studio.engine.requests.size(), size_t(1));
    studio.window->close();
    auto *question = studio.window->findChild<QMessageBox *>();
    QVERIFY(question && studio.window->isVisible());
    QVERIFY(question->informativeText().contains(QStringLiteral("1 waiting run")));
    QTest::mouseClick(button(question, QStringLiteral("Keep training")), Qt::LeftButton);
    QTRY_VERIFY(!studio.window->findChild<QMessageBox *>());
    QVERIFY(studio.window->isVisible() && !studio.runs().active().isEmpty());

    studio.window->close();
    question = studio.window->findChild<QMessageBox *>();
    QVERIFY(question);
    QTest::mouseClick(button(question, QStringLiteral("Stop and quit")), Qt::LeftButton);
    QTRY_VERIFY(!studio.window->isVisible());
    QCOMPARE(studio.engine.requests.size(), size_t(1)); // the next one did not begin
    QCOMPARE(studio.runs().queue().place(b), 1);
    QTRY_COMPARE(studio.store.queue().runs.size(), size_t(1));
  }

  void closingCannotHang() {
    SlowStudio studio;
    QTRY_VERIFY(studio.runs().known());
    studio.engine.ignoresStop = true;
    studio.start("stuck");
    QTRY_COMPARE(studio.engine.requests.size(), size_t(1));
    studio.window->close();
    QTest::mouseClick(button(studio.window->findChild<QMessageBox *>(), QStringLiteral("Stop and quit")), Qt::LeftButton);
    QTRY_VERIFY(!studio.window->findChild<QMessageBox *>());
    studio.window->close();
    QTRY_VERIFY(studio.window->findChild<QMessageBox *>());
    QVERIFY(studio.window->isVisible());
    QTest::mouseClick(button(studio.window->findChild<QMessageBox *>(), QStringLiteral("Quit now")), Qt::LeftButton);
    QVERIFY(!studio.window->isVisible());
  }

  void aRunThatLoadsShowsWhatItWasAskedToDo() {
    SlowStudio studio;
    studio.engine.loads = true;
    QTRY_VERIFY(studio.runs().known());
    studio.store.hasNoConfig = "/fake/runs/a-1";
    api::RunConfig config = named("a");
    config.lora.rank = 32;
    const QString folder = studio.runs().requestStart(config);
    QCOMPARE(folder, QStringLiteral("/fake/runs/a-1"));
    studio.window->showRun(folder);
    studio.page()->showView(QStringLiteral("settings"));
    auto *table = studio.page()->findChild<QTableWidget *>();
    const auto rank = [table] {
      const QList<QTableWidgetItem *> found = table->findItems(QStringLiteral("lora.rank"), Qt::MatchExactly);
      return found.isEmpty() ? QString() : table->item(found[0]->row(), 1)->text();
    };
    QTRY_COMPARE(rank(), QStringLiteral("32"));
    studio.store.hasNoConfig.clear();
    studio.engine.loads = false;
    QTRY_COMPARE(rank(), QStringLiteral("16")); // as the folder says
    studio.runs().requestStop(folder);
    QTRY_VERIFY(studio.runs().active().isEmpty());
  }

  void theLogIsSearchedFollowedAndCopied() {
    test::StudioFixture studio;
    studio.store.addRun("long", 5000, 1.5);
    studio.open();
    QTRY_VERIFY(studio.window->runs().known());
    studio.window->showRun(QStringLiteral("/fake/runs/long"));
    studio.window->runsPage()->showView(QStringLiteral("log"));
    RunLogView *log = studio.window->runsPage()->logView();
    QTRY_COMPARE(log->lines()->count(), 5012); // start, steps, five validations, five checkpoints, end
    QVERIFY(log->lines()->visibleLines().last().contains(QStringLiteral("Completed at step 5,000")));
    log->searchField()->setText(QStringLiteral("checkpoint AT"));
    QTRY_VERIFY(log->searchedAll());
    QCOMPARE(log->lines()->count(), 5);
    QTest::keyClick(log->lines(), Qt::Key_C, Qt::ControlModifier);
    QCOMPARE(QGuiApplication::clipboard()->text().count(QLatin1Char('\n')), 4);
    QTest::keyClick(log->lines(), Qt::Key_Home);
    QTest::keyClick(log->lines(), Qt::Key_Down, Qt::ShiftModifier);
    QTest::keyClick(log->lines(), Qt::Key_C, Qt::ControlModifier);
    QCOMPARE(QGuiApplication::clipboard()->text().count(QLatin1Char('\n')), 1);
    log->searchField()->clear();
    QTRY_COMPARE(log->lines()->count(), 5012);
    auto *follow = log->findChild<QCheckBox *>();
    follow->setChecked(true);
    log->lines()->verticalScrollBar()->triggerAction(QAbstractSlider::SliderPageStepSub); // as a click into the bar or a drag
    QVERIFY(!follow->isChecked());
  }

  void anyFolderOpens() {
    FolderStudio studio;
    const std::string good = api::runConfigJson(named("elsewhere"));
    const QString torn = studio.write(QStringLiteral("usb/torn"), FolderStudio::events(50) + "{\"type\":\"step\",\"seq\":52,\"lo", good);
    const QString empty = studio.write(QStringLiteral("usb/empty"), "", good);
    const QString broken = studio.write(QStringLiteral("usb/broken"), FolderStudio::events(20), "{ not json");
    studio.open();
    QTRY_VERIFY(studio.window->runs().known());
    RunsPage *page = studio.window->runsPage();
    studio.window->goTo(Place::Runs);
    for (const QString &folder : {torn, empty, broken}) {
      page->open(folder);
      QTRY_COMPARE(page->currentRun(), folder);
    }
    RunCenter &runs = studio.window->runs();
    QCOMPARE(runs.find(torn)->phase, api::RunPhase::Interrupted);
    QCOMPARE(runs.find(empty)->phase, api::RunPhase::Interrupted);
    QCOMPARE(runs.find(broken)->phase, api::RunPhase::Unreadable);
    QTRY_COMPARE(runs.model(torn)->step(), 50);
    QTRY_COMPARE(runs.model(broken)->step(), 20); // its curve is there all the same
    page->open(studio.workspace.filePath(QStringLiteral("usb")));
    QTRY_VERIFY(!page->findChildren<QPushButton *>().isEmpty());
    QCOMPARE(runs.runs().size(), size_t(3));
  }

  void twoChosenRunsAreComparedAndARunGoesToTheTrashAndBack() {
    qputenv("XDG_DATA_HOME", QDir::tempPath().toLocal8Bit() + "/attune-runs-test-data");
    FolderStudio studio;
    api::RunConfig other = named("two");
    other.lora.rank = 32;
    const QString one = studio.write(QStringLiteral("runs/one"), FolderStudio::events(30), api::runConfigJson(named("one")));
    const QString two = studio.write(QStringLiteral("runs/two"), FolderStudio::events(20), api::runConfigJson(other));
    studio.open();
    QTRY_COMPARE(studio.window->runs().runs().size(), size_t(2));
    RunsPage *page = studio.window->runsPage();
    studio.window->showRun(one);
    QVERIFY(!button(page, QStringLiteral("Compare settings")));
    page->findChild<QTableView *>(QStringLiteral("runsTable"))->selectAll();
    QTRY_VERIFY(button(page, QStringLiteral("Compare settings")));
    QTest::mouseClick(button(page, QStringLiteral("Compare settings")), Qt::LeftButton);
    auto *table = page->findChild<QTableWidget *>();
    QTRY_COMPARE(table->rowCount(), 2); // name and rank
    QVERIFY(table->isVisible());

    page->findChild<QTableView *>(QStringLiteral("runsTable"))->selectAll();
    page->runActions()->moveToTrash();
    QTRY_VERIFY(studio.window->runs().runs().empty());
    QVERIFY(!QFileInfo::exists(one) && !QFileInfo::exists(two));
    QTest::mouseClick(button(studio.window.get(), QStringLiteral("Undo")), Qt::LeftButton);
    QTRY_COMPARE(studio.window->runs().runs().size(), size_t(2));
    QTRY_VERIFY(!button(studio.window.get(), QStringLiteral("Undo")));

    page->showRun(two);
    page->findChild<QTableView *>(QStringLiteral("runsTable"))->clearSelection();
    page->runActions()->moveToTrash();
    QTRY_VERIFY(!studio.window->runs().find(two));
    QVERIFY(!QFileInfo::exists(two));
    QTest::mouseClick(button(studio.window.get(), QStringLiteral("Undo")), Qt::LeftButton);
    QTRY_VERIFY(studio.window->runs().find(two));
    QVERIFY(QFileInfo::exists(two + QStringLiteral("/events.jsonl")));
  }

  void aLongCurveKeepsItsSpikes() {
    Column x;
    Series y;
    for (int i = 0; i < 100000; ++i) {
      x.push_back(i);
      y.push_back(i == 31415 ? 100 : i == 27182 ? -100 : i % 7 == 0 ? std::nan("") : 1 + i % 3);
    }
    const auto extremes = [&](double from, double to, bool positive) {
      const auto points = decimate({x}, y, from, to, 300, positive);
      const auto [low, high] = std::minmax_element(points.begin(), points.end(), [](auto &a, auto &b) { return a.y() < b.y(); });
      return std::make_tuple(low->y(), high->y(), points.size() <= 4 * 301, points.first().x(), points.last().x());
    };
    QCOMPARE(extremes(0, 99999, false), std::make_tuple(-100.0, 100.0, true, 1.0, 99999.0));
    QCOMPARE(extremes(0, 99999, true), std::make_tuple(1.0, 100.0, true, 1.0, 99999.0));
    QCOMPARE(extremes(31000, 31416, false), std::make_tuple(1.0, 100.0, true, 30999.0, 31417.0));
    y.resize(30000); // as a resume does
    QCOMPARE(y.extremes(0, 30000)->lowest, size_t(27182));
    QCOMPARE(y[y.extremes(0, 30000)->highest], 3.0);
    for (int i = 0; i < 1000; ++i) y.push_back(i == 999 ? 7 : 0);
    QCOMPARE(y.extremes(0, 31000)->highest, size_t(30999));
  }

  void columnsOfUnequalLengthAreDrawnAsFarAsBothGo() { // steps that smoothing has not followed yet, or that a resume took back
    Column longer, shorter;
    Series many, few;
    for (int i = 0; i < 5000; ++i) {
      longer.push_back(i);
      many.push_back(i);
      if (i >= 3000) continue;
      shorter.push_back(i);
      few.push_back(i);
    }
    for (const int pixels : {2000, 100}) { // every value, and the extremes of blocks
      QCOMPARE(decimate({longer}, few, 2000, 4999, pixels).last(), QPointF(2999, 2999));
      QCOMPARE(decimate({shorter}, many, 2000, 4999, pixels).last(), QPointF(2999, 2999));
      QVERIFY(decimate({longer}, few, 4000, 4999, pixels).size() <= 1);
    }
  }

  void aLogarithmicAxisHasLabels() {
    QVERIFY(logTicks(1.4, 2.8).size() >= 4);
    QVERIFY(logTicks(0.001, 1000).size() >= 4);
    QVERIFY(logTicks(1e-30, 1e30).size() <= 60);
    QCOMPARE(niceInterval(1000, 5), 200.0);
  }
};

QTEST_MAIN(RunsTest)
#include "runs_test.moc"
