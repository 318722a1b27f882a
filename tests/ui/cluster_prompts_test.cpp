// What a connection asks - a host's key, passwords, codes, passphrases - as dialogs: they name the host, speak its words, hand back what
// was typed, and go when nobody waits any more. The window never waits. On fakes.
#include "tests/support/find_button.h"
#include "tests/support/studio_fixture.h"
#include "ui/dialogs/cluster_questions.h"
#include "ui/pages/cluster_page.h"
#include "ui/widgets/banner.h"

#include <QCheckBox>
#include <QClipboard>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QStandardPaths>

using namespace attune;
using namespace attune::ui;
using test::button;
using test::click;

namespace {

struct PromptStudio : test::StudioFixture {
  test::FakeCluster *cluster = nullptr;

  PromptStudio() {
    api::ClusterProfile profile;
    profile.name = "kshdtest";
    profile.host = "login.example";
    profile.user = "scientist";
    cluster = &clusters.add(profile);
  }
  void openPage() {
    open();
    QVERIFY(QTest::qWaitForWindowActive(window.get()));
    window->goTo(Place::Cluster);
    QTRY_COMPARE(window->clusterPage()->list()->count(), 1);
    QTRY_VERIFY(window->clusters().connection(QStringLiteral("kshdtest")));
  }
  QDialog *dialog() { return window->questions()->dialog(); }
  QString told() {
    QStringList texts = {dialog()->windowTitle()};
    for (const QLabel *label : dialog()->findChildren<QLabel *>())
      if (label->isVisible()) texts.append(label->text());
    return texts.join(QLatin1Char('\n'));
  }
  api::LinkState link() { return window->clusters().find(QStringLiteral("kshdtest"))->link.state; }
};

api::LoginPrompt login(api::LoginPrompt::Kind kind, std::vector<api::LoginPrompt::Line> lines, int attempt = 1) {
  api::LoginPrompt prompt;
  prompt.kind = kind;
  prompt.cluster = "kshdtest";
  prompt.host = "login.example";
  prompt.user = "scientist";
  prompt.lines = std::move(lines);
  prompt.attempt = attempt;
  return prompt;
}

} // namespace

class ClusterPromptsTest : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() { QStandardPaths::setTestModeEnabled(true); }
  void init() { QSettings().clear(); }

  void anUnknownKeyIsShownAndTrustedOnPurpose_data() {
    QTest::addColumn<QString>("press");
    QTest::addColumn<int>("state");
    QTest::newRow("trust") << "Trust" << static_cast<int>(api::LinkState::Online);
    QTest::newRow("once") << "Only this time" << static_cast<int>(api::LinkState::Online);
    QTest::newRow("cancel") << "Cancel" << static_cast<int>(api::LinkState::NeedsUser);
  }
  void anUnknownKeyIsShownAndTrustedOnPurpose() {
    QFETCH(QString, press);
    QFETCH(int, state);
    PromptStudio studio;
    studio.cluster->hostKey = api::HostKeyPrompt{"kshdtest", "login.example", 2222, "ssh-ed25519", "SHA256:n4bQgYhMfWWaL+qgxVrQFaO"};
    studio.openPage();
    click(studio.window.get(), "Connect");
    QTRY_VERIFY(studio.dialog());
    QVERIFY(QTest::qWaitForWindowActive(studio.dialog()));
    for (const char *part : {"login.example:2222", "SHA256:n4bQgYhMfWWaL+qgxVrQFaO", "ssh-ed25519", "kshdtest"})
      QVERIFY2(studio.told().contains(QLatin1String(part)), part);
    QTest::keyClick(studio.dialog(), Qt::Key_Return); // trusts nobody
    QVERIFY(studio.dialog() == nullptr || studio.link() == api::LinkState::Connecting || press == QLatin1String("Cancel"));
    if (!studio.dialog()) return;
    click(studio.dialog(), qPrintable(press));
    QTRY_COMPARE(static_cast<int>(studio.link()), state);
    QVERIFY(!studio.dialog());
  }

  void codesAreAskedForInTheHostsWords() {
    PromptStudio studio;
    api::LoginPrompt first =
        login(api::LoginPrompt::Kind::Interactive, {{"Password: ", false}, {"Verification code (<b>OTP</b>): ", true}});
    first.instruction = "Two factors are needed.";
    studio.cluster->logins = {first, login(api::LoginPrompt::Kind::Interactive, {{"Next code: ", true}})};
    studio.openPage();
    click(studio.window.get(), "Connect");
    QTRY_VERIFY(studio.dialog());
    QVERIFY(studio.told().contains(QStringLiteral("Sign in to login.example")));
    QVERIFY(studio.told().contains(QStringLiteral("As scientist, for the cluster kshdtest.")));
    QVERIFY(studio.told().contains(QStringLiteral("Two factors are needed.")));
    QVERIFY(studio.told().contains(QStringLiteral("Verification code (<b>OTP</b>):"))); // words, never markup
    const auto fields = studio.dialog()->findChildren<QLineEdit *>();
    QCOMPARE(fields.size(), 2);
    QCOMPARE(fields[0]->echoMode(), QLineEdit::Password);
    QCOMPARE(fields[1]->echoMode(), QLineEdit::Normal);
    QTest::keyClicks(fields[0], QStringLiteral("canary 7"));
    QTest::keyClicks(fields[1], QStringLiteral("123456"));
    const QPointer<QDialog> before = studio.dialog();
    QTest::keyClick(fields[1], Qt::Key_Return);
    QTRY_VERIFY(studio.dialog() && studio.dialog() != before);
    QTest::keyClicks(studio.dialog()->findChild<QLineEdit *>(), QStringLiteral("99"));
    click(studio.dialog(), "Sign in");
    QTRY_COMPARE(studio.link(), api::LinkState::Online);
    const auto given = studio.cluster->answers();
    QCOMPARE(given.size(), size_t(2));
    QCOMPARE(QString::fromStdString(given[0][0]), QStringLiteral("canary 7"));
    QCOMPARE(QString::fromStdString(given[0][1]), QStringLiteral("123456"));
    QCOMPARE(QString::fromStdString(given[1][0]), QStringLiteral("99"));
  }

  void aPasswordIsRememberedOnlyWhenThatIsAskedForAndACodeNever() {
    PromptStudio studio;
    const auto password = login(api::LoginPrompt::Kind::Password, {{"Password", false}});
    studio.openPage();
    const auto signIn = [&](const api::LoginPrompt &prompt, const QString &expected, const char *typed, bool remember) {
      studio.cluster->logins = {prompt};
      click(studio.window.get(), "Connect");
      QTRY_VERIFY(studio.dialog());
      auto *field = studio.dialog()->findChild<QLineEdit *>();
      QTRY_COMPARE(field->text(), expected); // a keyring takes its time
      auto *box = studio.dialog()->findChild<QCheckBox *>();
      QCOMPARE(box != nullptr, !ui::keyringName(prompt).isEmpty());
      if (box) {
        QCOMPARE(box->isChecked(), !expected.isEmpty());
        box->setChecked(remember);
      }
      field->setText(QLatin1String(typed));
      click(studio.dialog(), "Sign in");
      QTRY_COMPARE(studio.link(), api::LinkState::Online);
      QCOMPARE(QString::fromStdString(studio.cluster->answers().back()[0]), QLatin1String(typed));
      click(studio.window.get(), "Disconnect");
      QTRY_COMPARE(studio.link(), api::LinkState::Offline);
    };
    signIn(password, {}, "not kept", false);
    signIn(password, {}, "kept", true);
    signIn(password, QStringLiteral("kept"), "kept", true);
    signIn(login(api::LoginPrompt::Kind::Interactive, {{"Password:", false}}), QStringLiteral("kept"), "kept", false); // forgets it
    signIn(password, {}, "gone", false);
    signIn(login(api::LoginPrompt::Kind::Interactive, {{"Verification code:", false}}), {}, "123456", false);
    const api::LoginPrompt two = login(api::LoginPrompt::Kind::Interactive, {{"Password:", false}, {"Code:", false}});
    QCOMPARE(keyringName(two), QString());
    QVERIFY(keyringName(login(api::LoginPrompt::Kind::Passphrase, {{"/home/me/.ssh/id", false}})) != keyringName(password));
  }

  void aWrongPassphraseIsAskedForAgain() {
    PromptStudio studio;
    studio.cluster->logins = {login(api::LoginPrompt::Kind::Passphrase, {{"Passphrase for ~/.ssh/id_ed25519", false}}),
                              login(api::LoginPrompt::Kind::Passphrase, {{"Passphrase for ~/.ssh/id_ed25519", false}}, 2)};
    studio.openPage();
    click(studio.window.get(), "Connect");
    QTRY_VERIFY(studio.dialog());
    QVERIFY(studio.told().contains(QStringLiteral("A key for login.example is locked")));
    QVERIFY(!studio.told().contains(QStringLiteral("Try again")));
    click(studio.dialog(), "Unlock");
    QTRY_VERIFY(studio.dialog() && studio.told().contains(QStringLiteral("That was not the passphrase. Try again.")));
    click(studio.dialog(), "Cancel");
    QTRY_COMPARE(studio.link(), api::LinkState::NeedsUser);
  }

  void aWithdrawnQuestionTakesItsDialogWithIt() {
    PromptStudio studio;
    studio.openPage();
    const StopSource stop;
    std::optional<std::vector<std::string>> given = std::vector<std::string>{"?"};
    std::thread asker([&] {
      given = studio.prompts.askLogin(login(api::LoginPrompt::Kind::Password, {{"Password:", false}}), stop.token());
    });
    QTRY_VERIFY(studio.dialog());
    int beats = 0; // the window goes on while the question stands
    QTimer heart;
    connect(&heart, &QTimer::timeout, this, [&beats] { ++beats; });
    heart.start(5);
    QTRY_VERIFY(beats > 20);
    stop.requestStop();
    asker.join();
    QVERIFY(!given);
    QTRY_VERIFY(!studio.dialog());
  }

  void questionsComeOneAtATime() {
    PromptStudio studio;
    studio.openPage();
    std::vector<std::thread> askers;
    std::atomic<int> answered{0};
    for (int i = 0; i < 3; ++i)
      askers.emplace_back([&] {
        if (studio.prompts.askLogin(login(api::LoginPrompt::Kind::Password, {{"Password:", false}}), {})) ++answered;
      });
    for (int i = 0; i < 3; ++i) {
      QTRY_VERIFY(studio.dialog() && studio.dialog()->isVisible());
      const QPointer<QDialog> shown = studio.dialog();
      click(shown, "Sign in");
      QTRY_VERIFY(studio.dialog() != shown || !shown);
    }
    for (std::thread &asker : askers) asker.join();
    QCOMPARE(answered.load(), 3);
  }

  void aWindowThatGoesAnswersNo() {
    auto studio = std::make_unique<PromptStudio>();
    studio->openPage();
    std::optional<std::vector<std::string>> given = std::vector<std::string>{"?"};
    std::thread asker([&] { given = studio->prompts.askLogin(login(api::LoginPrompt::Kind::Password, {{"Password:", false}}), {}); });
    QTRY_VERIFY(studio->dialog());
    studio->window.reset();
    asker.join();
    QVERIFY(!given);
    QVERIFY(studio->prompts.askHostKey({}, {}) == api::HostKeyAnswer::Refuse); // nobody is there
  }

  void aChangedKeyIsReplacedOnlyOnPurpose() {
    PromptStudio studio;
    studio.cluster->refusal = test::FakeCluster::fault("KEY-CHANGED", "login.example shows a different key than before.");
    api::KeyChangePrompt change;
    change.shown = {"kshdtest", "login.example", 2222, "ssh-ed25519", "SHA256:new"};
    change.known = {{"ssh-ed25519", "SHA256:old", "/ws/known_hosts:3", true}};
    studio.cluster->change = change;
    studio.openPage();
    click(studio.window.get(), "Connect");
    Banner *banner = studio.window->clusterPage()->banner();
    QTRY_VERIFY(banner->isVisible());
    for (const bool sure : {false, true}) {
      QTRY_VERIFY(button(banner, QStringLiteral("Replace the key…")));
      QTest::mouseClick(button(banner, QStringLiteral("Replace the key…")), Qt::LeftButton);
      QTRY_VERIFY(studio.dialog());
      QVERIFY(QTest::qWaitForWindowActive(studio.dialog()));
      for (const char *part : {"login.example:2222", "SHA256:new", "SHA256:old", "/ws/known_hosts:3"})
        QVERIFY2(studio.told().contains(QLatin1String(part)), part);
      auto *typed = studio.dialog()->findChild<QLineEdit *>();
      QVERIFY(!button(studio.dialog(), QStringLiteral("Replace the key"))); // a press alone does nothing
      QTest::keyClicks(typed, QStringLiteral("login.exampl"));
      QTest::keyClick(typed, Qt::Key_Return);
      QVERIFY(studio.dialog() && !button(studio.dialog(), QStringLiteral("Replace the key")));
      QTest::keyClicks(typed, QStringLiteral("e"));
      QTest::keyClick(typed, Qt::Key_Return);
      QVERIFY(studio.dialog()); // and Enter neither
      click(studio.dialog(), sure ? "Replace the key" : "Keep the old key");
      QTRY_COMPARE(studio.link(), sure ? api::LinkState::Online : api::LinkState::NeedsUser);
      QTRY_VERIFY(!studio.dialog());
    }
  }

  void aKeyInAFileOfTheUsersIsNotReplacedHere() {
    PromptStudio studio;
    studio.cluster->refusal = test::FakeCluster::fault("KEY-OTHER", "login.example shows a key of another type.");
    api::KeyChangePrompt change;
    change.shown = {"kshdtest", "login.example", 22, "ssh-ed25519", "SHA256:new"};
    change.known = {{"ssh-rsa", "SHA256:old", "/home/me/.ssh/known_hosts:3", false}};
    change.remedy = "ssh-keygen -f /home/me/.ssh/known_hosts -R login.example";
    studio.cluster->change = change;
    studio.openPage();
    click(studio.window.get(), "Connect");
    Banner *banner = studio.window->clusterPage()->banner();
    QTRY_VERIFY(button(banner, QStringLiteral("Replace the key…")));
    QTest::mouseClick(button(banner, QStringLiteral("Replace the key…")), Qt::LeftButton);
    QTRY_VERIFY(studio.dialog());
    QVERIFY(studio.told().contains(QString::fromStdString(change.remedy)));
    QVERIFY(!studio.dialog()->findChild<QLineEdit *>()->isVisible());
    click(studio.dialog(), "Copy command");
    QCOMPARE(QGuiApplication::clipboard()->text(), QString::fromStdString(change.remedy));
    click(studio.dialog(), "Close");
    QTRY_COMPARE(studio.link(), api::LinkState::NeedsUser);
  }

  void aChangedKeyIsRefusedWithBothFingerprints() {
    PromptStudio studio;
    studio.cluster->refusal = test::FakeCluster::fault(
        "KEY-CHANGED", "login.example shows a different key than before: SHA256:new, where SHA256:old was trusted. Nothing was sent.");
    studio.openPage();
    click(studio.window.get(), "Connect");
    const Banner *banner = studio.window->clusterPage()->banner();
    QTRY_VERIFY(banner->isVisible());
    QString text;
    for (const QLabel *label : banner->findChildren<QLabel *>()) text += label->text();
    QVERIFY(text.contains(QStringLiteral("SHA256:new")) && text.contains(QStringLiteral("SHA256:old")));
    QVERIFY(button(banner, QStringLiteral("Connect again")));
  }
};

QTEST_MAIN(ClusterPromptsTest)
#include "cluster_prompts_test.moc"
