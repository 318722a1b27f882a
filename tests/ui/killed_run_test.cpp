// kill -9 of the studio during a run, then another start: the run is listed as interrupted and goes on from its checkpoint.
// The program is its own victim: with --studio WORKSPACE it is a studio that trains until it is killed.
#include "tests/support/file_size_limit.h"
#include "tests/support/real_studio.h"

#include <QFile>
#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QtTest>

#include <csignal>

using namespace attune;
using namespace attune::ui;
using attune::test::RealStudio;

namespace {

int trainUntilKilled(QApplication &application, const QString &workspace) {
  RealStudio studio(workspace);
  RunCenter &runs = studio.window->runs();
  bool asked = false;
  QObject::connect(&runs, &RunCenter::runChanged, &application, [&](const QString &folder) {
    if (!asked && runs.model(folder)->step() >= 2) runs.requestCheckpoint(folder);
    asked = asked || runs.model(folder)->step() >= 2;
  });
  studio.window->tryIt();
  return QApplication::exec();
}

} // namespace

class KilledRunTest : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void goesOnAfterAKill() {
    const QTemporaryDir workspace;
    if (app::Composition(workspace.path(), QCoreApplication::applicationDirPath(), 0).services().starterModel.empty())
      QSKIP("The starter model is not here: ./dev setup fetches it.");
    QProcess victim;
    victim.start(QCoreApplication::applicationFilePath(), {QStringLiteral("--studio"), workspace.path()});
    QVERIFY(victim.waitForStarted());
    const auto events = [&] { // the one run's
      const QStringList runs = QDir(workspace.filePath(QStringLiteral("runs"))).entryList(QDir::Dirs | QDir::NoDotAndDotDot);
      QFile file(workspace.filePath(QStringLiteral("runs/") + runs.value(0) + QStringLiteral("/events.jsonl")));
      return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    };
    const auto stepsAfterCheckpoint = [&] {
      const QByteArray text = events();
      const qsizetype at = text.indexOf("\"type\":\"checkpoint\"");
      return at < 0 ? 0 : text.mid(at).count("\"type\":\"step\"");
    };
    QTRY_VERIFY_WITH_TIMEOUT(stepsAfterCheckpoint() >= 2, 240000);
    QCOMPARE(::kill(static_cast<pid_t>(victim.processId()), SIGKILL), 0);
    QVERIFY(victim.waitForFinished());

    RealStudio studio(workspace.path());
    RunCenter &runs = studio.window->runs();
    QTRY_VERIFY(runs.known());
    QCOMPARE(runs.runs().size(), size_t(1));
    const QString folder = QString::fromStdString(runs.runs().front().folder);
    QCOMPARE(runs.find(folder)->phase, api::RunPhase::Interrupted);
    QVERIFY(runs.find(folder)->step >= 4);
    const qint64 checkpoint = runs.find(folder)->step;
    runs.requestContinue(folder);
    QTRY_VERIFY_WITH_TIMEOUT(runs.model(folder)->step() > checkpoint, 240000);
    const auto &marks = runs.model(folder)->marks();
    QVERIFY(std::any_of(marks.begin(), marks.end(), [](const RunMark &mark) { return mark.kind == RunMark::Kind::Resume; }));

    { // the disk is full: the run ends and says so, and is not lost
      const test::FileSizeLimit full(static_cast<rlim_t>(events().size() + 200));
      QTRY_VERIFY_WITH_TIMEOUT(runs.active().isEmpty(), 120000);
      QCOMPARE(runs.find(folder)->phase, api::RunPhase::Failed);
      QVERIFY2(!runs.find(folder)->error.empty(), "no reason is given");
      qInfo("%s", runs.find(folder)->error.c_str());
    }
    runs.requestContinue(folder);
    QTRY_VERIFY_WITH_TIMEOUT(runs.model(folder)->state() == api::RunState::Training && runs.find(folder)->phase == api::RunPhase::Running,
                             120000);
    runs.requestStop(folder);
    QTRY_VERIFY_WITH_TIMEOUT(runs.active().isEmpty(), 120000);
    QCOMPARE(runs.find(folder)->phase, api::RunPhase::Stopped);
  }
};

int main(int argc, char **argv) {
  QStandardPaths::setTestModeEnabled(true);
  QApplication application(argc, argv);
  if (argc == 3 && QByteArray(argv[1]) == "--studio") return trainUntilKilled(application, QString::fromLocal8Bit(argv[2]));
  KilledRunTest test;
  return QTest::qExec(&test, argc, argv);
}
#include "killed_run_test.moc"
