// The Models page: what is listed and said of each model, what can be done with it, and how models come and go. On fakes.
#include "tests/support/find_button.h"
#include "tests/support/studio_fixture.h"
#include "ui/pages/chat_page.h"
#include "ui/pages/model_details.h"
#include "ui/pages/model_menu.h"
#include "ui/pages/models_page.h"
#include "ui/pages/train_page.h"
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
#include <QMimeData>
#include <QPlainTextEdit>
#include <QStandardPaths>
#include <QTemporaryDir>

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
    QCOMPARE(studio.models.described.load(), int64_t(0)); // the start reads no model
  }
};

QTEST_MAIN(ModelsPageTest)
#include "models_page_test.moc"
