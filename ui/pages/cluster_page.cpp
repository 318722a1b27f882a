#include "ui/pages/cluster_page.h"

#include "ui/dialogs/profile_dialog.h"
#include "ui/models/cluster_text.h"
#include "ui/models/error_text.h"
#include "ui/models/terminal_command.h"
#include "ui/pages/cluster_environment.h"
#include "ui/pages/cluster_files.h"
#include "ui/pages/cluster_partitions.h"
#include "ui/pages/cluster_queue.h"
#include "ui/pages/cluster_worker.h"
#include "ui/pages/command_button.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/button_action.h"
#include "ui/widgets/chip.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/icon.h"
#include "ui/widgets/number_text.h"
#include "ui/widgets/page_header.h"
#include "ui/widgets/retranslate.h"
#include "ui/widgets/segmented_switch.h"
#include "ui/widgets/toast.h"
#include "ui/widgets/visible_text.h"

#include <QDateTime>
#include <QLabel>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace attune::ui {

namespace {

constexpr int kQueueSeconds = 30, kPartitionSeconds = 120; // while the page is in sight

} // namespace

ClusterPage::ClusterPage(ClusterCenter &clusters, TaskRunner &tasks, QWidget *parent)
    : QWidget(parent), m_clusters(clusters), m_transfers(clusters), m_installs(clusters), m_tasks(tasks) {
  setObjectName(QStringLiteral("page"));
  auto *layout = new QVBoxLayout(this);
  layout->setContentsMargins(24, 20, 24, 20);
  layout->setSpacing(16);
  m_header = new PageHeader(this);
  m_add = makeButton(ButtonKind::Normal, QStringLiteral("add"), this);
  m_connect = makeButton(ButtonKind::Primary, this);
  m_header->addAction(m_add);
  m_header->addAction(m_connect);
  layout->addWidget(m_header);
  m_problem = new Banner(this);
  m_banner = new Banner(this);
  layout->addWidget(m_problem);
  layout->addWidget(m_banner);
  m_body = new QStackedWidget(this);
  layout->addWidget(m_body, 1);
  m_empty = new EmptyState(QStringLiteral("cluster"), m_body);
  m_body->addWidget(m_empty);
  auto *splitter = new QSplitter(Qt::Horizontal, m_body);
  splitter->setObjectName(QStringLiteral("clusterSplitter"));
  splitter->setChildrenCollapsible(false);
  m_body->addWidget(splitter);
  QFrame *left = makeCard(splitter);
  left->setMinimumWidth(180);
  cardLayout(left)->setContentsMargins(8, 8, 8, 8);
  m_list = new KeyedList(left);
  m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  m_list->setTextElideMode(Qt::ElideRight);
  cardLayout(left)->addWidget(m_list, 1);
  splitter->addWidget(left);
  splitter->addWidget(makeDetails());
  splitter->setStretchFactor(1, 1);
  splitter->setSizes({220, 820});

  connect(m_list, &QListWidget::currentItemChanged, this, &ClusterPage::showCurrent);
  connect(m_list, &QListWidget::itemActivated, this, [this] {
    const ClusterState *cluster = m_clusters.find(current());
    if (cluster && cluster->isIdle()) m_clusters.requestConnect(current()); // and never ends a connection
  });
  connect(m_add, &QPushButton::clicked, this, &ClusterPage::addCluster);
  connect(m_empty, &EmptyState::triggered, this, &ClusterPage::addCluster);
  connect(m_edit, &QPushButton::clicked, this, &ClusterPage::edit);
  connect(m_remove, &QPushButton::clicked, this, &ClusterPage::remove);
  connect(m_connect, &QPushButton::clicked, this, [this] {
    const ClusterState *cluster = m_clusters.find(current());
    if (!cluster) return;
    if (cluster->isIdle())
      m_clusters.requestConnect(current());
    else
      m_clusters.requestDisconnect(current());
  });
  connect(m_views, &SegmentedSwitch::changed, this, &ClusterPage::showView);
  connect(m_partitions, &ClusterPartitions::trainRequested, this, &ClusterPage::trainRequested);
  connect(m_queue, &ClusterQueue::runRequested, this, &ClusterPage::runRequested);
  connect(&m_clusters, &ClusterCenter::listChanged, this, &ClusterPage::fill);
  connect(&m_clusters, &ClusterCenter::linkChanged, this, [this](const QString &name) {
    for (int row = 0; row < m_list->count(); ++row)
      if (m_list->key(row) == name) showRow(row);
    if (name == current()) showLink();
  });
  connect(&m_clusters, &ClusterCenter::changed, this, [this](const QString &name) {
    if (name == current()) showLink();
  });
  connect(&m_clusters, &ClusterCenter::acted, this, [this](const QString &, const QString &job, const QString &state) {
    Toast::show(this,
                state.isEmpty() ? tr("Job %1: done.").arg(job) : tr("Job %1 is now: %2.").arg(job, slurmStateText(state.toStdString())));
  });
  connect(&m_clusters, &ClusterCenter::failed, this, [this](const QString &message) {
    m_problem->showMessage(Tone::Danger, withVisibleControls(message), {{tr("Close"), [] {}}});
  });
  connect(&m_transfers, &ClusterTransfers::arrived, this, [this](const Transfer &transfer) {
    Toast::show(this, transfer.upload ? tr("%1 is on the cluster.").arg(onOneLine(transfer.name))
                                      : tr("%1 is here.").arg(onOneLine(transfer.name)));
  });
  m_tick.setInterval(1000);
  connect(&m_tick, &QTimer::timeout, this, &ClusterPage::onSecond);
  m_tick.start();
  makeActions();
  onLanguage(this, [this] {
    m_header->setTitle(tr("Cluster"));
    m_header->setSubtitle(tr("Supercomputers that run Slurm: what is free, what runs, and your files there."));
    m_add->setText(tr("Add a cluster…"));
    m_list->setAccessibleName(tr("Clusters"));
    m_edit->setText(tr("Edit…"));
    m_remove->setText(tr("Remove"));
    m_views->setAccessibleName(tr("What is shown of the cluster"));
    m_views->setChoices(viewKeys(), {tr("Partitions"), tr("My jobs"), tr("Files"), tr("Environment")});
    m_empty->setTexts(
        tr("Clusters appear here. Give the host and the user you log in with by SSH, and Attune submits to its queue, follows "
           "the run, and brings the result home. It goes on there while your computer is off."),
        tr("Add a cluster…"));
    fill();
  });
}

QWidget *ClusterPage::makeDetails() {
  auto *right = new QWidget(this);
  auto *layout = new QVBoxLayout(right);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(10);
  auto *head = new QHBoxLayout;
  head->setSpacing(8);
  m_name = makeLabel(TextRole::Section, right);
  m_link = new Chip(right);
  m_link->setFocusPolicy(Qt::NoFocus);
  m_copy = new CommandButton(right);
  m_edit = makeButton(ButtonKind::Small, QStringLiteral("edit"), right);
  m_remove = makeButton(ButtonKind::SmallDanger, QStringLiteral("trash"), right);
  head->addWidget(m_name);
  head->addWidget(m_link);
  head->addStretch(1);
  for (QPushButton *button : std::initializer_list<QPushButton *>{m_copy, m_edit, m_remove}) head->addWidget(button);
  layout->addLayout(head);
  m_about = new ElidedLabel(right);
  setRole(m_about, TextRole::Caption);
  layout->addWidget(m_about);
  m_views = new SegmentedSwitch(right);
  layout->addWidget(m_views, 0, Qt::AlignLeft);
  QFrame *card = makeCard(right);
  m_stack = new QStackedWidget(card);
  cardLayout(card)->addWidget(m_stack);
  layout->addWidget(card, 1);
  m_partitions = new ClusterPartitions(m_clusters, m_stack);
  m_queue = new ClusterQueue(m_clusters, m_stack);
  m_files = new ClusterFiles(m_clusters, m_transfers, m_stack);
  m_environment = new ClusterEnvironment(m_clusters, m_installs, m_tasks, m_stack);
  for (QWidget *view : std::initializer_list<QWidget *>{m_partitions, m_queue, m_files, m_environment}) m_stack->addWidget(view);
  return right;
}

QStringList ClusterPage::viewKeys() {
  return {QStringLiteral("partitions"), QStringLiteral("queue"), QStringLiteral("files"), QStringLiteral("environment")};
}

void ClusterPage::showView(const QString &key) {
  m_views->setCurrent(key);
  m_stack->setCurrentIndex(static_cast<int>(viewKeys().indexOf(key)));
}

void ClusterPage::makeActions() {
  new ButtonAction(m_connect, {QKeySequence(Qt::CTRL | Qt::Key_Return)}, this);
  new ButtonAction(m_add, {QKeySequence(Qt::CTRL | Qt::Key_N)}, this);
  new ButtonAction(m_edit, {QKeySequence(Qt::CTRL | Qt::Key_E)}, this);
  auto *remove = new ButtonAction(m_remove, {QKeySequence::Delete}, this);
  remove->setShortcutContext(Qt::WidgetShortcut); // of the list: elsewhere that key means a job or a file
  m_list->addAction(remove);
  new ButtonAction(m_copy, {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_C)}, this);
  const auto act = [this](const QKeySequence &keys, auto text, auto effect) {
    auto *action = new QAction(this);
    action->setShortcut(keys);
    connect(action, &QAction::triggered, this, effect);
    addAction(action);
    onLanguage(this, [action, text] { action->setText(text()); });
  };
  act(
      QKeySequence(Qt::ALT | Qt::Key_1), [] { return tr("Show the partitions"); }, [this] { showView(QStringLiteral("partitions")); });
  act(
      QKeySequence(Qt::ALT | Qt::Key_2), [] { return tr("Show my jobs"); }, [this] { showView(QStringLiteral("queue")); });
  act(
      QKeySequence(Qt::ALT | Qt::Key_3), [] { return tr("Show the files"); }, [this] { showView(QStringLiteral("files")); });
  act(
      QKeySequence(Qt::ALT | Qt::Key_4), [] { return tr("Show the environment"); }, [this] { showView(QStringLiteral("environment")); });
  new ButtonAction(m_partitions->trainButton(), {QKeySequence(Qt::CTRL | Qt::Key_T)}, this);
  new ButtonAction(m_queue->showButton(), {QKeySequence(Qt::CTRL | Qt::Key_R)}, this);
  new ButtonAction(m_queue->cancelButton(), {QKeySequence(Qt::CTRL | Qt::Key_Backspace)}, this);
  new ButtonAction(m_files->downloadButton(), {QKeySequence(Qt::CTRL | Qt::Key_D)}, this);
  new ButtonAction(m_files->uploadButton(), {QKeySequence(Qt::CTRL | Qt::Key_U)}, this);
  new ButtonAction(m_environment->checkButton(), {QKeySequence(Qt::CTRL | Qt::Key_I)}, this);
  new ButtonAction(m_environment->worker()->installButton(), {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_I)}, this);
  act(
      QKeySequence(Qt::Key_F5), [] { return tr("Look again"); },
      [this] {
        m_clusters.lookAtPartitions(current());
        m_clusters.lookAtQueue(current());
        m_clusters.lookAtWorkers(current());
      });
}

void ClusterPage::showEvent(QShowEvent *) {
  if (!m_clusters.known()) m_clusters.refresh();
}

void ClusterPage::fill() {
  const auto &clusters = m_clusters.clusters();
  m_body->setCurrentIndex(clusters.empty() && m_clusters.known() ? 0 : 1);
  QStringList names;
  for (const ClusterState &cluster : clusters) names.append(cluster.name());
  m_list->setKeys(names, [](QListWidgetItem *item, const QString &) { item->setSizeHint(QSize(100, 48)); });
  for (int row = 0; row < m_list->count(); ++row) showRow(row);
  if (m_clusters.problem()) m_problem->showMessage(Tone::Danger, errorText(*m_clusters.problem()), {{tr("Close"), [] {}}});
  showCurrent();
}

void ClusterPage::showRow(int row) {
  QListWidgetItem *item = m_list->item(row);
  const ClusterState *cluster = m_clusters.find(m_list->key(row));
  if (!cluster) return;
  const QString name = onOneLine(cluster->name()), state = linkText(cluster->link.state);
  item->setText(name + QLatin1Char('\n') + state);
  item->setData(Qt::AccessibleTextRole, name + QStringLiteral(", ") + state);
  item->setToolTip(toolTipText(addressText(cluster->profile)));
  item->setIcon(icon(QStringLiteral("cluster"), linkTone(cluster->link.state)));
}

void ClusterPage::showCurrent() {
  const QString name = current();
  m_partitions->setCluster(name);
  m_queue->setCluster(name);
  m_files->setCluster(name);
  m_environment->setCluster(name);
  showLink();
}

void ClusterPage::showLink() {
  const ClusterState *cluster = m_clusters.find(current());
  for (QPushButton *button : {m_connect, m_edit, m_remove}) button->setEnabled(cluster != nullptr);
  if (!cluster) {
    m_banner->hide();
    m_connect->setText(tr("Connect"));
    m_copy->setCommand({});
    return;
  }
  const api::ClusterLink &link = cluster->link;
  m_connect->setText(cluster->isIdle() ? tr("Connect") : tr("Disconnect"));
  m_name->setText(onOneLine(cluster->name()));
  m_link->setText(linkText(link.state));
  m_link->setDot(linkTone(link.state));
  QStringList about = {addressText(cluster->profile)};
  if (cluster->overview.value) about.append(onOneLine(QString::fromStdString(cluster->overview.value->slurm)));
  if (cluster->overview.value && !cluster->overview.value->accounting)
    about.append(tr("without accounting: the end of a job is told by its files"));
  m_about->setText(about.join(QStringLiteral(" · ")));
  m_copy->setCommand(sshLine(cluster->profile));
  showTrouble();
}

/// While the page is in sight, what it shows is kept fresh.
void ClusterPage::onSecond() {
  const ClusterState *cluster = isVisible() ? m_clusters.find(current()) : nullptr;
  if (!cluster) return;
  if (cluster->online() && ++m_seconds % kQueueSeconds == 0) {
    m_clusters.lookAtQueue(current());
    if (m_seconds % kPartitionSeconds == 0) m_clusters.lookAtPartitions(current());
  }
  showTrouble();
}

/// The banner speaks where something is wrong, and counts down to the next try.
void ClusterPage::showTrouble() {
  const ClusterState *cluster = m_clusters.find(current());
  if (!cluster) return m_banner->hide();
  const api::ClusterLink &link = cluster->link;
  const QString words = link.failed ? errorText(link.error) : QString();
  if (link.state == api::LinkState::Reconnecting) {
    const double left = link.nextTry - static_cast<double>(QDateTime::currentMSecsSinceEpoch()) / 1000;
    const QString when = left > 0.5 ? tr("Trying again in %1.").arg(durationText(std::max(1.0, left))) : tr("Trying again now.");
    m_banner->showMessage(Tone::Warning,
                          tr("The connection to %1 is lost. Your jobs go on running there. %2", "a cluster, a sentence")
                              .arg(onOneLine(cluster->name()), when),
                          {{tr("Now"), [this] { m_clusters.requestConnect(current()); }}});
  } else if (link.state == api::LinkState::NeedsUser && !words.isEmpty()) {
    std::vector<BannerAction> actions = {{tr("Connect again"), [this] { m_clusters.requestConnect(current()); }}};
    if (link.error.fault == "KEY-CHANGED" || link.error.fault == "KEY-OTHER")
      actions.push_back({tr("Replace the key…"), [this] { m_clusters.requestReplaceKey(current()); }});
    m_banner->showMessage(Tone::Danger, words, actions);
  } else if (link.state == api::LinkState::Degraded) {
    m_banner->showMessage(Tone::Warning, tr("%1 is slow to answer. Your jobs are not affected.").arg(onOneLine(cluster->name())));
  } else if (link.state == api::LinkState::Offline && !words.isEmpty()) {
    m_banner->showMessage(Tone::Danger, words, {{tr("Connect again"), [this] { m_clusters.requestConnect(current()); }}});
  } else {
    m_banner->hide();
  }
}

void ClusterPage::addCluster() {
  QStringList names;
  for (const ClusterState &cluster : m_clusters.clusters()) names.append(cluster.name());
  auto *dialog = new ProfileDialog({}, names, window());
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  connect(dialog, &ProfileDialog::saved, this, [this](const api::ClusterProfile &profile) {
    m_list->choose(QString::fromStdString(profile.name));
    m_clusters.save(profile);
  });
  dialog->open();
}

void ClusterPage::edit() {
  const ClusterState *cluster = m_clusters.find(current());
  if (!cluster) return;
  auto *dialog = new ProfileDialog(cluster->profile, {}, window());
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  connect(dialog, &ProfileDialog::saved, this, [this, before = cluster->profile.worker](api::ClusterProfile profile) {
    const ClusterState *now = m_clusters.find(QString::fromStdString(profile.name));
    if (now && profile.worker == before) profile.worker = now->profile.worker; // an installation may have ended meanwhile
    m_clusters.save(profile);
  });
  dialog->open();
}

void ClusterPage::remove() {
  const QString name = current();
  const ClusterState *cluster = m_clusters.find(name);
  if (!cluster) return;
  const api::ClusterProfile profile = cluster->profile;
  m_clusters.remove(name);
  Toast::show(this, tr("%1 is no longer on the list. Jobs and files on it stay.").arg(onOneLine(name)), tr("Undo"), [this, profile] {
    m_list->choose(QString::fromStdString(profile.name));
    m_clusters.save(profile);
  });
}

} // namespace attune::ui
