#include "ui/shell/main_window.h"

#include "core/api/run_config_json.h"
#include "ui/pages/chat_page.h"
#include "ui/pages/data_page.h"
#include "ui/pages/runs_page.h"
#include "ui/pages/start_page.h"
#include "ui/pages/train_page.h"
#include "ui/shell/about.h"
#include "ui/shell/side_rail.h"
#include "ui/shell/status_strip.h"
#include "ui/widgets/retranslate.h"
#include "ui/widgets/toast.h"

#include <QActionGroup>
#include <QCloseEvent>
#include <QDesktopServices>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QMenuBar>
#include <QMessageBox>
#include <QPushButton>
#include <QSettings>
#include <QStackedWidget>
#include <QUrl>
#include <QVBoxLayout>

namespace attune::ui {

MainWindow::MainWindow(const Services &services, Appearance &appearance, const Preferences &preferences)
    : m_services(services), m_appearance(appearance), m_preferences(preferences), m_gate(services, m_tasks),
      m_runs(services, m_tasks, m_gate) {
  setWindowTitle(QStringLiteral("Attune"));
  setMinimumSize(1024, 640);
  auto *centre = new QWidget(this);
  auto *rows = new QVBoxLayout(centre);
  rows->setContentsMargins(0, 0, 0, 0);
  rows->setSpacing(0);
  auto *columns = new QHBoxLayout;
  columns->setSpacing(0);
  m_rail = new SideRail(centre);
  m_stack = new QStackedWidget(centre);
  m_stack->setObjectName(QStringLiteral("pageStack"));
  m_status = new StatusStrip(m_runs, m_gate, centre);
  columns->addWidget(m_rail);
  columns->addWidget(m_stack, 1);
  rows->addLayout(columns, 1);
  rows->addWidget(m_status);
  setCentralWidget(centre);
  makePages();
  onLanguage(this, [this] { fillMenus(); });
  connect(m_rail, &SideRail::chosen, this, &MainWindow::goTo);
  connect(m_status, &StatusStrip::runClicked, this, &MainWindow::showRun);
  connect(&m_runs, &RunCenter::runEnded, this, [this](const QString &folder) {
    if (m_closing) return close(), void();
    const api::RunSummary *run = m_runs.find(folder);
    if (run && !isActiveWindow()) Toast::show(this, tr("%1 has ended.").arg(QString::fromStdString(run->name)));
  });
  const QSettings settings;
  resize(1280, 800);
  restoreGeometry(settings.value(QStringLiteral("window")).toByteArray());
  goTo(Place::Start);
}

MainWindow::~MainWindow() = default;

void MainWindow::makePages() {
  m_start = new StartPage(m_runs, m_services, m_stack);
  m_train = new TrainPage(m_runs, m_gate, m_tasks, m_services, m_stack);
  m_data = new DataPage(m_services, m_tasks, m_train->draft(), m_runs, m_stack);
  m_runsPage = new RunsPage(m_runs, m_tasks, m_services, m_stack);
  m_chat = new ChatPage(m_runs, m_gate, m_tasks, m_services, m_stack);
  for (QWidget *page : std::initializer_list<QWidget *>{m_start, m_data, m_train, m_runsPage, m_chat}) m_stack->addWidget(page);
  connect(m_start, &StartPage::tryRequested, this, &MainWindow::tryIt);
  connect(m_start, &StartPage::runChosen, this, &MainWindow::showRun);
  connect(m_start, &StartPage::dataRequested, this, [this] {
    goTo(Place::Data);
    m_data->chooseFile();
  });
  connect(m_data, &DataPage::trainRequested, this, [this](const QString &path) {
    goTo(Place::Train);
    m_train->addDataset(path);
  });
  connect(m_train, &TrainPage::started, this, &MainWindow::showRun);
  connect(m_runsPage, &RunsPage::trainAgainRequested, this, [this](const QString &folder) {
    goTo(Place::Train);
    m_train->useRun(folder);
  });
  connect(m_runsPage, &RunsPage::chatRequested, this, [this](const QString &folder) {
    goTo(Place::Chat);
    m_chat->useRun(folder);
  });
  connect(m_runsPage, &RunsPage::tryRequested, this, &MainWindow::tryIt);
}

void MainWindow::showEvent(QShowEvent *event) {
  QMainWindow::showEvent(event);
  // After the first paint: the list of runs, then the engine with libtorch.
  QMetaObject::invokeMethod(
      this,
      [this] {
        if (!m_runs.known()) m_runs.refresh();
        m_gate.load();
      },
      Qt::QueuedConnection);
}

void MainWindow::goTo(Place place) {
  m_place = place;
  m_rail->setCurrent(place);
  QWidget *const pages[] = {m_start, m_data, m_train, m_runsPage, m_chat};
  m_stack->setCurrentWidget(pages[static_cast<int>(place)]);
}

void MainWindow::showRun(const QString &folder) {
  if (folder.isEmpty()) return;
  goTo(Place::Runs);
  m_runsPage->showRun(folder);
}

void MainWindow::tryIt() {
  m_preset = m_tasks.run(
      this,
      [path = m_services.resources + "/presets/tryout.json", model = m_services.starterModel](StopToken) {
        return api::loadRunConfig(path, {"model=" + model});
      },
      [this](Result<api::RunConfig> config) {
        if (config.ok())
          showRun(m_runs.requestStart(*config));
        else
          Toast::show(this, QString::fromStdString(config.error().text()));
      });
}

void MainWindow::setPreferences(const Preferences &preferences) {
  m_preferences = preferences;
  m_preferences.save();
  m_appearance.apply(m_preferences);
}

void MainWindow::fillMenus() {
  QMenuBar *bar = menuBar();
  bar->clear();
  QMenu *file = bar->addMenu(tr("&File"));
  file->addAction(tr("Start the sample run"), this, &MainWindow::tryIt)->setEnabled(!m_services.starterModel.empty());
  file->addAction(tr("Open the workspace folder"), this,
                  [this] { QDesktopServices::openUrl(QUrl::fromLocalFile(QString::fromStdString(m_services.workspace))); });
  file->addSeparator();
  file->addAction(tr("Quit"), QKeySequence::Quit, this, &QWidget::close);
  QMenu *view = bar->addMenu(tr("&View"));
  for (const Place place : kPlaces)
    view->addAction(placeName(place), QKeySequence(Qt::CTRL | static_cast<Qt::Key>(Qt::Key_1 + static_cast<int>(place))), this,
                    [this, place] { goTo(place); });
  view->addSeparator();
  const auto choices = [&](const QString &title, const QStringList &names, int current, auto choose) {
    QMenu *menu = view->addMenu(title);
    auto *group = new QActionGroup(menu);
    for (int i = 0; i < names.size(); ++i) {
      QAction *action = menu->addAction(names[i], this, [choose, i] { choose(i); });
      action->setCheckable(true);
      action->setChecked(i == current);
      group->addAction(action);
    }
  };
  choices(tr("Theme"), {tr("As the system"), tr("Light"), tr("Dark")}, static_cast<int>(m_preferences.theme), [this](int i) {
    Preferences changed = m_preferences;
    changed.theme = static_cast<ThemeChoice>(i);
    setPreferences(changed);
  });
  const QStringList languages = {QString(), QStringLiteral("en"), QStringLiteral("zh_CN")};
  choices(tr("Language"), {tr("As the system"), QStringLiteral("English"), QStringLiteral("简体中文")},
          static_cast<int>(languages.indexOf(m_preferences.language)), [this, languages](int i) {
            Preferences changed = m_preferences;
            changed.language = languages[i];
            setPreferences(changed);
          });
  m_data->fillMenu(*bar->addMenu(tr("&Data")));
  QMenu *run = bar->addMenu(tr("&Run"));
  run->addAction(tr("Pause"), this, [this] { m_runs.requestPause(m_runs.active()); });
  run->addAction(tr("Go on"), this, [this] { m_runs.requestUnpause(m_runs.active()); });
  run->addAction(tr("Checkpoint now"), this, [this] { m_runs.requestCheckpoint(m_runs.active()); });
  run->addAction(tr("Stop"), QKeySequence(Qt::CTRL | Qt::Key_Period), this, [this] { m_runs.requestStop(m_runs.active()); });
  connect(run, &QMenu::aboutToShow, run, [this, run] {
    for (QAction *action : run->actions()) action->setEnabled(!m_runs.active().isEmpty());
  });
  QMenu *help = bar->addMenu(tr("&Help"));
  help->addAction(tr("About Attune"), this, [this] { showAbout(this, m_gate.device()); });
}

void MainWindow::closeEvent(QCloseEvent *event) {
  if (m_runs.active().isEmpty() || m_closing) {
    if (!m_runs.active().isEmpty()) return event->ignore(); // it is ending
    QSettings settings;
    settings.setValue(QStringLiteral("window"), saveGeometry());
    return event->accept();
  }
  event->ignore();
  QMessageBox box(QMessageBox::Question, tr("A run is going"),
                  tr("Stop the run and quit? It saves a checkpoint first and can go on later."), QMessageBox::NoButton, this);
  QPushButton *stop = box.addButton(tr("Stop and quit"), QMessageBox::AcceptRole);
  box.addButton(tr("Keep training"), QMessageBox::RejectRole);
  box.exec();
  if (box.clickedButton() != stop) return;
  m_closing = true;
  m_runs.requestStop(m_runs.active());
  if (m_runs.active().isEmpty()) close();
}

} // namespace attune::ui
