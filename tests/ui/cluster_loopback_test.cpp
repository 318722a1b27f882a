// The window against a real sshd and a real Slurm on 127.0.0.1: signing in with two factors, jump hosts, keys that changed or were
// revoked, and a run that is submitted, watched, left, found again and brought home. Skipped by name without root.
#include "core/api/run_config_json.h"
#include "core/store/run_store.h"
#include "remote/run/cluster_service.h"
#include "tests/cluster/loopback.h"
#include "tests/support/find_button.h"
#include "tests/support/starter_model.h"
#include "tests/support/step_losses.h"
#include "tests/support/studio_fixture.h"
#include "tests/support/temp_folder.h"
#include "ui/dialogs/cluster_questions.h"
#include "ui/dialogs/job_files_dialog.h"
#include "ui/pages/cluster_files.h"
#include "ui/pages/cluster_page.h"
#include "ui/pages/cluster_partitions.h"
#include "ui/pages/cluster_queue.h"
#include "ui/pages/fact_table.h"
#include "ui/pages/run_job_card.h"
#include "ui/pages/runs_page.h"
#include "ui/pages/train_page.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/line_view.h"

#include <QClipboard>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QStandardPaths>

#include <filesystem>
#include <fstream>
#include <sstream>

#define NEEDS_CLUSTER(slurm)                                                                                                               \
  if (const std::string reason = test::Loopback::whyNot(slurm); !reason.empty()) QSKIP(("skipped: the loopback cluster " + reason).c_str())

using namespace attune;
using namespace attune::ui;
using test::button;
using test::click;
using test::Loopback;

namespace {

constexpr int kLong = 60000;
constexpr int kSteps = 40;

std::string textOf(const std::string &path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

test::LoopbackOptions sshdOnly(bool secondFactor = false) {
  test::LoopbackOptions options;
  options.slurm = false;
  options.secondFactor = secondFactor;
  return options;
}

/// Slurm's commands say at once that there is no Slurm, where the machine's own would look for it.
void haveNoSlurm(const Loopback &cluster) {
  const std::string home = cluster.value("LB_HOME");
  std::filesystem::create_directory(home + "/bin");
  for (const char *name : {"sinfo", "squeue", "scontrol"}) {
    const std::string path = home + "/bin/" + name;
    std::ofstream(path) << "#!/bin/sh\nexit 1\n";
    std::filesystem::permissions(path, std::filesystem::perms(0755));
  }
  std::ofstream(home + "/.bash_profile") << "PATH=$HOME/bin:$PATH\n";
}

/// What outlives a window: workspace, home and profile of one person.
struct Person {
  test::TempFolder workspace, home;
  api::ClusterProfile profile;

  explicit Person(const Loopback &cluster) {
    std::filesystem::create_directory(home.path() + "/.ssh");
    profile.name = "loop";
    profile.host = "127.0.0.1";
    profile.port = cluster.port();
    profile.user = cluster.value("LB_SSH_USER");
    profile.identityFiles = {cluster.value("LB_SSH_KEY")};
    profile.useAgent = false;
  }
  void know(const Loopback &cluster) { home.write(".ssh/known_hosts", textOf(cluster.value("LB_KNOWN_HOSTS"))); }
};

struct RealClusterStudio : test::StudioFixture {
  store::FolderRunStore runStore;
  std::unique_ptr<api::ClusterService> service;

  explicit RealClusterStudio(const Person &person) : runStore(person.workspace.path()) {
    service = remote::makeClusterService({person.workspace.path(), person.home.path(), &prompts});
    const Status saved = service->profiles().save(person.profile);
    if (!saved.ok()) qWarning("%s", saved.error().text().c_str());
    services.clusters = service.get();
    services.runs = &runStore;
    services.workspace = person.workspace.path();
  }
  ~RealClusterStudio() { window.reset(); } // before the service
  void openPage() {
    open();
    QVERIFY(QTest::qWaitForWindowActive(window.get()));
    window->goTo(Place::Cluster);
    QTRY_VERIFY(window->clusters().connection(QStringLiteral("loop")));
  }
  api::ClusterLink link() { return window->clusters().find(QStringLiteral("loop"))->link; }
  bool online() { return link().state == api::LinkState::Online; }
  template <typename Dialog> Dialog *dialog() { return qobject_cast<Dialog *>(window->questions()->dialog()); }
  static QString told(const QWidget *in) {
    QStringList texts;
    for (const QLabel *label : in->findChildren<QLabel *>()) texts.append(label->text());
    return texts.join(QLatin1Char('\n'));
  }
};

/// The fingerprint that ssh-keygen prints for a known_hosts file's first key.
QString fingerprintOf(const std::string &knownHosts) {
  const QString text = QString::fromStdString(test::outputOf("ssh-keygen -lf " + knownHosts));
  return text.section(QLatin1Char(' '), 1, 1);
}

} // namespace

class ClusterLoopbackTest : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() { QStandardPaths::setTestModeEnabled(true); }
  void init() { QSettings().clear(); }

  void aKeyIsTrustedByItsFingerprintAndTwoFactorsLetIn() {
    NEEDS_CLUSTER(false);
    const Loopback cluster(sshdOnly(true));
    QVERIFY(cluster.started());
    Person person(cluster);
    {
      RealClusterStudio studio(person);
      studio.openPage();
      click(studio.window.get(), "Connect");
      QTRY_VERIFY_WITH_TIMEOUT(studio.dialog<HostKeyDialog>(), kLong);
      QVERIFY(studio.told(studio.dialog<HostKeyDialog>()).contains(QStringLiteral("127.0.0.1:%1").arg(cluster.port())));
      QVERIFY(studio.told(studio.dialog<HostKeyDialog>()).contains(fingerprintOf(cluster.value("LB_KNOWN_HOSTS"))));
      click(studio.dialog<HostKeyDialog>(), "Trust");
      QTRY_VERIFY_WITH_TIMEOUT(studio.dialog<LoginDialog>(), kLong);
      QVERIFY(studio.told(studio.dialog<LoginDialog>()).contains(QStringLiteral("Password:")));
      auto *field = studio.dialog<LoginDialog>()->findChild<QLineEdit *>();
      QTest::keyClicks(field, QLatin1String(Loopback::kPassword));
      QTest::keyClick(field, Qt::Key_Return);
      QTRY_VERIFY_WITH_TIMEOUT(studio.online(), kLong);
      // Slurm is not there: that is said, and the connection stays.
      const auto &overview = studio.window->clusters().find(QStringLiteral("loop"))->overview;
      QTRY_VERIFY_WITH_TIMEOUT(overview.problem, kLong);
      QVERIFY(studio.told(studio.window->clusterPage()->partitions()).contains(QString::fromStdString(overview.problem->message)));
      QVERIFY(studio.online());
    }
    RealClusterStudio again(person); // the key is known now, the code is not kept
    again.openPage();
    click(again.window.get(), "Connect");
    QTRY_VERIFY_WITH_TIMEOUT(again.dialog<LoginDialog>(), kLong);
    click(again.dialog<LoginDialog>(), "Cancel");
    QTRY_VERIFY_WITH_TIMEOUT(again.link().state == api::LinkState::NeedsUser, kLong);
    const std::string kept =
        test::outputOf("grep -rl " + std::string(Loopback::kPassword) + " " + person.workspace.path() + " " + person.home.path());
    QCOMPARE(QString::fromStdString(kept), QString());
  }

  void aKeyThatChangedIsRefusedWithBothFingerprints() {
    NEEDS_CLUSTER(false);
    const Loopback cluster(sshdOnly());
    QVERIFY(cluster.started());
    Person person(cluster);
    person.know(cluster);
    const QString before = fingerprintOf(cluster.value("LB_KNOWN_HOSTS"));
    QVERIFY(cluster.act("rekey"));
    RealClusterStudio studio(person);
    studio.openPage();
    click(studio.window.get(), "Connect");
    const Banner *banner = studio.window->clusterPage()->banner();
    QTRY_VERIFY_WITH_TIMEOUT(banner->isVisible(), kLong);
    QCOMPARE(studio.link().error.fault, std::string("KEY-CHANGED"));
    const QString text = studio.told(banner);
    QVERIFY2(text.contains(before) && text.count(QStringLiteral("SHA256:")) >= 2, qPrintable(text));
    QVERIFY(!studio.window->questions()->dialog()); // there is nothing to click away
  }

  void aKeyThatChangedIsReplacedOnPurposeInOurOwnFileAlone() {
    NEEDS_CLUSTER(false);
    const Loopback cluster(sshdOnly());
    QVERIFY(cluster.started());
    Person person(cluster);
    const std::string store = person.workspace.path() + "/known_hosts";
    RealClusterStudio studio(person);
    studio.openPage();
    click(studio.window.get(), "Connect");
    QTRY_VERIFY_WITH_TIMEOUT(studio.dialog<HostKeyDialog>(), kLong);
    click(studio.dialog<HostKeyDialog>(), "Trust");
    QTRY_VERIFY_WITH_TIMEOUT(studio.online(), kLong);
    const QString before = fingerprintOf(store);
    const std::string others =
        "other.example ssh-ed25519 " + std::string("AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n");
    std::ofstream(store, std::ios::app) << others;
    click(studio.window.get(), "Disconnect");
    QTRY_VERIFY_WITH_TIMEOUT(studio.link().state == api::LinkState::Offline, kLong);
    QVERIFY(cluster.act("rekey"));
    const std::string now = cluster.file("ssh/host_key.pub");
    click(studio.window.get(), "Connect");
    QTRY_COMPARE_WITH_TIMEOUT(studio.link().error.fault, std::string("KEY-CHANGED"), kLong);
    Banner *banner = studio.window->clusterPage()->banner();
    const std::string kept = textOf(store);
    for (const bool sure : {false, true}) {
      QTRY_VERIFY(button(banner, QStringLiteral("Replace the key…")));
      QTest::mouseClick(button(banner, QStringLiteral("Replace the key…")), Qt::LeftButton);
      QTRY_VERIFY_WITH_TIMEOUT(studio.dialog<KeyChangeDialog>(), kLong);
      const QString told = studio.told(studio.dialog<KeyChangeDialog>());
      QVERIFY(told.contains(before) && told.contains(fingerprintOf(now)));
      QVERIFY(told.contains(QString::fromStdString(store)));
      QTest::keyClicks(studio.dialog<KeyChangeDialog>()->findChild<QLineEdit *>(), QStringLiteral("127.0.0.1"));
      click(studio.dialog<KeyChangeDialog>(), sure ? "Replace the key" : "Keep the old key");
      if (sure) break;
      QTRY_COMPARE_WITH_TIMEOUT(studio.link().error.fault, std::string("KEY-CHANGED"), kLong);
      QCOMPARE(textOf(store), kept);
    }
    QTRY_VERIFY_WITH_TIMEOUT(studio.online(), kLong);
    QCOMPARE(QString::fromStdString(textOf(store)).count(QLatin1Char('\n')), 2);
    QVERIFY(textOf(store).find(others) == 0);
    QCOMPARE(fingerprintOf(now),
             QString::fromStdString(test::outputOf("ssh-keygen -lf " + store + " | tail -n 1")).section(QLatin1Char(' '), 1, 1));
  }

  void aKeyInTheUsersFileIsLeftToTheUser() {
    NEEDS_CLUSTER(false);
    const Loopback cluster(sshdOnly());
    QVERIFY(cluster.started());
    Person person(cluster);
    person.know(cluster);
    const std::string file = person.home.path() + "/.ssh/known_hosts", before = textOf(file);
    QVERIFY(cluster.act("rekey"));
    RealClusterStudio studio(person);
    studio.openPage();
    click(studio.window.get(), "Connect");
    Banner *banner = studio.window->clusterPage()->banner();
    QTRY_VERIFY_WITH_TIMEOUT(button(banner, QStringLiteral("Replace the key…")), kLong);
    QTest::mouseClick(button(banner, QStringLiteral("Replace the key…")), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(studio.dialog<KeyChangeDialog>(), kLong);
    QVERIFY(!button(studio.dialog<KeyChangeDialog>(), QStringLiteral("Replace the key")));
    click(studio.dialog<KeyChangeDialog>(), "Copy command");
    click(studio.dialog<KeyChangeDialog>(), "Close");
    QTRY_COMPARE_WITH_TIMEOUT(studio.link().error.fault, std::string("KEY-CHANGED"), kLong);
    QCOMPARE(textOf(file), before);
    test::outputOf(QGuiApplication::clipboard()->text().toStdString() + " 2>/dev/null"); // as it is told
    QVERIFY(textOf(file).empty());
    QTRY_VERIFY(button(banner, QStringLiteral("Connect again")));
    click(banner, "Connect again");
    QTRY_VERIFY_WITH_TIMEOUT(studio.dialog<HostKeyDialog>(), kLong); // a host as never seen
    click(studio.dialog<HostKeyDialog>(), "Trust");
    QTRY_VERIFY_WITH_TIMEOUT(studio.online(), kLong);
  }

  void aLockedAccountIsAskedOnceAndExplained_data() {
    QTest::addColumn<bool>("locked");
    QTest::addColumn<QString>("fault");
    QTest::newRow("locked by the centre") << true << QStringLiteral("AUTH-DENIED");
    QTest::newRow("too many attempts") << false << QStringLiteral("AUTH-LOCKED");
  }
  void aLockedAccountIsAskedOnceAndExplained() {
    NEEDS_CLUSTER(false);
    QFETCH(bool, locked);
    QFETCH(QString, fault);
    test::LoopbackOptions options = sshdOnly();
    options.password = true;
    if (!locked) options.sshdLines = "MaxAuthTries 1";
    const Loopback cluster(options);
    QVERIFY(cluster.started());
    if (locked) test::outputOf("usermod -L " + cluster.value("LB_SSH_USER"));
    Person person(cluster);
    person.know(cluster);
    person.profile.identityFiles.clear();
    RealClusterStudio studio(person);
    studio.openPage();
    click(studio.window.get(), "Connect");
    QTRY_VERIFY_WITH_TIMEOUT(studio.dialog<LoginDialog>(), kLong);
    const QPointer<QDialog> asked = studio.window->questions()->dialog();
    auto *field = asked->findChild<QLineEdit *>();
    QTest::keyClicks(field, locked ? QLatin1String(Loopback::kPassword) : QLatin1String("wrong")); // the right one does not help
    QTest::keyClick(field, Qt::Key_Return);
    QTRY_COMPARE_WITH_TIMEOUT(QString::fromStdString(studio.link().error.fault), fault, kLong);
    QVERIFY(!studio.window->questions()->dialog()); // nobody is asked again by itself
    const Banner *banner = studio.window->clusterPage()->banner();
    QTRY_VERIFY(banner->isVisible());
    QVERIFY2(studio.told(banner).contains(QStringLiteral("locked: ask the centre")) ||
                 studio.told(banner).contains(QStringLiteral("ask the centre whether the account is locked")),
             qPrintable(studio.told(banner)));
    click(banner, "Connect again");
    QTRY_VERIFY_WITH_TIMEOUT(studio.dialog<LoginDialog>(), kLong);
    click(studio.dialog<LoginDialog>(), "Cancel");
  }

  void aRevokedKeyIsRefused() {
    NEEDS_CLUSTER(false);
    const Loopback cluster(sshdOnly());
    QVERIFY(cluster.started());
    Person person(cluster);
    const std::string line = textOf(cluster.value("LB_KNOWN_HOSTS"));
    person.home.write(".ssh/known_hosts", line + "@revoked * " + line.substr(line.find(' ') + 1));
    RealClusterStudio studio(person);
    studio.openPage();
    click(studio.window.get(), "Connect");
    QTRY_COMPARE_WITH_TIMEOUT(studio.link().error.fault, std::string("KEY-REVOKED"), kLong);
    QVERIFY(!studio.window->questions()->dialog());
    QVERIFY(!button(studio.window->clusterPage()->banner(), QStringLiteral("Replace the key…")));
    const QSignalSpy changes(&studio.window->clusters(), &ClusterCenter::linkChanged);
    studio.window->clusters().requestReplaceKey(QStringLiteral("loop")); // whoever asks for it
    QTRY_VERIFY_WITH_TIMEOUT(changes.size() >= 2, kLong);                // connecting, and refused
    QTRY_COMPARE_WITH_TIMEOUT(studio.link().error.fault, std::string("KEY-REVOKED"), kLong);
    QVERIFY(!studio.window->questions()->dialog());
  }

  void everyHostOnTheWayIsAskedAbout() {
    NEEDS_CLUSTER(false);
    const Loopback gate(sshdOnly()), cluster(sshdOnly());
    QVERIFY(gate.started() && cluster.started());
    Person person(cluster);
    person.profile.jumpHosts = {gate.value("LB_SSH_USER") + "@127.0.0.1:" + std::to_string(gate.port())};
    person.profile.identityFiles.push_back(gate.value("LB_SSH_KEY"));
    RealClusterStudio studio(person);
    studio.openPage();
    click(studio.window.get(), "Connect");
    for (const Loopback *host : {&gate, &cluster}) {
      const QString name = QStringLiteral("127.0.0.1:%1").arg(host->port());
      QTRY_VERIFY_WITH_TIMEOUT(studio.dialog<HostKeyDialog>() && studio.told(studio.dialog<HostKeyDialog>()).contains(name), kLong);
      click(studio.dialog<HostKeyDialog>(), "Trust");
    }
    QTRY_VERIFY_WITH_TIMEOUT(studio.online(), kLong);
  }

  void whoDisconnectsAndConnectsAtOnceIsConnected() {
    NEEDS_CLUSTER(false);
    const Loopback cluster(sshdOnly());
    QVERIFY(cluster.started());
    Person person(cluster);
    person.know(cluster);
    RealClusterStudio studio(person);
    studio.openPage();
    ClusterCenter &clusters = studio.window->clusters();
    for (int i = 0; i < 3; ++i) {
      clusters.requestConnect(QStringLiteral("loop"));
      QTRY_VERIFY_WITH_TIMEOUT(studio.online(), kLong);
      QSignalSpy changes(&clusters, &ClusterCenter::linkChanged);
      clusters.requestDisconnect(QStringLiteral("loop"));
      clusters.requestConnect(QStringLiteral("loop"));
      QTRY_VERIFY_WITH_TIMEOUT(!changes.isEmpty() && studio.online(), kLong);
      QTest::qWait(300);
      QVERIFY(studio.online());
    }
  }

  void anotherHostInTheProfileEndsTheConnectionToTheOldOne() {
    NEEDS_CLUSTER(false);
    const Loopback old(sshdOnly()), other(sshdOnly());
    QVERIFY(old.started() && other.started());
    haveNoSlurm(old);
    haveNoSlurm(other);
    Person person(old);
    person.know(old);
    person.profile.identityFiles.push_back(other.value("LB_SSH_KEY"));
    RealClusterStudio studio(person);
    studio.openPage();
    studio.window->clusterPage()->showView(QStringLiteral("files"));
    click(studio.window.get(), "Connect");
    QLineEdit *folder = studio.window->clusterPage()->files()->folderField();
    QTRY_COMPARE_WITH_TIMEOUT(folder->text(), QString::fromStdString(old.value("LB_HOME")), kLong);
    api::ClusterProfile moved = person.profile;
    moved.port = other.port();
    moved.user = other.value("LB_SSH_USER");
    studio.window->clusters().save(moved);
    QTRY_COMPARE_WITH_TIMEOUT(studio.link().state, api::LinkState::Offline, kLong);
    QTRY_COMPARE(folder->text(), QString()); // that was the old one's
    click(studio.window.get(), "Connect");
    QTRY_VERIFY_WITH_TIMEOUT(studio.dialog<HostKeyDialog>(), kLong);
    QVERIFY(studio.told(studio.dialog<HostKeyDialog>()).contains(QStringLiteral("127.0.0.1:%1").arg(other.port())));
    click(studio.dialog<HostKeyDialog>(), "Trust");
    QTRY_COMPARE_WITH_TIMEOUT(folder->text(), QString::fromStdString(other.value("LB_HOME")), kLong);
  }

  void aNetworkThatDiesUnderADialogIsToldAndComesBack_data() {
    QTest::addColumn<bool>("asking");
    QTest::newRow("while a code is asked for") << true;
    QTest::newRow("while a file is on its way") << false;
  }
  void aNetworkThatDiesUnderADialogIsToldAndComesBack() {
    NEEDS_CLUSTER(false);
    QFETCH(bool, asking);
    const Loopback cluster(sshdOnly(asking));
    QVERIFY(cluster.started());
    haveNoSlurm(cluster);
    Person person(cluster);
    person.know(cluster);
    RealClusterStudio studio(person);
    studio.openPage();
    ClusterPage *page = studio.window->clusterPage();
    click(studio.window.get(), "Connect");
    if (asking) {
      QTRY_VERIFY_WITH_TIMEOUT(studio.dialog<LoginDialog>(), kLong);
    } else {
      page->showView(QStringLiteral("files"));
      QTRY_COMPARE_WITH_TIMEOUT(page->files()->folderField()->text(), QString::fromStdString(cluster.value("LB_HOME")), kLong);
      test::outputOf("truncate -s 20M " + person.home.path() + "/large.bin");
      QVERIFY(cluster.act("stall"));
      page->files()->uploading()(QString::fromStdString(person.home.path() + "/large.bin"));
      QTRY_VERIFY_WITH_TIMEOUT(button(page->files(), QStringLiteral("Stop")), kLong);
    }
    QVERIFY(cluster.act("kill", "sshd") && cluster.act("drop"));
    test::outputOf("pkill -KILL -f '^sshd: " + cluster.value("LB_SSH_USER") + "'"); // one that is not signed in yet is no session
    if (asking) {
      auto *field = studio.dialog<LoginDialog>()->findChild<QLineEdit *>();
      QTest::keyClicks(field, QLatin1String(Loopback::kPassword));
      QTest::keyClick(field, Qt::Key_Return);
    }
    QTRY_VERIFY_WITH_TIMEOUT(page->banner()->isVisible(), kLong);
    if (!asking) {
      QTRY_VERIFY_WITH_TIMEOUT(button(page->files(), QStringLiteral("Go on")), kLong);
      QVERIFY(!button(page->files(), QStringLiteral("Upload…"))); // there is nowhere to
    }
    QVERIFY(cluster.act("up", "sshd"));
    if (asking) {
      QTRY_VERIFY_WITH_TIMEOUT(button(page->banner(), QStringLiteral("Connect again")), kLong);
      click(page->banner(), "Connect again");
      QTRY_VERIFY_WITH_TIMEOUT(studio.dialog<LoginDialog>(), kLong);
      click(studio.dialog<LoginDialog>(), "Cancel");
    } else {
      QTRY_VERIFY_WITH_TIMEOUT(studio.online(), kLong); // by itself
      click(page->files(), "Go on");
      QTRY_VERIFY_WITH_TIMEOUT(studio.told(page->files()).contains(QStringLiteral("done")), kLong);
      QCOMPARE(std::filesystem::file_size(cluster.value("LB_HOME") + "/large.bin"), uintmax_t(20) << 20);
    }
  }

  void aRunIsSubmittedWatchedLeftFoundAgainAndBroughtHome() {
    NEEDS_CLUSTER(true);
    const std::string model = test::starterModel();
    if (model.empty()) QSKIP("skipped: the loopback cluster has no starter model (./dev setup fetches it)");
    const Loopback cluster;
    QVERIFY(cluster.started());
    std::ofstream(cluster.value("LB_HOME") + "/.bash_profile") << "PATH=" + cluster.value("LB_STATE") + "/bin:$PATH\n";
    Person person(cluster);
    person.know(cluster);
    person.profile.worker = ATTUNE_BINARY;
    api::RunConfig config;
    config.name = "far";
    config.dataset = {{person.home.write("rows.jsonl", test::starterRows())}};
    config.maxLength = 64;
    config.batchSize = 1;
    config.maxSteps = kSteps;
    config.threads = 1;
    config.lora.rank = 4;
    const std::string environment = cluster.value("LB_HOME") + "/environment.sh";
    std::ofstream(environment) << "printf 'raw \\033[31m\\n'\n";
    person.profile.environmentScript = environment;
    QString folder;
    {
      RealClusterStudio studio(person);
      studio.openPage();
      click(studio.window.get(), "Connect");
      QTRY_VERIFY_WITH_TIMEOUT(studio.window->clusterPage()->partitions()->table()->rowCount() > 0, kLong);
      studio.window->goTo(Place::Train);
      TrainPage &train = *studio.window->trainPage();
      train.draft().edit(config);
      train.useCluster(QStringLiteral("loop"), QStringLiteral("kshdtest"));
      api::ClusterTarget target = *train.target().target();
      target.cores = 1;
      target.minutes = 4;
      target.model = model;
      train.target().set(target);
      QTRY_VERIFY2(train.startButton()->isEnabled(), qPrintable(train.startButton()->toolTip()));
      click(&train, "Start training");
      folder = studio.window->runsPage()->currentRun();
      QTRY_VERIFY_WITH_TIMEOUT(studio.window->runs().model(folder)->steps().loss.size() >= 3, kLong);
      // The job as it lies there: the script and its values, and the log as it grows.
      const std::string remote = textOf(folder.toStdString() + "/cluster/job/job.env");
      QTest::mouseClick(studio.window->runsPage()->jobCard()->filesButton(), Qt::LeftButton);
      auto *files = studio.window->findChild<JobFilesDialog *>();
      QVERIFY(files);
      QTRY_VERIFY_WITH_TIMEOUT(files->lines()->visibleLines().contains(QStringLiteral("raw \uFFFD[31m")), kLong);
      files->showFile(QStringLiteral("run.sh"));
      QTRY_VERIFY(files->lines()->visibleLines().value(0).startsWith(QLatin1String("#!/bin/bash")));
      files->showFile(QStringLiteral("job.env"));
      QTRY_VERIFY(files->lines()->count() > 3);
      QVERIFY(!remote.empty() && files->lines()->visibleLines().contains(QString::fromStdString(remote.substr(0, remote.find('\n')))));
      QVERIFY(studio.told(files).contains(QStringLiteral("/jobs/attune-")));
      files->close();
      studio.window->goTo(Place::Cluster);
      studio.window->clusters().lookAtQueue(QStringLiteral("loop"));
      const FactTable *queue = studio.window->clusterPage()->queue()->table();
      QTRY_COMPARE_WITH_TIMEOUT(queue->rowCount(), 1, kLong);
      QVERIFY(queue->item(0, 1)->text().startsWith(QLatin1String("attune-")));
    } // the window and everything behind it are gone; the job is not
    const auto left = api::readClusterJob(folder.toStdString());
    QVERIFY(left.ok() && left->phase == api::JobPhase::Running);
    RealClusterStudio studio(person);
    studio.open();
    QTRY_VERIFY_WITH_TIMEOUT(studio.window->runs().find(folder), kLong);
    studio.window->showRun(folder);
    QTRY_COMPARE_WITH_TIMEOUT(static_cast<int>(studio.window->runs().find(folder)->phase), static_cast<int>(api::RunPhase::Completed),
                              4 * kLong);
    QTRY_VERIFY_WITH_TIMEOUT(studio.told(studio.window->runsPage()->jobCard()).contains(QStringLiteral("the result is on this machine")),
                             kLong);
    const std::string adapter = "/adapter/adapter_model.safetensors", here = textOf(folder.toStdString() + adapter);
    QVERIFY(here.size() > 1000);
    QVERIFY(here == textOf(left->remoteFolder + "/run" + adapter));

    // The same run on this machine, as the chart has it.
    config.model = model;
    const std::string alone = person.home.path() + "/alone";
    int code = 1;
    test::outputOf(std::string(ATTUNE_BINARY) + " train " + person.home.write("run.json", api::runConfigJson(config)) + " --out " + alone +
                       " --quiet 2>&1",
                   &code);
    QCOMPARE(code, 0);
    const auto losses = test::stepLosses(alone);
    const Series &drawn = studio.window->runs().model(folder)->steps().loss; // each once
    QCOMPARE(drawn.size(), size_t(kSteps));
    QCOMPARE(losses.size(), size_t(kSteps));
    for (size_t i = 0; i < losses.size(); ++i) QVERIFY(drawn[i] == losses[i]); // to the bit
    QVERIFY(here == textOf(alone + adapter));
  }
};

QTEST_MAIN(ClusterLoopbackTest)
#include "cluster_loopback_test.moc"
