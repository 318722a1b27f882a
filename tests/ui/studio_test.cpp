// A person's ways through the window, on a fake engine: offscreen, real events, real widgets.
#include "core/api/config_fields.h"
#include "tests/support/studio_fixture.h"
#include "ui/charts/metric_chart.h"
#include "ui/models/core_text.h"
#include "ui/models/field_text.h"
#include "ui/pages/chat_page.h"
#include "ui/pages/run_curves.h"
#include "ui/pages/runs_page.h"
#include "ui/pages/setting_row.h"
#include "ui/pages/settings_form.h"
#include "ui/pages/start_page.h"
#include "ui/pages/train_page.h"
#include "ui/shell/main_window.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/theme.h"

#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QtTest>

#include <set>

using namespace attune;
using namespace attune::ui;

namespace {

struct Studio : test::StudioFixture {
  const api::RunSummary *newest() { return window->runs().runs().empty() ? nullptr : &window->runs().runs().front(); }
};

QPushButton *button(QWidget *page, const QString &text) {
  for (QPushButton *candidate : page->findChildren<QPushButton *>())
    if (candidate->text() == text && candidate->isVisible()) return candidate;
  return nullptr;
}

double luminance(const QColor &color) {
  const auto part = [](double value) { return value <= 0.03928 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4); };
  return 0.2126 * part(color.redF()) + 0.7152 * part(color.greenF()) + 0.0722 * part(color.blueF());
}

double contrast(const QColor &a, const QColor &b) {
  const double high = std::max(luminance(a), luminance(b)), low = std::min(luminance(a), luminance(b));
  return (high + 0.05) / (low + 0.05);
}

} // namespace

class StudioTest : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() { QStandardPaths::setTestModeEnabled(true); }

  void firstStartToChat() {
    Studio studio;
    studio.engine.steps = 4000;
    studio.engine.stepMilliseconds = 2;
    studio.open();
    QTRY_VERIFY(studio.window->runs().known());
    QTest::mouseClick(button(studio.window.get(), QStringLiteral("Start the sample run")), Qt::LeftButton);
    QTRY_COMPARE(studio.window->place(), Place::Runs);
    MetricChart *chart = studio.window->runsPage()->curves()->chart();
    QTRY_VERIFY_WITH_TIMEOUT(!chart->drawnPoints(0).isEmpty(), 5000);
    const auto before = chart->drawnPoints(0);
    QTRY_VERIFY_WITH_TIMEOUT(chart->drawnPoints(0).last().x() > before.last().x(), 5000); // it moves
    QTest::mouseClick(button(studio.window->runsPage(), QStringLiteral("Stop")), Qt::LeftButton);
    QTRY_VERIFY(studio.window->runs().active().isEmpty());
    QCOMPARE(studio.newest()->phase, api::RunPhase::Stopped);

    QTest::mouseClick(button(studio.window->runsPage(), QStringLiteral("Continue")), Qt::LeftButton);
    QTRY_VERIFY(!studio.window->runs().active().isEmpty());
    QVERIFY(studio.engine.requests.back().resume);
    QTRY_VERIFY(studio.newest()->step > 2000); // the fake resumes at the middle
    QTest::mouseClick(button(studio.window->runsPage(), QStringLiteral("Stop")), Qt::LeftButton);
    QTRY_VERIFY(studio.window->runs().active().isEmpty());

    QTest::mouseClick(button(studio.window->runsPage(), QStringLiteral("Chat")), Qt::LeftButton);
    QCOMPARE(studio.window->place(), Place::Chat);
    ChatPage *chat = studio.window->chatPage();
    QTRY_VERIFY(chat->isReady());
    chat->ask(QStringLiteral("What is LoRA?"));
    QTRY_VERIFY(!chat->isBusy() && chat->conversation().current() >= 0 && chat->conversation().at(0).tuned);
    QCOMPARE(chat->conversation().at(0).base->text, QStringLiteral("I do not know."));
    QCOMPARE(chat->conversation().at(0).tuned->text, QStringLiteral("LoRA **adds** small matrices."));
  }

  void pauseAndCheckpoint() {
    Studio studio;
    studio.engine.steps = 100000;
    studio.open();
    QTRY_VERIFY(studio.window->runs().known());
    studio.window->tryIt();
    QTRY_VERIFY(studio.newest() && studio.newest()->step > 5);
    const QString folder = studio.window->runs().active();
    RunModel *run = studio.window->runs().model(folder);
    QTest::mouseClick(button(studio.window->runsPage(), QStringLiteral("Pause")), Qt::LeftButton);
    QTRY_COMPARE(run->state(), api::RunState::Paused);
    const qint64 at = run->step();
    QTest::mouseClick(button(studio.window->runsPage(), QStringLiteral("Checkpoint now")), Qt::LeftButton);
    QTRY_VERIFY(run->marks().size() >= 2);
    QCOMPARE(run->step(), at);
    QTest::mouseClick(button(studio.window->runsPage(), QStringLiteral("Go on")), Qt::LeftButton);
    QTRY_VERIFY(run->step() > at);
    studio.window->runs().requestStop(folder);
    QTRY_VERIFY(studio.window->runs().active().isEmpty());
  }

  void fiveMistakes() {
    Studio studio;
    studio.open();
    studio.window->goTo(Place::Train);
    TrainPage *train = studio.window->trainPage();
    train->addDataset(QStringLiteral("/data/rows.jsonl"));
    QTRY_VERIFY(train->startButton()->isEnabled());
    const std::pair<const char *, const char *> mistakes[] = {
        {"lora.rank", "0"}, {"optimizer.lr", "fast"}, {"epochs", "1.5"}, {"batch_size", "-1"}, {"validation.fraction", "2"}};
    for (const auto &[key, text] : mistakes) {
      auto *edit = qobject_cast<QLineEdit *>(train->form()->row(key)->editor());
      QVERIFY(edit);
      edit->setFocus();
      edit->selectAll();
      QTest::keyClicks(edit, QLatin1String(text));
      QVERIFY(!train->draft().problem(key).isEmpty());
    }
    QCOMPARE(train->draft().problems().size(), 5);
    QVERIFY(!train->startButton()->isEnabled());
    for (const auto &mistake : mistakes) train->draft().reset(*api::findConfigField(mistake.first));
    QVERIFY(train->draft().problems().isEmpty());
    QTRY_VERIFY(train->startButton()->isEnabled());
  }

  void numbersAsPeopleTypeThem() {
    ConfigDraft draft;
    draft.setText(*api::findConfigField("optimizer.lr"), QStringLiteral("2e-4"));
    QCOMPARE(draft.config().optimizer.lr, 2e-4);
    draft.setText(*api::findConfigField("validation.fraction"), QStringLiteral("5 %"));
    QCOMPARE(draft.config().validation.fraction, 0.05);
    draft.setText(*api::findConfigField("max_length"), QStringLiteral("1,024"));
    QCOMPARE(draft.config().maxLength, int64_t(1024));
    QVERIFY(draft.commandLine().contains(QStringLiteral("--set max_length=1024")));
  }

  void redBeforeStart() {
    Studio studio;
    studio.engine.budgetBytes = int64_t(1) << 30;
    studio.open();
    studio.window->goTo(Place::Train);
    TrainPage *train = studio.window->trainPage();
    train->addDataset(QStringLiteral("/data/rows.jsonl"));
    QTRY_VERIFY(button(train, QStringLiteral("Make it fit")) != nullptr);
    QVERIFY(!train->startButton()->isEnabled());
    studio.engine.budgetBytes = int64_t(64) << 30;
    QTest::mouseClick(button(train, QStringLiteral("Make it fit")), Qt::LeftButton);
    QTRY_VERIFY(button(studio.window.get(), QStringLiteral("Apply changes")) != nullptr);
    QTest::mouseClick(button(studio.window.get(), QStringLiteral("Apply changes")), Qt::LeftButton);
    QTRY_COMPARE(train->draft().config().batchSize, int64_t(1));
    QTRY_VERIFY(train->startButton()->isEnabled());
  }

  void languageAndThemeWhileARunGoes() {
    Studio studio;
    studio.engine.steps = 100000;
    studio.open();
    QTRY_VERIFY(studio.window->runs().known());
    studio.window->tryIt();
    QTRY_VERIFY(studio.newest() && studio.newest()->step > 3);
    Preferences chinese = studio.preferences;
    chinese.language = QStringLiteral("zh_CN");
    chinese.theme = ThemeChoice::Dark;
    studio.appearance.apply(chinese);
    QTRY_VERIFY(button(studio.window->runsPage(), QStringLiteral("停止")) != nullptr);
    const qint64 step = studio.newest()->step;
    QTRY_VERIFY(studio.newest()->step > step);
    studio.appearance.apply(studio.preferences);
    QTRY_VERIFY(button(studio.window->runsPage(), QStringLiteral("Stop")) != nullptr);
    studio.window->runs().requestStop(studio.window->runs().active());
    QTRY_VERIFY(studio.window->runs().active().isEmpty());
  }

  void oldRunsOverlaidAndExported() {
    Studio studio;
    studio.store.addRun("first", 400, 1.5);
    studio.store.addRun("second", 300, 1.2);
    studio.open();
    QTRY_VERIFY(studio.window->runs().known());
    studio.window->goTo(Place::Runs);
    RunsPage *page = studio.window->runsPage();
    page->showRun(QStringLiteral("/fake/runs/first"));
    page->showAlso(QStringLiteral("/fake/runs/second"));
    MetricChart *chart = page->curves()->chart();
    QTRY_VERIFY(!chart->drawnPoints(0).isEmpty() && !chart->drawnPoints(1).isEmpty());
    QCOMPARE(chart->drawnPoints(0).last().x(), 400.0);
    QCOMPARE(chart->drawnPoints(1).last().x(), 300.0);
    const QTemporaryDir folder;
    QFile table(folder.filePath(QStringLiteral("loss.csv")));
    page->curves()->exportTo(table.fileName());
    QTRY_VERIFY(table.exists());
    QVERIFY(table.open(QIODevice::ReadOnly));
    QCOMPARE(table.readAll().count('\n'), 701);
    chart->setLogarithmic(true);
    QVERIFY(!chart->drawnPoints(0).isEmpty());
  }

  void engineThatDoesNotLoadEndsTheRunWithAReason() {
    Studio studio;
    studio.services.openEngine = []() -> Result<api::Engine *> { return Error{ErrorCode::IoFailed, "It is not there.", "", "Build it."}; };
    studio.open();
    QTRY_VERIFY(studio.window->runs().known());
    studio.window->tryIt();
    QTRY_VERIFY(studio.newest() && studio.newest()->phase == api::RunPhase::Failed);
    QCOMPARE(QString::fromStdString(studio.newest()->error), QStringLiteral("It is not there."));
    studio.window->goTo(Place::Start);
    const auto said = [&] {
      const auto *banner = studio.window->page(Place::Start)->findChild<Banner *>();
      return banner->isVisible() ? banner->findChildren<QLabel *>().last()->text() : QString();
    };
    QVERIFY(said().endsWith(QStringLiteral("It is not there. Build it.")));
    studio.preferences.language = QStringLiteral("zh_CN");
    studio.appearance.apply(studio.preferences);
    const QString sentence = QCoreApplication::translate("CoreError", "io_failed");
    QVERIFY(sentence != QStringLiteral("io_failed"));
    QTRY_VERIFY2(said().contains(sentence), qPrintable(said()));
  }

  void everyTextIsReadable() {
    for (const bool dark : {false, true}) {
      const Theme theme = Theme::load(dark);
      for (const Tone ground : {Tone::Window, Tone::Surface, Tone::Raised, Tone::Tint})
        for (const Tone text : {Tone::Text, Tone::Muted, Tone::Success, Tone::Warning, Tone::Danger})
          QVERIFY2(contrast(theme.color(ground), theme.color(text)) >= 4.5,
                   qPrintable(QStringLiteral("%1 %2 %3").arg(dark).arg(static_cast<int>(ground)).arg(static_cast<int>(text))));
      QVERIFY(contrast(theme.color(Tone::Accent), theme.color(Tone::OnAccent)) >= 4.5);
    }
  }

  void everySettingHasItsTexts() {
    std::set<std::string> helps;
    for (const char *text : settingHelpTexts()) helps.insert(text);
    for (const api::ConfigField &field : api::configFields()) {
      QVERIFY2(helps.count(field.help), field.help.c_str());
      QVERIFY2(fieldLabel(field) != QString::fromStdString(field.key), field.key.c_str());
    }
    QCOMPARE(helps.size(), api::configFields().size());
  }
};

QTEST_MAIN(StudioTest)
#include "studio_test.moc"
