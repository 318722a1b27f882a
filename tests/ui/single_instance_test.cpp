// One window a workspace: a second one finds the first and brings it forward, a killed one leaves nothing in the way, another
// machine's is asked about.
#include "app/gui/single_instance.h"

#include <QSysInfo>
#include <QTemporaryDir>
#include <QtTest>

#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

using attune::app::SingleInstance;

class SingleInstanceTest : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void theSecondBringsTheFirstForward() {
    const QTemporaryDir folder;
    SingleInstance first(folder.path());
    QVERIFY(first.claim());
    const QSignalSpy raised(&first, &SingleInstance::raiseRequested);
    const SingleInstance stranger(folder.path() + QStringLiteral("/other"));
    QVERIFY(!stranger.raiseOther());
    SingleInstance second(folder.path());
    QVERIFY(!second.claim());
    QVERIFY(second.otherMachine().isEmpty());
    QVERIFY(second.raiseOther());
    QTRY_COMPARE(raised.size(), 1);
  }

  void aKilledOneIsNotInTheWay() {
    const QTemporaryDir folder;
    const pid_t child = fork();
    if (child == 0) {
      SingleInstance killed(folder.path());
      static_cast<void>(killed.claim());
      kill(getpid(), SIGKILL);
    }
    int status = 0;
    QCOMPARE(waitpid(child, &status, 0), child);
    QVERIFY(WIFSIGNALED(status));
    QVERIFY(QFile::exists(folder.filePath(QStringLiteral(".studio.lock"))));
    SingleInstance next(folder.path());
    QVERIFY(next.claim());
    SingleInstance second(folder.path());
    QVERIFY(second.raiseOther());
  }

  void aKilledOnesLockWhereNothingCanBeWrittenIsNoOpenWindow() {
    if (geteuid() != 0) QSKIP("Needs another user, who must not write here.");
    const QTemporaryDir folder;
    pid_t child = fork();
    if (child == 0) {
      SingleInstance killed(folder.path());
      static_cast<void>(killed.claim());
      kill(getpid(), SIGKILL);
    }
    QCOMPARE(waitpid(child, nullptr, 0), child);
    QVERIFY(QFile::setPermissions(folder.path(), QFile::Permissions(0x5055)));
    child = fork();
    if (child == 0) {
      if (setuid(65534) != 0) _exit(9);
      SingleInstance next(folder.path());
      _exit(!next.claim() && !next.raiseOther() && next.otherMachine().isEmpty() && next.isReadOnly() ? 0 : 1);
    }
    int status = 0;
    QCOMPARE(waitpid(child, &status, 0), child);
    QVERIFY(WIFEXITED(status));
    QCOMPARE(WEXITSTATUS(status), 0);
    QVERIFY(QFile::setPermissions(folder.path(), QFile::Permissions(0x7077)));
    QVERIFY(!SingleInstance(folder.path()).isReadOnly());
  }

  void anotherMachinesIsNamedAndCanBeTakenOver() {
    const QTemporaryDir folder;
    QFile lock(folder.filePath(QStringLiteral(".studio.lock")));
    QVERIFY(lock.open(QIODevice::WriteOnly));
    lock.write("1\nattune-studio\nelsewhere\n11111111-2222-3333-4444-555555555555\n66666666-7777-8888-9999-000000000000\n");
    lock.close();
    SingleInstance here(folder.path());
    QVERIFY(!here.claim());
    QCOMPARE(here.otherMachine(), QStringLiteral("elsewhere"));
    QVERIFY(!here.raiseOther());
    QVERIFY(here.takeOver());
  }
};

QTEST_GUILESS_MAIN(SingleInstanceTest)
#include "single_instance_test.moc"
