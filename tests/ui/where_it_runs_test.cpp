// Where it runs: choosing a cluster on the Train page, what is wrong with a request, the forecast of a card elsewhere, and the run on
// the Runs page: queued, live, without a pause, stopped, fetched, there again after a restart. On fakes.
#include "tests/support/find_button.h"
#include "tests/support/studio_fixture.h"
#include "ui/dialogs/job_preview_dialog.h"
#include "ui/models/run_table_model.h"
#include "ui/pages/forecast_card.h"
#include "ui/pages/run_job_card.h"
#include "ui/pages/runs_page.h"
#include "ui/pages/source_card.h"
#include "ui/pages/target_form.h"
#include "ui/pages/train_page.h"
#include "ui/widgets/progress_strip.h"
#include "ui/widgets/toast.h"

#include <QClipboard>
#include <QComboBox>
#include <QDialog>
#include <QGuiApplication>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QSpinBox>
#include <QStandardPaths>
#include <QTableView>

using namespace attune;
using namespace attune::ui;
using test::button;
using test::click;

namespace {

const QString kName = QStringLiteral("kshdtest");

struct PlaceStudio : test::StudioFixture {
  test::FakeCluster *cluster = nullptr;

  PlaceStudio() {
    api::ClusterProfile profile;
    profile.name = "kshdtest";
    profile.host = "login.example";
    profile.partition = "normal";
    profile.gres = "dcu";
    profile.account = "chem";
    cluster = &clusters.add(profile);
    api::ClusterPartition normal;
    normal.name = "normal";
    normal.up = true;
    normal.limitMinutes = 120;
    normal.nodes = 6;
    normal.freeNodes = 3;
    normal.coresPerNode = 32;
    normal.memoryPerNode = 128 * 1024;
    normal.cardsPerNode = {{"dcu", 4}};
    normal.cards = {{"dcu", 24}};
    normal.freeCards = {{"dcu", 7}};
    cluster->tables.partitions = {normal};
  }
  void openTrain(bool online = true) {
    open();
    QVERIFY(QTest::qWaitForWindowActive(window.get()));
    window->goTo(Place::Train);
    train().addDataset(QStringLiteral("/data/rows.jsonl"));
    QTRY_VERIFY(window->clusters().connection(kName));
    if (online) {
      window->clusters().requestConnect(kName);
      QTRY_VERIFY(window->clusters().find(kName)->overview.value);
    }
  }
  void chooseCluster() {
    QMenu *menu = nullptr;
    for (SourceCard *card : train().findChildren<SourceCard *>())
      if (card->button()->accessibleName() == QLatin1String("Where it runs")) menu = card->button()->menu();
    QVERIFY(menu);
    Q_EMIT menu->aboutToShow();
    for (QAction *action : menu->actions())
      if (action->text().startsWith(kName)) action->trigger();
    QVERIFY(train().target().target());
  }
  TrainPage &train() { return *window->trainPage(); }
  RunsPage &runs() { return *window->runsPage(); }
  template <typename T> T *field(const char *key) { return qobject_cast<T *>(train().targetForm()->field(QLatin1String(key))); }
  QString problem() { return train().targetForm()->problemLabel()->text(); }
  /// Of the first row.
  QString cell(int column) {
    const auto *table = runs().findChild<QTableView *>(QStringLiteral("runsTable"));
    return table->model()->index(0, column).data().toString();
  }
  QString told() {
    QStringList texts;
    for (const QLabel *label : runs().jobCard()->findChildren<QLabel *>()) texts.append(label->text());
    return texts.join(QLatin1Char('\n'));
  }
};

} // namespace

class WhereItRunsTest : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() { QStandardPaths::setTestModeEnabled(true); }
  void init() { QSettings().clear(); }

  void aClusterBringsItsForm() {
    PlaceStudio studio;
    studio.openTrain();
    QVERIFY(!studio.train().targetForm()->isVisible());
    studio.chooseCluster();
    QVERIFY(studio.train().targetForm()->isVisible());
    QCOMPARE(studio.field<QComboBox>("partition")->currentText(), QStringLiteral("normal"));
    QCOMPARE(studio.field<QComboBox>("gres")->currentText(), QStringLiteral("dcu"));
    QCOMPARE(studio.field<QSpinBox>("cards")->value(), 1);
    QCOMPARE(studio.field<QSpinBox>("cores")->text(), QStringLiteral("8 (8 a card)"));
    studio.field<QSpinBox>("cards")->setValue(2);
    QCOMPARE(studio.field<QSpinBox>("cores")->text(), QStringLiteral("16 (8 a card)"));
    QCOMPARE(studio.train().target().target()->cores, int64_t(0)); // so long nobody typed a number
    studio.field<QSpinBox>("cores")->setValue(12);
    QCOMPARE(studio.train().target().target()->cores, int64_t(12));
    QCOMPARE(studio.field<QLineEdit>("account")->text(), QStringLiteral("chem"));
    QVERIFY(studio.train().target().notice().contains(QStringLiteral("A run uses one card for now")));
    studio.train().target().useHere();
    QVERIFY(!studio.train().targetForm()->isVisible());
  }

  void whatIsSentIsShownBeforehand() {
    PlaceStudio studio;
    studio.openTrain();
    studio.chooseCluster();
    QPushButton *button = studio.train().targetForm()->scriptButton();
    QVERIFY(button->isEnabled());
    button->click();
    JobPreviewDialog *dialog = nullptr;
    QTRY_VERIFY((dialog = studio.window->findChild<JobPreviewDialog *>()));
    const auto shows = [&](const char *words) {
      click(dialog, "Copy");
      return QGuiApplication::clipboard()->text().contains(QLatin1String(words));
    };
    QVERIFY(shows("sbatch"));
    QVERIFY(shows("--partition=normal"));
    dialog->showFile(QStringLiteral("run.sh"));
    QVERIFY(shows("#!/bin/bash"));
    dialog->showFile(QStringLiteral("job.env"));
    QVERIFY(shows("TOKEN="));
    dialog->showFile(QStringLiteral("run.json"));
    QVERIFY(shows("\"device\":\"auto\""));
    dialog->close();
    QVERIFY(studio.clusters.requests().empty()); // nothing was started
    studio.clusters.refusal = Error{ErrorCode::FileNotFound, "The model cannot be read.", "/none", "Check the path."};
    button->click();
    const auto told = [&] {
      for (const Toast *toast : studio.window->findChildren<Toast *>())
        for (const QLabel *label : toast->findChildren<QLabel *>())
          if (label->text().contains(QStringLiteral("cannot be read"))) return true;
      return false;
    };
    QTRY_VERIFY(told());
    QTRY_VERIFY(!studio.window->findChild<JobPreviewDialog *>());
    studio.field<QLineEdit>("minutes")->clear();
    QTest::keyClicks(studio.field<QLineEdit>("minutes"), QStringLiteral("x"));
    QVERIFY(!button->isEnabled());
  }

  void everyMistakeIsNamedAndStartWaits() {
    PlaceStudio studio;
    studio.openTrain();
    studio.chooseCluster();
    QTRY_VERIFY(studio.train().startButton()->isEnabled());
    auto *time = studio.field<QLineEdit>("minutes");
    const auto type = [](QLineEdit *edit, const QString &text) {
      edit->selectAll();
      QTest::keyClicks(edit, text);
    };
    type(time, QStringLiteral("1 d"));
    QVERIFY(studio.problem().contains(QStringLiteral("normal allows 2 hours; you asked for 1 day.")));
    QCOMPARE(time->property("state").toString(), QStringLiteral("problem"));
    QVERIFY(!studio.train().startButton()->isEnabled());
    type(time, QStringLiteral("soon"));
    QVERIFY(studio.problem().contains(QStringLiteral("Give a time")));
    QCOMPARE(time->text(), QStringLiteral("soon")); // what one types stays
    type(time, QStringLiteral("1:30"));
    QCOMPARE(studio.problem(), QString());
    QCOMPARE(studio.train().target().target()->minutes, int64_t(90));
    studio.field<QSpinBox>("cards")->setValue(5);
    QVERIFY(studio.problem().contains(QStringLiteral("normal has 4 dcu a node; you asked for 5.")));
    QVERIFY(studio.problem().contains(QStringLiteral("cores a node"))); // 8 for each of five
    studio.field<QSpinBox>("cards")->setValue(1);
    studio.field<QComboBox>("partition")->setEditText(QStringLiteral("night"));
    QVERIFY(studio.problem().contains(QStringLiteral("There is no partition night. There are: normal.")));
    studio.field<QComboBox>("partition")->setEditText(QStringLiteral("normal"));
    studio.field<QComboBox>("gres")->setEditText(QStringLiteral("gpu; rm"));
    QVERIFY(studio.problem().contains(QStringLiteral("It may hold letters, digits")) || studio.problem().contains(QStringLiteral("dcu")));
    studio.field<QComboBox>("gres")->setEditText(QString());
    QCOMPARE(studio.train().target().target()->cards, int64_t(0));
    QCOMPARE(studio.problem(), QString());
    QVERIFY(studio.train().startButton()->isEnabled());
  }

  void timesAreReadAsPeopleWriteThem() {
    QCOMPARE(minutesOf(QStringLiteral("90")), int64_t(90));
    QCOMPARE(minutesOf(QStringLiteral(" 1:30 ")), int64_t(90));
    QCOMPARE(minutesOf(QStringLiteral("2 h")), int64_t(120));
    QCOMPARE(minutesOf(QStringLiteral("1.5h")), int64_t(90));
    QCOMPARE(minutesOf(QStringLiteral("1 d")), int64_t(1440));
    QCOMPARE(minutesOf(QStringLiteral("-5")), int64_t(-1));
    QCOMPARE(minutesOf(QStringLiteral("1 week")), int64_t(-1));
    QCOMPARE(minutesOf(minutesText(2880)), int64_t(2880));
    QCOMPARE(minutesOf(minutesText(95)), int64_t(95));
  }

  void theForecastComparesWithTheCardThere() {
    PlaceStudio studio;
    studio.engine.neededBytes = int64_t(12) << 30;
    studio.engine.budgetBytes = int64_t(2) << 30; // not enough here
    studio.openTrain();
    auto *forecast = studio.train().findChild<ForecastCard *>();
    QTRY_VERIFY(!forecast->fits());
    studio.chooseCluster();
    QTRY_VERIFY(forecast->fits()); // nobody knows the card there
    studio.field<QSpinBox>("card_memory")->setValue(8);
    QTRY_VERIFY(!forecast->fits());
    QVERIFY(!studio.train().startButton()->isEnabled());
    studio.field<QSpinBox>("card_memory")->setValue(48);
    QTRY_VERIFY(forecast->fits());
    studio.train().target().useHere();
    studio.train().useCluster(kName, {});
    QCOMPARE(studio.field<QSpinBox>("card_memory")->value(), 48); // asked once
  }

  void aRunGoesThroughTheQueueAndComesHome() {
    PlaceStudio studio;
    studio.openTrain();
    studio.chooseCluster();
    QTRY_VERIFY(studio.train().startButton()->isEnabled());
    click(&studio.train(), "Start training");
    QTRY_COMPARE(studio.clusters.requests().size(), size_t(1));
    const api::RunRequest request = studio.clusters.requests().front();
    QVERIFY(request.cluster);
    QCOMPARE(request.cluster->cluster, std::string("kshdtest"));
    QCOMPARE(request.config.device, std::string("auto"));
    const QString folder = QString::fromStdString(request.folder);
    QCOMPARE(studio.window->place(), Place::Runs);
    QCOMPARE(studio.runs().currentRun(), folder);
    QTRY_COMPARE(studio.cell(RunTableModel::State), QStringLiteral("queued"));
    QCOMPARE(studio.cell(RunTableModel::Where), kName);
    QTRY_VERIFY(studio.told().contains(QStringLiteral("Waiting for free nodes or cards.")));
    QVERIFY(studio.told().contains(QStringLiteral("kshdtest · partition normal · job 4711")));
    QVERIFY(studio.window->runs().active().isEmpty()); // this machine is free
    QVERIFY(studio.runs().strip()->isVisible());
    QVERIFY(!studio.runs().strip()->pauseButton()->isVisible());
    QVERIFY(!studio.runs().strip()->checkpointButton()->isEnabled());
    studio.clusters.queued = false;
    QTRY_COMPARE(studio.cell(RunTableModel::State), QStringLiteral("training"));
    QTRY_VERIFY(studio.told().contains(QStringLiteral("on e09r2n03")));
    QTRY_VERIFY(studio.window->runs().model(folder)->steps().loss.size() > 5);
    QTRY_VERIFY(studio.runs().strip()->checkpointButton()->isEnabled());
    QTest::mouseClick(studio.runs().strip()->checkpointButton(), Qt::LeftButton);
    QTRY_VERIFY(!studio.window->runs().model(folder)->marks().empty());
    QTest::mouseClick(studio.runs().strip()->stopButton(), Qt::LeftButton);
    QTRY_COMPARE(studio.cell(RunTableModel::State), QStringLiteral("stopped"));
    QVERIFY(!studio.window->runs().isLive(folder));
    QTRY_VERIFY(!studio.runs().jobCard()->cancelButton()->isVisible());
  }

  void resultsAreFetchedAndTheFolderRemoved() {
    PlaceStudio studio;
    studio.clusters.steps = 20;
    studio.clusters.queued = false;
    studio.openTrain();
    studio.chooseCluster();
    QTRY_VERIFY(studio.train().startButton()->isEnabled());
    click(&studio.train(), "Start training");
    QTRY_COMPARE(studio.cell(RunTableModel::State), QStringLiteral("done"));
    QTRY_VERIFY(studio.runs().jobCard()->fetchButton()->isVisible());
    QTRY_VERIFY(studio.told().contains(QStringLiteral("the result is still on the cluster")));
    click(studio.runs().jobCard(), "Fetch the result");
    QTRY_VERIFY(studio.told().contains(QStringLiteral("the result is on this machine")));
    click(studio.runs().jobCard(), "Remove from the cluster");
    QDialog *question = nullptr;
    for (QDialog *dialog : studio.window->findChildren<QDialog *>())
      if (dialog->isVisible()) question = dialog;
    QVERIFY(question);
    click(question, "Remove from the cluster");
    QTRY_VERIFY(studio.told().contains(QStringLiteral("Its folder on the cluster was removed.")));
    QVERIFY(!studio.runs().jobCard()->fetchButton()->isVisible());
  }

  void aRunThatIsRefusedSaysWhyAndMayBeginAnew() {
    PlaceStudio studio;
    studio.clusters.refusal = Error{ErrorCode::InvalidConfig, "The account chem is not yours.", "account", "Choose another one."};
    studio.openTrain();
    studio.chooseCluster();
    QTRY_VERIFY(studio.train().startButton()->isEnabled());
    click(&studio.train(), "Start training");
    QTRY_COMPARE(studio.cell(RunTableModel::State), QStringLiteral("failed"));
    const QString folder = studio.runs().currentRun();
    QVERIFY(QString::fromStdString(studio.window->runs().find(folder)->error).contains(QStringLiteral("The account chem is not yours.")));
    studio.clusters.refusal.reset();
    click(&studio.runs(), "Continue");
    QTRY_COMPARE(studio.clusters.requests().size(), size_t(2));
    QTRY_COMPARE(studio.cell(RunTableModel::State), QStringLiteral("queued"));
  }

  void runsOfAnEarlierTimeAreFollowedAgain() {
    PlaceStudio studio;
    studio.store.addRun("far", 100, 1.5, api::RunPhase::Running);
    studio.clusters.earlier = {"/fake/runs/far"};
    studio.clusters.queued = false;
    studio.openTrain(false);
    const QString folder = QStringLiteral("/fake/runs/far");
    QTRY_VERIFY(studio.window->runs().isRemote(folder) || studio.window->runs().model(folder)->finished());
    studio.window->showRun(folder);
    QTRY_VERIFY(studio.window->runs().remote()->job(folder));
    QTRY_VERIFY(studio.window->runs().model(folder)->steps().loss.size() > 60); // the past and the news
  }

  void aRunHereAndOneThereGoSideBySide() {
    PlaceStudio studio;
    studio.engine.steps = 100000;
    studio.clusters.queued = false;
    studio.clusters.steps = 100000;
    studio.openTrain();
    QTRY_VERIFY(studio.train().startButton()->isEnabled());
    click(&studio.train(), "Start training");
    const QString here = studio.runs().currentRun();
    studio.window->goTo(Place::Train);
    studio.chooseCluster();
    QTRY_VERIFY(studio.train().startButton()->isEnabled());
    click(&studio.train(), "Start training");
    const QString there = studio.runs().currentRun();
    QVERIFY(here != there);
    QTRY_VERIFY(studio.window->runs().model(here)->steps().loss.size() > 5);
    QTRY_VERIFY(studio.window->runs().model(there)->steps().loss.size() > 5);
    QCOMPARE(studio.window->runs().active(), here);
    QCOMPARE(studio.runs().steered(), there);
    studio.runs().showRun(here);
    QCOMPARE(studio.runs().steered(), here);
    QVERIFY(studio.runs().strip()->pauseButton()->isVisible());
    studio.window->runs().requestStop(there);
    studio.window->runs().requestStop(here);
    QTRY_VERIFY(!studio.window->runs().isLive(there) && !studio.window->runs().isLive(here));
  }
};

QTEST_MAIN(WhereItRunsTest)
#include "where_it_runs_test.moc"
