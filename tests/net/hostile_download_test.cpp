// Downloads that somebody else laid out, and lists that lie: nothing is written outside the folder, nothing goes on unasked, and
// no number or length holds the window up. Against a server of our own on 127.0.0.1.
#include "tests/support/hub_fetch.h"

#include <QFileInfo>

#include <ctime>
#include <limits>
#include <sys/stat.h>
#include <unistd.h>

using namespace attune::ui;
using namespace attune::test;

namespace {

const QString kState = QLatin1String(kDownloadStateFile);

void write(const QString &path, const QByteArray &text) {
  QDir().mkpath(QFileInfo(path).path());
  QFile file(path);
  QVERIFY(file.open(QIODevice::WriteOnly));
  file.write(text);
}

QByteArray read(const QString &path) {
  QFile file(path);
  return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("absent");
}

/// One file without a checksum, as somebody else would write it.
QByteArray stateOf(const QByteArray &path) {
  return json("{'schema':1,'base':'https://huggingface.co','repo':'a/b','revision':'main','files':[{'path':'") + path +
         json("','bytes':3,'etag':'x'}]}");
}

double secondsOfThread() {
  timespec now = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

QByteArray listOf(const QList<QByteArray> &items) { return "[" + items.join(',') + "]"; }

QByteArray item(const QByteArray &path, const char *size = "2") {
  return json("{'type':'file','oid':'9e26dfeeb6e641a33dae4961196235bdb965b21b','size':") + size + json(",'path':'") + path + json("'}");
}

} // namespace

class HostileDownloadTest : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void nothingIsWrittenThroughALink_data() {
    QTest::addColumn<QString>("file");
    QTest::addColumn<QString>("place");
    for (const char *place : {"model.safetensors.part", "model.safetensors", ".attune-download.json"})
      QTest::newRow(place) << kWeights << QString::fromLatin1(place);
    QTest::newRow("a folder") << QStringLiteral("sub/model.safetensors") << QStringLiteral("sub");
    QTest::newRow("the folder") << kWeights << QString();
  }
  void nothingIsWrittenThroughALink() {
    QFETCH(QString, file);
    QFETCH(QString, place);
    Fetch fetch;
    fetch.contents.insert(file, "new");
    fetch.plan.files = {{file, 3, {}, {}}};
    const QString victim = fetch.folder.filePath(QStringLiteral("home/model.safetensors.part"));
    write(victim, "precious");
    const QString link = place.isEmpty() ? fetch.plan.folder : fetch.plan.folder + QLatin1Char('/') + place;
    QDir().mkpath(QFileInfo(link).path());
    const bool folder = place.isEmpty() || place == QLatin1String("sub");
    QVERIFY(QFile::link(folder ? QFileInfo(victim).path() : victim, link));
    fetch.start();
    QTRY_VERIFY(fetch.ended());
    QCOMPARE(read(victim), QByteArray("precious"));
    QCOMPARE(QDir(QFileInfo(victim).path()).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot).size(), 1);
    QVERIFY(fetch.last.problem);
    QVERIFY(fetch.server.requests.isEmpty());
    QVERIFY(!hubProblemText(fetch.last.problem).isEmpty());
  }

  void aSecondNameOrAPipeIsNoPart() {
    Fetch fetch;
    fetch.add(kWeights, "new");
    const QString victim = fetch.folder.filePath(QStringLiteral("precious")),
                  part = fetch.plan.folder + QStringLiteral("/model.safetensors.part");
    write(victim, "");
    QDir().mkpath(fetch.plan.folder);
    QCOMPARE(::link(qPrintable(victim), qPrintable(part)), 0);
    fetch.start();
    QTRY_VERIFY(fetch.ended());
    QVERIFY(fetch.last.problem.trouble == HubTrouble::NoPlainFile);
    QCOMPARE(read(victim), QByteArray());
    QVERIFY(QFile::remove(part));
    QCOMPARE(::mkfifo(qPrintable(part), 0600), 0);
    fetch.start();
    QTRY_VERIFY(fetch.ended());
    QVERIFY(fetch.last.problem.trouble == HubTrouble::NoPlainFile);
  }

  void aStateFileIsNotTrusted_data() {
    QTest::addColumn<QByteArray>("before");
    QTest::addColumn<QByteArray>("after");
    QTest::newRow("good") << QByteArray() << QByteArray();
    QTest::newRow("out of the folder") << QByteArray("\"x\",") << QByteArray("\"../x\",");
    QTest::newRow("another scheme") << QByteArray("https:") << QByteArray("file:");
    QTest::newRow("a hub nobody can read") << QByteArray("huggingface.co") << "huggingface.co/" + QByteArray(300, 'a');
    QTest::newRow("newer") << QByteArray("\"schema\":1") << QByteArray("\"schema\":2");
    QTest::newRow("negative") << QByteArray(":3,") << QByteArray(":-3,");
    QTest::newRow("too large") << QByteArray(":3,") << QByteArray(":9007199254740992,");
    QTest::newRow("a fraction") << QByteArray(":3,") << QByteArray(":0.5,");
    QTest::newRow("no revision") << QByteArray("main") << QByteArray("");
    QTest::newRow("revision out of the model") << QByteArray("main") << QByteArray("../../../other");
    QTest::newRow("another hub in the name") << QByteArray("a/b") << QByteArray("https://elsewhere.example/a/b");
    QTest::newRow("twice") << QByteArray("[{") << json("[{'path':'X','bytes':4},{");
    QTest::newRow("twice alike") << QByteArray("[{") << json("[{'path':'x','bytes':3},{");
    QTest::newRow("a file as a folder") << QByteArray("[{") << json("[{'path':'x/y','bytes':4},{");
    QByteArray many = "[{";
    for (int i = 0; i < 20000; ++i) many += json("'path':'f") + QByteArray::number(i) + json("','bytes':1},{");
    QTest::newRow("too many") << QByteArray("[{") << many;
  }
  void aStateFileIsNotTrusted() {
    QFETCH(QByteArray, before);
    QFETCH(QByteArray, after);
    const QTemporaryDir folder;
    write(folder.filePath(kState), stateOf("x").replace(before, after));
    QCOMPARE(readDownload(folder.path()).has_value(), before.isEmpty());
    write(folder.filePath(kState), stateOf("x").left(60)); // torn
    QVERIFY(!readDownload(folder.path()));
  }

  void whatAStateFileSaysOfPiecesIsChecked() {
    const QTemporaryDir folder;
    write(folder.filePath(kState), stateOf("x").replace("\"etag\":\"x\"", "\"etag\":\"a\\r\\nHost: b\",\"sha256\":\"zz\""));
    const auto found = readDownload(folder.path());
    QVERIFY(found.has_value());
    QCOMPARE(found->tags[0], QByteArray()); // it would be sent in a header
    QCOMPARE(found->plan.files[0].sha256, QByteArray());
    QVERIFY(QFile::remove(folder.filePath(kState)));
    QCOMPARE(::mkfifo(qPrintable(folder.filePath(kState)), 0600), 0);
    QVERIFY(!readDownload(folder.path())); // and does not wait for a writer
  }

  void onlyOurOwnDownloadsAreOurs() {
    Fetch fetch;
    fetch.add(kWeights, bytesOf(1, 1000));
    fetch.server.answer = [](const HubRequest &) { return HubAnswer{404, {}, {}}; };
    fetch.start();
    QTRY_VERIFY(fetch.ended());
    const QString path = fetch.plan.folder + QLatin1Char('/') + kState;
    const QByteArray own = read(path);
    QVERIFY(!readDownload(fetch.plan.folder)->foreign);
    write(path, QByteArray(own).replace("\"bytes\": 1000", "\"bytes\": 1001"));
    QVERIFY(readDownload(fetch.plan.folder)->foreign);
    write(path, QByteArray(own).replace("http:", "https:"));
    QVERIFY(readDownload(fetch.plan.folder)->foreign);
    write(path, QByteArray(own).replace("\"seal\"", "\"none\""));
    QVERIFY(readDownload(fetch.plan.folder)->foreign);
  }

  void namesThatTwoFilesWouldShareAreRefused_data() {
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<int>("files"); // 0: refused
    QTest::newRow("the same twice") << listOf({item("a.json"), item("b.json"), item("a.json")}) << 2;
    QTest::newRow("another size") << listOf({item("a.json"), item("a.json", "3")}) << 0;
    QTest::newRow("upper case") << listOf({item("a.json"), item("A.json", "3")}) << 0;
    QTest::newRow("composed") << listOf({item("\xC3\xA9"), item("e\xCC\x81", "3")}) << 0;
    QTest::newRow("a file as a folder") << listOf({item("a"), item("A/b")}) << 0;
    QTest::newRow("one folder") << listOf({item("a/b"), item("a/c")}) << 2;
  }
  void namesThatTwoFilesWouldShareAreRefused() {
    QFETCH(QByteArray, body);
    QFETCH(int, files);
    Listing listing;
    listing.server.answer = [&](const HubRequest &) { return HubAnswer{200, body, {}}; };
    listing.ask();
    QCOMPARE(int(listing.files.size()), files);
    QVERIFY(listing.problem.trouble == (files ? HubTrouble::None : HubTrouble::SameName));
    QVERIFY(files || !hubProblemText(listing.problem).isEmpty());
  }

  void sizesThatAddUpToTooMuchAreFound() {
    Fetch fetch;
    for (int i = 0; i < 9000; ++i) fetch.plan.files.push_back({QStringLiteral("m%1").arg(i), qint64(1) << 50, {}, {}});
    QCOMPARE(fetch.plan.bytes(), std::numeric_limits<qint64>::max());
    fetch.start();
    QTRY_VERIFY(fetch.ended());
    QVERIFY(fetch.last.problem.trouble == HubTrouble::DiskFull);
    QVERIFY(fetch.last.problem.detail.toLongLong() > qint64(1) << 60);
    QVERIFY(fetch.server.requests.isEmpty());
  }

  void aLongListIsReadQuickly() {
    QList<QByteArray> items = {item("config.json"), item("model.safetensors")};
    while (items.size() < 20000) items.append(item("x" + QByteArray::number(items.size()) + ".json"));
    const QByteArray body = listOf(items);
    const double before = secondsOfThread();
    HubList list = parseHubList(body, HubLayout::HuggingFace);
    QVERIFY(mergeTwins(list.files).isEmpty());
    QCOMPARE(neededFiles(list.files).size(), size_t(20000));
    const double seconds = secondsOfThread() - before;
    qInfo("%.0f ms", 1e3 * seconds);
    QVERIFY(seconds < 0.7); // of a busy machine; some 0.2 s
  }

  void endlessListsEnd() {
    Listing longer;
    longer.server.answer = [](const HubRequest &) { return HubAnswer{200, "[" + QByteArray(66 << 20, ' '), {}}; };
    longer.ask();
    QVERIFY(longer.problem.trouble == HubTrouble::ListTooLong);
    Listing many;
    QList<QByteArray> items;
    for (int i = 0; i < 20001; ++i) items.append(item("f" + QByteArray::number(i)));
    many.server.answer = [body = listOf(items)](const HubRequest &) { return HubAnswer{200, body, {}}; };
    many.ask();
    QVERIFY(many.problem.trouble == HubTrouble::ListTooLong);
    QVERIFY(many.files.empty());
    Listing trickle;
    trickle.timeoutMs = 200;
    trickle.server.answer = [](const HubRequest &) {
      HubAnswer answer{200, "[" + QByteArray(100000, ' '), {}};
      answer.bytesEach20Ms = 1;
      return answer;
    };
    trickle.ask();
    QVERIFY(trickle.problem.trouble == HubTrouble::TimedOut);
  }

  void noEndIsPromisedWhileNothingComes() {
    Fetch fetch;
    fetch.options.timeoutMs = 60000;
    fetch.add(kWeights, bytesOf(2, 400000));
    fetch.server.answer = [&](const HubRequest &request) {
      HubAnswer answer = fetch.good(request);
      answer.bytesEach20Ms = 4000;
      answer.stallAfter = 100000;
      return answer;
    };
    fetch.start();
    QTRY_VERIFY(fetch.last.bytesPerSecond > 0 && !fetch.last.waiting);
    QTRY_VERIFY_WITH_TIMEOUT(fetch.last.waiting, 20000);
    QCOMPARE(fetch.last.bytesPerSecond, 0.0);
    QCOMPARE(fetch.last.doneBytes, qint64(100000));
  }

  void aTokenBelongsToSchemeHostAndPort() {
    const auto origin = [](const char *text) { return originOf(QUrl(QLatin1String(text))); };
    QCOMPARE(origin("https://Hub.example/models"), QStringLiteral("https://hub.example"));
    QCOMPARE(origin("https://hub.example:443"), origin("https://hub.example"));
    QVERIFY(origin("http://hub.example") != origin("https://hub.example"));
    QVERIFY(origin("http://hub.example:443") != origin("https://hub.example"));
    QVERIFY(origin("https://hub.example:8443") != origin("https://hub.example"));
    QCOMPARE(hubName(QUrl(QStringLiteral("https://huggingface.co"))), QStringLiteral("huggingface.co"));
    QCOMPARE(hubName(QUrl(QStringLiteral("http://127.0.0.1:8077/hub/"))), QStringLiteral("http://127.0.0.1:8077/hub"));
    QCOMPARE(hubName(QUrl(QString::fromUtf8("https://huggingf\xD0\xB0"
                                            "ce.co")))
                 .left(4),
             QStringLiteral("xn--")); // a Cyrillic a
  }
};

QTEST_GUILESS_MAIN(HostileDownloadTest)
#include "hostile_download_test.moc"
