// Downloading a model from a hub that breaks off, truncates, lies and refuses: what arrives is right or is not kept, and what
// arrived stays. Against a server of our own on 127.0.0.1.
#include "tests/support/hub_fetch.h"

using namespace attune::ui;
using namespace attune::test;

class HubDownloadTest : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void addressesAreUnderstood() {
    const QUrl hub(QStringLiteral("https://huggingface.co"));
    const auto parse = [&](const char *text, const QUrl &base) { return parseHubAddress(QLatin1String(text), base); };
    QCOMPARE(parse(" org/name ", hub)->listUrl().toString(),
             QStringLiteral("https://huggingface.co/api/models/org/name/tree/main?recursive=1"));
    QCOMPARE(parse("https://hf-mirror.com/org/name/tree/v1.0", hub)->fileUrl(QStringLiteral("a b#.json")).toEncoded(),
             QByteArray("https://hf-mirror.com/org/name/resolve/v1.0/a%20b%23.json"));
    QCOMPARE(parse("hf.co/org/name", hub)->base, hub);
    const auto scope = parse("https://www.modelscope.cn/models/org/name/files", hub);
    QVERIFY(scope && scope->layout == HubLayout::ModelScope);
    QCOMPARE(scope->fileUrl(QStringLiteral("a&b")).toEncoded(),
             QByteArray("https://www.modelscope.cn/api/v1/models/org/name/repo?Revision=master&FilePath=a%26b"));
    QCOMPARE(parse("org/name", QUrl(QStringLiteral("https://intern.example/hub")))->listUrl().path(),
             QStringLiteral("/hub/api/models/org/name/tree/main"));
    for (const char *wrong : {"", "name", "../..", "org/..", "org/na me", "ftp://hf.co/org/name", "https://"})
      QVERIFY2(!parse(wrong, hub), wrong);
  }

  void listsOfBothLayoutsAreReadPageByPage() {
    Listing listing;
    listing.server.answer = [&](const HubRequest &request) {
      HubAnswer answer;
      if (request.target.contains("cursor"))
        answer.body = json("[{'type':'file','oid':'0123456789012345678901234567890123456789','size':7,'path':'config.json'}]");
      else {
        answer.body = json("[{'type':'directory','path':'onnx'},{'type':'file','path':'.gitattributes','size':1},"
                           "{'type':'file','oid':'x','size':9,'path':'model.safetensors','lfs':{'oid':'") +
                      QByteArray(64, 'a') + json("','size':9}}]");
        answer.headers = {{"Link", "</api/models/org/tiny/tree/main?cursor=2>; rel=\"next\""}};
      }
      return answer;
    };
    listing.ask();
    QVERIFY(!listing.problem);
    QCOMPARE(listing.files.size(), size_t(2));
    QCOMPARE(listing.files[0].sha256, QByteArray(64, 'a'));
    QCOMPARE(listing.files[1].bytes, qint64(7));
    QVERIFY(!listing.files[1].sha1.isEmpty());

    Listing scope;
    scope.server.answer = [](const HubRequest &request) {
      HubAnswer answer;
      if (request.path() != "/api/v1/models/org/tiny/repo/files") return HubAnswer{404, {}, {}};
      answer.body = json("{'Code':200,'Data':{'Files':[{'Path':'a','Type':'tree','Size':0},{'Path':'model.safetensors','Type':'blob','Size'"
                         ":5,'Sha256':'") +
                    QByteArray(64, 'b') + json("'}]}}");
      return answer;
    };
    scope.ask(HubLayout::ModelScope);
    QVERIFY(!scope.problem);
    QCOMPARE(scope.files.size(), size_t(1));
    QCOMPARE(scope.files[0].sha256, QByteArray(64, 'b'));
  }

  void badListsAreExplained_data() {
    QTest::addColumn<int>("status");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<int>("trouble");
    QTest::newRow("web page") << 200 << QByteArray("<!doctype html><html>Sign in</html>") << int(HubTrouble::WebPage);
    QTest::newRow("other JSON") << 200 << QByteArray("{\"a\":1}") << int(HubTrouble::NotAList);
    QTest::newRow("torn") << 200 << QByteArray("[{\"type\":") << int(HubTrouble::NotAList);
    QTest::newRow("no such model") << 404 << QByteArray() << int(HubTrouble::NotFound);
    QTest::newRow("token needed") << 401 << QByteArray() << int(HubTrouble::NeedsToken);
    QTest::newRow("gated") << 403 << QByteArray() << int(HubTrouble::NoAccess);
    QTest::newRow("out of the folder") << 200 << json("[{'type':'file','size':1,'path':'../../.bashrc'}]") << int(HubTrouble::UnsafeNames);
    QTest::newRow("negative size") << 200 << json("[{'type':'file','size':-1,'path':'a'}]") << int(HubTrouble::UnsafeNames);
  }
  void badListsAreExplained() {
    QFETCH(int, status);
    QFETCH(QByteArray, body);
    QFETCH(int, trouble);
    Listing listing;
    listing.server.answer = [&](const HubRequest &) { return HubAnswer{status, body, {}}; };
    listing.ask();
    QCOMPARE(int(listing.problem.trouble), trouble);
    QVERIFY(listing.files.empty());
    QVERIFY(!hubProblemText(listing.problem).isEmpty());
  }

  void namesThatCouldDoHarmAreRefused() {
    for (const char *name : {"", "..", "../a", "a/../b", "/etc/passwd", "a//b", "a\\b", "CON", "nul.json", "lpt1", ".hidden", "a/.x",
                             "a\nb", "a:b", "a.", "a ", "x.part",
                             "\xE2\x80\xAE"
                             "a"})
      QVERIFY2(!isSafeName(QString::fromUtf8(name)), name);
    QVERIFY(!isSafeName(QString(300, QLatin1Char('a'))));
    QVERIFY(!isSafeName(QString(100, QChar(0x6A21)))); // 300 bytes
    for (const char *name : {"config.json", "model-00001-of-00002.safetensors", "onnx/model.onnx", "console.json", "\xE6\xA8\xA1.json"})
      QVERIFY2(isSafeName(QString::fromUtf8(name)), name);
  }

  void oneFormatOfTheWeightsIsTaken() {
    const auto pick = [](const QStringList &names) {
      std::vector<HubFile> all;
      qint64 bytes = 100;
      for (const QString &name : names) all.push_back({name, bytes--, {}, {}});
      QStringList taken;
      for (const HubFile &file : neededFiles(all)) taken.append(file.path);
      return taken.join(QLatin1Char(' '));
    };
    const auto list = [](const char *names) { return QString::fromLatin1(names).split(QLatin1Char(' ')); };
    QCOMPARE(
        pick(list("README.md LICENSE config.json model.safetensors model.fp16.safetensors pytorch_model.bin tf_model.h5 onnx/model.onnx "
                  "consolidated.safetensors tokenizer.json tokenizer.model merges.txt chat_template.jinja code.py")),
        QStringLiteral("README.md LICENSE config.json model.safetensors tokenizer.json tokenizer.model merges.txt chat_template.jinja"));
    QCOMPARE(pick(list("config.json pytorch_model-00001-of-00002.bin pytorch_model-00002-of-00002.bin pytorch_model.bin.index.json "
                       "training_args.bin")),
             QStringLiteral("config.json pytorch_model-00001-of-00002.bin pytorch_model-00002-of-00002.bin pytorch_model.bin.index.json"));
    QCOMPARE(pick(list("README.md m.Q2_K.gguf m.Q4_K_M.gguf m.Q8_0.gguf")), QStringLiteral("README.md m.Q4_K_M.gguf"));
  }

  void everythingArrivesAndIsChecked() {
    Fetch fetch;
    for (int i = 0; i < 7; ++i) fetch.add(QStringLiteral("part-%1.safetensors").arg(i), bytesOf(i, 300000 + i));
    fetch.add(QStringLiteral("config.json"), "{}", false);
    fetch.add(QStringLiteral("empty.json"), "", false);
    fetch.start();
    QTRY_VERIFY(fetch.isDone());
    for (auto file = fetch.contents.cbegin(); file != fetch.contents.cend(); ++file) QCOMPARE(fetch.onDisk(file.key()), file.value());
    QCOMPARE(fetch.names().size(), 9); // no part, no state
    QCOMPARE(fetch.last.doneBytes, fetch.plan.bytes());
  }

  void aBrokenLineIsPickedUpWhereItBroke() {
    Fetch fetch;
    fetch.add(kWeights, bytesOf(1, 400000));
    int breaks = 0;
    fetch.server.answer = [&](const HubRequest &request) {
      HubAnswer answer = fetch.good(request);
      answer.announced = answer.body.size();
      if (++breaks <= 3) answer.breakAfter = 90000;
      return answer;
    };
    fetch.start();
    QTRY_VERIFY(fetch.isDone());
    QCOMPARE(fetch.onDisk(kWeights), fetch.contents[kWeights]);
    const auto requests = fetch.server.requestsOf(kPath);
    QCOMPARE(requests.size(), 4);
    QCOMPARE(requests[1].headers.value("range"), QByteArray("bytes=90000-"));
    QCOMPARE(requests[1].headers.value("if-range"), QByteArray("\"one\""));
    QCOMPARE(requests[3].headers.value("range"), QByteArray("bytes=270000-"));
  }

  void aNewStartGoesOnWithWhatIsThere() {
    Fetch fetch;
    fetch.add(kWeights, bytesOf(2, 500000));
    fetch.add(QStringLiteral("config.json"), "{\"a\":1}", false);
    fetch.server.answer = [&](const HubRequest &request) {
      HubAnswer answer = fetch.good(request);
      answer.bytesEach20Ms = 20000;
      return answer;
    };
    fetch.start();
    QTRY_VERIFY(fetch.partBytes(kWeights) > 50000 && fetch.onDisk(QStringLiteral("config.json")) == "{\"a\":1}");
    fetch.leave();
    const auto unfinished = readDownload(fetch.plan.folder);
    QVERIFY(unfinished.has_value());
    QVERIFY(!unfinished->foreign);
    QCOMPARE(unfinished->plan.files.size(), size_t(2));
    QCOMPARE(unfinished->plan.address.fileUrl(kWeights), fetch.plan.address.fileUrl(kWeights));
    fetch.plan = unfinished->plan;
    fetch.server.requests.clear();
    fetch.server.answer = [&](const HubRequest &request) { return fetch.good(request); };
    fetch.start();
    QTRY_VERIFY(fetch.isDone());
    QCOMPARE(fetch.onDisk(kWeights), fetch.contents[kWeights]);
    QCOMPARE(fetch.server.requests.size(), 1);
    QVERIFY(fetch.server.requests[0].headers.value("range").startsWith("bytes="));
    QVERIFY(!readDownload(fetch.plan.folder));
  }

  void itPausesAndContinues() {
    Fetch fetch;
    fetch.add(kWeights, bytesOf(3, 500000));
    fetch.server.answer = [&](const HubRequest &request) {
      HubAnswer answer = fetch.good(request);
      answer.bytesEach20Ms = 10000;
      return answer;
    };
    fetch.start();
    QTRY_VERIFY(fetch.partBytes(kWeights) > 30000);
    fetch.pause();
    QTRY_VERIFY(fetch.ended());
    QVERIFY(fetch.last.phase == DownloadPhase::Paused && !fetch.last.problem);
    QCOMPARE(fetch.last.doneBytes, fetch.partBytes(kWeights));
    fetch.server.answer = [&](const HubRequest &request) { return fetch.good(request); };
    fetch.start();
    QTRY_VERIFY(fetch.isDone());
    QCOMPARE(fetch.onDisk(kWeights), fetch.contents[kWeights]);
  }

  void aFileThatChangedMeanwhileBeginsAgain() {
    Fetch fetch;
    fetch.add(kWeights, bytesOf(4, 200000));
    int asked = 0;
    fetch.server.answer = [&](const HubRequest &request) {
      HubAnswer answer;
      if (++asked > 1) return HubServer::file(request, fetch.contents[kWeights], "\"two\"");
      answer = HubServer::file(request, bytesOf(5, 200000), "\"one\""); // another file, of which a part comes
      answer.announced = 200000;
      answer.breakAfter = 50000;
      return answer;
    };
    fetch.start();
    QTRY_VERIFY(fetch.isDone());
    QCOMPARE(fetch.onDisk(kWeights), fetch.contents[kWeights]);
  }

  void piecesThatDoNotBelongTogetherAreFetchedAnew() {
    Fetch fetch;
    fetch.add(kWeights, bytesOf(6, 200000));
    int asked = 0;
    fetch.server.answer = [&](const HubRequest &request) {
      if (++asked > 1) return fetch.good(request);
      HubAnswer answer = HubServer::file(request, bytesOf(7, 200000)); // the same tag, other bytes
      answer.announced = 200000;
      answer.breakAfter = 50000;
      return answer;
    };
    fetch.start();
    QTRY_VERIFY(fetch.isDone());
    QCOMPARE(asked, 3);
    QCOMPARE(fetch.onDisk(kWeights), fetch.contents[kWeights]);
  }

  void aServerWithoutRangesStillServes() {
    Fetch fetch;
    fetch.add(kWeights, bytesOf(8, 200000));
    int asked = 0;
    fetch.server.answer = [&](const HubRequest &) {
      HubAnswer answer{200, fetch.contents[kWeights], {}};
      answer.announced = answer.body.size();
      if (++asked == 1) answer.breakAfter = 70000;
      return answer;
    };
    fetch.start();
    QTRY_VERIFY(fetch.isDone());
    QCOMPARE(asked, 2);
    QCOMPARE(fetch.onDisk(kWeights), fetch.contents[kWeights]);
  }

  void wrongBytesAreNotKept() {
    Fetch fetch;
    for (const bool lfs : {true, false}) {
      fetch.plan.files.clear();
      fetch.add(kWeights, bytesOf(9, 100000), lfs);
      fetch.server.answer = [&](const HubRequest &request) { return HubServer::file(request, bytesOf(10, 100000)); };
      fetch.start();
      QTRY_VERIFY(fetch.ended());
      QVERIFY(fetch.last.problem.trouble == HubTrouble::WrongHash);
      QCOMPARE(fetch.onDisk(kWeights), QByteArray("absent"));
      QCOMPARE(fetch.partBytes(kWeights), qint64(0));
    }
  }

  void liesAboutSizesAreFound() {
    Fetch fetch;
    fetch.add(kWeights, bytesOf(11, 50000));
    for (const int size : {49999, 50001, 5000000}) {
      for (const qint64 announced : {qint64(-1), qint64(50000)}) { // says so, or does not
        fetch.server.answer = [&](const HubRequest &) {
          HubAnswer answer{200, bytesOf(11, size), {}};
          answer.announced = announced;
          return answer;
        };
        fetch.start();
        QTRY_VERIFY(fetch.ended());
        if (announced < 0) QVERIFY(fetch.last.problem.trouble == HubTrouble::WrongSize);
        QVERIFY(fetch.partBytes(kWeights) <= 50000);
        if (fetch.isDone()) { // the first 50000 bytes of a longer answer are the file
          QVERIFY(size > 50000);
          QVERIFY(QFile::remove(fetch.plan.folder + QLatin1Char('/') + kWeights));
        } else {
          QCOMPARE(fetch.onDisk(kWeights), QByteArray("absent"));
        }
      }
    }
  }

  void theTokenStaysWithTheHub() {
    HubServer cdn;
    Fetch fetch;
    fetch.options.token = "hf_secret";
    fetch.add(kWeights, bytesOf(12, 100000));
    cdn.answer = [&](const HubRequest &request) { return HubServer::file(request, fetch.contents[kWeights]); };
    fetch.server.answer = [&](const HubRequest &) { return HubAnswer{302, {}, {{"Location", cdn.url().toEncoded() + "/signed?x=1"}}}; };
    fetch.start();
    QTRY_VERIFY(fetch.isDone());
    QCOMPARE(fetch.server.requests[0].headers.value("authorization"), QByteArray("Bearer hf_secret"));
    QCOMPARE(cdn.requests.size(), 1);
    QVERIFY(!cdn.requests[0].headers.contains("authorization"));
    QFile::remove(fetch.plan.folder + QLatin1Char('/') + kWeights); // nor does it come into a file
    fetch.server.answer = [&](const HubRequest &) { return HubAnswer{404, {}, {}}; };
    fetch.start();
    QTRY_VERIFY(fetch.ended());
    QFile state(fetch.plan.folder + QLatin1Char('/') + QLatin1String(kDownloadStateFile));
    QVERIFY(state.open(QIODevice::ReadOnly));
    QVERIFY(!state.readAll().contains("hf_secret"));
  }

  void redirectsThatLeadNowhereEnd() {
    Fetch fetch;
    fetch.add(kWeights, bytesOf(13, 1000));
    for (const QByteArray &target :
         {QByteArray("/org/tiny/resolve/main/model.safetensors"), QByteArray("file:///etc/passwd"), QByteArray("")}) {
      fetch.server.answer = [&](const HubRequest &) { return HubAnswer{302, {}, {{"Location", target}}}; };
      fetch.start();
      QTRY_VERIFY(fetch.ended());
      QVERIFY(fetch.last.problem.trouble == HubTrouble::Redirect);
    }
  }

  void busyServersAreAskedAgain() {
    Fetch fetch;
    fetch.add(kWeights, bytesOf(14, 1000));
    QElapsedTimer clock;
    int asked = 0;
    fetch.server.answer = [&](const HubRequest &request) {
      ++asked;
      if (asked == 1) return HubAnswer{503, "busy", {}};
      if (asked == 2) return HubAnswer{429, {}, {{"Retry-After", "1"}}};
      return fetch.good(request);
    };
    clock.start();
    fetch.start();
    QTRY_VERIFY(fetch.isDone());
    QVERIFY(clock.elapsed() >= 1000); // as it was asked to
    fetch.server.answer = [](const HubRequest &) { return HubAnswer{500, {}, {}}; };
    QVERIFY(QFile::remove(fetch.plan.folder + QLatin1Char('/') + kWeights));
    fetch.server.requests.clear();
    fetch.start();
    QTRY_VERIFY(fetch.ended());
    QVERIFY(fetch.last.problem.trouble == HubTrouble::ServerFailed);
    QCOMPARE(fetch.server.requests.size(), 4);
  }

  void silenceAndRefusalsAreExplained() {
    Fetch fetch;
    fetch.options.limits = {1, 1};
    fetch.options.timeoutMs = 200;
    fetch.add(kWeights, bytesOf(15, 1000));
    fetch.server.answer = [](const HubRequest &) {
      HubAnswer answer;
      answer.silent = true;
      return answer;
    };
    fetch.start();
    QTRY_VERIFY(fetch.ended());
    QVERIFY(fetch.last.problem.trouble == HubTrouble::TimedOut);
    fetch.server.answer = [](const HubRequest &) {
      return HubAnswer{200, "<html>Welcome to the hotel</html>", {{"Content-Type", "text/html"}}};
    };
    fetch.start();
    QTRY_VERIFY(fetch.ended());
    QVERIFY(fetch.last.problem.trouble == HubTrouble::WebPage);
    fetch.server.close();
    fetch.start();
    QTRY_VERIFY(fetch.ended());
    QVERIFY(fetch.last.problem.trouble == HubTrouble::NoConnection);
  }

  void aFullDiskIsFoundBeforehand() {
    Fetch fetch;
    fetch.add(kWeights, bytesOf(16, 1000));
    fetch.plan.files.push_back({QStringLiteral("huge.safetensors"), qint64(1) << 49, QByteArray(64, 'a'), {}});
    fetch.start();
    QTRY_VERIFY(fetch.ended());
    QVERIFY(fetch.last.problem.trouble == HubTrouble::DiskFull);
    QVERIFY(fetch.last.problem.detail.toLongLong() > qint64(1) << 47);
    QVERIFY(fetch.server.requests.isEmpty());
  }

  void theProxyIsUsed() {
    HttpProxy proxy;
    Fetch fetch;
    fetch.add(kWeights, bytesOf(17, 100000));
    fetch.options.proxy = proxy.url();
    fetch.start();
    QTRY_VERIFY(fetch.isDone());
    QCOMPARE(proxy.passed, 1);
    proxy.close();
    QVERIFY(QFile::remove(fetch.plan.folder + QLatin1Char('/') + kWeights));
    fetch.start();
    QTRY_VERIFY(fetch.ended());
    QVERIFY2(fetch.last.problem.trouble == HubTrouble::Proxy, qPrintable(fetch.last.problem.detail));
  }
};

QTEST_GUILESS_MAIN(HubDownloadTest)
#include "hub_download_test.moc"
