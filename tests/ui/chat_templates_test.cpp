// Which template a conversation gets: shown, chosen, kept, and refused with a reason. A window on a fake engine, offscreen.
#include "tests/support/chat_studio.h"
#include "tests/support/find_button.h"
#include "ui/widgets/elided_label.h"

#include <QJsonDocument>
#include <QMenu>
#include <QPushButton>
#include <QStandardPaths>

using namespace attune;
using namespace attune::ui;
using test::button;
using test::click;

namespace {

struct Studio : test::ChatStudio {
  QPushButton *templateCard() const {
    for (QPushButton *one : window->chatPage()->findChildren<QPushButton *>())
      if (one->accessibleName() == QStringLiteral("Template")) return one;
    return nullptr;
  }
  /// The card's value and the line about it.
  QString templateShown() const {
    const auto *about = templateCard()->parentWidget()->findChild<ElidedLabel *>();
    return templateCard()->accessibleDescription() + QStringLiteral(" | ") + about->text();
  }
  void chooseTemplate(const QString &name) {
    QMenu *menu = templateCard()->menu();
    Q_EMIT menu->aboutToShow();
    for (QAction *action : menu->actions())
      if (action->text() == name) return action->trigger();
    QFAIL(qPrintable(name));
  }
  QStringList templatesAsked() {
    QStringList names;
    for (const api::ChatRequest &request : engine.chatRequests()) names.append(QString::fromStdString(request.templateName));
    return names;
  }
};

} // namespace

class ChatTemplatesTest : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() { QStandardPaths::setTestModeEnabled(true); }

  void theTemplateIsShownChosenAndKept() {
    Studio studio;
    ChatPage *chat = studio.open();
    QCOMPARE(studio.templateShown(), QStringLiteral("Automatic | its own, if it has one"));
    studio.ask(QStringLiteral("One?"));
    QTRY_COMPARE(studio.templateShown(), QStringLiteral("The model's own | chosen automatically"));
    studio.chooseTemplate(QStringLiteral("chatml (built in)"));
    QTRY_COMPARE(studio.templateShown(), QStringLiteral("chatml (built in) | from the next answer on"));
    studio.chooseTemplate(QStringLiteral("Automatic")); // back again: nothing changes
    QTRY_COMPARE(studio.templateShown(), QStringLiteral("The model's own | chosen automatically"));
    studio.chooseTemplate(QStringLiteral("chatml (built in)"));
    studio.ask(QStringLiteral("Two?"));
    QTRY_COMPARE(studio.templateShown(), QStringLiteral("chatml (built in) | chosen by you"));
    QCOMPARE(studio.templatesAsked(), QStringList({QStringLiteral("auto"), QStringLiteral("chatml")}));

    // With the conversation: another keeps its own, and a new one begins as this one ends.
    const std::string first = chat->session().id();
    click(chat, "New");
    QCOMPARE(chat->conversation().templateName, std::string("chatml"));
    studio.chooseTemplate(QStringLiteral("The model's own"));
    studio.ask(QStringLiteral("Three?"));
    QCOMPARE(studio.templatesAsked().last(), QStringLiteral("model"));
    chat->session().open(first);
    QTRY_COMPARE(studio.templateShown(), QStringLiteral("chatml (built in) | chosen by you"));
    QCOMPARE(Conversation::fromJson(QJsonDocument(chat->conversation().toJson()).toJson())->templateName, std::string("chatml"));
    QCOMPARE(Conversation::fromJson("{\"exchanges\":[]}")->templateName, std::string("auto"));
  }

  void aTemplateThatTheModelCannotUseSaysSo() {
    Studio studio;
    ChatPage *chat = studio.open();
    studio.ask(QStringLiteral("One?"));
    studio.chooseTemplate(QStringLiteral("baichuan2 (built in)"));
    QTRY_COMPARE(studio.banner(), QStringLiteral("The model has no role tokens. (template)"));
    QTRY_COMPARE(studio.templateShown(), QStringLiteral("baichuan2 (built in) | not for this model"));
    studio.ask(QStringLiteral("Two?")); // stays in the field
    QCOMPARE(chat->questionField()->toPlainText(), QStringLiteral("Two?"));
    QCOMPARE(studio.templatesAsked().size(), 1);
    QVERIFY(!button(chat, QStringLiteral("Ask"))); // disabled
    click(chat, "Choose it automatically");
    QTRY_COMPARE(studio.templateShown(), QStringLiteral("The model's own | chosen automatically"));
    QVERIFY(studio.banner().isEmpty());
    QTest::keyClick(chat->questionField(), Qt::Key_Return);
    QTRY_COMPARE(studio.templatesAsked().size(), 2);
    QTRY_VERIFY(!chat->isBusy());

    studio.engine.missingMarks = {"<|im_start|>"};
    studio.chooseTemplate(QStringLiteral("chatml (built in)"));
    const auto says = [&](const QString &part) {
      const auto labels = chat->findChildren<QLabel *>();
      return std::any_of(labels.begin(), labels.end(),
                         [&](const QLabel *label) { return label->isVisible() && label->text().contains(part); });
    };
    QTRY_VERIFY(says(QStringLiteral("has no token <|im_start|>")));
    chat->session().unload();
    QVERIFY(!says(QStringLiteral("has no token <|im_start|>"))); // nobody knows of the next model
  }

  void theTemplateIsWithinReachOfTheKeyboard() {
    Studio studio;
    studio.open();
    QPushButton *card = studio.templateCard();
    QCOMPARE(card->accessibleName(), QStringLiteral("Template"));
    QVERIFY(card->focusPolicy() & Qt::TabFocus);
    card->setFocus();
    QTimer::singleShot(0, card, [] {
      auto *menu = qobject_cast<QMenu *>(QApplication::activePopupWidget());
      QVERIFY(menu);
      for (int i = 0; i < 4; ++i) QTest::keyClick(menu, Qt::Key_Down);
      QTest::keyClick(menu, Qt::Key_Return);
    });
    QTest::keyClick(card, Qt::Key_Space);
    QTRY_COMPARE(studio.chat()->conversation().templateName, std::string("chatml"));
  }
};

QTEST_MAIN(ChatTemplatesTest)
#include "chat_templates_test.moc"
