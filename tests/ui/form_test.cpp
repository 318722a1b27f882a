// The form of the Train page against what people type, open and switch: nothing is taken for another number, a bad file changes
// nothing, a problem is never out of sight. Offscreen, on fakes.
#include "core/api/run_config_json.h"
#include "tests/support/find_button.h"
#include "tests/support/studio_fixture.h"
#include "ui/models/field_text.h"
#include "ui/pages/setting_row.h"
#include "ui/pages/settings_form.h"
#include "ui/pages/train_page.h"
#include "ui/widgets/token_view.h"

#include <QCheckBox>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QScrollArea>
#include <QScrollBar>
#include <QSettings>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QtTest>

using namespace attune;
using namespace attune::ui;
using test::button;

namespace {

const api::ConfigField &field(const char *key) { return *api::findConfigField(key); }

QString saying(const QWidget *page, const QString &text) {
  for (const QLabel *label : page->findChildren<QLabel *>())
    if (label->isVisible() && label->text().contains(text)) return label->text();
  return {};
}

/// Rows with a long system prompt, or a file that is gone.
struct OddPreview : test::FakeTokenPreview {
  bool gone = false;
  int prompt = 400;
  Error lost() const { return {ErrorCode::FileNotFound, "There is no such file.", "/data/rows.jsonl", ""}; }
  Result<std::vector<api::RowTokens>> rows(const api::RunConfig &config, int64_t first, int64_t count, const StopToken &stop) override {
    if (gone) return lost();
    auto found = FakeTokenPreview::rows(config, first, count, stop);
    auto &tokens = found->front().tokens;
    for (int i = 0; i < prompt; ++i) tokens.insert(tokens.begin(), {" system", 1000 + i, false});
    return found;
  }
  Result<int64_t> countRows(const api::RunConfig &config, const StopToken &stop) override {
    if (gone) return lost();
    return FakeTokenPreview::countRows(config, stop);
  }
  Result<api::LengthSurvey> lengths(const api::RunConfig &config, const StopToken &stop) override {
    if (gone) return lost();
    return FakeTokenPreview::lengths(config, stop);
  }
};

struct FormStudio : test::StudioFixture {
  OddPreview odd;
  FormStudio() { services.preview = &odd; }
  ~FormStudio() { window.reset(); } // before its preview
  void openForm() {
    open();
    window->goTo(Place::Train);
    page()->addDataset(QStringLiteral("/data/rows.jsonl"));
  }
  TrainPage *page() const { return window->trainPage(); }
  QPushButton *start() const {
    for (QPushButton *one : page()->findChildren<QPushButton *>())
      if (one->text() == QStringLiteral("Start training")) return one;
    return nullptr;
  }
};

} // namespace

class FormTest : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() { QStandardPaths::setTestModeEnabled(true); }
  void init() { QSettings().clear(); }

  void aNumberIsReadAsMeantOrNotAtAll() {
    ConfigDraft draft;
    const struct {
      const char *text;
      double value;
    } good[] = {{"2e-4", 2e-4}, {"0.1", 0.1}, {" 3 % ", 0.03}, {"1,000", 1000}, {"1 234 567", 1234567}, {"12'000.5", 12000.5}};
    for (const auto &[text, value] : good) {
      draft.setText(field("optimizer.lr"), QLatin1String(text));
      QCOMPARE(draft.config().optimizer.lr, value);
    }
    draft.setText(field("optimizer.lr"), QStringLiteral("1\u202F000"));
    QCOMPARE(draft.config().optimizer.lr, 1000.0);
    draft.setText(field("optimizer.lr"), QStringLiteral("2e-4"));
    for (const char *text : {"1,5e-4", "0,1", "1 5", "1,00", "1,0000", "1,000 000", "0,100", "1'5", ",5", "1,000e3", "1,,000"}) {
      draft.setText(field("optimizer.lr"), QLatin1String(text));
      QVERIFY2(!draft.problem("optimizer.lr").isEmpty(), text);
      QCOMPARE(draft.config().optimizer.lr, 2e-4);
      QCOMPARE(draft.text(field("optimizer.lr")), QLatin1String(text)); // what was typed stays to be mended
    }
    draft.setText(field("optimizer.lr"), QStringLiteral("0,1"));
    QVERIFY(draft.problem("optimizer.lr").contains(QStringLiteral("as in 0.1")));
    draft.setText(field("batch_size"), QStringLiteral("1 5"));
    QVERIFY(!draft.problem("batch_size").isEmpty());
    QCOMPARE(draft.config().batchSize, api::RunConfig{}.batchSize);
  }

  void aSizeIsTypedWithItsUnit() {
    ConfigDraft draft;
    const api::ConfigField &cap = field("memory_cap_bytes");
    const struct {
      const char *text;
      int64_t bytes;
    } good[] = {{"16 GiB", int64_t(16) << 30},   {"16g", int64_t(16) << 30}, {"512 MB", 512000000},  {"1.5 GiB", int64_t(3) << 29},
                {"1,024 MiB", int64_t(1) << 30}, {"12345", 12345},           {"12345 bytes", 12345}, {"0", 0}};
    for (const auto &[text, bytes] : good) {
      draft.setText(cap, QLatin1String(text));
      QVERIFY2(draft.problem(cap.key).isEmpty(), text);
      QCOMPARE(draft.config().memoryCapBytes, bytes);
    }
    draft.setText(cap, QStringLiteral("16 GiB"));
    QCOMPARE(draft.text(cap), QStringLiteral("16 GiB"));
    draft.setText(cap, QStringLiteral("1536 MiB"));
    QCOMPARE(draft.text(cap), QStringLiteral("1536 MiB"));
    for (const char *text : {"much", "16 GiX", "GiB", "1e99 TiB", "1,5 GiB", "nan GiB"}) {
      draft.setText(cap, QLatin1String(text));
      QVERIFY2(draft.problem(cap.key).contains(QStringLiteral("16 GiB")), text);
      QCOMPARE(draft.config().memoryCapBytes, int64_t(1536) << 20);
    }
    draft.setText(cap, QStringLiteral("-1 GiB"));
    QVERIFY(!draft.problem(cap.key).isEmpty());
    draft.setText(field("batch_size"), QStringLiteral("4 K")); // a count is no size
    QVERIFY(!draft.problem("batch_size").isEmpty());
  }

  void whatWaitsInHostMemoryIsTicked() {
    ConfigDraft draft;
    SettingRow row(field("offload"), draft);
    connect(&draft, &ConfigDraft::changed, &row, &SettingRow::refresh);
    auto *embeddings = row.editor()->findChild<QCheckBox *>(QStringLiteral("embeddings"));
    auto *checkpoints = row.editor()->findChild<QCheckBox *>(QStringLiteral("checkpoints"));
    QVERIFY(embeddings && checkpoints);
    QCOMPARE(checkpoints->text(), QStringLiteral("checkpoints"));
    embeddings->click();
    QVERIFY(draft.config().offload.embeddings && !draft.config().offload.checkpoints);
    api::RunConfig other = draft.config();
    other.offload.checkpoints = true;
    draft.edit(other);
    QVERIFY(checkpoints->isChecked() && embeddings->isChecked());
    embeddings->click();
    QVERIFY(!draft.config().offload.embeddings && draft.config().offload.checkpoints);
    for (const std::string &later : field("offload").unsupportedChoices)
      QVERIFY(!row.editor()->findChild<QCheckBox *>(QString::fromStdString(later)));
  }

  void aTemplateIsTypedOrChosenByTheNamesThatChatShows() {
    ConfigDraft draft;
    SettingRow row(field("template"), draft);
    connect(&draft, &ConfigDraft::changed, &row, &SettingRow::refresh);
    row.show();
    auto *edit = qobject_cast<QLineEdit *>(row.editor());
    edit->setFocus();
    QVERIFY(QTest::qWaitForWindowActive(&row));
    QTest::keyClicks(edit, QStringLiteral("x"));
    QCOMPARE(draft.config().templateName, std::string("autox"));
    edit->actions().last()->trigger(); // Alt+Down
    auto *menu = qobject_cast<QMenu *>(QApplication::activePopupWidget());
    QVERIFY(menu);
    QStringList names;
    for (const QAction *action : menu->actions()) names.append(action->text());
    for (const char *name : {"Automatic", "The model's own", "chatml (built in)", "baichuan2 (built in)", "autox"})
      QVERIFY2(names.contains(QLatin1String(name)), name);
    menu->actions().at(static_cast<int>(names.indexOf(QStringLiteral("chatml (built in)"))))->trigger();
    menu->close();
    QCOMPARE(draft.config().templateName, std::string("chatml"));
    QCOMPARE(edit->text(), QStringLiteral("chatml"));
  }

  void aBadFileIsRefusedWithAllThatIsWrongAndTheFormStays() {
    FormStudio studio;
    studio.openForm();
    studio.page()->draft().setText(field("lora.rank"), QStringLiteral("24"));
    const QTemporaryDir folder;
    const auto write = [&folder](const char *name, const QByteArray &text) {
      QFile file(folder.filePath(QLatin1String(name)));
      [&] { QVERIFY(file.open(QIODevice::WriteOnly) && file.write(text) == text.size()); }();
      return file.fileName();
    };
    studio.page()->readSettings(write("bad.json", R"({"schema": 1, "lora": {"rank": "many"}, "batch_sise": 4, "epochs": []})"));
    QTRY_VERIFY(!saying(studio.page(), QStringLiteral("bad.json")).isEmpty());
    const QString text = saying(studio.page(), QStringLiteral("bad.json"));
    for (const char *word : {"batch_sise", "LoRA rank", "Epochs"}) QVERIFY2(text.contains(QLatin1String(word)), qPrintable(text));
    const api::RunConfig &kept = studio.page()->draft().config();
    QCOMPARE(kept.lora.rank, int64_t(24));
    QCOMPARE(kept.dataset.size(), size_t(1));
    QCOMPARE(kept.model, std::string("/fake/starter.gguf"));
    studio.page()->readSettings(write("torn.json", "{\"lora\": "));
    QTRY_VERIFY(!saying(studio.page(), QStringLiteral("torn.json")).isEmpty());
    QCOMPARE(studio.page()->draft().config().lora.rank, int64_t(24));

    api::RunConfig other = studio.page()->draft().config();
    other.lora.rank = 48;
    studio.page()->readSettings(write("good.json", QByteArray::fromStdString(api::runConfigJson(other))));
    QTRY_COMPARE(studio.page()->draft().config().lora.rank, int64_t(48));
    QVERIFY(saying(studio.page(), QStringLiteral(".json was not opened")).isEmpty());
  }

  void aSearchThatHidesTheProblemSaysSo() {
    FormStudio studio;
    studio.openForm();
    auto *search = studio.page()->findChild<QLineEdit *>(QString(), Qt::FindDirectChildrenOnly);
    QVERIFY(search);
    auto *form = studio.page()->findChild<SettingsForm *>();
    studio.page()->draft().setText(field("optimizer.lr"), QStringLiteral("fast"));
    QVERIFY(!studio.start()->isEnabled());
    QVERIFY(form->row("optimizer.lr")->isVisible());
    search->setText(QStringLiteral("rank"));
    QVERIFY(!form->row("optimizer.lr")->isVisible());
    QVERIFY(saying(studio.page(), QStringLiteral("cannot start")).contains(QStringLiteral("Learning rate")));
    test::click(studio.page(), "Show it");
    QVERIFY(search->text().isEmpty() && form->row("optimizer.lr")->isVisible());
    QVERIFY(saying(studio.page(), QStringLiteral("cannot start")).isEmpty());
    QCOMPARE(studio.window->focusWidget(), form->row("optimizer.lr")->editor());
    studio.page()->draft().setText(field("lora.rank"), QStringLiteral("many"));
    studio.page()->draft().setText(field("method"), QStringLiteral("full")); // which has no rank
    QVERIFY(form->row("lora.rank")->isVisible());
  }

  void anErrorOutlivesASwitchOfLanguage() {
    FormStudio studio;
    studio.odd.gone = true;
    studio.openForm();
    QTRY_VERIFY(!saying(studio.page(), QStringLiteral("There is no such file.")).isEmpty());
    studio.preferences.language = QStringLiteral("zh_CN");
    studio.appearance.apply(studio.preferences);
    QTRY_VERIFY(saying(studio.page(), QStringLiteral("There is no such file.")).contains(QStringLiteral("文件")));
  }

  void aRowIsShownFromItsFirstTrainedToken() {
    FormStudio studio;
    studio.openForm();
    auto *tokens = studio.page()->findChild<TokenView *>();
    const auto *area = tokens->parentWidget();
    QTRY_VERIFY(tokens->height() > 2 * area->height());
    const auto *scroll = qobject_cast<QScrollArea *>(area->parentWidget());
    QVERIFY(scroll);
    QTRY_VERIFY(scroll->verticalScrollBar()->value() > tokens->height() / 2);
    const int top = scroll->verticalScrollBar()->value();
    QVERIFY(tokens->firstTrained() > top && tokens->firstTrained() < top + area->height());
  }

  void anUnknownLanguageIsTheDesktops() {
    test::StudioFixture studio;
    studio.preferences.language = QStringLiteral("tlh");
    studio.appearance.apply(studio.preferences);
    QVERIFY(studio.appearance.language() == QStringLiteral("en") || studio.appearance.language() == QStringLiteral("zh_CN"));
    QVERIFY(!QCoreApplication::translate("attune::ui::StatusStrip", "CPU · %n core(s) · %1 · %2", "", 2).contains(QStringLiteral("(s)")));
  }

  void qtsOwnDialogsSpeakTheLanguageToo() {
    if (!QFile::exists(QStringLiteral(":/translations/qtbase_zh_CN.qm"))) QSKIP("Qt's translations are not installed here.");
    test::StudioFixture studio;
    studio.preferences.language = QStringLiteral("zh_CN");
    studio.appearance.apply(studio.preferences);
    QCOMPARE(QCoreApplication::translate("QPlatformTheme", "Cancel"), QStringLiteral("取消"));
  }

  void everyPartOfTheForecastHasItsOwnPlace() {
    QSet<int> places;
    const std::vector<std::string> names = {"weights",   "adapters", "gradients", "optimizer", "activations", "logits",
                                            "attention", "slack",    "context",   "streaming", "quant_state", "dequant"};
    for (const std::string &name : names) {
      places.insert(memoryItemPlace(name));
      QVERIFY2(memoryItemLabel(name) != QString::fromStdString(name) || name.find('_') == std::string::npos, name.c_str());
      QVERIFY2(!memoryItemHelp(name).isEmpty(), name.c_str());
    }
    QCOMPARE(static_cast<size_t>(places.size()), names.size());
  }
};

QTEST_MAIN(FormTest)
#include "form_test.moc"
