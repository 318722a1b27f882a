// The Models page: what is listed and said of each model, what can be done with it, and how models come and go. On fakes.
#include "tests/support/find_button.h"
#include "tests/support/hub_server.h"
#include "tests/support/studio_fixture.h"
#include "ui/dialogs/download_dialog.h"
#include "ui/pages/chat_page.h"
#include "ui/pages/download_strip.h"
#include "ui/pages/model_details.h"
#include "ui/pages/model_downloads.h"
#include "ui/pages/model_menu.h"
#include "ui/pages/models_page.h"
#include "ui/pages/train_page.h"
#include "ui/settings/settings_dialog.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/toast.h"

#include <QDir>
#include <QDropEvent>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMenu>
#include <QMessageBox>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTextDocument>

#include <ctime>

using namespace attune;
using namespace attune::ui;
using test::button;
using test::click;
using test::FakeModelLibrary;

namespace {

struct ModelsStudio : test::StudioFixture {
  void openPage() {
    open();
    QVERIFY(QTest::qWaitForWindowActive(window.get()));
    window->goTo(Place::Models);
  }
  ModelsPage &page() { return *window->modelsPage(); }
  /// Every label of the details in sight, joined.
  QString told() {
    QStringList texts;
    for (const QLabel *label : page().details()->findChildren<QLabel *>())
      if (label->isVisible()) texts.append(label->text());
    return texts.join(QLatin1Char('\n'));
  }
  QString row(int index) {
    const QListWidgetItem *item = page().list()->item(index);
    return item ? item->data(Qt::AccessibleTextRole).toString() : QString();
  }
};

/// A hub with one model of two files, of which the weights come slowly.
void serveModel(test::HubServer &hub, const QByteArray &weights) {
  hub.answer = [weights](const test::HubRequest &request) {
    if (request.path() == "/api/models/org/tiny/tree/main") {
      const QByteArray hash = QCryptographicHash::hash(weights, QCryptographicHash::Sha256).toHex();
      return test::HubAnswer{200,
                             R"([{"type":"file","oid":"9e26dfeeb6e641a33dae4961196235bdb965b21b","size":2,"path":"config.json"},
                                 {"type":"file","size":7,"path":"tf_model.h5"},
                                 {"type":"file","path":"model.safetensors","size":)" +
                                 QByteArray::number(weights.size()) + R"(,"lfs":{"oid":")" + hash + "\"}}]",
                             {}};
    }
    if (request.path().endsWith("config.json")) return test::HubServer::file(request, "{}");
    test::HubAnswer answer = test::HubServer::file(request, weights);
    answer.bytesEach20Ms = static_cast<int>(weights.size()) / 10;
    return answer;
  };
}

void drop(QWidget *target, const QString &path) {
  QMimeData data;
  data.setUrls({QUrl::fromLocalFile(path)});
  QDragEnterEvent enter(QPoint(5, 5), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
  QCoreApplication::sendEvent(target, &enter);
  QDropEvent release(QPointF(5, 5), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
  QCoreApplication::sendEvent(target, &release);
}

} // namespace

class ModelsPageTest : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() { QStandardPaths::setTestModeEnabled(true); }

  void anEmptyWorkspaceOffersTheStarterModel() {
    ModelsStudio studio;
    studio.openPage();
    auto *empty = studio.page().findChild<EmptyState *>();
    QTRY_VERIFY(empty->isVisible());
    click(empty, "Use the starter model");
    QTRY_COMPARE(studio.page().list()->count(), 1);
    QCOMPARE(studio.page().current(), QStringLiteral("/fake/starter.gguf"));
    QVERIFY(!empty->isVisible());
  }

  void aModelIsDescribedAndJudged() {
    ModelsStudio studio;
    studio.models.put(FakeModelLibrary::card("/fake/models/small", 0.5));
    studio.openPage();
    QTRY_VERIFY(studio.told().contains(QStringLiteral("fits: it takes")));
    for (const char *fact : {"small", "Llama", "500,000,000", "125,696", "4,096 tokens", "tokenizer.json", "chatml", "bfloat16",
                             "apache-2.0", "model.safetensors", "16 bits", "4 bits"})
      QTRY_VERIFY2(studio.told().contains(QLatin1String(fact)), fact);
    QCOMPARE(studio.page().details()->findChild<QPlainTextEdit *>()->toPlainText(),
             QStringLiteral("Permission is granted, free of charge.\n"));
    QCOMPARE(studio.row(0), QStringLiteral("small, Llama · 500.0 M parameters, fits"));
  }

  void whatDoesNotFitSaysSo() {
    ModelsStudio studio;
    studio.engine.budgetBytes = int64_t(4) << 30; // fits with a batch of 1
    studio.models.put(FakeModelLibrary::card("/fake/models/large", 7));
    studio.openPage();
    QTRY_COMPARE(studio.row(0), QStringLiteral("large, Llama · 7.0 B parameters, fits with less"));
    QVERIFY(studio.told().contains(QStringLiteral("Make it fit")));
  }

  void incompleteModelsCannotBeUsed() {
    ModelsStudio studio;
    api::ModelCard bare = FakeModelLibrary::card("/fake/models/bare", 1);
    bare.refusal = Error{ErrorCode::MissingInFolder, "The folder has no weights.", "/fake/models/bare", "Download them."};
    studio.models.put(bare);
    studio.openPage();
    QTRY_VERIFY(studio.row(0).endsWith(QStringLiteral("incomplete")));
    QVERIFY(studio.told().contains(QStringLiteral("The folder has no weights.")));
    QVERIFY(!studio.page().details()->trainButton()->isEnabled());
    QVERIFY(!studio.page().details()->chatButton()->isEnabled());
  }

  void brokenModelsAreShownWithTheirProblem() {
    ModelsStudio studio;
    api::ModelCard torn = FakeModelLibrary::card("/fake/models/torn", 1);
    torn.refusal = Error{ErrorCode::MalformedFile, "The file ends too soon.", "/fake/models/torn/model.safetensors", "Fetch it again."};
    api::ModelCard whole = FakeModelLibrary::card("/fake/models/whole", 1);
    whole.problems = {{ErrorCode::MissingInFolder, "There is no tokenizer.", "", "", {}}};
    studio.models.put(torn);
    studio.models.put(whole);
    studio.openPage();
    QTRY_VERIFY(studio.told().contains(QStringLiteral("The file ends too soon.")));
    QVERIFY(studio.told().contains(QStringLiteral("Fetch it again.")));
    QVERIFY(studio.row(0).endsWith(QStringLiteral("cannot be used")));
    QVERIFY(!studio.page().details()->trainButton()->isEnabled());
    QVERIFY(!studio.page().details()->chatButton()->isEnabled());
    QTRY_VERIFY(studio.row(1).endsWith(QStringLiteral("fits")));
    QTest::keyClick(studio.page().list(), Qt::Key_Down);
    QVERIFY(studio.told().contains(QStringLiteral("There is no tokenizer.")));
    QVERIFY(!studio.told().contains(QStringLiteral("ends too soon")));
    QVERIFY(studio.page().details()->trainButton()->isEnabled());
  }

  void trainAndChatTakeTheModel() {
    ModelsStudio studio;
    studio.models.put(FakeModelLibrary::card("/fake/models/mine", 1));
    studio.openPage();
    QTRY_VERIFY(studio.page().details()->trainButton()->isEnabled());
    QTest::keyClick(studio.window.get(), Qt::Key_Return, Qt::ControlModifier);
    QCOMPARE(studio.window->place(), Place::Train);
    QCOMPARE(studio.window->trainPage()->draft().config().model, std::string("/fake/models/mine"));
    QTest::keyClick(studio.window.get(), Qt::Key_3, Qt::ControlModifier);
    QCOMPARE(studio.window->place(), Place::Models);
    QTRY_VERIFY(studio.page().details()->chatButton()->isEnabled());
    click(studio.page().details(), "Chat with it");
    QCOMPARE(studio.window->place(), Place::Chat);
    QTRY_VERIFY(studio.engine.opened() == std::vector<std::string>{"/fake/models/mine|"});
  }

  void modelsComeByDragAndGoWithUndo() {
    const QTemporaryDir folder;
    const QString file = folder.filePath(QStringLiteral("mine.gguf"));
    QFile made(file);
    QVERIFY(made.open(QIODevice::WriteOnly));
    ModelsStudio studio;
    studio.openPage();
    drop(studio.window.get(), file);
    QTRY_COMPARE(studio.page().current(), file);
    QCOMPARE(studio.window->place(), Place::Models);
    QVERIFY(button(&studio.page(), QStringLiteral("Remove from the list")));
    studio.page().list()->setFocus();
    QTest::keyClick(studio.page().list(), Qt::Key_Delete);
    QTRY_COMPARE(studio.page().list()->count(), 0);
    QVERIFY(QFile::exists(file));
    auto *toast = studio.window->findChild<Toast *>();
    QTRY_VERIFY(toast && toast->isVisible());
    click(toast, "Undo");
    QTRY_COMPARE(studio.page().current(), file);
  }

  void aFolderWithoutModelsIsExplained() {
    ModelsStudio studio;
    studio.openPage();
    studio.page().add(QStringLiteral("/nothing"));
    auto *banner = studio.page().findChild<Banner *>();
    QTRY_VERIFY(banner->isVisible());
    QVERIFY(banner->findChildren<QLabel *>().back()->text().contains(QStringLiteral("There is no model here.")));
  }

  void aListThatCannotBeReadIsExplained() {
    ModelsStudio studio;
    studio.models.broken = true;
    studio.openPage();
    auto *banner = studio.page().findChild<Banner *>();
    QTRY_VERIFY(banner->isVisible());
    QVERIFY(banner->findChildren<QLabel *>().back()->text().contains(QStringLiteral("The list is torn.")));
  }

  void theSearchHidesOthers() {
    ModelsStudio studio;
    studio.models.put(FakeModelLibrary::card("/fake/models/alpha", 1));
    studio.models.put(FakeModelLibrary::card("/fake/models/beta", 1));
    studio.openPage();
    QTRY_COMPARE(studio.page().list()->count(), 2);
    QTest::keyClick(studio.window.get(), Qt::Key_F, Qt::ControlModifier);
    QTest::keyClicks(QApplication::focusWidget(), QStringLiteral("BET"));
    QVERIFY(studio.page().list()->item(0)->isHidden());
    QVERIFY(!studio.page().list()->item(1)->isHidden());
  }

  void thePickersOfferTheLibrary() {
    ModelsStudio studio;
    studio.models.put(FakeModelLibrary::card("/elsewhere/own-model", 1));
    studio.open(); // without a visit to the page
    QTRY_VERIFY(!studio.models.known().empty());
    QMenu menu(studio.window.get());
    QString chosen;
    fillModelMenu(menu, studio.services, studio.window->runs(), [&chosen](const QString &path) { chosen = path; });
    for (QAction *action : menu.actions())
      if (action->text() == QLatin1String("own-model")) action->trigger();
    QCOMPARE(chosen, QStringLiteral("/elsewhere/own-model"));
  }

  void aModelIsDownloadedPausedAndContinued() {
    const QTemporaryDir workspace;
    const QString folder = workspace.filePath(QStringLiteral("models/tiny"));
    test::HubServer hub;
    serveModel(hub, QByteArray(200000, 'w'));
    ModelsStudio studio;
    studio.services.workspace = workspace.path().toStdString();
    studio.preferences.hub = hub.url().toString();
    studio.preferences.proxy = QStringLiteral("none");
    studio.openPage();
    QTest::keyClick(studio.window.get(), Qt::Key_D, Qt::ControlModifier);
    auto *dialog = studio.window->findChild<DownloadDialog *>();
    QVERIFY(dialog && dialog->isVisible());
    auto *name = dialog->findChild<QLineEdit *>();
    QTest::keyClicks(name, QStringLiteral("org/tiny"));
    QTest::keyClick(name, Qt::Key_Return);
    auto *files = dialog->findChild<QListWidget *>();
    QTRY_COMPARE(files->count(), 3);
    QVERIFY(files->item(0)->checkState() == Qt::Checked && files->item(1)->checkState() == Qt::Unchecked); // one format of the weights
    click(dialog, "Download");
    QTRY_VERIFY(studio.page().findChild<DownloadStrip *>());
    auto *strip = studio.page().findChild<DownloadStrip *>();
    QTRY_VERIFY(QFileInfo(folder + QStringLiteral("/model.safetensors.part")).size() > 0);
    click(strip, "Pause");
    QTRY_VERIFY(button(strip, QStringLiteral("Continue")));
    QVERIFY(!QFile::exists(folder + QStringLiteral("/model.safetensors")));
    click(strip, "Continue");
    QTRY_VERIFY(QFile::exists(folder + QStringLiteral("/model.safetensors")));
    QTRY_VERIFY(studio.window->downloads().all().empty());
    QVERIFY(!QFile::exists(folder + QStringLiteral("/tf_model.h5")));
    auto *toast = studio.window->findChild<Toast *>();
    QTRY_VERIFY(toast && toast->isVisible());
  }

  void whatWasLeftIsOfferedAgain() {
    const QTemporaryDir workspace;
    const QString folder = workspace.filePath(QStringLiteral("models/tiny"));
    test::HubServer hub;
    const QByteArray weights(200000, 'w');
    serveModel(hub, weights);
    ModelsStudio studio;
    studio.services.workspace = workspace.path().toStdString();
    studio.preferences.proxy = QStringLiteral("none");
    {
      ModelsStudio before; // closed in the midst of it
      before.services.workspace = studio.services.workspace;
      before.preferences.proxy = QStringLiteral("none");
      before.openPage();
      HubFile file{
          QStringLiteral("model.safetensors"), weights.size(), QCryptographicHash::hash(weights, QCryptographicHash::Sha256).toHex(), {}};
      before.window->downloads().start({HubLayout::HuggingFace, hub.url(), QStringLiteral("org/tiny"), QStringLiteral("main")}, {file}, {});
      QTRY_VERIFY(QFileInfo(folder + QStringLiteral("/model.safetensors.part")).size() > 0);
    }
    studio.openPage();
    QTRY_VERIFY(studio.page().findChild<DownloadStrip *>());
    auto *strip = studio.page().findChild<DownloadStrip *>();
    QTRY_VERIFY(button(strip, QStringLiteral("Continue")));
    click(strip, "Continue");
    QTRY_VERIFY(QFile::exists(folder + QStringLiteral("/model.safetensors")));
  }

  void whatSomebodyElseBeganIsAskedAbout() {
    const QTemporaryDir workspace;
    const QString folder = workspace.filePath(QStringLiteral("models/gift"));
    test::HubServer hub;
    const QByteArray weights(20000, 'w');
    serveModel(hub, weights);
    QDir().mkpath(folder);
    QFile state(folder + QStringLiteral("/.attune-download.json"));
    QVERIFY(state.open(QIODevice::WriteOnly));
    state.write(QByteArray("{'schema':1,'repo':'org/tiny','revision':'main','files':[{'path':'model.safetensors','bytes':20000}],'base':'")
                    .append(hub.url().toEncoded())
                    .append("'}")
                    .replace('\'', '"'));
    state.close();
    ModelsStudio studio;
    studio.services.workspace = workspace.path().toStdString();
    studio.preferences.proxy = QStringLiteral("none");
    studio.openPage();
    QTRY_VERIFY(studio.page().findChild<DownloadStrip *>());
    auto *strip = studio.page().findChild<DownloadStrip *>();
    QTRY_VERIFY(button(strip, QStringLiteral("Continue")));
    click(strip, "Continue");
    auto *question = studio.window->findChild<QMessageBox *>();
    QVERIFY(question && question->isVisible());
    QVERIFY(question->text().contains(hub.url().toString()));
    click(question, "Leave it");
    QTRY_VERIFY(!studio.window->findChild<QMessageBox *>());
    QVERIFY(hub.requests.isEmpty());
    click(strip, "Continue");
    click(studio.window->findChild<QMessageBox *>(), "Fetch from there");
    QTRY_VERIFY(QFile::exists(folder + QStringLiteral("/model.safetensors")));
  }

  void manyDownloadsScroll() {
    const QTemporaryDir workspace;
    ModelsStudio studio;
    studio.services.workspace = workspace.path().toStdString();
    for (int i = 0; i < 12; ++i) {
      const QString folder = workspace.filePath(QStringLiteral("models/m%1").arg(i));
      QDir().mkpath(folder);
      const QUrl hub(QStringLiteral("https://hub.example"));
      QVERIFY(writeDownload({{HubLayout::HuggingFace, hub, QStringLiteral("org/m%1").arg(i), QStringLiteral("main")},
                             folder,
                             {{QStringLiteral("model.safetensors"), 1000, {}, {}}}},
                            {{}}));
    }
    studio.openPage();
    studio.window->resize(1024, 640);
    QTRY_COMPARE(studio.page().findChildren<DownloadStrip *>().size(), 12);
    const auto strips = studio.page().findChildren<DownloadStrip *>();
    QTRY_VERIFY(strips.last()->height() >= strips.last()->minimumSizeHint().height());
    for (const DownloadStrip *strip : strips)
      for (const QPushButton *one : strip->findChildren<QPushButton *>()) QVERIFY(strip->rect().contains(one->geometry()));
    const int below = studio.page().list()->mapTo(studio.window.get(), QPoint()).y();
    QVERIFY(below < studio.window->height() / 2 + 60); // the models keep their room
    strips.last()->findChildren<QPushButton *>().last()->setFocus(Qt::TabFocusReason);
    const auto inSight = [](const QWidget *widget) { return !widget->visibleRegion().isEmpty(); };
    QTRY_VERIFY(inSight(strips.first()));
    QVERIFY(!inSight(strips.last()));
    for (int i = 0; i < 40 && !inSight(strips.last()); ++i) QTest::keyClick(QApplication::focusWidget(), Qt::Key_Backtab);
    QVERIFY(inSight(strips.last())); // and the keyboard reaches it
  }

  void aTokenOfOneSchemeStaysWithIt() {
    ModelsStudio studio;
    studio.preferences.hub = QStringLiteral("https://hub.example");
    studio.preferences.proxy = QStringLiteral("none");
    studio.openPage();
    studio.page().downloads()->requestDownload();
    auto *dialog = studio.window->findChild<DownloadDialog *>();
    const auto fields = dialog->findChildren<QLineEdit *>();
    fields[0]->setText(QStringLiteral("org/tiny"));
    fields[1]->setText(QStringLiteral("hf_secret"));
    fields[0]->setText(QStringLiteral("https://hub.example/org/tiny"));
    QCOMPARE(fields[1]->text(), QStringLiteral("hf_secret"));
    for (const char *other : {"http://hub.example/org/tiny", "https://hub.example:444/org/tiny"}) {
      fields[0]->setText(QLatin1String(other));
      QCOMPARE(fields[1]->text(), QString());
      fields[1]->setText(QStringLiteral("hf_secret"));
    }
  }

  void aLongListIsShownAtOnce() {
    test::HubServer hub;
    QByteArray list = "[";
    for (int i = 0; i < 20000; ++i) list += "{'type':'file','size':2,'path':'x" + QByteArray::number(i) + ".json'},";
    list.replace('\'', '"');
    list.back() = ']';
    hub.answer = [&](const test::HubRequest &) { return test::HubAnswer{200, list, {}}; };
    ModelsStudio studio;
    studio.preferences.hub = hub.url().toString();
    studio.preferences.proxy = QStringLiteral("none");
    studio.openPage();
    studio.page().downloads()->requestDownload();
    auto *dialog = studio.window->findChild<DownloadDialog *>();
    dialog->findChild<QLineEdit *>()->setText(QStringLiteral("org/tiny"));
    timespec before = {}, after = {};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
    click(dialog, "Show files");
    QTRY_COMPARE(dialog->findChild<QListWidget *>()->count(), 20000);
    dialog->grab();
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
    const double seconds = static_cast<double>(after.tv_sec - before.tv_sec) + 1e-9 * static_cast<double>(after.tv_nsec - before.tv_nsec);
    qInfo("%.0f ms", 1e3 * seconds);
    QVERIFY(seconds < 1.5);
  }

  void aNameOfTwoLinesIsShownOnOne() {
    ModelsStudio studio;
    studio.models.put(FakeModelLibrary::card("/fake/models/two\nlines<b>", 1));
    studio.openPage();
    QTRY_VERIFY(studio.row(0).startsWith(QStringLiteral("two\\nlines<b>, ")));
    QVERIFY(studio.told().contains(QStringLiteral("two\\nlines")) && !studio.told().contains(QStringLiteral("two\nlines")));
    QVERIFY(!Qt::mightBeRichText(studio.page().list()->item(0)->toolTip()) ||
            studio.page().list()->item(0)->toolTip().contains(QStringLiteral("&lt;b")));
  }

  void hubAndProxyOfTheSettingsAreTaken() {
    ModelsStudio studio;
    studio.openPage();
    studio.window->openSettings();
    auto *settings = studio.window->findChild<SettingsDialog *>();
    const auto field = [settings](const char *name) -> QLineEdit * {
      for (auto *edit : settings->findChildren<QLineEdit *>())
        if (edit->accessibleName() == QLatin1String(name)) return edit;
      return nullptr;
    };
    QLineEdit *const hub = field("Model hub"), *const proxy = field("Proxy");
    hub->setText(QStringLiteral("hf-mirror.com"));
    proxy->setText(QStringLiteral("socks5://localhost:1080"));
    QCOMPARE(Preferences::load().hub, QStringLiteral("hf-mirror.com"));
    hub->setText(QStringLiteral("ftp://elsewhere"));
    proxy->setText(QStringLiteral("gopher://elsewhere"));
    for (QLineEdit *edit : {hub, proxy}) QCOMPARE(edit->property("state").toString(), QStringLiteral("problem"));
    QCOMPARE(Preferences::load().hub, QStringLiteral("hf-mirror.com"));
    QCOMPARE(Preferences::load().proxy, QStringLiteral("socks5://localhost:1080"));
    settings->close();
    studio.page().downloads()->requestDownload();
    bool said = false;
    for (const QLabel *label : studio.window->findChild<DownloadDialog *>()->findChildren<QLabel *>())
      said |= label->text().contains(QStringLiteral("hf-mirror.com"));
    QVERIFY(said);
  }

  void aHubThatIsNoneIsExplained() {
    test::HubServer hub;
    hub.answer = [](const test::HubRequest &) { return test::HubAnswer{200, "<html>Sign in</html>", {{"Content-Type", "text/html"}}}; };
    ModelsStudio studio;
    studio.preferences.hub = hub.url().toString();
    studio.preferences.proxy = QStringLiteral("none");
    studio.openPage();
    studio.page().downloads()->requestDownload();
    auto *dialog = studio.window->findChild<DownloadDialog *>();
    dialog->findChild<QLineEdit *>()->setText(QStringLiteral("org/tiny"));
    click(dialog, "Show files");
    const auto said = [dialog] {
      QString all;
      for (const QLabel *label : dialog->findChildren<QLabel *>()) all += label->text();
      return all;
    };
    QTRY_VERIFY(said().contains(QStringLiteral("web page instead of data")));
    QVERIFY(!button(dialog, QStringLiteral("Download")));
  }
};

QTEST_MAIN(ModelsPageTest)
#include "models_page_test.moc"
