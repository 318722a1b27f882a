// The window around the pages: menus and their shortcuts, names for whoever cannot see, settings, diagnostics, things dropped,
// what is kept between two starts. Offscreen, on fakes.
#include "tests/support/studio_fixture.h"
#include "ui/bridge/task_runner.h"
#include "ui/models/dropped.h"
#include "ui/pages/model_downloads.h"
#include "ui/pages/models_page.h"
#include "ui/pages/runs_page.h"
#include "ui/pages/start_page.h"
#include "ui/pages/train_page.h"
#include "ui/settings/settings_dialog.h"
#include "ui/shell/drop_overlay.h"
#include "ui/shell/menus.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/button_action.h"
#include "ui/widgets/chip.h"
#include "ui/widgets/progress_strip.h"
#include "ui/widgets/segmented_switch.h"
#include "ui/widgets/theme.h"
#include "ui/widgets/toast.h"

#include <QAbstractItemView>
#include <QAbstractSpinBox>
#include <QComboBox>
#include <QDropEvent>
#include <QFileDialog>
#include <QHelpEvent>
#include <QLabel>
#include <QLineEdit>
#include <QMenuBar>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QSettings>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTextEdit>
#include <QToolTip>
#include <QtTest>

#include <atomic>
#include <ctime>
#include <mutex>
#include <thread>

using namespace attune;
using namespace attune::ui;
using test::StudioFixture;

namespace {

void write(const QString &path, const QByteArray &text = "{}") {
  QVERIFY(QDir().mkpath(QFileInfo(path).path()));
  QFile file(path);
  QVERIFY(file.open(QIODevice::WriteOnly));
  file.write(text);
}

/// What a file manager does over `target`.
void drop(MainWindow &window, QWidget *target, const QString &path) {
  QMimeData data;
  data.setUrls({QUrl::fromLocalFile(path)});
  QDragEnterEvent enter(QPoint(5, 5), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
  QCoreApplication::sendEvent(target, &enter);
  QVERIFY(enter.isAccepted());
  auto *overlay = window.findChild<DropOverlay *>();
  QVERIFY(overlay->isVisible());
  QDropEvent release(QPointF(5, 5), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
  QCoreApplication::sendEvent(target, &release);
  QVERIFY(!overlay->isVisible());
}

/// Remembers what it was asked to open, and has nothing.
class NoDatasets : public api::DatasetStore {
public:
  Result<std::shared_ptr<api::DatasetDocument>> open(const std::string &path, const StopToken &) override {
    const std::lock_guard<std::mutex> lock(m_mutex);
    m_asked = path;
    return Error{ErrorCode::FileNotFound, "There is nothing.", path, ""};
  }
  std::vector<api::DatasetEntry> list() override { return {}; }
  Result<std::string> create(const std::string &, api::DatasetFormat) override { return Error{}; }
  Status append(const std::string &, const std::vector<std::pair<std::string, std::string>> &) override { return Error{}; }
  QString asked() {
    const std::lock_guard<std::mutex> lock(m_mutex);
    return QString::fromStdString(m_asked);
  }

private:
  std::mutex m_mutex;
  std::string m_asked;
};

bool isControl(const QWidget *widget) {
  return qobject_cast<const QAbstractButton *>(widget) || qobject_cast<const QLineEdit *>(widget) ||
         qobject_cast<const QComboBox *>(widget) || qobject_cast<const QAbstractSpinBox *>(widget) ||
         qobject_cast<const QPlainTextEdit *>(widget) || qobject_cast<const QTextEdit *>(widget) ||
         qobject_cast<const QAbstractItemView *>(widget) || qobject_cast<const SegmentedSwitch *>(widget);
}

/// Parts that Qt makes inside a control are read as that control.
bool isInsideControl(const QWidget *widget) {
  for (const QWidget *parent = widget->parentWidget(); parent; parent = parent->parentWidget())
    if (isControl(parent)) return true;
  return false;
}

QString nameOf(const QWidget *widget) {
  if (!widget->accessibleName().isEmpty()) return widget->accessibleName();
  const auto *button = qobject_cast<const QAbstractButton *>(widget);
  return button ? button->text() : QString();
}

QString pathOf(const QWidget *widget) {
  QString path;
  for (; widget; widget = widget->parentWidget()) path.prepend(QLatin1Char('/') + QLatin1String(widget->metaObject()->className()));
  return path;
}

/// The controls in `root` that are shown and have no name.
QStringList nameless(QWidget *root) {
  QStringList paths;
  for (const QWidget *widget : root->findChildren<QWidget *>())
    if (isControl(widget) && widget->isVisible() && !isInsideControl(widget) && nameOf(widget).isEmpty()) paths.append(pathOf(widget));
  return paths;
}

bool isReached(const QWidget *widget) { return widget->isVisible() && widget->isEnabled() && (widget->focusPolicy() & Qt::TabFocus) != 0; }

/// The controls in `root` that are shown and that Tab never comes to; a chip that cannot be pressed only shows something.
QStringList unreachable(QWidget *root) {
  QStringList paths;
  for (const QWidget *widget : root->findChildren<QWidget *>()) {
    const auto *chip = qobject_cast<const Chip *>(widget);
    const auto *button = qobject_cast<const QAbstractButton *>(widget);
    if (isControl(widget) && widget->isVisible() && widget->isEnabled() && !isInsideControl(widget) && !isReached(widget) &&
        !(chip && !chip->isCheckable()) && !(button && button->autoExclusive())) // arrow keys move among those
      paths.append(pathOf(widget));
  }
  return paths;
}

/// The controls in `root` that look the same with and without the keyboard's focus.
QStringList ringless(QWidget *root) {
  QStringList paths;
  for (QWidget *widget : root->findChildren<QWidget *>()) {
    if (!isControl(widget) || isInsideControl(widget) || !isReached(widget)) continue;
    if (QWidget *focused = QApplication::focusWidget()) focused->clearFocus();
    const QImage without = widget->grab().toImage();
    widget->setFocus(Qt::TabFocusReason);
    if (widget->grab().toImage() == without) paths.append(pathOf(widget) + nameOf(widget));
  }
  return paths;
}

void addCluster(StudioFixture &studio) {
  api::ClusterProfile profile;
  profile.name = "far";
  profile.host = "login.example";
  studio.clusters.add(profile);
}

} // namespace

/// Counts an event of every widget of a window.
class EventCount : public QObject {
public:
  EventCount(QWidget *window, QEvent::Type type) : m_type(type) {
    for (QWidget *widget : window->findChildren<QWidget *>())
      if (widget->window() == window) widget->installEventFilter(this); // windows hear of it twice
  }
  QHash<QObject *, int> counts;

protected:
  bool eventFilter(QObject *watched, QEvent *event) override {
    if (event->type() == m_type) ++counts[watched];
    return false;
  }

private:
  const QEvent::Type m_type;
};

class ShellTest : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() {
    QStandardPaths::setTestModeEnabled(true);
    QSettings().clear();
  }
  void cleanup() { QSettings().clear(); }

  void everyControlHasAName() {
    StudioFixture studio;
    addCluster(studio);
    studio.store.addRun("first", 40, 1.5);
    studio.models.put(test::FakeModelLibrary::card("/fake/models/first", 1));
    studio.open();
    QTRY_VERIFY(studio.window->runs().known());
    QTRY_VERIFY(studio.window->clusters().known());
    studio.window->trainPage()->useCluster(QStringLiteral("far"), {});
    for (const Place place : kPlaces) {
      studio.window->goTo(place);
      QCOMPARE(nameless(studio.window.get()).join(QLatin1Char(' ')), QString());
    }
    studio.window->openSettings();
    studio.window->openAbout();
    showShortcuts(studio.window.get(), studio.window->menus().groups());
    studio.window->openDiagnostics();
    studio.window->modelsPage()->downloads()->requestDownload();
    QCOMPARE(nameless(studio.window.get()).join(QLatin1Char(' ')), QString());
  }

  void theKeyboardReachesEverythingAndShowsWhere() {
    StudioFixture studio;
    addCluster(studio);
    studio.store.addRun("first", 40, 1.5);
    studio.models.put(test::FakeModelLibrary::card("/fake/models/first", 1));
    for (const ThemeChoice theme : {ThemeChoice::Light, ThemeChoice::Dark}) {
      studio.preferences.theme = theme;
      studio.appearance.apply(studio.preferences);
      studio.open();
      QVERIFY(QTest::qWaitForWindowActive(studio.window.get()));
      QTRY_VERIFY(studio.window->runs().known());
      studio.window->trainPage()->addDataset(QStringLiteral("/data/rows.jsonl"));
      QTRY_VERIFY(studio.window->clusters().known());
      studio.window->trainPage()->useCluster(QStringLiteral("far"), {});
      for (const Place place : kPlaces) {
        studio.window->goTo(place);
        QCOMPARE(unreachable(studio.window.get()).join(QLatin1Char(' ')), QString());
        QCOMPARE(ringless(studio.window.get()).join(QLatin1Char(' ')), QString());
      }
    }
  }

  void everyActionHasAShortcutOfItsOwn() {
    StudioFixture studio;
    studio.open();
    const QList<ShortcutGroup> groups = studio.window->menus().groups();
    QSet<QKeySequence> everywhere;
    for (qsizetype i = 0; i < groups.size(); ++i) {
      const bool page = i >= groups.size() - static_cast<qsizetype>(std::size(kPlaces)); // two pages may use one key
      QSet<QKeySequence> own;
      for (const QAction *action : groups[i].actions) {
        if (action->isSeparator()) continue;
        QVERIFY2(!action->shortcuts().isEmpty(), qPrintable(action->text()));
        for (const QKeySequence &keys : action->shortcuts()) {
          QVERIFY2(!everywhere.contains(keys) && !own.contains(keys), qPrintable(keys.toString()));
          (page ? own : everywhere).insert(keys);
        }
      }
    }
  }

  void theSheetListsWhatTheMenusHold() {
    StudioFixture studio;
    studio.open();
    QVERIFY(QTest::qWaitForWindowActive(studio.window.get()));
    QAction *save = nullptr;
    for (QAction *action : studio.window->page(Place::Data)->actions())
      if (action->shortcut() == QKeySequence(QKeySequence::Save)) save = action;
    QVERIFY(save && !save->isEnabled());
    QTest::keyClick(studio.window.get(), Qt::Key_F1);
    auto *sheet = studio.window->findChild<QDialog *>(QStringLiteral("shortcuts"));
    QVERIFY(sheet);
    QStringList texts;
    for (const QLabel *label : sheet->findChildren<QLabel *>()) texts.append(label->text());
    for (const ShortcutGroup &group : studio.window->menus().groups())
      for (const QAction *action : group.actions)
        if (!action->isSeparator()) QVERIFY2(texts.contains(withoutMnemonic(action->text())), qPrintable(action->text()));
    QVERIFY(!save->isEnabled()); // looking at the sheet changes nothing
    QTest::keyClick(sheet, Qt::Key_Escape);
    QTRY_VERIFY(!studio.window->findChild<QDialog *>(QStringLiteral("shortcuts")));
  }

  void shortcutsOfAPageCountOnlyThere() {
    StudioFixture studio;
    studio.open();
    QVERIFY(QTest::qWaitForWindowActive(studio.window.get()));
    studio.window->goTo(Place::Train);
    QTest::keyClick(studio.window.get(), Qt::Key_F, Qt::ControlModifier);
    auto *search = qobject_cast<QLineEdit *>(QApplication::focusWidget());
    QVERIFY(search);
    QTest::keyClicks(search, QStringLiteral("rank"));
    QTest::keyClick(search, Qt::Key_Escape);
    QVERIFY(search->text().isEmpty());
    studio.window->goTo(Place::Start);
    QVERIFY(!QApplication::focusWidget() || QApplication::focusWidget()->isVisible());
    QTest::keyClick(studio.window.get(), Qt::Key_F, Qt::ControlModifier);
    QVERIFY(!search->hasFocus());
    QTest::keyClick(studio.window.get(), Qt::Key_2, Qt::ControlModifier);
    QCOMPARE(studio.window->place(), kPlaces[1]);
  }

  void startByKeyboard() {
    StudioFixture studio;
    studio.open();
    QVERIFY(QTest::qWaitForWindowActive(studio.window.get()));
    QTRY_VERIFY(studio.window->runs().known());
    studio.window->goTo(Place::Train);
    studio.window->trainPage()->addDataset(QStringLiteral("/data/rows.jsonl"));
    QTRY_VERIFY(studio.window->trainPage()->startButton()->isEnabled());
    QTest::keyClick(studio.window.get(), Qt::Key_Return, Qt::ControlModifier);
    QTRY_COMPARE(studio.window->place(), Place::Runs);
    QTRY_COMPARE(studio.engine.requests.size(), size_t(1));
    studio.window->runs().requestStop(studio.window->runs().active());
    QTRY_VERIFY(studio.window->runs().active().isEmpty());
  }

  void runSettingsAreSavedAndOpened() {
    const QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("mine.json"));
    StudioFixture studio;
    studio.open();
    QVERIFY(QTest::qWaitForWindowActive(studio.window.get()));
    studio.window->goTo(Place::Train);
    ConfigDraft &draft = studio.window->trainPage()->draft();
    const auto answer = [&](Qt::Key key, Qt::KeyboardModifiers modifiers) {
      studio.window->activateWindow();
      QVERIFY(QTest::qWaitForWindowActive(studio.window.get()));
      QTest::keyClick(studio.window.get(), key, modifiers);
      auto *dialog = studio.window->findChild<QFileDialog *>();
      QVERIFY(dialog);
      dialog->findChild<QLineEdit *>()->setText(path);
      QMetaObject::invokeMethod(dialog, "accept");
      QTRY_VERIFY(!studio.window->findChild<QFileDialog *>());
    };
    draft.setText(*api::findConfigField("lora.rank"), QStringLiteral("24"));
    draft.setDatasets({{"/data/a.jsonl", api::DatasetFormat::Auto, 2.5}, {"/data/b.jsonl", api::DatasetFormat::Alpaca, 1}});
    answer(Qt::Key_S, Qt::ControlModifier);
    QTRY_VERIFY(QFile::exists(path));
    draft.edit({});
    answer(Qt::Key_J, Qt::ControlModifier | Qt::ShiftModifier);
    QTRY_COMPARE(draft.config().lora.rank, int64_t(24));
    QCOMPARE(draft.config().dataset.size(), size_t(2));
    QCOMPARE(draft.config().dataset[0].weight, 2.5);
    QVERIFY(draft.config().dataset[1].format == api::DatasetFormat::Alpaca);
    QVERIFY(draft.commandLine().contains(path));
  }

  void toolTipsNameTheKeys() {
    StudioFixture studio;
    studio.engine.steps = 100000;
    studio.open();
    QTRY_VERIFY(studio.window->runs().known());
    const auto tip = [](QWidget *widget) {
      QToolTip::hideText();
      QHelpEvent asked(QEvent::ToolTip, widget->rect().center(), widget->mapToGlobal(widget->rect().center()));
      QCoreApplication::sendEvent(widget, &asked);
      return QToolTip::text();
    };
    int told = 0;
    for (const Place place : kPlaces) {
      studio.window->goTo(place);
      for (QAction *action : studio.window->page(place)->actions())
        if (auto *mirror = qobject_cast<ButtonAction *>(action)) {
          mirror->refresh();
          const QString keys = action->shortcut().toString(QKeySequence::NativeText);
          QVERIFY2(tip(mirror->button()).contains(keys), qPrintable(action->text()));
          ++told;
        }
    }
    QVERIFY(told > 10);
    studio.window->goTo(Place::Start);
    QCOMPARE(tip(studio.window->startPage()->dataButton()), QStringLiteral("Open a file… (Ctrl+O)"));
    const QString run = studio.window->runs().requestStart({});
    studio.window->showRun(run);
    const ProgressStrip *strip = studio.window->runsPage()->strip();
    QTRY_COMPARE(tip(strip->pauseButton()), QStringLiteral("Pause (Ctrl+Shift+P)"));
    QVERIFY(tip(strip->stopButton()).endsWith(QStringLiteral("(Ctrl+.)")));
    studio.window->runs().requestPause(run);
    QTRY_VERIFY(strip->isPaused());
    QCOMPARE(tip(strip->pauseButton()), QStringLiteral("Go on (Ctrl+Shift+G)"));
    studio.window->runs().requestStop(run);
    QTRY_VERIFY(studio.window->runs().active().isEmpty());
  }

  void aWorkspaceSetOutsideIsShownAndNotOffered() {
    StudioFixture studio;
    studio.preferences.workspace = QStringLiteral("/stored");
    for (const bool outside : {true, false}) {
      if (outside) qputenv("ATTUNE_WORKSPACE", "/fake");
      studio.open();
      [&] { QVERIFY(QTest::qWaitForWindowActive(studio.window.get())); }();
      QTest::keyClick(studio.window.get(), Qt::Key_Comma, Qt::ControlModifier);
      qunsetenv("ATTUNE_WORKSPACE");
      auto *dialog = studio.window->findChild<SettingsDialog *>();
      QVERIFY(dialog && dialog->isVisible());
      QStringList texts;
      for (const QLabel *label : dialog->findChildren<QLabel *>())
        if (label->isVisible()) texts.append(label->text());
      QCOMPARE(!texts.filter(QStringLiteral("ATTUNE_WORKSPACE")).isEmpty(), outside);
      QCOMPARE(texts.contains(outside ? QStringLiteral("/fake") : QStringLiteral("/stored")), true);
      for (const QPushButton *button : dialog->findChildren<QPushButton *>())
        if (button->accessibleName() == QStringLiteral("Choose the workspace folder")) QCOMPARE(button->isEnabled(), !outside);
    }
  }

  void settingsTakeEffectAtOnce() {
    StudioFixture studio;
    studio.open();
    QVERIFY(QTest::qWaitForWindowActive(studio.window.get()));
    QTest::keyClick(studio.window.get(), Qt::Key_Comma, Qt::ControlModifier);
    auto *dialog = studio.window->findChild<SettingsDialog *>();
    QVERIFY(dialog && dialog->isVisible());
    const auto find = [dialog](const char *name) -> QWidget * {
      for (auto *one : dialog->findChildren<SegmentedSwitch *>())
        if (one->accessibleName() == QLatin1String(name)) return one;
      return nullptr;
    };
    QWidget *const theme = find("Theme"), *const motion = find("Motion"), *const language = find("Language");
    QTest::keyClick(theme, Qt::Key_Right);
    QVERIFY(studio.appearance.dark());
    QVERIFY(motionAllowed());
    QTest::keyClick(motion, Qt::Key_Right);
    QTest::keyClick(motion, Qt::Key_Right);
    QVERIFY(!motionAllowed());
    QTest::keyClick(language, Qt::Key_Right);
    QCOMPARE(studio.appearance.language(), QStringLiteral("zh_CN"));
    QTest::keyClick(language, Qt::Key_Left);
    QTest::keyClick(language, Qt::Key_Left);
    const Preferences kept = Preferences::load();
    QCOMPARE(kept.theme, ThemeChoice::Dark);
    QCOMPARE(kept.motion, MotionChoice::Reduced);
    QVERIFY(kept.language.isEmpty());
    setMotionAllowed(true);
  }

  void diagnosticsTellNothingPrivate() {
    StudioFixture studio;
    const QString secret = QDir::homePath() + QStringLiteral("/clients/secret.jsonl");
    studio.store.addRun("secret name", 40, 1.5, api::RunPhase::Failed);
    studio.services.workspace = (QDir::homePath() + QStringLiteral("/Attune")).toStdString();
    studio.open();
    QTRY_VERIFY(studio.window->runs().known());
    QTRY_VERIFY(studio.window->diagnostics().contains(QStringLiteral("Fake processor")));
    Q_EMIT studio.window->runs().failed(QStringLiteral("Row 3 of %1 says \"my password\".").arg(secret));
    const QString report = studio.window->diagnostics();
    QVERIFY(report.contains(QStringLiteral("~/clients")));
    for (const QString &hidden : {QDir::homePath(), QStringLiteral("my password"), QStringLiteral("secret name")})
      QVERIFY2(!report.contains(hidden), qPrintable(report));
    QVERIFY(report.contains(QLatin1String(qVersion())));
  }

  void droppedThingsAreRecognised() {
    const QTemporaryDir folder;
    const auto at = [&](const char *name) { return folder.filePath(QLatin1String(name)); };
    for (const char *name : {"run/run.json", "run/events.jsonl", "model/config.json", "model/model.safetensors",
                             "adapter/adapter_config.json", "rows.jsonl", "rows.csv", "m.GGUF", "picture.png", "empty/other"})
      write(at(name));
    QCOMPARE(lookAtDropped(at("run")).kind, DroppedKind::Run);
    QCOMPARE(lookAtDropped(at("run/run.json")).path, at("run"));
    QCOMPARE(lookAtDropped(at("model")).kind, DroppedKind::Model);
    QCOMPARE(lookAtDropped(at("model/model.safetensors")).path, at("model"));
    QCOMPARE(lookAtDropped(at("adapter")).kind, DroppedKind::Adapter);
    QCOMPARE(lookAtDropped(at("m.GGUF")).kind, DroppedKind::Model);
    QCOMPARE(lookAtDropped(at("rows.jsonl")).kind, DroppedKind::Dataset);
    QCOMPARE(lookAtDropped(at("rows.csv")).kind, DroppedKind::Dataset);
    QCOMPARE(lookAtDropped(at("picture.png")).kind, DroppedKind::Unknown);
    QCOMPARE(lookAtDropped(at("empty")).kind, DroppedKind::Folder);
    QCOMPARE(lookAtDropped(at("not there")).kind, DroppedKind::Unknown);
  }

  void droppedThingsGoWhereTheyBelong() {
    const QTemporaryDir folder;
    const auto at = [&](const char *name) { return folder.filePath(QLatin1String(name)); };
    for (const char *name : {"rows.jsonl", "m.gguf", "picture.png"}) write(at(name));
    NoDatasets datasets;
    StudioFixture studio;
    studio.services.datasets = &datasets;
    studio.open();
    MainWindow &window = *studio.window;
    TrainPage *train = window.trainPage();
    drop(window, &window, at("rows.jsonl"));
    QTRY_COMPARE(window.place(), Place::Data);
    QTRY_COMPARE(datasets.asked(), at("rows.jsonl"));
    auto *search = train->findChild<QLineEdit *>(); // a field takes no file for text
    const QString before = search->text();
    drop(window, search, at("m.gguf"));
    QTRY_COMPARE(QString::fromStdString(train->draft().config().model), at("m.gguf"));
    QCOMPARE(search->text(), before);
    drop(window, &window, at("picture.png"));
    QTRY_VERIFY(window.findChild<Toast *>() && window.findChild<Toast *>()->isVisible());
  }

  void withoutTheStarterModelTheSampleRowsWaitForAnother() {
    StudioFixture studio;
    studio.services.starterModel.clear();
    studio.open();
    studio.window->goTo(Place::Start);
    QPushButton *choose = nullptr;
    for (auto *button : studio.window->page(Place::Start)->findChildren<QPushButton *>())
      if (button->text() == QLatin1String("Choose a model")) choose = button;
    QVERIFY(choose && choose->isEnabled());
    choose->click();
    QCOMPARE(studio.window->place(), Place::Train);
    TrainPage *train = studio.window->trainPage();
    QTRY_COMPARE(train->draft().config().dataset.size(), size_t(2));
    QVERIFY(!train->startButton()->isEnabled());
    train->useModel(QStringLiteral("/models/mine"));
    QTRY_VERIFY(train->startButton()->isEnabled());
  }

  void anEngineThatDoesNotLoadIsExplainedAndTriedAgain() {
    StudioFixture studio;
    bool broken = true;
    studio.services.openEngine = [&]() -> Result<api::Engine *> {
      if (broken) return Error{ErrorCode::IoFailed, "It is not there.", "", "Build it."};
      return &studio.engine;
    };
    studio.open();
    auto *banner = studio.window->page(Place::Start)->findChild<Banner *>();
    QTRY_VERIFY(banner->isVisible());
    QVERIFY(banner->findChildren<QLabel *>().back()->text().contains(QStringLiteral("Build it.")));
    QVERIFY(studio.window->diagnostics().contains(QStringLiteral("engine: It is not there.")));
    broken = false;
    banner->findChild<QPushButton *>()->click();
    QTRY_VERIFY(!banner->isVisible());
  }

  void aLongTaskIsStoppedAtTheEndHoweverManyCameAfterIt() {
    auto tasks = std::make_unique<TaskRunner>();
    std::atomic<bool> stopped{false};
    const Task first = tasks->run(
        this,
        [&stopped](StopToken stop) {
          while (!stop.stopRequested()) std::this_thread::yield();
          return stopped = true;
        },
        [](bool) {});
    std::vector<Task> others;
    int done = 0;
    for (int i = 0; i < 200; ++i)
      others.push_back(tasks->run(
          this, [](StopToken) { return 0; }, [&done](int) { ++done; }));
    QTRY_COMPARE(done, 200);
    tasks.reset(); // joins it
    QVERIFY(stopped);
  }

  void theWindowsIconIsThere() { QVERIFY(!QIcon(QStringLiteral(":/icons/attune.svg")).pixmap(64, 64).isNull()); }

  void aSwitchOfThemeOrLanguageGoesThroughTheWindowOnce() {
    StudioFixture studio;
    studio.open();
    for (const QEvent::Type type : {QEvent::StyleChange, QEvent::LanguageChange}) {
      const EventCount count(studio.window.get(), type);
      if (type == QEvent::StyleChange)
        studio.preferences.theme = ThemeChoice::Dark;
      else
        studio.preferences.language = QStringLiteral("zh_CN");
      const std::clock_t begin = std::clock();
      studio.appearance.apply(studio.preferences);
      QTRY_VERIFY(count.counts.size() > 100);
      QCoreApplication::processEvents();
      qInfo("%d ms", static_cast<int>((std::clock() - begin) * 1000 / CLOCKS_PER_SEC));
      const int most = type == QEvent::StyleChange ? 2 : 1; // the sheet goes and comes
      for (auto widget = count.counts.begin(); widget != count.counts.end(); ++widget)
        QVERIFY2(*widget <= most, widget.key()->metaObject()->className());
    }
  }

  void placeAndSizeAreKept() {
    {
      StudioFixture studio;
      studio.open();
      studio.window->goTo(Place::Chat);
      studio.window->resize(1111, 700);
      QVERIFY(studio.window->close());
    }
    StudioFixture studio;
    studio.open();
    QCOMPARE(studio.window->place(), Place::Chat);
    QCOMPARE(studio.window->size(), QSize(1111, 700));
  }
};

QTEST_MAIN(ShellTest)
#include "shell_test.moc"
