// What a run takes, before and while it goes: the forecast's bars, Make it fit, the choice of device, the memory meter and
// what the run's page says of it afterwards. Offscreen, on fakes.
#include "tests/support/find_button.h"
#include "tests/support/studio_fixture.h"
#include "ui/charts/mark_legend.h"
#include "ui/charts/metric_chart.h"
#include "ui/dialogs/fit_dialog.h"
#include "ui/models/fit_text.h"
#include "ui/pages/forecast_card.h"
#include "ui/pages/forecast_view.h"
#include "ui/pages/run_curves.h"
#include "ui/pages/run_memory.h"
#include "ui/pages/runs_page.h"
#include "ui/pages/setting_row.h"
#include "ui/pages/settings_form.h"
#include "ui/pages/train_page.h"
#include "ui/shell/status_strip.h"
#include "ui/widgets/memory_meter.h"
#include "ui/widgets/toast.h"

#include <QComboBox>
#include <QLabel>
#include <QMenu>
#include <QProgressBar>
#include <QSettings>
#include <QStandardPaths>
#include <QtTest>

using namespace attune;
using namespace attune::ui;
using test::button;
using test::click;

namespace {

constexpr int64_t kGib = int64_t(1) << 30;

/// Everything that is written in a widget now, a line a label.
QString saying(const QWidget *in) {
  QStringList texts;
  for (const QLabel *label : in->findChildren<QLabel *>())
    if (label->isVisible()) texts.append(label->text());
  return texts.join(QLatin1Char('\n'));
}

struct FitStudio : test::StudioFixture {
  ~FitStudio() {
    engine.searches = false;
    window.reset();
  }
  TrainPage *openForm() {
    open();
    window->goTo(Place::Train);
    TrainPage *page = window->trainPage();
    page->addDataset(QStringLiteral("/data/rows.jsonl"));
    return page;
  }
  FitDialog *dialog() const { return window->findChild<FitDialog *>(); }
  FitDialog *makeItFit() {
    QPushButton *fit = window->trainPage()->findChild<ForecastCard *>()->fitButton();
    [&] { QTRY_VERIFY(fit->isVisible()); }();
    QTest::mouseClick(fit, Qt::LeftButton);
    return dialog();
  }
  const api::RunConfig &config() const { return window->trainPage()->draft().config(); }
};

api::FitChange change(const char *key, const char *from, const char *to) { return {key, from, to, "Because.", "A little."}; }

} // namespace

class FitTest : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() { QStandardPaths::setTestModeEnabled(true); }
  void init() { QSettings().clear(); }

  void theDialogExplainsBeforeAnythingChanges() {
    FitStudio studio;
    studio.engine.budgetBytes = 2 * kGib;
    studio.openForm();
    const int64_t batch = studio.config().batchSize;
    FitDialog *dialog = studio.makeItFit();
    QVERIFY(dialog && dialog->isVisible());
    QTRY_VERIFY(button(dialog, QStringLiteral("Apply changes")) != nullptr);
    const QString text = saying(dialog);
    for (const QString &words : {QStringLiteral("Batch size"), QStringLiteral("%1 → 1").arg(batch), QStringLiteral("fewer activations"),
                                 QStringLiteral("Cost: "), QStringLiteral("As it is set"), QStringLiteral("With the changes")})
      QVERIFY2(text.contains(words, Qt::CaseInsensitive), qPrintable(words + QStringLiteral(" in\n") + text));
    QCOMPARE(studio.config().batchSize, batch);
    click(dialog, "Keep my settings");
    QTRY_VERIFY(!studio.dialog());
    QCOMPARE(studio.config().batchSize, batch);

    dialog = studio.makeItFit();
    QTRY_VERIFY(button(dialog, QStringLiteral("Apply changes")) != nullptr);
    QTRY_VERIFY(button(dialog, QStringLiteral("Apply changes"))->hasFocus()); // Return is enough
    click(dialog, "Apply changes");
    QCOMPARE(studio.config().batchSize, int64_t(1));
    click(studio.window->findChild<Toast *>(), "Undo");
    QCOMPARE(studio.config().batchSize, batch);
  }

  void onlyWhatIsShownIsChanged() {
    FitStudio studio;
    studio.engine.budgetBytes = kGib;
    studio.openForm();
    api::FitProposal found{
        true, studio.config(), {}, {change("quantization", "\"none\"", "\"nf4\""), change("offload", "[]", "[\"checkpoints\"]")}};
    found.config.quantization = api::Quantization::Nf4;
    found.config.offload.checkpoints = true;
    found.config.checkpointing = api::Checkpointing::Full; // what `auto` became
    studio.engine.proposal = found;
    FitDialog *dialog = studio.makeItFit();
    QTRY_VERIFY(button(dialog, QStringLiteral("Apply changes")) != nullptr);
    QVERIFY(saying(dialog).contains(QStringLiteral("as they are → 4-bit (NF4)")));
    QVERIFY(saying(dialog).contains(QStringLiteral("nothing → checkpoints")));
    QVERIFY(!saying(dialog).contains(QStringLiteral("Because.")));
    click(dialog, "Apply changes");
    QVERIFY(studio.config().quantization == api::Quantization::Nf4 && studio.config().offload.checkpoints);
    QVERIFY(studio.config().checkpointing == api::Checkpointing::Auto);
  }

  void theSearchHoldsNothingUp() {
    FitStudio studio;
    studio.engine.budgetBytes = kGib;
    studio.openForm();
    studio.engine.searches = true;
    FitDialog *dialog = studio.makeItFit();
    QVERIFY(dialog->findChild<QProgressBar *>()->isVisible());
    QVERIFY(!button(dialog, QStringLiteral("Apply changes")));
    const int64_t batch = studio.config().batchSize;
    QTest::keyClick(dialog, Qt::Key_Escape);
    QTRY_VERIFY(!studio.dialog());
    studio.engine.searches = false;
    dialog = studio.makeItFit(); // the first answer is behind
    QTRY_VERIFY(button(dialog, QStringLiteral("Apply changes")) != nullptr);
    QCOMPARE(studio.config().batchSize, batch);
  }

  void whatCannotFitIsSaidWithTheNumber() {
    FitStudio studio;
    studio.engine.budgetBytes = kGib;
    studio.openForm();
    api::FitProposal none{false, studio.config(), {}, {}};
    none.forecast.neededBytes = 5 * kGib;
    none.forecast.budgetBytes = 3 * kGib;
    studio.engine.proposal = none;
    FitDialog *dialog = studio.makeItFit();
    QTRY_VERIFY(saying(dialog).contains(QStringLiteral("This machine is short of 2.0")));
    QVERIFY(saying(dialog).contains(QStringLiteral("smaller model")));
    QVERIFY(!saying(dialog).contains(QStringLiteral("The least")));
    QVERIFY(!button(dialog, QStringLiteral("Apply changes")));
    click(dialog, "Keep my settings");
    QTRY_VERIFY(!studio.dialog());
    none.least = {4 * kGib, 0, {change("batch_size", "4", "1"), change("quantization", "\"none\"", "\"nf4\"")}};
    studio.engine.proposal = none;
    dialog = studio.makeItFit();
    QTRY_VERIFY(saying(dialog).contains(QStringLiteral("The least that settings can take is 4.0")));
    QVERIFY(saying(dialog).contains(QStringLiteral("4-bit (NF4)")));
    QVERIFY(!button(dialog, QStringLiteral("Apply changes")));
    click(dialog, "Keep my settings");
  }

  void everyChangeHasItsReason() {
    api::RunConfig before, after;
    before.batchSize = 8;
    after.batchSize = 2;
    QVERIFY(fitReason(change("batch_size", "8", "2"), before, after).cost.contains(QStringLiteral("another number")));
    after.accumulation = before.accumulation * 4;
    QVERIFY(fitReason(change("batch_size", "8", "2"), before, after).cost.startsWith(QStringLiteral("None")));
    api::FitChange rotating = change("batch_size", "8", "2");
    rotating.rotatesOtherwise = true;
    QVERIFY(fitReason(rotating, before, after).cost.contains(QStringLiteral("some numbers differ")));
    after.checkpointing = api::Checkpointing::Full;
    after.quantization = api::Quantization::Int8;
    after.maxLength = 64;
    after.overlength = api::Overlength::Drop;
    after.offload.layers = after.offload.checkpoints = true;
    after.optimizer.name = "adamw_8bit";
    after.precision = api::Precision::Fp16;
    before.method = api::Method::Full;
    for (const char *key : {"accumulation", "checkpointing", "quantization", "quantize_embeddings", "max_length", "offload",
                            "optimizer.name", "precision", "method"})
      QVERIFY2(fitReason(change(key, "", ""), before, after).why != QStringLiteral("Because."), key);
    QVERIFY(fitReason(change("max_length", "", ""), before, after).cost.contains(QStringLiteral("left out")));
    const FitReason adapter = fitReason(change("offload", "", ""), before, after);
    QVERIFY(adapter.why.startsWith(QStringLiteral("Only the layer at work")) &&
            adapter.cost.startsWith(QStringLiteral("The result is the same")));
    after.method = api::Method::Full; // whose weights train
    QVERIFY(fitReason(change("offload", "", ""), before, after).cost.contains(QStringLiteral("without their copies")));
    QVERIFY(fitReason(change("offload", "", ""), after, before).why.contains(QStringLiteral("no layer to wait")));
    QCOMPARE(fitReason(change("seed", "1", "2"), before, after).why, QStringLiteral("Because.")); // core's own words
  }

  void aCardHasABarAndTheMachineBesideIt() {
    FitStudio studio;
    studio.engine.cards = 1;
    TrainPage *page = studio.openForm();
    auto *view = page->findChild<ForecastView *>();
    QTRY_VERIFY(view->isVisible() && saying(view).contains(QStringLiteral("Fake card 0")));
    const auto bars = view->findChildren<ForecastBar *>();
    QCOMPARE(bars.size(), 2);
    QVERIFY(bars[0]->isVisible() && bars[1]->isVisible());
    const QString all = bars[0]->explanation(QPoint(-1, bars[0]->height()));
    for (const char *words : {"quantisation", "scales", "decoding", "The model's own numbers."})
      QVERIFY2(all.contains(QLatin1String(words)), qPrintable(all));
    QVERIFY(bars[1]->explanation(QPoint(1, 6)).startsWith(QStringLiteral("streaming")));
    page->draft().setText(*api::findConfigField("device"), QStringLiteral("cpu"));
    QTRY_VERIFY(!bars[1]->isVisible());
    QVERIFY(!saying(view).contains(QStringLiteral("Fake card 0")));
  }

  void tooMuchIsShownAndSaid() {
    FitStudio studio;
    studio.engine.budgetBytes = 2 * kGib;
    TrainPage *page = studio.openForm();
    auto *card = page->findChild<ForecastCard *>();
    QTRY_VERIFY(saying(card).contains(QStringLiteral("This machine has 2.0")));
    QVERIFY(saying(card).contains(QStringLiteral("Make it fit")));
    page->draft().setText(*api::findConfigField("memory_cap_bytes"), QStringLiteral("2 GiB"));
    QTRY_VERIFY(saying(card).contains(QStringLiteral("The memory cap is 2.0")));

    ForecastBar bar; // absurd settings
    const auto most = std::numeric_limits<qint64>::max();
    bar.setParts({{QStringLiteral("a"), most, 0}, {QStringLiteral("b"), most, 1}, {QStringLiteral("c"), most, 2}}, 1);
    bar.resize(300, bar.heightForWidth(300));
    QVERIFY(!bar.grab().isNull());
  }

  void speedIsShownWhereItIsKnown() {
    FitStudio studio;
    TrainPage *page = studio.openForm();
    auto *card = page->findChild<ForecastCard *>();
    QTRY_VERIFY(saying(card).contains(QStringLiteral("parameters train")));
    QVERIFY(!saying(card).contains(QStringLiteral("tokens/s")));
    studio.engine.tokensPerSecond = 1000;
    page->draft().setText(*api::findConfigField("validation.fraction"), QStringLiteral("0.5"));
    QTRY_VERIFY(saying(card).contains(QStringLiteral("1,000 tokens/s, 2 min an epoch"))); // 180,000 tokens, half of them
  }

  void aDeviceIsChosenByItsName() {
    FitStudio studio;
    studio.engine.cards = 2;
    TrainPage *page = studio.openForm();
    auto *box = qobject_cast<QComboBox *>(page->form()->row("device")->editor());
    QVERIFY(box);
    QTRY_COMPARE(box->count(), 4); // automatic, the processor, two cards
    QCOMPARE(box->itemText(0), QStringLiteral("Automatic: Fake card 0"));
    QVERIFY(box->itemText(3).contains(QStringLiteral("Fake card 1")) && box->itemText(3).contains(QStringLiteral("11.0")));
    box->setCurrentIndex(3);
    QCOMPARE(studio.config().device, std::string("cuda:1"));
    studio.engine.cardFreeBytes = 7 * kGib;
    QTRY_VERIFY(box->itemText(3).contains(QStringLiteral("7.0"))); // within seconds, by itself
    QCOMPARE(box->currentIndex(), 3);
    page->draft().setText(*api::findConfigField("device"), QStringLiteral("cuda:7"));
    QCOMPARE(box->currentText(), QStringLiteral("cuda:7 · not here"));
    QVERIFY(saying(page).contains(QStringLiteral("The device cuda:7 is not here.")));
    page->draft().setText(*api::findConfigField("device"), QStringLiteral("cuda"));
    QCOMPARE(box->count(), 4);
    QVERIFY(box->currentText().contains(QStringLiteral("Fake card 0")));
  }

  void theMeterShowsWhoHoldsTheMemory() {
    FitStudio studio;
    studio.engine.cards = 1;
    studio.engine.steps = 100000;
    studio.store.goingForecastBytes = 5 * kGib;
    studio.open();
    const auto *meter = studio.window->findChild<MemoryMeter *>();
    QTRY_COMPARE(meter->use().total, qint64(16 * kGib)); // the card, not the machine
    QCOMPARE(meter->use().own, qint64(3 * kGib));
    QCOMPARE(meter->use().others, qint64(2 * kGib));
    QCOMPARE(meter->use().awaited, qint64(0));
    const int looks = studio.engine.looks;
    QTRY_VERIFY(studio.engine.looks >= looks + 2); // by itself
    QTRY_VERIFY(studio.window->runs().known());
    studio.window->tryIt();
    QTRY_COMPARE(meter->use().awaited, qint64(2 * kGib)); // what is still to come of 5
    QVERIFY(meter->toolTip().contains(QStringLiteral("is forecast to need 5.0")));
    QVERIFY(meter->accessibleDescription().contains(QStringLiteral("Other programs")));
    studio.engine.cardFreeBytes = kGib; // others take what it waits for
    QTRY_COMPARE(meter->use().awaited, qint64(kGib));
    studio.window->runs().requestStop(studio.window->runs().active());
    QTRY_VERIFY(studio.window->runs().active().isEmpty());
    QTRY_COMPARE(meter->use().awaited, qint64(0));
  }

  void forecastAndPeakStandSideBySide() {
    FitStudio studio;
    studio.store.addRun("measured", 40, 1.5);
    studio.store.setMemory("/fake/runs/measured", 10 * kGib, 9 * kGib);
    studio.store.addRun("older", 40, 1.5);
    studio.open();
    QTRY_VERIFY(studio.window->runs().known());
    studio.window->goTo(Place::Runs);
    RunsPage *page = studio.window->runsPage();
    page->showView(QStringLiteral("settings"));
    page->showRun(QStringLiteral("/fake/runs/measured"));
    const auto *memory = page->findChild<RunMemory *>();
    QTRY_VERIFY(memory->isVisible());
    const QString text = saying(memory).replace(QChar(0x00A0), QLatin1Char(' '));
    QVERIFY2(text.contains(QStringLiteral("10.0 GiB")) && text.contains(QStringLiteral("9.0 GiB, 10.0 % less than forecast")),
             qPrintable(text));
    page->showRun(QStringLiteral("/fake/runs/older")); // its events tell the peak
    QTRY_VERIFY(saying(memory).contains(QStringLiteral("Measured peak")) && saying(memory).contains(QStringLiteral("9.2")));
    QVERIFY(!saying(memory).contains(QStringLiteral("Memory forecast")));
  }

  void whatHappenedStandsOnTheCurve() {
    using Kind = RunMark::Kind;
    FitStudio studio;
    const std::string folder = "/fake/runs/eventful";
    studio.store.addRun("eventful", 400, 1.5);
    studio.store.addEvent(folder, 50, api::MemoryRetry{50, 4, 8});
    studio.store.addEvent(folder, 120, api::RunWarning{"step_skipped", "The gradients overflowed."});
    studio.store.addEvent(folder, 130, api::RunWarning{"other", "Something else."});
    studio.store.addEvent(folder, 200, api::SettingChanged{200, "checkpointing", "\"none\"", "\"full\""});
    studio.open();
    QTRY_VERIFY(studio.window->runs().known());
    studio.window->goTo(Place::Runs);
    studio.window->runsPage()->showRun(QString::fromStdString(folder));
    const MetricChart *chart = studio.window->runsPage()->curves()->chart();
    const auto *legend = studio.window->runsPage()->findChild<MarkLegend *>();
    const std::set<Kind> kinds = {Kind::Checkpoint, Kind::Setting, Kind::Retry, Kind::Skip};
    QTRY_VERIFY(chart->markKinds() == kinds);
    QTRY_VERIFY(legend->isVisible() && legend->kinds() == kinds);
    QVERIFY(legend->accessibleDescription().contains(QStringLiteral("out of memory")));
    QStringList told;
    const RunModel *run = studio.window->runs().model(QString::fromStdString(folder));
    for (const RunMark &mark : run->marks()) told.append(run->markText(mark));
    const QString text = told.join(QLatin1Char('\n'));
    for (const char *words : {"Out of memory at step 50: goes on with batches of 4, 8 accumulated", "after step 120 was skipped",
                              "Gradient checkpointing changed from off to every layer"})
      QVERIFY2(text.contains(QLatin1String(words)), qPrintable(text));
    QVERIFY(!text.contains(QStringLiteral("Something else")));
  }
};

QTEST_MAIN(FitTest)
#include "fit_test.moc"
