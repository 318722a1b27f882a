// The table of runs and the strip above it, by mouse and keys: which curves are drawn, what is chosen after a run has gone, what
// a run is said to do. Offscreen, on fakes and on real folders.
#include "core/api/run_config_json.h"
#include "tests/support/find_button.h"
#include "tests/support/folder_studio.h"
#include "ui/charts/metric_chart.h"
#include "ui/pages/run_actions.h"
#include "ui/pages/run_curves.h"
#include "ui/pages/runs_page.h"
#include "ui/widgets/number_text.h"
#include "ui/widgets/progress_strip.h"
#include "ui/widgets/theme.h"
#include "ui/widgets/toast.h"

#include <QAbstractAxis>
#include <QChart>
#include <QHeaderView>
#include <QLabel>
#include <QSettings>
#include <QSplitter>
#include <QStandardPaths>
#include <QTableView>
#include <QTemporaryDir>
#include <QtTest>

using namespace attune;
using namespace attune::ui;
using test::button;
using test::FolderStudio;
using test::named;

namespace {

QString folderOf(const char *name) { return QStringLiteral("/fake/runs/") + QLatin1String(name); }

bool says(const QWidget *page, const QString &text) {
  for (const QLabel *label : page->findChildren<QLabel *>())
    if (label->isVisible() && label->text().contains(text)) return true;
  return false;
}

/// The Runs page and its table, driven as a person does.
struct Table {
  RunsPage *page;
  QTableView *view = page->findChild<QTableView *>(QStringLiteral("runsTable"));

  QModelIndex at(const QString &folder, int column = RunTableModel::Name) const {
    for (int row = 0; row < view->model()->rowCount(); ++row)
      if (view->model()->index(row, 0).data(RunTableModel::FolderRole).toString() == folder) return view->model()->index(row, column);
    return {};
  }
  bool shown(const char *name) const { return at(folderOf(name)).data(Qt::CheckStateRole).toInt() == Qt::Checked; }
  QString state(const QString &folder) const { return at(folder, RunTableModel::State).data().toString(); }
  QStringList selected() const {
    QStringList names;
    for (const QModelIndex &row : view->selectionModel()->selectedRows()) names.append(row.data().toString());
    names.sort();
    return names;
  }
  void clickBox(const char *name) const {
    const QRect cell = view->visualRect(at(folderOf(name)));
    QTest::mouseClick(view->viewport(), Qt::LeftButton, {}, QPoint(cell.left() + 14, cell.center().y()));
  }
  void clickName(const QString &folder, Qt::KeyboardModifiers keys = {}) const {
    const QRect cell = view->visualRect(at(folder));
    QTest::mouseClick(view->viewport(), Qt::LeftButton, keys, QPoint(cell.left() + 60, cell.center().y()));
  }
};

struct ThreeRuns : test::StudioFixture {
  ThreeRuns() {
    for (const char *name : {"c", "b", "a"}) store.addRun(name, 40, 1.5, api::RunPhase::Completed, 1.79e9 + name[0] * -100);
    open();
    window->goTo(Place::Runs);
  }
  Table table() const { return {window->runsPage()}; }
};

} // namespace

class RunsTableTest : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() { QStandardPaths::setTestModeEnabled(true); }
  void init() { QSettings().clear(); } // windows closed before left their sizes

  void boxesShowCurvesAndLeaveTheChoiceAlone() {
    const ThreeRuns studio;
    QTRY_VERIFY(studio.window->runs().known());
    const Table table = studio.table();
    table.clickName(folderOf("a"));
    QVERIFY(table.shown("a") && !table.shown("b"));
    table.clickBox("b");
    QVERIFY(table.shown("a") && table.shown("b"));
    QCOMPARE(table.selected(), QStringList{QStringLiteral("a")});
    QCOMPARE(table.page->currentRun(), folderOf("a"));
    QVERIFY(button(table.page, QStringLiteral("Compare settings")));
    table.clickBox("a");
    QVERIFY(!table.shown("a") && table.shown("b"));
    QCOMPARE(table.page->currentRun(), folderOf("a"));
    table.clickBox("a");
    table.clickBox("b");
    QVERIFY(table.shown("a") && !table.shown("b"));
  }

  void aChosenRunTakesThePlaceOfTheLastOneButNotOfThoseThatWereAdded() {
    const ThreeRuns studio;
    QTRY_VERIFY(studio.window->runs().known());
    const Table table = studio.table();
    table.clickName(folderOf("a"));
    table.clickName(folderOf("b"));
    QVERIFY(!table.shown("a") && table.shown("b"));
    table.clickBox("c");
    table.clickName(folderOf("a"));
    QVERIFY(table.shown("a") && table.shown("b") && table.shown("c"));
  }

  void controlAndSpaceAddCurves() {
    const ThreeRuns studio;
    QTRY_VERIFY(studio.window->runs().known());
    const Table table = studio.table();
    table.clickName(folderOf("a"));
    table.clickName(folderOf("b"), Qt::ControlModifier);
    QCOMPARE(table.selected(), (QStringList{QStringLiteral("a"), QStringLiteral("b")}));
    QVERIFY(table.shown("a") && table.shown("b"));
    QVERIFY(button(table.page, QStringLiteral("Compare settings")));
    table.view->setFocus();
    for (const bool shown : {false, true, false}) {
      QTest::keyClick(table.view, Qt::Key_Space);
      QCOMPARE(table.shown("b"), shown);
      QVERIFY(table.shown("a"));
    }
    QTest::keyClick(table.view, Qt::Key_Down, Qt::ControlModifier); // the cursor alone
    QTest::keyClick(table.view, Qt::Key_Space);
    QVERIFY(table.shown("c") && table.shown("a"));
    QTest::keyClick(table.view, Qt::Key_Up);
    QCOMPARE(table.selected(), QStringList{QStringLiteral("b")});
    QCOMPARE(table.page->currentRun(), folderOf("b"));
  }

  void whatComesNextIsChosenAfterADeletionAndTheRunItselfAfterUndo() {
    const QTemporaryDir home, elsewhere;
    const QByteArray homeBefore = qgetenv("HOME");
    const QString here = QDir::currentPath();
    qputenv("HOME", home.path().toLocal8Bit()); // without .local/share in it
    QDir::setCurrent(elsewhere.path());
    const auto back = qScopeGuard([&] {
      qputenv("HOME", homeBefore);
      QDir::setCurrent(here);
    });
    FolderStudio studio;
    for (const char *name : {"one", "two", "three"})
      studio.write(QStringLiteral("runs/") + QLatin1String(name), FolderStudio::events(20 + name[1]), api::runConfigJson(named(name)));
    studio.open();
    QTRY_COMPARE(studio.window->runs().runs().size(), size_t(3));
    studio.window->goTo(Place::Runs);
    const Table table{studio.window->runsPage()};
    const QString second = table.view->model()->index(1, 0).data(RunTableModel::FolderRole).toString();
    const QString third = table.view->model()->index(2, 0).data(RunTableModel::FolderRole).toString();
    table.clickName(second);
    QCOMPARE(table.page->currentRun(), second);
    table.page->runActions()->moveToTrash();
    QTRY_COMPARE(studio.window->runs().runs().size(), size_t(2));
    QVERIFY(QDir(elsewhere.path()).isEmpty());
    QCOMPARE(table.page->currentRun(), third);
    QCOMPARE(table.selected(), QStringList{table.at(third).data().toString()});
    test::click(studio.window.get(), "Undo");
    QTRY_COMPARE(studio.window->runs().runs().size(), size_t(3));
    QCOMPARE(table.page->currentRun(), second);
    QCOMPARE(table.selected(), QStringList{table.at(second).data().toString()});
  }

  void aWishIsShownUntilItIsFulfilled() {
    test::StudioFixture studio;
    studio.engine.steps = 100000;
    studio.engine.loads = true;
    studio.open();
    studio.window->goTo(Place::Runs);
    QTRY_VERIFY(studio.window->runs().known());
    const QString folder = studio.window->runs().requestStart(named("a"));
    QTRY_COMPARE(studio.engine.requests.size(), size_t(1));
    const Table table{studio.window->runsPage()};
    QTRY_COMPARE(table.state(folder), QStringLiteral("loading"));
    QTRY_VERIFY(says(table.page, QStringLiteral("1 loading")));
    studio.engine.loads = false;
    QTRY_COMPARE(table.state(folder), QStringLiteral("training"));
    QTRY_VERIFY(says(table.page, QStringLiteral("1 running")));

    const ProgressStrip *strip = table.page->strip();
    QTest::mouseClick(strip->pauseButton(), Qt::LeftButton);
    QVERIFY(says(strip, QStringLiteral("pausing after this step")));
    QVERIFY(!strip->pauseButton()->isEnabled() && strip->stopButton()->isEnabled());
    QTRY_COMPARE(table.state(folder), QStringLiteral("paused"));
    QVERIFY(says(strip, QStringLiteral("paused at step")));
    QVERIFY(strip->pauseButton()->isEnabled());
    QTRY_VERIFY(says(table.page, QStringLiteral("1 paused")));
    QTest::mouseClick(strip->pauseButton(), Qt::LeftButton);
    QTRY_COMPARE(table.state(folder), QStringLiteral("training"));

    QTest::mouseClick(strip->stopButton(), Qt::LeftButton);
    QVERIFY(says(strip, QStringLiteral("stopping after this step")));
    QCOMPARE(table.state(folder), QStringLiteral("stopping"));
    for (const QPushButton *one : {strip->pauseButton(), strip->checkpointButton(), strip->stopButton()}) QVERIFY(!one->isEnabled());
    QTRY_COMPARE(table.state(folder), QStringLiteral("stopped"));
    studio.window->runs().requestStart(named("b"));
    QTRY_VERIFY(strip->isVisible() && strip->stopButton()->isEnabled());
    studio.window->runs().requestStop(studio.window->runs().active());
    QTRY_VERIFY(studio.window->runs().active().isEmpty());
  }

  void aRunThatCannotBeReadMovesNoRowAndSaysWhyInTheWindowsLanguage() {
    FolderStudio studio;
    studio.write(QStringLiteral("runs/good"), FolderStudio::events(20), api::runConfigJson(named("good")));
    const QString bad = studio.write(QStringLiteral("runs/bad"), FolderStudio::events(30), "{ not json");
    studio.preferences.language = QStringLiteral("zh_CN");
    studio.appearance.apply(studio.preferences);
    studio.open();
    QTRY_COMPARE(studio.window->runs().runs().size(), size_t(2));
    studio.window->goTo(Place::Runs);
    const Table table{studio.window->runsPage()};
    table.clickName(studio.workspace.filePath(QStringLiteral("runs/good")));
    const QPoint before = table.view->mapTo(studio.window.get(), QPoint());
    table.clickName(bad);
    QTRY_VERIFY(says(table.page, QStringLiteral("run.json")));
    QCoreApplication::sendPostedEvents();
    QCOMPARE(table.view->mapTo(studio.window.get(), QPoint()), before);
    QVERIFY(says(table.page, QStringLiteral("文件"))); // the sentence for its code
  }

  void noFigureAndNoStateIsElidedInTheSmallWindow() {
    for (const char *language : {"en", "zh_CN"}) {
      ThreeRuns studio;
      studio.preferences.language = QLatin1String(language);
      studio.appearance.apply(studio.preferences);
      studio.window->resize(1024, 640);
      QTRY_VERIFY(studio.window->runs().known());
      const Table table = studio.table();
      const QHeaderView *header = table.view->horizontalHeader();
      const QFontMetrics metrics = table.view->fontMetrics();
      QVERIFY(header->sectionSize(RunTableModel::Loss) >= metrics.horizontalAdvance(numberText(1.23e-10)) + 8);
      const QString longest = language[0] == 'e' ? QStringLiteral("waiting, place 10") : QStringLiteral("无法读取");
      QVERIFY(header->sectionSize(RunTableModel::State) >= metrics.horizontalAdvance(longest) + 8);
      QVERIFY(header->sectionSize(RunTableModel::Name) >= 90);
    }
  }

  void aLargerWindowGivesItsRoomToTheChart() {
    for (const int width : {1024, 1700}) {
      ThreeRuns studio;
      studio.window->resize(width, 700);
      QTRY_VERIFY(studio.window->runs().known());
      QCoreApplication::sendPostedEvents();
      if (width == 1700) {
        const Table table = studio.table();
        QVERIFY2(table.view->width() < 440, qPrintable(QString::number(table.view->width())));
      }
      studio.window->close();
    }
  }

  void aCurveOfOnePointIsADotAndAChartWithoutPointsHasNoFigures() {
    FolderStudio studio;
    const QString one = studio.write(QStringLiteral("runs/one"), FolderStudio::events(1), api::runConfigJson(named("one")));
    const QString none = studio.write(QStringLiteral("runs/none"), FolderStudio::events(0), api::runConfigJson(named("none")));
    studio.open();
    QTRY_COMPARE(studio.window->runs().runs().size(), size_t(2));
    studio.window->showRun(one);
    MetricChart *chart = studio.window->runsPage()->curves()->chart();
    QTRY_COMPARE(chart->drawnPoints(0).size(), 1);
    const QImage picture = chart->picture();
    int drawn = 0;
    for (int x = 0; x < picture.width(); ++x)
      for (int y = 0; y < picture.height(); ++y) drawn += picture.pixelColor(x, y) == theme().series(0);
    QVERIFY(drawn > 8);
    QVERIFY(chart->chart()->axes(Qt::Vertical).first()->labelsVisible());
    studio.window->showRun(none);
    QTRY_VERIFY(!chart->chart()->axes(Qt::Vertical).first()->labelsVisible());
    studio.window->showRun(one);
    QTRY_VERIFY(chart->chart()->axes(Qt::Vertical).first()->labelsVisible());
  }

  void tokensAreTheRunsOwnCountAcrossAResume() {
    RunHistory history;
    const auto step = [&history](int64_t number, int64_t tokens) {
      api::StepMetrics metrics;
      metrics.step = number;
      metrics.tokens = tokens;
      history.push({number, 1000.0 + static_cast<double>(number), metrics});
    };
    step(1, 246);
    step(2, 498);
    step(3, 747);
    history.push({4, 2000, api::Resumed{2, 2}}); // goes on counting from its checkpoint
    step(3, 750);
    history.push({5, 2001, api::EvalResult{3, 1.5, 10}});
    QCOMPARE(history.steps.tokens, (Column{246, 498, 750}));
    QCOMPARE(history.evals.tokens, (Column{750}));
  }

  void figuresBeyondAllBoundsAreHeldInBounds() {
    const auto event = api::eventFromJson(
        R"({"type":"step","seq":1,"time":1e300,"step":9223372036854775807,"loss":1e300,"lr":1e-4,"grad_norm":null,"tokens":9223372036854775807,)"
        R"("trained_tokens":1,"tokens_per_second":1e300,"seconds":null,"memory":{"host_bytes":9223372036854775807}})");
    QVERIFY(event.has_value());
    const auto &step = std::get<api::StepMetrics>(event->body);
    QVERIFY(event->time < 1e12 && step.tokensPerSecond < 1e12 && step.seconds < 1e12);
    QVERIFY(step.loss < 1e31 && std::isnan(step.gradNorm));
    QVERIFY(step.step < 1e16 && step.tokens < 1e16 && step.memory.hostBytes.value_or(0) < 1e16);
    RunModel model{QStringLiteral("x")};
    model.apply({*event});
    QVERIFY(!model.logLine(0).isEmpty());
  }

  void aChartIsNotWrittenUnderAnotherKindsName() {
    const ThreeRuns studio;
    QTRY_VERIFY(studio.window->runs().known());
    const QTemporaryDir folder;
    RunCurves *curves = studio.window->runsPage()->curves();
    curves->exportTo(folder.filePath(QStringLiteral("loss.txt")));
    const auto *toast = studio.window->findChild<Toast *>();
    QVERIFY(toast && toast->findChild<QLabel *>()->text().contains(QStringLiteral(".png")));
    curves->exportTo(folder.filePath(QStringLiteral("loss.PNG")));
    QTRY_COMPARE(QDir(folder.path()).entryList(QDir::Files), QStringList{QStringLiteral("loss.PNG")});
  }
};

QTEST_MAIN(RunsTableTest)
#include "runs_table_test.moc"
