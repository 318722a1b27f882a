// Impatient people and hostile clusters: keys and clicks at the wrong moment, a window that closes in the middle, and texts from a
// cluster that would be markup or push everything out of sight. On fakes.
#include "tests/support/find_button.h"
#include "tests/support/studio_fixture.h"
#include "ui/dialogs/cluster_questions.h"
#include "ui/dialogs/install_dialog.h"
#include "ui/dialogs/job_files_dialog.h"
#include "ui/dialogs/job_preview_dialog.h"
#include "ui/dialogs/profile_dialog.h"
#include "ui/pages/cluster_environment.h"
#include "ui/pages/cluster_files.h"
#include "ui/pages/cluster_page.h"
#include "ui/pages/cluster_partitions.h"
#include "ui/pages/cluster_queue.h"
#include "ui/pages/cluster_worker.h"
#include "ui/pages/fact_table.h"
#include "ui/pages/run_job_card.h"
#include "ui/pages/runs_page.h"
#include "ui/pages/target_form.h"
#include "ui/pages/train_page.h"
#include "ui/widgets/banner.h"

#include <QAbstractItemView>
#include <QApplication>
#include <QFileDialog>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMessageBox>
#include <QMouseEvent>
#include <QPointer>
#include <QScreen>
#include <QScrollArea>
#include <QScrollBar>
#include <QStandardPaths>

#include <algorithm>

using namespace attune;
using namespace attune::ui;
using test::button;
using test::click;

namespace {

const QString kName = QStringLiteral("kshdtest");

struct HastyStudio : test::StudioFixture {
  test::FakeCluster *cluster = nullptr;
  api::ClusterPartition normal;

  HastyStudio() {
    api::ClusterProfile profile;
    profile.name = "kshdtest";
    profile.host = "login.example";
    profile.user = "scientist";
    profile.partition = "normal";
    cluster = &clusters.add(profile);
    normal.name = "normal";
    normal.up = true;
    normal.limitMinutes = 2880;
    normal.nodes = normal.freeNodes = 6;
    normal.coresPerNode = 32;
    cluster->tables.partitions = {normal};
  }
  void online(Place place = Place::Cluster) {
    open();
    QVERIFY(QTest::qWaitForWindowActive(window.get()));
    window->goTo(place);
    QTRY_VERIFY(window->clusters().connection(kName));
    window->clusters().requestConnect(kName);
    QTRY_VERIFY(state()->overview.value && state()->queue.value);
  }
  ProfileDialog *edit() {
    QPushButton *press = button(&page(), QStringLiteral("Edit…"));
    if (press) press->click();
    const auto dialogs = window->findChildren<ProfileDialog *>();
    return dialogs.isEmpty() ? nullptr : dialogs.last();
  }
  const ClusterState *state() { return window->clusters().find(kName); }
  ClusterPage &page() { return *window->clusterPage(); }
  TrainPage &train() { return *window->trainPage(); }
  bool says(const QString &words) {
    const auto labels = window->findChildren<QLabel *>();
    return std::any_of(labels.begin(), labels.end(), [&](const QLabel *one) { return one->isVisible() && one->text().contains(words); });
  }
  void chooseCluster() {
    window->goTo(Place::Train);
    train().addDataset(QStringLiteral("/data/rows.jsonl"));
    train().useCluster(kName, QStringLiteral("normal"));
  }
};

api::QueuedJob job(const std::string &id, const std::string &reason) {
  api::QueuedJob made;
  made.id = id;
  made.name = made.token = "attune-0123456789ab";
  made.partition = "normal";
  made.state = "PENDING";
  made.reason = made.plain = reason;
  return made;
}

} // namespace

class ClusterImpatienceTest : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() { QStandardPaths::setTestModeEnabled(true); }
  void init() { QSettings().clear(); }

  void markupOfAClusterIsTextEverywhere() {
    HastyStudio studio;
    const std::string markup = "<img src=/etc/passwd><b>bold</b>";
    api::ClusterPartition odd = studio.normal;
    odd.name = markup;
    odd.cardsPerNode = {{markup, 4}};
    odd.cards = odd.freeCards = odd.cardsPerNode;
    studio.cluster->tables.partitions = {odd};
    studio.cluster->tables.slurm = studio.cluster->tables.whichPartition = markup;
    studio.cluster->jobs = {job("1", markup)};
    studio.cluster->jobs[0].name = studio.cluster->jobs[0].partition = markup;
    studio.online();
    studio.page().queue()->table()->setCurrentCell(0, 0);
    studio.chooseCluster();
    const QString named = QStringLiteral("There is no partition normal. There are: ");
    QTRY_VERIFY(studio.train().targetForm()->problemLabel()->text().contains(named + QString::fromStdString(markup)));
    QVERIFY(studio.train().startButton()->toolTip().contains(named.toHtmlEscaped()));
    studio.clusters.refusal = Error{ErrorCode::InvalidConfig, "No such account: " + markup, "account", ""};
    studio.window->runs().requestStart(api::RunConfig(), api::ClusterTarget{}); // its error is in the list of runs
    studio.window->goTo(Place::Runs);
    QTRY_VERIFY(studio.says(QStringLiteral("No such account")));
    const QString tag = QStringLiteral("<img");
    for (const QWidget *widget : studio.window->findChildren<QWidget *>()) {
      QVERIFY2(!widget->toolTip().contains(tag), qPrintable(widget->toolTip()));
      const auto *label = qobject_cast<const QLabel *>(widget);
      QVERIFY2(!label || !label->text().contains(tag) || label->textFormat() == Qt::PlainText,
               qPrintable(label ? label->text() : QString()));
    }
    for (const auto *view : studio.window->findChildren<QAbstractItemView *>()) {
      const QAbstractItemModel *model = view->model();
      for (int row = 0; model && row < model->rowCount(view->rootIndex()); ++row)
        for (int column = 0; column < model->columnCount(view->rootIndex()); ++column) {
          const QString tip = model->index(row, column, view->rootIndex()).data(Qt::ToolTipRole).toString();
          QVERIFY2(!tip.contains(tag), qPrintable(tip));
        }
    }
  }

  void aWordWithoutEndLeavesTheWindowItsSize() {
    HastyStudio studio;
    std::string nodes = "(ReqNodeNotAvail, UnavailableNodes:e01r1n00";
    while (nodes.size() < 4000) nodes += ",e01r1n01";
    studio.cluster->jobs = {job("1", nodes)};
    studio.online();
    studio.page().showView(QStringLiteral("queue"));
    FactTable *table = studio.page().queue()->table();
    table->setCurrentCell(0, 0);
    QTRY_VERIFY(studio.window->minimumSizeHint().width() <= 1024);
    QVERIFY(table->columnWidth(4) < 500); // the times behind it stay in sight
    studio.cluster->setLink(api::LinkState::NeedsUser, test::FakeCluster::fault("NET-LOST", std::string(400, 'y').c_str()));
    QTRY_VERIFY(studio.page().banner()->isVisible());
    QVERIFY2(studio.window->minimumSizeHint().width() <= 1024, qPrintable(QString::number(studio.window->minimumSizeHint().width())));
  }

  void aServerThatTalksALotLeavesItsButtonsOnTheScreen() {
    HastyStudio studio;
    api::LoginPrompt prompt;
    prompt.kind = api::LoginPrompt::Kind::Interactive;
    prompt.host = "login.example";
    for (int i = 0; i < 300; ++i) prompt.instruction += "Read this.\n";
    prompt.lines = {{std::string(4000, 'p'), false}};
    studio.cluster->logins = {prompt};
    studio.open();
    studio.window->goTo(Place::Cluster);
    QTRY_VERIFY(studio.window->clusters().connection(kName));
    studio.window->clusters().requestConnect(kName);
    QTRY_VERIFY(studio.window->questions()->dialog());
    QDialog *dialog = studio.window->questions()->dialog();
    QVERIFY(QTest::qWaitForWindowActive(dialog));
    const QSize screen = dialog->screen()->availableSize();
    QVERIFY(dialog->height() <= screen.height() && dialog->width() <= screen.width());
    QVERIFY(dialog->minimumSizeHint().width() <= screen.width());
    QVERIFY(dialog->rect().contains(button(dialog, QStringLiteral("Cancel"))->geometry()));
    const auto *field = dialog->findChild<QLineEdit *>();
    QTRY_VERIFY(!field->visibleRegion().isEmpty()); // what is typed is seen
    QTest::keyClick(dialog, Qt::Key_Escape);
    QTRY_VERIFY(studio.state()->link.state == api::LinkState::NeedsUser);
  }

  void aUsualSignInScrollsInNoLanguage() {
    api::LoginPrompt prompt;
    prompt.kind = api::LoginPrompt::Kind::Interactive;
    prompt.host = "login.hpc.example.cn";
    prompt.user = "scientist";
    prompt.cluster = "kshdtest";
    prompt.instruction = "Two factors are needed. The code is sent to your phone.";
    prompt.lines = {{"Password:", false}, {"Verification code:", false}};
    HastyStudio studio;
    for (const char *language : {"zh_CN", "en"}) {
      studio.preferences.language = QLatin1String(language);
      studio.appearance.apply(studio.preferences);
      LoginDialog dialog(prompt, nullptr);
      dialog.show();
      QVERIFY(QTest::qWaitForWindowExposed(&dialog));
      QCOMPARE(dialog.findChild<QScrollArea *>()->verticalScrollBar()->maximum(), 0);
    }
  }

  void theDeleteKeyRemovesAClusterInTheirListAlone() {
    HastyStudio studio;
    studio.cluster->jobs = {job("1", "Resources")};
    studio.online();
    for (const char *view : {"partitions", "queue", "files", "environment"}) {
      studio.page().showView(QLatin1String(view));
      for (QWidget *widget : studio.page().findChildren<QWidget *>()) {
        if (widget == studio.page().list() || !widget->isVisible() || !(widget->focusPolicy() & Qt::TabFocus)) continue;
        widget->setFocus();
        QTest::keyClick(widget, Qt::Key_Delete);
      }
    }
    QTest::qWait(50);
    QCOMPARE(studio.clusters.saved().size(), size_t(1));
    studio.page().list()->setFocus();
    QTest::keyClick(studio.page().list(), Qt::Key_Delete);
    QTRY_COMPARE(studio.clusters.saved().size(), size_t(0));
  }

  void enterCancelsNoJob() {
    HastyStudio studio;
    studio.cluster->jobs = {job("1", "Resources")};
    studio.online();
    studio.page().showView(QStringLiteral("queue"));
    studio.page().queue()->table()->setCurrentCell(0, 0);
    for (const Qt::Key key : {Qt::Key_Return, Qt::Key_Escape, Qt::Key_Space}) {
      QTest::mouseClick(studio.page().queue()->cancelButton(), Qt::LeftButton);
      const QPointer<QMessageBox> question = studio.page().queue()->findChild<QMessageBox *>();
      QVERIFY(question && QTest::qWaitForWindowActive(question));
      QTest::keyClick(question->focusWidget() ? question->focusWidget() : question, key);
      QTRY_VERIFY(!question);
    }
    QTest::qWait(50);
    QVERIFY(studio.cluster->acts().empty());
  }

  void whatWasChosenIsFetchedThoughTheFolderIsReadAnew() {
    HastyStudio studio;
    api::ClusterFiles home;
    home.folder = "/home/scientist";
    home.files = {{"a.bin", api::ClusterFile::Kind::File, 1, 1}, {"b.bin", api::ClusterFile::Kind::File, 1, 1}};
    studio.cluster->folders = {{"", home}, {"/home/scientist", home}};
    studio.online();
    studio.page().showView(QStringLiteral("files"));
    ClusterFiles *files = studio.page().files();
    QTRY_COMPARE(files->table()->rowCount(), 2);
    files->table()->setCurrentCell(1, 0);
    QTest::mouseClick(files->downloadButton(), Qt::LeftButton);
    const QPointer<QFileDialog> pick = studio.window->findChild<QFileDialog *>();
    QVERIFY(pick);
    files->open(QStringLiteral("/home/scientist")); // as after an upload that has arrived meanwhile
    QTRY_COMPARE(files->table()->currentRow(), 0);
    Q_EMIT pick->filesSelected({QStringLiteral("/tmp/b.bin")});
    pick->close();
    QTRY_VERIFY(studio.cluster->acts() == std::vector<std::string>{"download /home/scientist/b.bin /tmp/b.bin"});
  }

  void aDoubleClickIsOnePress() {
    HastyStudio studio;
    studio.open();
    studio.window->goTo(Place::Cluster);
    QTRY_VERIFY(studio.window->clusters().connection(kName));
    QWidget *connectIt = studio.page().connectButton();
    QTest::mousePress(connectIt, Qt::LeftButton);
    QTest::mouseRelease(connectIt, Qt::LeftButton);
    QTRY_VERIFY(studio.state()->online());
    QMouseEvent second(QEvent::MouseButtonDblClick, connectIt->rect().center(), connectIt->mapToGlobal(connectIt->rect().center()),
                       Qt::LeftButton, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(connectIt, &second);
    QTest::mouseRelease(connectIt, Qt::LeftButton);
    QTest::qWait(50);
    QVERIFY(studio.state()->online());
    Q_EMIT studio.page().list()->itemActivated(studio.page().list()->item(0)); // nor does one in the list
    QTest::qWait(50);
    QVERIFY(studio.state()->online());
  }

  void aRunIsStartedOnce() {
    HastyStudio studio;
    studio.online(Place::Train);
    studio.chooseCluster();
    QTRY_VERIFY(studio.train().startButton()->isEnabled());
    for (int i = 0; i < 3; ++i) QTest::keyClick(studio.window.get(), Qt::Key_Return, Qt::ControlModifier);
    QTRY_COMPARE(studio.clusters.requests().size(), size_t(1));
    QTest::qWait(100);
    QCOMPARE(studio.clusters.requests().size(), size_t(1));
  }

  void whatIsAskedForOfARunIsAllDone() {
    HastyStudio studio;
    studio.clusters.steps = 5;
    studio.clusters.queued = false;
    studio.online(Place::Train);
    studio.chooseCluster();
    QTRY_VERIFY(studio.train().startButton()->isEnabled());
    click(&studio.train(), "Start training");
    RunsPage &runs = *studio.window->runsPage();
    QTRY_VERIFY(runs.jobCard()->fetchButton()->isVisible());
    const QString folder = runs.currentRun();
    ClusterRuns *remote = studio.window->runs().remote();
    QTRY_VERIFY(!remote->isLive(folder));
    studio.clusters.slow = true; // the journal lies on a slow disk
    remote->fetch(folder, api::FetchWhat::Result);
    remote->removeRemote(folder);
    studio.clusters.slow = false;
    QTRY_VERIFY(remote->job(folder)->fetched && remote->job(folder)->removed);
    QTRY_VERIFY(!remote->isFetching(folder));
  }

  void aHostThatCannotChangeStaysAndThatIsSaid() {
    HastyStudio studio;
    studio.online();
    studio.clusters.unmet = Error{ErrorCode::Usage, "Runs on login.example are followed.", "kshdtest", "Keep the host."};
    ProfileDialog *dialog = studio.edit();
    QVERIFY(dialog);
    dialog->field(QStringLiteral("host"))->setText(QStringLiteral("other.example"));
    click(dialog, "Save");
    QTRY_VERIFY(studio.says(QStringLiteral("Runs on login.example are followed.")));
    QTRY_COMPARE(studio.clusters.saved()[0].host, std::string("login.example"));
    QTRY_COMPARE(studio.state()->profile.host, std::string("login.example"));
    QVERIFY(studio.state()->overview.value);
    studio.clusters.unmet.reset();
    dialog = studio.edit();
    dialog->field(QStringLiteral("host"))->setText(QStringLiteral("other.example"));
    click(dialog, "Save");
    QTRY_COMPARE(studio.clusters.saved()[0].host, std::string("other.example"));
    QTRY_VERIFY(!studio.state()->overview.value && !studio.state()->queue.value); // those were login.example's
  }

  void aClusterThatCannotBeHadSaysWhy() {
    HastyStudio studio;
    studio.clusters.unmet = Error{ErrorCode::Usage, "Runs on login.example are followed.", "kshdtest", "Keep the host."};
    studio.open();
    studio.window->goTo(Place::Cluster);
    QTRY_VERIFY(studio.says(QStringLiteral("Runs on login.example are followed.")));
  }

  void anInstallationThatEndsBehindTheProfilesDialogKeepsItsProgram() {
    HastyStudio studio;
    studio.online();
    studio.page().installs().start(kName, {});
    QTRY_VERIFY(studio.cluster->asked());
    ProfileDialog *dialog = studio.edit();
    dialog->field(QStringLiteral("account"))->setText(QStringLiteral("chem"));
    studio.cluster->end(api::WorkerReport{test::installedWorker("one"), {}});
    QTRY_COMPARE(studio.clusters.saved()[0].worker, test::installedWorker("one").binary);
    click(dialog, "Save");
    QTRY_COMPARE(studio.clusters.saved()[0].account, std::string("chem"));
    QCOMPARE(studio.clusters.saved()[0].worker, test::installedWorker("one").binary);
  }

  void theScriptIsShownOnceHoweverOftenItIsAskedFor() {
    HastyStudio studio;
    studio.online(Place::Train);
    studio.chooseCluster();
    QPushButton *script = studio.train().targetForm()->scriptButton();
    QTRY_VERIFY(script->isEnabled());
    for (int i = 0; i < 20; ++i) script->click();
    QTRY_VERIFY(studio.window->findChild<JobPreviewDialog *>());
    QTest::qWait(100);
    QCOMPARE(studio.window->findChildren<JobPreviewDialog *>().size(), 1);
    QTest::keyClick(studio.window->findChild<JobPreviewDialog *>(), Qt::Key_Escape);
    QTRY_VERIFY(!studio.window->findChild<JobPreviewDialog *>());
    script->click(); // and the cluster goes meanwhile
    studio.window->clusters().remove(kName);
    QTRY_VERIFY(!studio.train().target().target());
    QTest::qWait(100);
    for (JobPreviewDialog *left : studio.window->findChildren<JobPreviewDialog *>()) left->close();
    QVERIFY(!studio.train().targetForm()->isVisible());
  }

  void aWindowThatClosesInTheMiddleOfItAll_data() {
    QTest::addColumn<QString>("what");
    for (const char *what : {"login", "script", "files", "install", "profile", "question", "pick", "transfers", "acts", "removed"})
      QTest::newRow(what) << QString::fromLatin1(what);
  }
  void aWindowThatClosesInTheMiddleOfItAll() {
    QFETCH(QString, what);
    HastyStudio studio;
    const auto is = [&what](const char *name) { return what == QLatin1String(name); };
    studio.cluster->jobs = {job("1", "Resources")};
    api::ClusterFiles home;
    home.folder = "/home/scientist";
    home.files = {{"a.bin", api::ClusterFile::Kind::File, 1, 1}};
    studio.cluster->folders = {{"", home}, {"/home/scientist", home}};
    studio.cluster->transferMilliseconds = 2000;
    studio.online();
    studio.page().showView(is("question") || is("acts") ? QStringLiteral("queue") : QStringLiteral("files"));
    QTRY_COMPARE(studio.page().files()->table()->rowCount(), is("question") || is("acts") ? 0 : 1);
    if (is("login")) {
      api::LoginPrompt prompt;
      prompt.lines = {{"Password:", false}};
      studio.cluster->logins = {prompt};
      studio.window->clusters().requestConnect(kName);
      QTRY_VERIFY(studio.window->questions()->dialog());
    } else if (is("script")) {
      studio.chooseCluster();
      QTRY_VERIFY(studio.train().targetForm()->scriptButton()->isEnabled());
      studio.train().targetForm()->scriptButton()->click();
    } else if (is("files")) {
      studio.chooseCluster();
      QTRY_VERIFY(studio.train().startButton()->isEnabled());
      click(&studio.train(), "Start training");
      QTRY_VERIFY(studio.window->runsPage()->jobCard()->filesButton()->isVisible());
      studio.window->runsPage()->jobCard()->filesButton()->click();
    } else if (is("install")) {
      studio.page().installs().start(kName, {});
      studio.page().environment()->worker()->installButton()->click();
      QTRY_VERIFY(studio.cluster->asked());
      studio.cluster->tell(api::InstallPhase::Building, 5, "compiling", {"a line"});
    } else if (is("profile")) {
      studio.edit();
    } else if (is("question")) {
      studio.page().queue()->table()->setCurrentCell(0, 0);
      studio.page().queue()->cancelButton()->click();
    } else if (is("pick")) {
      studio.page().files()->downloadButton()->click();
    } else if (is("transfers")) {
      for (int i = 0; i < 5; ++i) studio.page().files()->uploading()(QStringLiteral("/tmp/%1.bin").arg(i));
      QTest::qWait(50);
    } else if (is("acts")) {
      studio.page().queue()->table()->setCurrentCell(0, 0);
      for (int i = 0; i < 20; ++i) {
        studio.page().queue()->holdButton()->click();
        studio.page().queue()->lookButton()->click();
        studio.page().connectButton()->click();
      }
    } else if (is("removed")) {
      studio.page().files()->uploading()(QStringLiteral("/tmp/up.bin"));
      studio.page().installs().start(kName, {});
      studio.window->clusters().remove(kName);
    }
    studio.window.reset();
    QTest::qWait(20); // what was posted to it is dropped
  }
};

QTEST_MAIN(ClusterImpatienceTest)
#include "cluster_impatience_test.moc"
