// The Cluster page: what it teaches when empty, profiles with their problems, links, partitions, jobs, files, the environment check.
// On fakes.
#include "tests/support/find_button.h"
#include "tests/support/studio_fixture.h"
#include "ui/dialogs/install_dialog.h"
#include "ui/dialogs/profile_dialog.h"
#include "ui/models/terminal_command.h"
#include "ui/pages/cluster_environment.h"
#include "ui/pages/cluster_files.h"
#include "ui/pages/cluster_page.h"
#include "ui/pages/cluster_partitions.h"
#include "ui/pages/cluster_queue.h"
#include "ui/pages/cluster_worker.h"
#include "ui/pages/command_button.h"
#include "ui/pages/fact_table.h"
#include "ui/pages/train_page.h"
#include "ui/pages/transfer_strip.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/line_view.h"

#include <QClipboard>
#include <QDateTime>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMessageBox>
#include <QPlainTextEdit>
#include <QStandardPaths>

using namespace attune;
using namespace attune::ui;
using test::button;
using test::click;

namespace {

/// For names that are not ASCII.
void press(const QWidget *in, const QString &name) {
  QPushButton *found = button(in, name);
  QVERIFY2(found, qPrintable(name));
  QTest::mouseClick(found, Qt::LeftButton);
}

api::ClusterPartition partition(const std::string &name, int64_t minutes, int64_t freeCards, bool up = true) {
  api::ClusterPartition made;
  made.name = name;
  made.up = up;
  made.limitMinutes = minutes;
  made.nodes = 6;
  made.freeNodes = 2;
  made.coresPerNode = 32;
  made.memoryPerNode = 128 * 1024;
  made.cardsPerNode = {{"dcu", 4}};
  made.cards = {{"dcu", 24}};
  made.freeCards = {{"dcu", freeCards}};
  return made;
}

api::QueuedJob job(const std::string &id, const std::string &state, const std::string &reason, const std::string &token) {
  api::QueuedJob made;
  made.id = id;
  made.name = token.empty() ? "vasp" : token;
  made.partition = "kshdtest";
  made.state = state;
  made.reason = reason;
  made.plain = reason == "Resources" ? "Waiting for free nodes or cards." : "The partition is closed: it cannot start as it is.";
  made.neverClears = reason == "PartitionDown";
  made.nodes = state == "RUNNING" ? "e09r2n03" : "";
  made.token = token;
  return made;
}

struct ClusterStudio : test::StudioFixture {
  test::FakeCluster *cluster = nullptr;

  void addCluster() {
    api::ClusterProfile profile;
    profile.name = "kshdtest";
    profile.host = "login.example";
    profile.user = "scientist";
    profile.port = 2222;
    profile.jumpHosts = {"gate.example"};
    cluster = &clusters.add(profile);
    cluster->tables.slurm = "slurm-wlm 22.05.8";
    cluster->tables.accounting = true;
    cluster->tables.partitions = {partition("kshdtest", 2880, 6), partition("closed", -1, 0, false)};
    cluster->jobs = {job("4711", "RUNNING", "None", "attune-0123456789ab"), job("4712", "PENDING", "PartitionDown", "attune-0123456789ac"),
                     job("4713", "PENDING", "Resources", "")};
  }
  void openPage() {
    open();
    QVERIFY(QTest::qWaitForWindowActive(window.get()));
    window->goTo(Place::Cluster);
    QTRY_VERIFY(window->clusters().known());
  }
  void connectIt() {
    addCluster();
    openPage();
    QTRY_VERIFY(window->clusters().connection(QStringLiteral("kshdtest")));
    click(window.get(), "Connect");
    QTRY_VERIFY(window->clusters().find(QStringLiteral("kshdtest"))->online());
  }
  ClusterPage &page() { return *window->clusterPage(); }
  static QString cell(const FactTable *table, int row, int column) {
    const QTableWidgetItem *item = table->item(row, column);
    return item ? item->text() : QString();
  }
  QString bannerText() {
    QString text;
    for (const QLabel *label : page().banner()->findChildren<QLabel *>()) text += label->text();
    return text;
  }
};

} // namespace

class ClusterPageTest : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() { QStandardPaths::setTestModeEnabled(true); }
  void init() { QSettings().clear(); }

  void anEmptyPlaceTeachesAndAddsTheFirstCluster() {
    ClusterStudio studio;
    studio.openPage();
    auto *empty = studio.page().findChild<EmptyState *>();
    QTRY_VERIFY(empty->isVisible());
    press(empty, QStringLiteral("Add a cluster…"));
    auto *dialog = studio.window->findChild<ProfileDialog *>();
    QVERIFY(dialog && dialog->isVisible());
    click(dialog, "Add");
    QVERIFY(dialog->isVisible()); // nothing is saved with problems
    QVERIFY(!dialog->problem(QStringLiteral("name"))->text().isEmpty());
    QVERIFY(!dialog->problem(QStringLiteral("host"))->text().isEmpty());
    QVERIFY(dialog->problem(QStringLiteral("root"))->text().isEmpty());
    QTest::keyClicks(dialog->field(QStringLiteral("name")), QStringLiteral("kshdtest"));
    QTest::keyClicks(dialog->field(QStringLiteral("host")), QStringLiteral("login.example"));
    QTest::keyClicks(dialog->field(QStringLiteral("port")), QStringLiteral("70000"));
    QTest::keyClicks(dialog->field(QStringLiteral("jump_hosts")), QStringLiteral("me@gate:22, second"));
    QVERIFY(!dialog->problem(QStringLiteral("port"))->text().isEmpty());
    dialog->field(QStringLiteral("port"))->setText(QStringLiteral("2222"));
    for (const char *wrong : {"me@login.example", "login.example:22", "[::1]:22"}) {
      dialog->field(QStringLiteral("host"))->setText(QLatin1String(wrong));
      QVERIFY(!dialog->problem(QStringLiteral("host"))->text().isEmpty());
    }
    dialog->field(QStringLiteral("host"))->setText(QStringLiteral("login.example"));
    QVERIFY(dialog->problem(QStringLiteral("host"))->text().isEmpty());
    dialog->field(QStringLiteral("identity_files"))->setText(QStringLiteral("/no/such/key"));
    QVERIFY(!dialog->problem(QStringLiteral("identity_files"))->text().isEmpty());
    dialog->field(QStringLiteral("identity_files"))->clear();
    click(dialog, "Add");
    QTRY_COMPARE(studio.page().list()->count(), 1);
    QCOMPARE(studio.page().current(), QStringLiteral("kshdtest"));
    const auto saved = studio.clusters.saved();
    QCOMPARE(saved.size(), size_t(1));
    QCOMPARE(saved[0].port, 2222);
    QCOMPARE(saved[0].jumpHosts, (std::vector<std::string>{"me@gate:22", "second"}));
  }

  void aProfileIsEditedAndRemovedWithUndo() {
    ClusterStudio studio;
    studio.addCluster();
    studio.openPage();
    QTRY_COMPARE(studio.page().list()->count(), 1);
    press(&studio.page(), QStringLiteral("Edit…"));
    auto *dialog = studio.window->findChild<ProfileDialog *>();
    QVERIFY(!dialog->field(QStringLiteral("name"))->isEnabled()); // runs know it by its name
    dialog->field(QStringLiteral("environment_script"))->setText(QStringLiteral("~/env.sh"));
    click(dialog, "Save");
    QTRY_COMPARE(studio.clusters.saved().at(0).environmentScript, std::string("~/env.sh"));
    click(&studio.page(), "Remove");
    QTRY_COMPARE(studio.page().list()->count(), 0);
    click(studio.window.get(), "Undo");
    QTRY_COMPARE(studio.page().list()->count(), 1);
    QCOMPARE(studio.clusters.saved().at(0).environmentScript, std::string("~/env.sh"));
  }

  void connectingShowsWhatIsFree() {
    ClusterStudio studio;
    studio.connectIt();
    const FactTable *table = studio.page().partitions()->table();
    QTRY_COMPARE(table->rowCount(), 2);
    QCOMPARE(studio.cell(table, 0, 0), QStringLiteral("kshdtest"));
    QCOMPARE(studio.cell(table, 0, 1), QStringLiteral("open"));
    QCOMPARE(studio.cell(table, 0, 2), QStringLiteral("2 of 6"));
    QCOMPARE(studio.cell(table, 0, 3), QStringLiteral("6 of 24 dcu"));
    QCOMPARE(studio.cell(table, 0, 6), QStringLiteral("2 days"));
    QCOMPARE(studio.cell(table, 1, 1), QStringLiteral("closed"));
    QCOMPARE(studio.cell(table, 1, 6), QStringLiteral("no limit"));
    QCOMPARE(studio.page().list()->item(0)->data(Qt::AccessibleTextRole).toString(), QStringLiteral("kshdtest, connected"));
    press(&studio.page(), QStringLiteral("Train here…"));
    QCOMPARE(studio.window->place(), Place::Train);
    QVERIFY(studio.window->trainPage()->target().target());
    QCOMPARE(studio.window->trainPage()->target().target()->partition, std::string("kshdtest"));
    studio.window->goTo(Place::Cluster);
    click(&studio.page(), "Disconnect");
    QTRY_VERIFY(!studio.window->clusters().find(QStringLiteral("kshdtest"))->online());
    QCOMPARE(table->rowCount(), 2); // as it was
  }

  void ourJobsAreSteeredAndOthersOnlySeen() {
    ClusterStudio studio;
    studio.connectIt();
    studio.page().showView(QStringLiteral("queue"));
    ClusterQueue *queue = studio.page().queue();
    QTRY_COMPARE(queue->table()->rowCount(), 3);
    queue->table()->setCurrentCell(0, 0);
    QVERIFY(queue->checkpointButton()->isEnabled() && queue->cancelButton()->isEnabled() && !queue->holdButton()->isEnabled());
    for (int i = 0; i < 3; ++i) queue->checkpointButton()->click(); // asked once, until it is answered
    QVERIFY(!queue->checkpointButton()->isEnabled() && !queue->cancelButton()->isEnabled());
    QTRY_VERIFY(queue->checkpointButton()->isEnabled());
    QCOMPARE(studio.cluster->acts().size(), size_t(1));
    const auto looksUntil = [&](const QString &first) { // a look is under way already after an action
      QTest::mouseClick(queue->lookButton(), Qt::LeftButton);
      return studio.cell(queue->table(), 0, 0) == first;
    };
    std::swap(studio.cluster->jobs[0], studio.cluster->jobs[2]); // the choice follows its job
    QTRY_VERIFY(looksUntil(QStringLiteral("4713")));
    QCOMPARE(queue->table()->currentRow(), 2);
    std::swap(studio.cluster->jobs[0], studio.cluster->jobs[2]);
    QTRY_VERIFY(looksUntil(QStringLiteral("4711")));
    queue->table()->setCurrentCell(1, 0);
    QVERIFY(queue->table()->item(1, 4)->foreground().color() == theme().color(Tone::Warning)); // it never clears
    QVERIFY(queue->holdButton()->isEnabled());
    QTest::mouseClick(queue->cancelButton(), Qt::LeftButton);
    auto *question = queue->findChild<QMessageBox *>();
    QVERIFY(question && question->text().contains(QStringLiteral("4712")));
    click(question, "Cancel job");
    QTRY_COMPARE(queue->table()->rowCount(), 2);
    QCOMPARE(studio.cluster->acts(), (std::vector<std::string>{"checkpoint 4711", "cancel 4712"}));
    QCOMPARE(queue->table()->currentRow(), -1); // and no other job takes its place
    queue->table()->setCurrentCell(1, 0);
    QCOMPARE(studio.cell(queue->table(), 1, 4), QStringLiteral("Waiting for free nodes or cards."));
    for (const QPushButton *press : {queue->cancelButton(), queue->holdButton(), queue->checkpointButton(), queue->showButton()})
      QVERIFY(!press->isEnabled());
  }

  void filesAreWalkedFetchedAndStopped() {
    ClusterStudio studio;
    studio.addCluster();
    api::ClusterFiles home;
    home.folder = "/home/scientist";
    home.files = {{"data.jsonl", api::ClusterFile::Kind::File, 1000, 1.79e9}, {"models", api::ClusterFile::Kind::Folder, 0, 1.79e9}};
    home.refused = 2;
    api::ClusterFiles models;
    models.folder = "/home/scientist/models";
    studio.cluster->folders = {{"", home}, {"/home/scientist", home}, {"/home/scientist/models", models}};
    studio.openPage();
    studio.page().showView(QStringLiteral("files"));
    QTRY_VERIFY(studio.window->clusters().connection(QStringLiteral("kshdtest")));
    click(studio.window.get(), "Connect");
    ClusterFiles *files = studio.page().files();
    QTRY_COMPARE(files->table()->rowCount(), 2);
    QCOMPARE(studio.cell(files->table(), 0, 0), QStringLiteral("models/"));
    files->table()->setCurrentCell(0, 0);
    QVERIFY(!files->downloadButton()->isEnabled());
    QTest::keyClick(files->table(), Qt::Key_Return);
    QTRY_COMPARE(files->folderField()->text(), QStringLiteral("/home/scientist/models"));
    QTest::mouseClick(files->upButton(), Qt::LeftButton);
    QTRY_COMPARE(files->table()->rowCount(), 2);
    files->table()->setCurrentCell(1, 0);
    files->downloading()(QStringLiteral("/tmp/data.jsonl"));
    QTRY_VERIFY(studio.cluster->acts() == std::vector<std::string>{"download /home/scientist/data.jsonl /tmp/data.jsonl"});
    QTRY_VERIFY(!button(files, QStringLiteral("Stop"))); // the page has heard of its end, too
    studio.cluster->transferMilliseconds = 10000;
    files->uploading()(QStringLiteral("/tmp/large.bin"));
    QTRY_COMPARE(files->findChildren<TransferStrip *>().size(), 2);
    QTRY_VERIFY(button(files, QStringLiteral("Stop")));
    click(files, "Stop");
    QTRY_VERIFY(button(files, QStringLiteral("Go on")));
  }

  void aLostConnectionCountsDownAndTriesAtOnce() {
    ClusterStudio studio;
    studio.connectIt();
    studio.cluster->setLink(api::LinkState::Reconnecting, test::FakeCluster::fault("NET-LOST", "The connection is lost."),
                            static_cast<double>(QDateTime::currentMSecsSinceEpoch()) / 1000 + 8);
    QTRY_VERIFY(studio.page().banner()->isVisible());
    QTRY_VERIFY(studio.bannerText().contains(QStringLiteral("Trying again in")));
    QVERIFY(studio.bannerText().contains(QStringLiteral("Your jobs go on running there.")));
    const QString before = studio.bannerText();
    QTRY_VERIFY(studio.bannerText() != before); // it counts
    click(studio.page().banner(), "Now");
    QTRY_VERIFY(studio.window->clusters().find(QStringLiteral("kshdtest"))->online());
    QTRY_VERIFY(!studio.page().banner()->isVisible());
  }

  void theEnvironmentIsCheckedAndCopied() {
    ClusterStudio studio;
    studio.connectIt();
    studio.cluster->environment = {{"login node ln1", "torch", "ok", "2.1.0, for ROCm or DTK 5.4", "torch.version.cuda is None here."},
                                   {"compute node n1", "deepspeed", "warn", "0.9.5", "Attune does not need it."}};
    studio.page().showView(QStringLiteral("environment"));
    QTest::mouseClick(studio.page().environment()->checkButton(), Qt::LeftButton);
    QTRY_VERIFY(studio.page().environment()->text()->toPlainText().contains(QStringLiteral("cuda is None")));
    click(studio.page().environment(), "Copy report");
    QVERIFY(QGuiApplication::clipboard()->text().contains(QStringLiteral("DTK 5.4")));
  }

  void theTrainingProgramIsInstalledFollowedAndUsed() {
    ClusterStudio studio;
    studio.connectIt();
    studio.page().showView(QStringLiteral("environment"));
    const ClusterWorker *line = studio.page().environment()->worker();
    QTRY_VERIFY(line->stateLabel()->text().contains(QStringLiteral("None was installed from here.")));
    QVERIFY(!line->useButton()->isVisible());
    press(line, QStringLiteral("Install…"));
    const QPointer<InstallDialog> dialog = studio.window->findChild<InstallDialog *>();
    QVERIFY(dialog && dialog->isVisible());
    QTest::keyClicks(dialog->torchField(), QStringLiteral("/opt/my torch"));
    click(dialog, "Copy the terminal command");
    QCOMPARE(QGuiApplication::clipboard()->text(), QStringLiteral("attune cluster install kshdtest --torch '/opt/my torch'"));
    QTest::keyClick(dialog->torchField(), Qt::Key_Return); // the default button
    QTRY_VERIFY(studio.cluster->asked());
    QCOMPARE(studio.cluster->asked()->torch, std::string("/opt/my torch"));
    QVERIFY(!studio.cluster->asked()->attach);
    QVERIFY(!dialog->installButton()->isEnabled()); // never two
    studio.cluster->tell(api::InstallPhase::Building, 43, "compiling adam.cpp", {"libtorch: 2.1.0", "a \xE2\x80\xAE line"});
    QTRY_COMPARE(dialog->output()->count(), 2);
    QVERIFY(dialog->output()->visibleLines().contains(QStringLiteral("libtorch: 2.1.0")));
    QVERIFY(!dialog->output()->visibleLines().join(QString()).contains(QChar(0x202E)));
    QTRY_VERIFY(line->stateLabel()->text().contains(QStringLiteral("43")) &&
                line->stateLabel()->text().contains(QStringLiteral("adam.cpp")));
    click(dialog, "Close"); // it goes on
    QTRY_VERIFY(!dialog);
    press(line, QStringLiteral("Show…"));
    const QPointer<InstallDialog> again = studio.window->findChild<InstallDialog *>();
    QVERIFY(again);
    QCOMPARE(again->output()->count(), 2);
    QCOMPARE(again->torchField()->text(), QStringLiteral("/opt/my torch"));
    studio.cluster->installed.workers = {test::installedWorker("one")};
    studio.cluster->end(api::WorkerReport{test::installedWorker("one"), {{"compute node e09r2n03", "worker.attune", "ok", "0.1.0", ""}}});
    QTRY_COMPARE(studio.clusters.saved().front().worker, test::installedWorker("one").binary);
    QTRY_VERIFY(line->stateLabel()->text().contains(QStringLiteral("It works on e09r2n03.")));
    QVERIFY(line->stateLabel()->text().contains(QStringLiteral("2.1.0+dtk2310 (dtk)")));
    QVERIFY(!line->useButton()->isVisible());
    click(again, "Copy output");
    QVERIFY(QGuiApplication::clipboard()->text().contains(QStringLiteral("/home/scientist/.attune/worker/one")));
    click(again, "Close");
    press(studio.window.get(), QStringLiteral("Undo"));
    QTRY_COMPARE(studio.clusters.saved().front().worker, std::string("attune"));
    QTRY_VERIFY(line->useButton()->isVisible()); // offered, for this environment script
    click(line, "Use it");
    QTRY_COMPARE(studio.clusters.saved().front().worker, test::installedWorker("one").binary);
  }

  void anInstallationThatFailsSaysWhyAndOneThatGoesOnIsTakenUp() {
    ClusterStudio studio;
    studio.addCluster();
    studio.cluster->installed.build = api::WorkerBuild{true, "/home/scientist/env.sh", "login05"};
    studio.openPage();
    studio.page().showView(QStringLiteral("environment"));
    QTRY_VERIFY(studio.window->clusters().connection(QStringLiteral("kshdtest")));
    click(studio.window.get(), "Connect");
    QTRY_VERIFY(studio.cluster->asked());
    QVERIFY(studio.cluster->asked()->attach);
    const ClusterWorker *line = studio.page().environment()->worker();
    press(line, QStringLiteral("Show…"));
    auto *dialog = studio.window->findChild<InstallDialog *>();
    QVERIFY(dialog && !button(dialog, QStringLiteral("Stop the build"))); // nothing runs there yet that could be stopped
    studio.cluster->tell(api::InstallPhase::Building, 12, "compiling");
    QTRY_VERIFY(button(dialog, QStringLiteral("Stop the build")));
    click(dialog, "Stop the build");
    QTRY_COMPARE(studio.cluster->acts(), std::vector<std::string>{"stop build"});
    studio.cluster->installed.build.reset();
    Error error = test::FakeCluster::fault("BUILD-NO-TORCH", "There is no libtorch: python3 knows no torch.");
    error.hint = "Name an environment script.";
    studio.cluster->end(error);
    QTRY_VERIFY(line->stateLabel()->text().contains(QStringLiteral("python3 knows no torch")));
    QVERIFY(line->stateLabel()->text().contains(QStringLiteral("Name an environment script.")));
    QVERIFY(button(dialog, QStringLiteral("Install again")));
    QCOMPARE(studio.clusters.saved().front().worker, std::string("attune")); // the profile stays
    // Another environment script, and a program that was built for it.
    studio.cluster->installed.workers = {test::installedWorker("one")};
    studio.cluster->installed.workers[0].ofThisProgram = false;
    api::ClusterProfile profile = studio.window->clusters().find(QStringLiteral("kshdtest"))->profile;
    profile.environmentScript = "other.sh";
    studio.window->clusters().save(profile);
    QTRY_VERIFY(line->useButton()->isVisible());
    QVERIFY(line->stateLabel()->text().contains(QStringLiteral("carries other sources")));
  }

  void everyActionHasItsTerminalCommand() {
    ClusterStudio studio;
    studio.connectIt();
    click(&studio.page(), "Copy the terminal command");
    QCOMPARE(QGuiApplication::clipboard()->text(), QStringLiteral("ssh -p 2222 -J gate.example scientist@login.example"));
    QCOMPARE(slurmLine(QStringLiteral("4711"), api::JobAction::Checkpoint), QStringLiteral("scancel -f -s USR1 4711"));
    QCOMPARE(shellWord(QStringLiteral("a'b; rm -rf ~")), QStringLiteral("'a'\\''b; rm -rf ~'"));
  }

  void withoutTheClientThereIsNoSuchPlace() {
    ClusterStudio studio;
    studio.services.clusters = nullptr;
    studio.open();
    QVERIFY(!studio.window->page(Place::Cluster));
    studio.window->goTo(Place::Cluster);
    QCOMPARE(studio.window->place(), Place::Start);
  }
};

QTEST_MAIN(ClusterPageTest)
#include "cluster_page_test.moc"
