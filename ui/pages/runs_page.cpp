#include "ui/pages/runs_page.h"

#include "ui/models/cluster_text.h"
#include "ui/models/error_text.h"
#include "ui/models/run_text.h"
#include "ui/pages/run_actions.h"
#include "ui/pages/run_curves.h"
#include "ui/pages/run_details.h"
#include "ui/pages/run_job_card.h"
#include "ui/pages/run_log_view.h"
#include "ui/pages/run_table.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/button_action.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/file_pick.h"
#include "ui/widgets/number_text.h"
#include "ui/widgets/page_header.h"
#include "ui/widgets/progress_strip.h"
#include "ui/widgets/retranslate.h"
#include "ui/widgets/segmented_switch.h"
#include "ui/widgets/toast.h"

#include <QDir>
#include <QFileInfo>
#include <QHeaderView>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QSortFilterProxyModel>
#include <QSplitter>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace attune::ui {

RunsPage::RunsPage(RunCenter &runs, ClusterCenter &clusters, TaskRunner &tasks, const Services &services, QWidget *parent)
    : QWidget(parent), m_runs(runs), m_services(services), m_tasks(tasks) {
  setObjectName(QStringLiteral("page"));
  auto *layout = new QVBoxLayout(this);
  layout->setContentsMargins(24, 20, 24, 20);
  layout->setSpacing(16);

  m_header = new PageHeader(this);
  m_compare = makeButton(ButtonKind::Normal, this);
  m_again = makeButton(ButtonKind::Normal, this);
  m_export = makeButton(ButtonKind::Normal, this);
  m_chat = makeButton(ButtonKind::Primary, QStringLiteral("chat"), this);
  m_continue = makeButton(ButtonKind::Primary, QStringLiteral("train"), this);
  for (QPushButton *button : {m_compare, m_again, m_export, m_continue, m_chat}) m_header->addAction(button);
  layout->addWidget(m_header);

  m_strip = new ProgressStrip(this);
  layout->addWidget(m_strip);
  m_waiting = new Banner(this);
  layout->addWidget(m_waiting);

  m_body = new QStackedWidget(this);
  layout->addWidget(m_body, 1);
  m_empty = new EmptyState(QStringLiteral("runs"), m_body);
  m_body->addWidget(m_empty);
  auto *splitter = new QSplitter(Qt::Horizontal, m_body);
  splitter->setObjectName(QStringLiteral("runsSplitter"));
  splitter->setChildrenCollapsible(false);
  m_body->addWidget(splitter);

  QFrame *left = makeCard(splitter);
  cardLayout(left)->setContentsMargins(8, 8, 8, 8);
  m_search = new QLineEdit(left);
  m_search->setClearButtonEnabled(true);
  m_table = new RunTable(left);
  cardLayout(left)->addWidget(m_search);
  cardLayout(left)->addWidget(m_table, 1);
  left->setMinimumWidth(292);
  setUpTable();

  auto *right = new QWidget(splitter);
  auto *rightLayout = new QVBoxLayout(right);
  rightLayout->setContentsMargins(0, 0, 0, 0);
  rightLayout->setSpacing(12);
  m_problem = new Banner(right); // of the chosen run: not above the table, whose rows would move under the pointer
  rightLayout->addWidget(m_problem);
  m_job = new RunJobCard(runs, clusters, tasks, right);
  rightLayout->addWidget(m_job);
  m_views = new SegmentedSwitch(right);
  rightLayout->addWidget(m_views, 0, Qt::AlignLeft);
  m_stack = new QStackedWidget(right);
  rightLayout->addWidget(m_stack, 1);
  m_curves = new RunCurves(services.runs, tasks, m_stack);
  m_log = new RunLogView(m_stack);
  m_samples = new RunSamplesView(m_stack);
  m_settings = new RunSettingsView(runs, services, tasks, m_stack);
  m_notes = new RunNotesView(runs, m_stack);
  for (QWidget *view : std::initializer_list<QWidget *>{m_curves, m_log, m_samples, m_settings, m_notes}) m_stack->addWidget(view);
  splitter->addWidget(left);
  splitter->addWidget(right);
  splitter->setStretchFactor(0, 0);
  splitter->setStretchFactor(1, 1);
  splitter->setSizes({320, 700});

  connect(m_views, &SegmentedSwitch::changed, this, [this](const QString &key) { m_stack->setCurrentIndex(viewKeys().indexOf(key)); });
  connect(m_strip, &ProgressStrip::pauseClicked, this, [this] { m_runs.requestPause(steered()); });
  connect(m_strip, &ProgressStrip::resumeClicked, this, [this] { m_runs.requestUnpause(steered()); });
  connect(m_strip, &ProgressStrip::checkpointClicked, this, [this] { m_runs.requestCheckpoint(steered()); });
  connect(m_strip, &ProgressStrip::stopClicked, this, [this] { m_runs.requestStop(steered()); });
  connect(m_compare, &QPushButton::clicked, this, &RunsPage::compare);
  connect(m_again, &QPushButton::clicked, this, [this] { Q_EMIT trainAgainRequested(m_current); });
  connect(m_export, &QPushButton::clicked, m_curves, &RunCurves::requestExport);
  connect(m_chat, &QPushButton::clicked, this, [this] { Q_EMIT chatRequested(m_current); });
  connect(m_continue, &QPushButton::clicked, this, [this] { m_runs.requestContinue(m_current); });
  connect(m_empty, &EmptyState::triggered, this, &RunsPage::tryRequested);
  connect(&m_runs, &RunCenter::listChanged, this, &RunsPage::onListChanged);
  connect(&m_runs, &RunCenter::runChanged, this, [this] {
    showActive();
    showCounts();
  });
  connect(&m_runs, &RunCenter::failed, this, [this](const QString &message) { Toast::show(this, message); });
  connect(&m_runs, &RunCenter::stoppedBeforeItBegan, this, [this](const QString &name, const api::RunRequest &request) {
    Toast::show(this, tr("%1 had not begun: nothing of it is kept.").arg(name), tr("Undo"),
                [this, request] { m_runs.putBack(request, 1); });
  });
  new ButtonAction(m_compare, {QKeySequence(Qt::CTRL | Qt::Key_B)}, this);
  new ButtonAction(m_again, {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_A)}, this);
  new ButtonAction(m_export, {QKeySequence(Qt::CTRL | Qt::Key_E)}, this);
  new ButtonAction(m_continue, {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_N)}, this);
  new ButtonAction(m_chat, {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_H)}, this);
  onLanguage(this, [this] {
    m_header->setTitle(tr("Runs"));
    m_compare->setText(tr("Compare settings"));
    m_again->setText(tr("Train again…"));
    m_again->setToolTip(tr("Opens the form with the settings of this run."));
    m_export->setText(tr("Export…"));
    m_chat->setText(tr("Chat"));
    m_continue->setText(tr("Continue"));
    m_search->setPlaceholderText(tr("Search runs…"));
    m_search->setAccessibleName(tr("Search runs"));
    m_table->setAccessibleName(tr("Runs"));
    m_views->setAccessibleName(tr("What is shown of the run"));
    m_views->setChoices(viewKeys(), {tr("Curves"), tr("Log"), tr("Answers"), tr("Settings"), tr("Notes")});
    m_empty->setTexts(
        tr("Runs appear here with their curves, from the first step on. Two minutes with the starter model show how it looks."),
        tr("Try it"));
    m_model->retranslate();
    m_table->fitColumns();
    onListChanged();
  });
  onTheme(this, [this] { draw(); });
}

QStringList RunsPage::viewKeys() {
  return {QStringLiteral("curves"), QStringLiteral("log"), QStringLiteral("answers"), QStringLiteral("settings"), QStringLiteral("notes")};
}

void RunsPage::setUpTable() {
  m_model = new RunTableModel(m_runs, this);
  m_filtered = new QSortFilterProxyModel(this);
  m_filtered->setSourceModel(m_model);
  m_filtered->setSortRole(RunTableModel::SortRole);
  m_filtered->setFilterRole(RunTableModel::SearchRole);
  m_filtered->setFilterKeyColumn(-1);
  m_filtered->setFilterCaseSensitivity(Qt::CaseInsensitive);
  m_table->setObjectName(QStringLiteral("runsTable"));
  m_table->setModel(m_filtered);
  m_table->sortByColumn(RunTableModel::Started, Qt::DescendingOrder);
  QHeaderView *header = m_table->horizontalHeader();
  header->setSectionResizeMode(QHeaderView::Interactive);
  header->moveSection(header->visualIndex(RunTableModel::Loss), 1);
  header->moveSection(header->visualIndex(RunTableModel::State), 2);
  header->moveSection(header->visualIndex(RunTableModel::Where), 3);
  header->moveSection(header->visualIndex(RunTableModel::Tags), 4);
  connect(m_search, &QLineEdit::textChanged, this, [this](const QString &text) {
    m_filtered->setFilterFixedString(text);
    markCurrent();
  });
  // One of the two comes first, which depends on mouse or keys.
  connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this, &RunsPage::onSelected);
  connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this, &RunsPage::onSelected);
  connect(m_model, &RunTableModel::shownToggled, this, [this](const QString &folder, bool shown) {
    if (shown) return showAlso(folder);
    m_shown.removeAll(folder);
    m_passing.clear();
    draw();
  });
  connect(m_table, &QWidget::customContextMenuRequested, this, &RunsPage::showMenu);
  m_actions = new RunActions(m_runs, m_tasks, m_table, this);
  m_actions->setSelection([this] { return selected(); });
  connect(m_actions, &RunActions::restored, this, [this](const QString &folder) { m_opening = folder; });
  connect(m_actions, &RunActions::renameRequested, this, [this] {
    if (currentIndex().isValid()) m_table->edit(currentIndex());
  });
}

QStringList RunsPage::selected() const {
  QStringList folders;
  for (const QModelIndex &row : m_table->selectionModel()->selectedRows(RunTableModel::Name))
    folders.append(row.data(RunTableModel::FolderRole).toString());
  return folders;
}

QString RunsPage::currentRun() const { return m_current; }

void RunsPage::showRun(const QString &folder) {
  m_shown.clear();
  m_current.clear();
  choose(folder);
}

void RunsPage::showAlso(const QString &folder) {
  m_passing.clear(); // what is seen beside it stays
  if (m_shown.contains(folder)) return;
  m_shown.append(folder);
  draw();
}

/// Several selected runs are drawn together. The table's current row is the chosen run, if it is selected.
void RunsPage::onSelected() {
  const QStringList folders = selected();
  if (folders.size() > 1)
    for (const QString &folder : folders) showAlso(folder);
  const QString current = m_table->currentIndex().data(RunTableModel::FolderRole).toString();
  if (!folders.isEmpty()) choose(folders.contains(current) ? current : folders.front());
  m_actions->refresh();
}

/// The chosen run is drawn, in the place of another one that was drawn only because it was chosen.
void RunsPage::choose(const QString &folder) {
  if (folder == m_current) return;
  const qsizetype place = m_shown.indexOf(m_passing);
  if (!m_shown.contains(folder)) {
    if (place >= 0)
      m_shown[place] = folder;
    else
      m_shown.append(folder);
    m_passing = folder;
  } else if (place >= 0) {
    m_shown.removeAt(place);
    m_passing.clear();
  }
  m_current = folder;
  markCurrent();
  draw();
  RunModel *figures = m_runs.model(folder);
  m_log->setRun(figures);
  m_samples->setRun(figures);
  m_notes->setRun(folder);
  m_actions->setRun(folder);
  m_job->setRun(folder);
  showActive();
}

QModelIndex RunsPage::currentIndex() const {
  return m_filtered->mapFromSource(m_model->index(m_model->rowOf(m_current), RunTableModel::Name));
}

/// The chosen run's row is selected, alone unless others were selected with it.
void RunsPage::markCurrent() {
  const QModelIndex index = currentIndex();
  if (index.isValid()) m_row = index.row();
  if (!index.isValid() || m_table->selectionModel()->isRowSelected(index.row(), {})) return;
  m_table->selectionModel()->setCurrentIndex(index, QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);
}

void RunsPage::showView(const QString &key) {
  m_views->setCurrent(key);
  m_stack->setCurrentIndex(static_cast<int>(viewKeys().indexOf(key)));
}

void RunsPage::saveNotes() { m_notes->save(); }

void RunsPage::compare() { showView(QStringLiteral("settings")); }

void RunsPage::onListChanged() {
  const auto &runs = m_runs.runs();
  m_body->setCurrentIndex(runs.empty() && m_runs.known() ? 0 : 1);
  m_shown.erase(std::remove_if(m_shown.begin(), m_shown.end(), [this](const QString &folder) { return !m_runs.find(folder); }),
                m_shown.end());
  if (!m_runs.find(m_current)) m_current.clear();
  if (m_current.isEmpty() && m_filtered->rowCount() > 0) { // the row that has moved up to where it was
    choose(m_filtered->index(std::min(m_row, m_filtered->rowCount() - 1), 0).data(RunTableModel::FolderRole).toString());
  } else {
    markCurrent();
    draw();
    showActive();
  }
  m_actions->refresh();
  showCounts();
  if (!m_opening.isEmpty() && m_runs.find(m_opening)) showRun(std::exchange(m_opening, {}));
}

void RunsPage::showProblems() {
  const auto held = static_cast<int>(m_runs.queue().waiting().size());
  m_waiting->hide();
  if (m_runs.isQueueHeld() && m_runs.active().isEmpty())
    m_waiting->showMessage(Tone::Accent, tr("%n run(s) have waited since Attune was last open.", "", held),
                           {{tr("Start them"), [this] { m_runs.releaseQueue(); }}});
  const api::RunSummary *current = m_runs.find(m_current);
  m_problem->hide();
  if (current && !current->error.empty()) m_problem->showMessage(Tone::Danger, errorText(current->errorCode, current->error));
}

void RunsPage::showCounts() {
  const auto &runs = m_runs.runs();
  const auto count = [&](auto... phases) {
    return static_cast<int>(std::count_if(runs.begin(), runs.end(), [&](const auto &run) { return ((run.phase == phases) || ...); }));
  };
  const int going = count(api::RunPhase::Running), waiting = count(api::RunPhase::Waiting);
  QStringList parts;
  const RunModel *figures = m_runs.active().isEmpty() ? nullptr : m_runs.model(m_runs.active());
  const int paused = figures && figures->state() == api::RunState::Paused ? 1 : 0;
  const int loading = figures && figures->state() == api::RunState::Loading ? 1 : 0;
  if (paused > 0) parts.append(tr("%n paused", "", paused));
  if (loading > 0) parts.append(tr("%n loading", "", loading));
  if (going > paused + loading) parts.append(tr("%n running", "", going - paused - loading));
  if (waiting > 0) parts.append(tr("%n waiting", "", waiting));
  const int over = static_cast<int>(runs.size()) - going - waiting;
  if (over > 0) parts.append(tr("%n finished", "", over));
  m_header->setSubtitle(parts.isEmpty() ? tr("What was trained, and how it went.") : parts.join(QStringLiteral(" · ")));
}

void RunsPage::draw() {
  std::vector<ChartRun> curves;
  for (qsizetype i = 0; i < m_shown.size(); ++i) {
    const api::RunSummary *run = m_runs.find(m_shown[i]);
    if (!run) continue;
    curves.push_back({m_runs.model(m_shown[i]), QString::fromStdString(run->name), theme().series(static_cast<int>(i))});
  }
  m_curves->setRuns(curves, m_runs.find(m_current) ? m_runs.model(m_current) : nullptr);
  m_model->setShown(m_shown);
  m_compare->setVisible(m_shown.size() > 1);
  const api::RunSummary *current = m_runs.find(m_current);
  const auto other = std::find_if(m_shown.begin(), m_shown.end(), [this](const QString &folder) { return folder != m_current; });
  const api::RunSummary *second = other == m_shown.end() ? nullptr : m_runs.find(*other);
  m_settings->setRuns(m_current, current ? QString::fromStdString(current->name) : QString(), second ? *other : QString(),
                      second ? QString::fromStdString(second->name) : QString());
}

void RunsPage::showActive() {
  const QString folder = steered();
  const bool remote = m_runs.isRemote(folder);
  const api::RunSummary *run = folder.isEmpty() ? nullptr : m_runs.find(folder);
  m_strip->setVisible(run != nullptr);
  if (run) {
    const RunModel *figures = m_runs.model(folder);
    m_strip->setTitle(QString::fromStdString(run->name));
    const bool loading = figures->state() == api::RunState::Loading;
    const RunWish wish = remote ? RunWish::None : m_runs.wish();
    const api::ClusterJob *job = remote ? m_runs.remote()->job(folder) : nullptr;
    const bool elsewhere = job && job->phase != api::JobPhase::Running; // the training has not begun, or has ended
    m_strip->setProgress(
        elsewhere ? jobSentence(*job) : progressText(*run, *figures, wish),
        loading || elsewhere || run->totalSteps <= 0 ? -1 : static_cast<double>(run->step) / static_cast<double>(run->totalSteps));
    m_strip->setPaused(figures->state() == api::RunState::Paused);
    m_strip->setPausable(!remote);
    m_strip->setSteerable(wish == RunWish::None && !elsewhere, wish != RunWish::Stop && (!job || job->phase < api::JobPhase::Cancelling));
  }
  const api::RunSummary *current = m_runs.find(m_current);
  const bool live = m_runs.isLive(m_current);
  const auto phase = current ? current->phase : api::RunPhase::Unreadable;
  m_job->setRun(m_current);
  m_continue->setVisible(!live &&
                         (phase == api::RunPhase::Interrupted || phase == api::RunPhase::Stopped || phase == api::RunPhase::Failed));
  m_chat->setVisible(!live && (phase == api::RunPhase::Completed || phase == api::RunPhase::Stopped));
  m_again->setEnabled(current != nullptr && phase != api::RunPhase::Unreadable);
  m_export->setEnabled(current != nullptr);
  showProblems();
}

void RunsPage::showMenu(const QPoint &position) {
  auto *menu = new QMenu(this);
  menu->setAttribute(Qt::WA_DeleteOnClose);
  menu->addAction(tr("Open a run folder…"), this, &RunsPage::requestOpen);
  if (m_table->indexAt(position).isValid()) {
    menu->addSeparator();
    m_actions->refresh();
    menu->addActions(m_actions->all());
  }
  menu->popup(m_table->viewport()->mapToGlobal(position));
}

void RunsPage::requestOpen() {
  pickFolder(this, tr("Open a run folder"), [this](const QString &folder) { open(folder); });
}

void RunsPage::open(const QString &folder) {
  m_looking = m_tasks.run(
      this,
      [folder](StopToken) {
        return QFileInfo::exists(folder + QStringLiteral("/run.json")) || QFileInfo::exists(folder + QStringLiteral("/events.jsonl"));
      },
      [this, folder](bool there) {
        if (!there) return Toast::show(this, tr("%1 is no run folder: it has neither run.json nor events.jsonl.").arg(folder));
        m_opening = QDir::cleanPath(folder);
        m_runs.open(m_opening);
      });
}

} // namespace attune::ui
