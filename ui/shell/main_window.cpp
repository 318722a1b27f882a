#include "ui/shell/main_window.h"

#include "core/api/run_config_json.h"
#include "core/base/atomic_file.h"
#include "ui/dialogs/cluster_questions.h"
#include "ui/models/error_text.h"
#include "ui/pages/chat_page.h"
#include "ui/pages/cluster_page.h"
#include "ui/pages/data_page.h"
#include "ui/pages/model_downloads.h"
#include "ui/pages/models_page.h"
#include "ui/pages/runs_page.h"
#include "ui/pages/start_page.h"
#include "ui/pages/train_page.h"
#include "ui/settings/settings_dialog.h"
#include "ui/shell/about.h"
#include "ui/shell/diagnostics.h"
#include "ui/shell/drop_overlay.h"
#include "ui/shell/menus.h"
#include "ui/shell/quit_guard.h"
#include "ui/shell/run_watch.h"
#include "ui/shell/side_rail.h"
#include "ui/shell/status_strip.h"
#include "ui/widgets/text_keys.h"
#include "ui/widgets/toast.h"

#include <QCloseEvent>
#include <QDateTime>
#include <QDesktopServices>
#include <QHBoxLayout>
#include <QScreen>
#include <QSettings>
#include <QSplitter>
#include <QStackedWidget>
#include <QUrl>
#include <QVBoxLayout>

#include <utility>

namespace attune::ui {

MainWindow::MainWindow(const Services &services, Appearance &appearance, const Preferences &preferences)
    : m_services(services), m_appearance(appearance), m_atStart(preferences), m_preferences(preferences), m_gate(services, m_tasks),
      m_devices(m_gate, m_tasks), m_clusters(services.clusters, m_tasks), m_runs(services, m_tasks, m_gate),
      m_shelf(services, m_long, m_gate), m_downloads(services, m_tasks) {
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
  m_status = new StatusStrip(m_runs, m_gate, m_devices, centre);
  columns->addWidget(m_rail);
  columns->addWidget(m_stack, 1);
  rows->addLayout(columns, 1);
  rows->addWidget(m_status);
  setCentralWidget(centre);
  makePages();
  m_menus = new Menus(*this);
  connect(m_rail, &SideRail::chosen, this, &MainWindow::goTo);
  connect(m_status, &StatusStrip::runClicked, this, &MainWindow::showRun);
  connect(new RunWatch(m_runs, *this), &RunWatch::runClicked, this, &MainWindow::showRun);
  m_quit = new QuitGuard(m_runs, *this);
  if (m_services.prompts) m_questions = new ClusterQuestions(*m_services.prompts, m_keyring, *this);
  connect(&m_runs, &RunCenter::failed, this, [this](const QString &message) {
    m_errors.append(QDateTime::currentDateTime().toString(Qt::ISODate) + QLatin1Char(' ') + message);
    if (m_errors.size() > 20) m_errors.removeFirst();
  });
  new TextKeys(this);
  connect(new DropOverlay(this), &DropOverlay::dropped, this, &MainWindow::openDropped);
  restoreState();
}

MainWindow::~MainWindow() = default;

void MainWindow::flush() {
  m_runsPage->saveNotes();
  m_chat->session().flush();
  m_data->session().flush();
  m_runs.flush();
}

void MainWindow::makePages() {
  m_start = new StartPage(m_runs, m_gate, m_tasks, m_services, m_stack);
  m_train = new TrainPage(m_runs, m_gate, m_devices, m_clusters, m_tasks, m_long, m_services, m_stack);
  m_data = new DataPage(m_services, m_tasks, m_train->draft(), m_runs, m_stack);
  m_models = new ModelsPage(m_shelf, m_downloads, m_keyring, m_services, m_stack);
  m_models->downloads()->setSource(m_preferences.hub, m_preferences.proxy);
  m_runsPage = new RunsPage(m_runs, m_clusters, m_tasks, m_services, m_stack);
  m_chat = new ChatPage(m_runs, m_gate, m_tasks, m_services, m_stack);
  for (QWidget *page : std::initializer_list<QWidget *>{m_start, m_data, m_models, m_train, m_runsPage, m_chat}) m_stack->addWidget(page);
  makeClusterPage();
  connect(m_start, &StartPage::tryRequested, this, &MainWindow::tryIt);
  connect(m_start, &StartPage::modelRequested, this, [this] {
    goTo(Place::Train);
    m_train->useTryOut();
  });
  connect(m_data, &DataPage::trainRequested, this, [this](const QString &path) {
    goTo(Place::Train);
    m_train->addDataset(path);
  });
  connect(m_models, &ModelsPage::trainRequested, this, &MainWindow::openModel);
  connect(m_models, &ModelsPage::chatRequested, this, [this](const QString &path) {
    goTo(Place::Chat);
    m_chat->useModel(path);
  });
  connect(m_start, &StartPage::runChosen, this, &MainWindow::showRun);
  connect(m_start, &StartPage::dataRequested, this, &MainWindow::requestData);
  connect(m_start, &StartPage::datasetRequested, this, &MainWindow::openDataset);
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

void MainWindow::makeClusterPage() {
  m_rail->setAvailable(Place::Cluster, m_clusters.available());
  if (!m_clusters.available()) return;
  m_clusterPage = new ClusterPage(m_clusters, m_tasks, m_stack);
  m_stack->addWidget(m_clusterPage);
  connect(m_clusterPage, &ClusterPage::trainRequested, this, [this](const QString &cluster, const QString &partition) {
    goTo(Place::Train);
    m_train->useCluster(cluster, partition);
  });
  connect(m_clusterPage, &ClusterPage::runRequested, this, [this](const QString &token) {
    const QString folder = m_runs.remote()->folderOf(token);
    if (folder.isEmpty()) return Toast::show(this, tr("The run of this job is not in this workspace."));
    showRun(folder);
  });
  connect(m_start, &StartPage::clusterRequested, this, [this] { goTo(Place::Cluster); });
  connect(m_train, &TrainPage::clusterRequested, this, [this] {
    goTo(Place::Cluster);
    m_clusterPage->addCluster();
  });
}

/// Files of runs on clusters are read less often while nobody can see them.
void MainWindow::changeEvent(QEvent *event) {
  QMainWindow::changeEvent(event);
  if (event->type() == QEvent::WindowStateChange) m_clusters.setVisible(!isMinimized());
}

void MainWindow::showEvent(QShowEvent *event) {
  QMainWindow::showEvent(event);
  // After the first paint: the list of runs, then the engine with libtorch.
  QMetaObject::invokeMethod(
      this,
      [this] {
        if (!m_runs.known()) m_runs.refresh();
        if (!m_clusters.known()) m_clusters.refresh();
        if (!m_shelf.known()) m_shelf.refresh(false); // what the pickers offer
        m_downloads.look();
        m_gate.load();
      },
      Qt::QueuedConnection);
}

void MainWindow::goTo(Place place) {
  if (!page(place)) return;
  m_place = place;
  m_rail->setCurrent(place);
  m_stack->setCurrentWidget(page(place));
  m_menus->showPlace();
}

QWidget *MainWindow::page(Place place) const {
  QWidget *const pages[] = {m_start, m_data, m_models, m_train, m_runsPage, m_chat, m_clusterPage};
  return pages[static_cast<int>(place)];
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
          Toast::show(this, errorText(config.error()));
      });
}

void MainWindow::setPreferences(const Preferences &preferences) {
  m_preferences = preferences;
  m_preferences.save();
  m_appearance.apply(m_preferences);
  m_models->downloads()->setSource(m_preferences.hub, m_preferences.proxy);
}

void MainWindow::switchTheme() {
  Preferences changed = m_preferences;
  changed.theme = m_appearance.dark() ? ThemeChoice::Light : ThemeChoice::Dark;
  setPreferences(changed);
}

void MainWindow::comeForward() {
  setWindowState(windowState() & ~Qt::WindowMinimized);
  raise();
  activateWindow();
}

void MainWindow::openSettings() {
  auto *dialog = new SettingsDialog(m_preferences, m_atStart, QString::fromStdString(m_services.workspace), this);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  connect(dialog, &SettingsDialog::changed, this, &MainWindow::setPreferences);
  dialog->open();
}

void MainWindow::openAbout() { showAbout(this, m_gate.device()); }

void MainWindow::showWorkspace() { QDesktopServices::openUrl(QUrl::fromLocalFile(QString::fromStdString(m_services.workspace))); }

QString MainWindow::diagnostics() const {
  DiagnosticFacts facts;
  facts.preferences = m_preferences;
  facts.language = m_appearance.language();
  facts.dark = m_appearance.dark();
  facts.workspace = QString::fromStdString(m_services.workspace);
  facts.device = m_gate.device();
  if (m_gate.failure()) facts.engineFailure = QString::fromStdString(m_gate.failure()->text());
  facts.runs = static_cast<qsizetype>(m_runs.runs().size());
  facts.errors = m_errors;
  for (const api::RunSummary &run : m_runs.runs())
    if (!run.error.empty()) facts.errors.append(QStringLiteral("run: ") + QString::fromStdString(run.error));
  return diagnosticsText(facts);
}

void MainWindow::openDiagnostics() {
  showDiagnostics(this, diagnostics(), [this](const QString &path, const QString &report) {
    m_saving = m_tasks.run(
        this, [path = path.toStdString(), text = report.toStdString()](StopToken) { return writeFileAtomic(path, text); },
        [this, path](const Status &saved) { Toast::show(this, saved.ok() ? tr("Saved as %1.").arg(path) : errorText(saved.error())); });
  });
}

void MainWindow::requestData() {
  goTo(Place::Data);
  m_data->chooseFile();
}

void MainWindow::openDataset(const QString &path) {
  goTo(Place::Data);
  m_data->openDataset(path);
}

void MainWindow::openModel(const QString &path) {
  goTo(Place::Train);
  m_train->useModel(path);
}

void MainWindow::openRun(const QString &folder) {
  goTo(Place::Runs);
  m_runsPage->open(folder);
}

void MainWindow::openDropped(const QStringList &paths) {
  m_looking = m_tasks.run(
      this,
      [paths](StopToken) {
        std::vector<Dropped> all;
        for (const QString &path : paths) all.push_back(lookAtDropped(path));
        return all;
      },
      [this](const std::vector<Dropped> &all) { takeDropped(all); });
}

void MainWindow::takeDropped(const std::vector<Dropped> &all) {
  bool unknown = false;
  for (const Dropped &one : all) switch (one.kind) {
    case DroppedKind::Dataset: openDataset(one.path); break;
    case DroppedKind::Model:
      if (m_place == Place::Models)
        m_models->add(one.path);
      else
        openModel(one.path);
      break;
    case DroppedKind::Run: openRun(one.path); break;
    case DroppedKind::Adapter:
      goTo(Place::Train);
      m_train->useAdapter(one.path);
      break;
    case DroppedKind::Folder: // of models, perhaps
      if (m_place == Place::Models)
        m_models->add(one.path);
      else
        unknown = true;
      break;
    case DroppedKind::Unknown: unknown = true; break;
    }
  if (unknown)
    Toast::show(this,
                tr("Attune cannot open this. It takes data (JSON, JSON Lines, CSV, text), a Hugging Face model folder, a GGUF file, an "
                   "adapter folder or a run folder."));
}

void MainWindow::restoreState() {
  const QSettings settings;
  resize(QSize(1280, 800).boundedTo(screen()->availableSize()));
  restoreGeometry(settings.value(QStringLiteral("window")).toByteArray());
  const QVariantMap sizes = settings.value(QStringLiteral("splitters")).toMap(); // by name: the order changes with what is in front
  for (QSplitter *splitter : findChildren<QSplitter *>()) splitter->restoreState(sizes.value(splitter->objectName()).toByteArray());
  const QString place = settings.value(QStringLiteral("place")).toString();
  goTo(Place::Start);
  for (const Place known : kPlaces)
    if (placeIcon(known) == place) goTo(known);
}

void MainWindow::saveState() const {
  QSettings settings;
  settings.setValue(QStringLiteral("window"), saveGeometry());
  QVariantMap sizes;
  for (const QSplitter *splitter : findChildren<QSplitter *>()) sizes.insert(splitter->objectName(), splitter->saveState());
  settings.setValue(QStringLiteral("splitters"), sizes);
  settings.setValue(QStringLiteral("place"), placeIcon(m_place));
}

void MainWindow::closeEvent(QCloseEvent *event) {
  if (!m_quit->mayClose()) return event->ignore();
  m_runsPage->saveNotes();
  saveState();
  event->accept();
}

} // namespace attune::ui
