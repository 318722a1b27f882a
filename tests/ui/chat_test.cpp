// A person's ways through Chat, on a fake engine: offscreen, real widgets.
#include "tests/support/chat_studio.h"
#include "tests/support/find_button.h"
#include "ui/pages/chat_page.h"
#include "ui/pages/chat_pane.h"
#include "ui/pages/conversations_panel.h"
#include "ui/pages/weights_menu.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/code_view.h"
#include "ui/widgets/markdown_view.h"
#include "ui/widgets/prose_view.h"
#include "ui/widgets/toast.h"

#include <QClipboard>
#include <QDesktopServices>
#include <QFileDialog>
#include <QInputDialog>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMenu>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QSettings>
#include <QSpinBox>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTextBlock>
#include <QtTest>

#include <ctime>

using namespace attune;
using namespace attune::ui;
using test::button;
using test::click;

namespace {

using Studio = test::ChatStudio;

/// As button(), for a text with a plural that the language decides on.
QPushButton *buttonBeginning(const QWidget *in, const QString &text) {
  for (QPushButton *candidate : in->findChildren<QPushButton *>())
    if (candidate->isVisible() && candidate->text().startsWith(text)) return candidate;
  return nullptr;
}

QMenu *openMenu() {
  auto *menu = qobject_cast<QMenu *>(QApplication::activePopupWidget());
  return menu;
}

QAction *entry(const QMenu &menu, const QString &text) {
  for (QAction *action : menu.actions())
    if (action->text() == text) return action;
  return nullptr;
}

} // namespace

class ChatTest : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() { QStandardPaths::setTestModeEnabled(true); }

  void bothAnswerFromOneQuestion() {
    Studio studio;
    ChatPage *chat = studio.openBoth();
    QCOMPARE(studio.engine.opened(), std::vector<std::string>{"/models/SmolLM2-135M-Instruct|/fake/runs/done/adapter"});
    studio.ask(QStringLiteral("What is LoRA?"));
    QCOMPARE(chat->conversation().at(0).base->text, QStringLiteral("I do not know."));
    QCOMPARE(chat->conversation().at(0).tuned->text, QStringLiteral("LoRA **adds** small matrices."));
    QCOMPARE(chat->pane(true)->turn(0)->answer()->text(), QStringLiteral("LoRA **adds** small matrices."));
    const auto labels = chat->pane(true)->findChildren<QLabel *>();
    QVERIFY(std::any_of(labels.begin(), labels.end(),
                        [](const QLabel *label) { return label->text() == QStringLiteral("4 tokens · 48.0 tokens/s"); }));
    click(chat->pane(true), "Copy the answer");
    QCOMPARE(QGuiApplication::clipboard()->text(), QStringLiteral("LoRA **adds** small matrices."));
  }

  void theFiguresGrowWithTheAnswer() {
    Studio studio;
    ChatPage *chat = studio.openBoth();
    studio.engine.chatWords.assign(80, "word ");
    studio.engine.wordMilliseconds = 20;
    QStringList seen;
    QElapsedTimer clock;
    const auto look = [&](int, bool tuned) {
      for (const QLabel *label : chat->pane(false)->findChildren<QLabel *>())
        if (!tuned && label->text().contains(QStringLiteral("tokens/s")) && !seen.contains(label->text())) seen.append(label->text());
    };
    connect(&chat->session(), &ChatSession::grew, this, look);
    clock.start();
    chat->ask(QStringLiteral("What is LoRA?"));
    QTRY_VERIFY(!chat->isBusy());
    QVERIFY2(seen.size() > 1, qPrintable(seen.join(QLatin1Char('|')))); // before its end
    QVERIFY(seen.last().endsWith(QStringLiteral(" tokens · 48.0 tokens/s")));
    QVERIFY2(seen.size() <= clock.elapsed() / 500 + 1, qPrintable(seen.join(QLatin1Char('|'))));
  }

  void aLongWordInAQuestionBreaks() {
    Studio studio;
    ChatPage *chat = studio.openBoth();
    studio.ask(QStringLiteral("https://example.org/") + QString(400, QLatin1Char('x')));
    const auto *scroll = chat->pane(true)->findChild<QScrollArea *>();
    QTRY_VERIFY(scroll->widget()->width() <= scroll->viewport()->width());
    QVERIFY(chat->pane(true)->width() < chat->width() * 6 / 10);
    studio.ask(QStringLiteral("ok"));
    const auto shown = [chat](const QString &beginning) -> ProseView * {
      for (ProseView *one : chat->pane(true)->findChildren<ProseView *>())
        if (one->toPlainText().startsWith(beginning)) return one;
      return nullptr;
    };
    const ProseView *address = shown(QStringLiteral("https://")), *snug = shown(QStringLiteral("ok"));
    QVERIFY(address && snug);
    QVERIFY(address->document()->idealWidth() <= address->viewport()->width()); // nothing is cut
    QVERIFY(snug->width() < 60);
  }

  void conversationsThatCannotBeReadAreNamed() {
    Studio studio;
    static_cast<void>(studio.conversations.write("torn", "{\"schema\": 1, \"exch"));
    ChatPage *chat = studio.open();
    chat->session().kept().refresh();
    click(chat, "Conversations");
    const auto told = [chat] {
      const auto labels = chat->findChildren<QLabel *>();
      return std::any_of(labels.begin(), labels.end(),
                         [](const QLabel *one) { return one->isVisible() && one->toolTip().contains(QLatin1String("torn.json")); });
    };
    QTRY_VERIFY(told());
  }

  void asksTheForecastAndWaitsForTheRun() {
    Studio studio;
    ChatPage *chat = studio.open();
    QTRY_VERIFY(studio.window->runs().known());
    studio.train();
    studio.engine.chatFreeBytes = int64_t(3) << 30; // 2 of it the run's; the chat needs 1.4
    chat->use({0, "/models/big", ""}, {});
    chat->ask(QStringLiteral("Hello?"));
    QTRY_VERIFY2(studio.banner().contains(QStringLiteral("400")) && studio.banner().contains(QStringLiteral("missing")),
                 qPrintable(studio.banner()));
    QVERIFY(studio.engine.opened().empty());
    click(chat, "Chat when the run ends");
    QVERIFY(studio.banner().contains(QStringLiteral("begins when")));
    studio.stopRun();
    QTRY_VERIFY(chat->conversation().at(0).base.has_value()); // the question was kept
    QVERIFY(studio.banner().isEmpty());
  }

  void waitsForTheQueueToo() {
    Studio studio;
    ChatPage *chat = studio.open();
    QTRY_VERIFY(studio.window->runs().known());
    studio.train();
    RunCenter &runs = studio.window->runs();
    runs.requestStart(*studio.store.config("any"));
    QCOMPARE(runs.queue().waiting().size(), size_t(1));
    const QString first = runs.active(), second = QString::fromStdString(runs.queue().waiting().at(0).folder);
    studio.engine.chatFreeBytes = int64_t(3) << 30;
    chat->use({0, "/models/big", ""}, {});
    chat->ask(QStringLiteral("Hello?"));
    QTRY_VERIFY(button(chat, QStringLiteral("Chat when the run ends")));
    click(chat, "Chat when the run ends");
    studio.engine.loads = true;
    studio.store.hasNoConfig = second.toStdString(); // it is not on disk before it begins
    runs.requestStop(first);
    QTRY_COMPARE(runs.active(), second);
    QVERIFY(chat->session().waitsForRun() && studio.engine.opened().empty());
    QVERIFY(studio.banner().contains(QStringLiteral("begins when %1").arg(QString::fromStdString(runs.find(second)->name))));
    chat->session().prepare(); // asked while the run loads: a forecast, no failure
    QTRY_VERIFY(chat->session().shortfall());
    QVERIFY(chat->session().failure().isEmpty());
    chat->session().waitForRun(true);
    runs.requestStop(second);
    QTRY_VERIFY(chat->conversation().at(0).base.has_value());
  }

  void offersAShorterContext() {
    Studio studio;
    ChatPage *chat = studio.open();
    studio.engine.chatFreeBytes = (int64_t(1) << 30) + (int64_t(250) << 20); // 2,048 tokens fit
    chat->ask(QStringLiteral("Hello?"));
    QTRY_VERIFY(buttonBeginning(chat, QStringLiteral("Use a context of 2048 token")));
    QVERIFY(!button(chat, QStringLiteral("Chat when the run ends"))); // there is none
    QTest::mouseClick(buttonBeginning(chat, QStringLiteral("Use a context")), Qt::LeftButton);
    QTRY_VERIFY(!chat->conversation().isEmpty() && chat->conversation().at(0).base);
    QCOMPARE(studio.engine.chatRequests().back().contextTokens, int64_t(2048));
  }

  void saysThatRunAndChatShareTheCores() {
    Studio studio;
    ChatPage *chat = studio.openBoth();
    studio.train();
    const auto says = [&](const QString &text) {
      const auto labels = chat->findChildren<QLabel *>();
      return std::any_of(labels.begin(), labels.end(), [&](const QLabel *one) { return one->isVisible() && one->text().contains(text); });
    };
    QTRY_VERIFY(says(QStringLiteral("share its cores")));
    studio.window->runs().requestPause(studio.window->runs().active());
    QTRY_VERIFY(!says(QStringLiteral("share its cores")));
    studio.stopRun();
  }

  void checkpointsOfAGoingRunAreOffered() {
    Studio studio;
    ChatPage *chat = studio.open();
    QTRY_VERIFY(studio.window->runs().known());
    studio.train();
    const QString folder = studio.window->runs().active();
    studio.store.setCheckpoints(folder.toStdString(), {});
    TaskRunner tasks;
    RunWeightsList weights(studio.window->runs(), tasks, studio.services);
    QSignalSpy read(&weights, &RunWeightsList::changed);
    QTRY_VERIFY(read.count() > 0);
    studio.store.setCheckpoints(folder.toStdString(), {40, 20});
    studio.window->runs().requestCheckpoint(folder);
    QTRY_COMPARE(weights.of(folder.toStdString()).size(), size_t(2)); // refreshed as it arrived
    QMenu menu;
    fillWeightsMenu(menu, studio.window->runs(), weights, "/fake/starter.gguf",
                    [&](const api::RunWeights &one, const QString &name) { chat->use(one, name); });
    const QString run = QString::fromStdString(studio.window->runs().find(folder)->name);
    QAction *steps = entry(menu, run + QStringLiteral(" (training)"));
    QVERIFY(steps && steps->menu());
    QCOMPARE(steps->menu()->actions().front()->text(), QStringLiteral("Checkpoint of step 40")); // the newest first
    steps->menu()->actions().front()->trigger();
    chat->ask(QStringLiteral("Better already?"));
    QTRY_VERIFY(!chat->isBusy() && chat->conversation().at(0).tuned);
    QCOMPARE(QString::fromStdString(studio.engine.opened().back()),
             QStringLiteral("/models/SmolLM2-135M-Instruct|") + folder + QStringLiteral("/checkpoints/step-40/adapter"));
    studio.stopRun();
  }

  void editingAndAskingAgainKeepBranches() {
    Studio studio;
    ChatPage *chat = studio.openBoth();
    studio.ask(QStringLiteral("one"));
    QTest::keyClick(chat->questionField(), Qt::Key_Up); // edits the last question
    QCOMPARE(chat->questionField()->toPlainText(), QStringLiteral("one"));
    QTest::keyClick(chat->questionField(), Qt::Key_Escape);
    QVERIFY(chat->questionField()->toPlainText().isEmpty());
    QTest::keyClick(chat->questionField(), Qt::Key_Up);
    studio.ask(QStringLiteral(" more"));
    QCOMPARE(chat->conversation().at(chat->conversation().current()).question, QStringLiteral("one more"));
    QCOMPARE(studio.engine.chatRequests().back().messages.size(), size_t(1)); // the first branch is not told
    click(chat->pane(true), "Answer again; this answer stays as a branch");
    QTRY_VERIFY(!chat->isBusy());
    QCOMPARE(chat->conversation().siblings(0).size(), size_t(3));
    QVERIFY(studio.engine.chatRequests().back().sampling.seed != studio.engine.chatRequests().front().sampling.seed);
    click(chat->pane(false), "The earlier branch");
    click(chat->pane(true), "The earlier branch");
    QCOMPARE(chat->conversation().at(chat->conversation().current()).question, QStringLiteral("one"));
    QVERIFY(!button(chat->pane(true), QStringLiteral("The earlier branch")));
    QVERIFY(button(chat->pane(true), QStringLiteral("The later branch")));
  }

  void keysSendBreakAndStop() {
    Studio studio;
    studio.engine.chatWords = std::vector<std::string>(2000, "word ");
    ChatPage *chat = studio.openBoth();
    QTest::keyClicks(chat->questionField(), QStringLiteral("a"));
    QTest::keyClick(chat->questionField(), Qt::Key_Return, Qt::ShiftModifier);
    QTest::keyClicks(chat->questionField(), QStringLiteral("b"));
    QTest::keyClick(chat->questionField(), Qt::Key_Return);
    QTRY_VERIFY(!chat->pane(false)->turn(0)->answer()->text().isEmpty());
    QCOMPARE(chat->conversation().at(0).question, QStringLiteral("a\nb"));
    QTest::keyClick(chat->questionField(), Qt::Key_Escape);
    QTRY_VERIFY(!chat->isBusy());
    QVERIFY(chat->conversation().at(0).base->cut);
    QVERIFY(chat->conversation().at(0).base->text.size() < 5000);
  }

  void leavingAnAnswerKeepsWhatCame() {
    Studio studio;
    studio.engine.chatWords = std::vector<std::string>(2000, "word ");
    ChatPage *chat = studio.openBoth();
    chat->ask(QStringLiteral("long"));
    QTRY_VERIFY(!chat->pane(false)->turn(0)->answer()->text().isEmpty());
    chat->session().begin();
    QVERIFY(chat->conversation().isEmpty());
    QTRY_VERIFY(!chat->isBusy());
    QVERIFY(chat->conversation().isEmpty()); // the stopped answer did not land here
    QTRY_VERIFY(studio.conversations.text("talk-1").find("word") != std::string::npos);
  }

  void aQuestionIsKeptBeforeItsAnswerAndWhatCameOfIt() {
    Studio studio;
    std::atomic<bool> go{false};
    const auto release = qScopeGuard([&go] { go = true; });
    studio.services.openEngine = [&]() -> Result<api::Engine *> {
      while (!go) std::this_thread::yield();
      return &studio.engine;
    };
    studio.engine.chatWords = std::vector<std::string>(20, "word ");
    studio.engine.chatFails = true;
    ChatPage *chat = studio.open();
    QTRY_VERIFY(studio.window->runs().known());
    chat->use({0, "/models/other", ""}, {});
    chat->ask(QStringLiteral("early"));
    QTRY_VERIFY(studio.conversations.text("talk-1").find("early") != std::string::npos);
    go = true;
    QTRY_COMPARE(chat->session().failure(), QStringLiteral("The model gave up."));
    QVERIFY(chat->conversation().at(0).base->text.contains(QStringLiteral("word word")));
    studio.engine.chatFails = false;
    studio.engine.chatWords = std::vector<std::string>(2000, "slowly ");
    chat->ask(QStringLiteral("late"));
    QTRY_VERIFY(chat->pane(false)->turn(1) && !chat->pane(false)->turn(1)->answer()->text().isEmpty());
    studio.window.reset(); // closed in the middle of the answer
    QVERIFY(studio.conversations.text("talk-1").find("slowly") != std::string::npos);
  }

  void aRemovalThatWaitsIsDoneBeforeTheListGoes() {
    struct BusyStore : test::FakeConversationStore {
      std::atomic<bool> go{false};
      std::vector<api::StoredConversation> list() override {
        while (!go) std::this_thread::yield();
        return {};
      }
    } store;
    static_cast<void>(store.write("talk-1", "{}"));
    auto list = std::make_unique<ConversationList>(&store);
    list->refresh();
    list->remove("talk-1");
    std::thread later([&store] {
      std::this_thread::sleep_for(std::chrono::milliseconds(50)); // while the list waits for its thread
      store.go = true;
    });
    list.reset();
    later.join();
    QVERIFY(store.text("talk-1").empty());
  }

  void conversationsAreSearchedRenamedDeletedAndBroughtBack() {
    Studio studio;
    static_cast<void>(studio.conversations.write("torn", "{\"schema\":1,\"exchanges\":[{\"question\":\"to"));
    static_cast<void>(studio.conversations.write("strange", "[1,2,3]"));
    static_cast<void>(studio.conversations.write("newer", "{\"schema\":99,\"exchanges\":[{\"question\":\"future\"}]}"));
    static_cast<void>(studio.conversations.write(
        "hostile", "{\"schema\":1,\"title\":\"<img src=x>\\n<b>\",\"current\":7e9,\"exchanges\":[3,{\"question\":\"needle in "
                   "here\",\"parent\":12},{\"parent\":-9}]}"));
    ChatPage *chat = studio.openBoth();
    QTRY_COMPARE(chat->session().kept().shown().size(), size_t(1)); // the one that is a conversation
    studio.ask(QStringLiteral("hello"));
    QTRY_COMPARE(chat->session().kept().shown().size(), size_t(2));
    click(chat, "Conversations");
    auto *panel = chat->findChild<ConversationsPanel *>();
    auto *items = panel->findChild<QListWidget *>();
    auto *search = panel->findChild<QLineEdit *>();
    QTest::keyClicks(search, QStringLiteral("NEEDLE"));
    QTRY_COMPARE(items->count(), 1);
    search->clear();
    QTRY_COMPARE(items->count(), 2);
    QTRY_VERIFY(items->currentItem() && items->currentItem()->text() == QStringLiteral("hello"));
    items->currentItem()->setText(QStringLiteral("Greeting")); // as the editor does
    QTRY_VERIFY(studio.conversations.text("talk-1").find("Greeting") != std::string::npos);
    QVERIFY(studio.conversations.text("newer").find("future") != std::string::npos); // never touched
    for (int i = 0; i < items->count(); ++i)
      if (items->item(i)->text() == QStringLiteral("Greeting")) items->setCurrentRow(i);
    click(panel, "Delete");
    QTRY_VERIFY(studio.conversations.text("talk-1").empty());
    QVERIFY(chat->conversation().isEmpty());
    click(studio.window->findChild<Toast *>(), "Undo");
    QTRY_VERIFY(studio.conversations.text("talk-1").find("Greeting") != std::string::npos);
    QTRY_COMPARE(items->count(), 2);
    chat->session().open("talk-1");
    QCOMPARE(chat->conversation().at(0).question, QStringLiteral("hello"));
  }

  void aClickInTheListOpensTheOneClicked() {
    Studio studio;
    for (const char *id : {"old-1", "old-2", "old-3"})
      static_cast<void>(studio.conversations.write(id, std::string("{\"schema\":1,\"exchanges\":[{\"question\":\"") + id + "\"}]}"));
    studio.engine.chatWords = std::vector<std::string>(2000, "word ");
    ChatPage *chat = studio.openBoth();
    QTRY_COMPARE(chat->session().kept().shown().size(), size_t(3));
    chat->session().open("old-1");
    chat->ask(QStringLiteral("long"));
    QTRY_VERIFY(!chat->pane(false)->turn(1)->answer()->text().isEmpty());
    click(chat, "Conversations");
    auto *items = chat->findChild<ConversationsPanel *>()->findChild<QListWidget *>();
    const auto clickOn = [&](const QString &title) {
      QListWidgetItem *item = items->findItems(title, Qt::MatchExactly).value(0);
      QVERIFY(item);
      QTest::mouseClick(items->viewport(), Qt::LeftButton, {}, items->visualItemRect(item).center());
    };
    clickOn(QStringLiteral("old-1")); // the one on the page: its answer goes on
    QVERIFY(chat->session().answering() >= 0);
    clickOn(QStringLiteral("old-2")); // what is kept of the answer moves the list under the click
    QCOMPARE(chat->conversation().at(0).question, QStringLiteral("old-2"));
    QCOMPARE(chat->session().id(), std::string("old-2"));
    QTRY_VERIFY(studio.conversations.text("old-1").find("word") != std::string::npos);
  }

  void aConversationIsExported() {
    Studio studio;
    const QTemporaryDir folder;
    ChatPage *chat = studio.openBoth();
    studio.ask(QStringLiteral("hello"));
    QTRY_COMPARE(chat->session().kept().shown().size(), size_t(1));
    click(chat, "Conversations");
    for (const char *name : {"talk.md", "talk.json"}) {
      click(chat, "Export as Markdown or JSON");
      auto *dialog = studio.window->findChild<QFileDialog *>();
      QVERIFY(dialog);
      Q_EMIT dialog->filesSelected({folder.filePath(QLatin1String(name))});
      delete dialog;
      QTRY_VERIFY(QFile::exists(folder.filePath(QLatin1String(name))));
    }
    QFile text(folder.filePath(QStringLiteral("talk.md"))), json(folder.filePath(QStringLiteral("talk.json")));
    QVERIFY(text.open(QIODevice::ReadOnly) && json.open(QIODevice::ReadOnly));
    QVERIFY(text.readAll().contains("**Tuned: done**\n\nLoRA **adds** small matrices."));
    QVERIFY(Conversation::fromJson(json.readAll())->contains(QStringLiteral("I do not know.")));
  }

  void aHugeConversationOpensInParts() {
    Studio studio;
    std::string json = "{\"schema\":1,\"exchanges\":[";
    for (int i = 0; i < 6000; ++i)
      json += (i ? "," : "") + std::string("{\"question\":\"q\",\"base\":{\"text\":\"a **b**\"},\"parent\":") + std::to_string(i - 1) + "}";
    static_cast<void>(studio.conversations.write("huge", json + "]}"));
    ChatPage *chat = studio.open();
    QTRY_COMPARE(chat->session().kept().shown().size(), size_t(1));
    const clock_t start = std::clock();
    chat->session().open("huge");
    QVERIFY2(std::clock() - start < 2 * CLOCKS_PER_SEC, "opening took too long");
    QCOMPARE(chat->conversation().path().size(), size_t(2000)); // the rest is left out
    QVERIFY(chat->pane(false)->turn(1999) && !chat->pane(false)->turn(0));
    QTest::mouseClick(buttonBeginning(chat->pane(false), QStringLiteral("Show 40 earlier turn")), Qt::LeftButton);
    QVERIFY(chat->pane(false)->turn(1925));
  }

  void aTurnAndAConversationBecomeRows() {
    Studio studio;
    ChatPage *chat = studio.openBoth();
    studio.ask(QStringLiteral("first"));
    studio.ask(QStringLiteral("second"));
    click(chat->pane(true), "Add to data"); // no dataset yet: asks
    QTRY_VERIFY(openMenu());
    entry(*openMenu(), QStringLiteral("New dataset…"))->trigger();
    if (QMenu *menu = openMenu()) menu->close();
    QTRY_VERIFY(chat->findChild<QInputDialog *>());
    auto *dialog = chat->findChild<QInputDialog *>();
    dialog->setTextValue(QStringLiteral("mine"));
    dialog->accept();
    const std::string path = "/fake/datasets/mine.jsonl";
    using Row = test::FakeDatasetStore::Row;
    QTRY_COMPARE(studio.datasets.rows(path).size(), size_t(1));
    QCOMPARE(studio.datasets.rows(path)[0], (Row{{"user", "first"}, {"assistant", "LoRA **adds** small matrices."}}));
    QTRY_COMPARE(studio.toast(), QStringLiteral("Added to mine as a row."));
    for (QPushButton *one : chat->findChildren<QPushButton *>())
      if (one->toolTip() == QStringLiteral("Add the whole conversation to a dataset as one row")) QTest::mouseClick(one, Qt::LeftButton);
    QTRY_COMPARE(studio.datasets.rows(path).size(), size_t(2));
    QCOMPARE(studio.datasets.rows(path)[1].size(), size_t(4));
    QCOMPARE(studio.datasets.rows(path)[1][2].second, std::string("second"));
    studio.datasets.setFull(true);
    click(chat->pane(true), "Add to data"); // the last one, without asking
    QTRY_VERIFY2(studio.toast().contains(QStringLiteral("The disk is full.")), qPrintable(studio.toast()));
  }

  void samplingKeepsWhatWasSetAndResets() {
    Studio studio;
    ChatPage *chat = studio.openBoth();
    click(chat, "Sampling");
    auto *seed = chat->findChildren<QSpinBox *>().last();
    QCOMPARE(seed->accessibleName(), QStringLiteral("Seed"));
    seed->setValue(7);
    chat->use({0, "/models/other", ""}, {});
    studio.ask(QStringLiteral("hi"));
    QCOMPARE(studio.engine.chatRequests().back().sampling.seed, uint64_t(7)); // another model keeps it
    QCOMPARE(chat->conversation().at(0).base->by, QStringLiteral("other"));
    click(chat, "Model's own values");
    QCOMPARE(seed->value(), 0);
  }

  void everythingIsNamed() {
    Studio studio;
    ChatPage *chat = studio.openBoth();
    studio.ask(QStringLiteral("hi"));
    for (const char *panel : {"Conversations", "Sampling"}) {
      click(chat, panel);
      for (const QAbstractButton *one : chat->findChildren<QAbstractButton *>())
        if (one->isVisible()) QVERIFY2(!one->text().isEmpty() || !one->accessibleName().isEmpty(), qPrintable(one->objectName()));
      for (const QLineEdit *one : chat->findChildren<QLineEdit *>())
        if (one->isVisible() && !qobject_cast<QAbstractSpinBox *>(one->parentWidget())) QVERIFY(!one->accessibleName().isEmpty());
    }
  }

  void followsOnlyAtTheEnd() {
    Studio studio;
    studio.engine.chatWords = std::vector<std::string>(400, "A line of its own.\n\n");
    ChatPage *chat = studio.openBoth();
    chat->ask(QStringLiteral("long"));
    QScrollBar *bar = chat->pane(false)->findChild<QScrollArea *>()->verticalScrollBar();
    QTRY_VERIFY(bar->maximum() > 400);
    QTRY_COMPARE(bar->value(), bar->maximum());
    bar->setValue(10); // reads the beginning
    const int before = bar->maximum();
    QTRY_VERIFY(bar->maximum() > before + 100);
    QCOMPARE(bar->value(), 10);
    QTRY_VERIFY_WITH_TIMEOUT(!chat->isBusy(), 10000);
  }
};

QTEST_MAIN(ChatTest)
#include "chat_test.moc"
