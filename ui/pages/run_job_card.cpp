#include "ui/pages/run_job_card.h"

#include "ui/dialogs/job_files_dialog.h"
#include "ui/models/cluster_text.h"
#include "ui/models/terminal_command.h"
#include "ui/pages/command_button.h"
#include "ui/widgets/ask_first.h"
#include "ui/widgets/chip.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/retranslate.h"
#include "ui/widgets/toast.h"
#include "ui/widgets/visible_text.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace attune::ui {

namespace {

Tone toneOf(const api::ClusterJob &job) {
  if (job.neverClears || job.unknown) return Tone::Warning;
  if (job.phase != api::JobPhase::Over) return job.phase == api::JobPhase::Running ? Tone::Accent : Tone::Muted;
  return job.result == "done" ? Tone::Success : job.result == "cancelled" ? Tone::Warning : Tone::Danger;
}

} // namespace

RunJobCard::RunJobCard(RunCenter &runs, ClusterCenter &clusters, TaskRunner &tasks, QWidget *parent)
    : QFrame(parent), m_runs(runs), m_clusters(clusters) {
  setProperty("kind", QStringLiteral("card"));
  auto *layout = new QVBoxLayout(this);
  layout->setContentsMargins(16, 10, 12, 10);
  layout->setSpacing(6);
  auto *head = new QHBoxLayout;
  head->setSpacing(8);
  m_state = new Chip(this);
  m_state->setFocusPolicy(Qt::NoFocus);
  m_place = new ElidedLabel(this);
  setRole(m_place, TextRole::Strong);
  head->addWidget(m_state);
  head->addWidget(m_place, 1);
  layout->addLayout(head);
  m_text = makeLabel(TextRole::Caption, this);
  m_text->setWordWrap(true);
  m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
  layout->addWidget(m_text);
  auto *foot = new QHBoxLayout;
  foot->setSpacing(8);
  m_fetch = makeButton(ButtonKind::Small, QStringLiteral("down"), this);
  m_all = makeButton(ButtonKind::Small, this);
  m_cancel = makeButton(ButtonKind::SmallDanger, QStringLiteral("stop"), this);
  m_remove = makeButton(ButtonKind::SmallDanger, QStringLiteral("trash"), this);
  m_copy = new CommandButton(this);
  for (QPushButton *button : std::initializer_list<QPushButton *>{m_fetch, m_all, m_cancel, m_remove}) foot->addWidget(button);
  m_files = makeButton(ButtonKind::Small, QStringLiteral("data"), this);
  foot->addStretch(1);
  foot->addWidget(m_files);
  foot->addWidget(m_copy);
  layout->addLayout(foot);
  hide();
  if (!m_runs.remote()) return;
  ClusterRuns *remote = m_runs.remote();
  connect(remote, &ClusterRuns::jobChanged, this, [this](const QString &folder) {
    if (folder == m_folder) refresh();
  });
  connect(remote, &ClusterRuns::told, this,
          [this](const QString &, const QString &message) { Toast::show(this, withVisibleControls(message)); });
  connect(&m_clusters, &ClusterCenter::listChanged, this, &RunJobCard::refresh);
  connect(m_fetch, &QPushButton::clicked, this, [this, remote] { remote->fetch(m_folder, api::FetchWhat::Result); });
  connect(m_all, &QPushButton::clicked, this, [this, remote] { remote->fetch(m_folder, api::FetchWhat::Everything); });
  connect(m_files, &QPushButton::clicked, this, [this, &tasks] {
    const api::ClusterJob *current = job();
    if (!current) return;
    auto *dialog = new JobFilesDialog(*current, tasks, window());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
  });
  connect(m_cancel, &QPushButton::clicked, this, [this, remote] {
    askFirst(window(),
             {tr("Cancel job"),
              tr("Cancel the job at once? What it computed since its last checkpoint is lost. Stop, above, saves one first."),
              tr("Cancel job"), tr("Keep it")},
             this, [remote, folder = m_folder] { remote->cancel(folder); });
  });
  connect(m_remove, &QPushButton::clicked, this, [this, remote] {
    const api::ClusterJob *current = job();
    const bool here = current && current->fetched;
    askFirst(window(),
             {tr("Remove from the cluster"),
              here ? tr("Remove the run's folder on the cluster, with its checkpoints? The result and the curves stay on this machine.")
                   : tr("Remove the run's folder on the cluster? Its result has not been fetched and would be lost."),
              tr("Remove from the cluster"), tr("Keep it")},
             this, [remote, folder = m_folder] { remote->removeRemote(folder); });
  });
  onLanguage(this, [this] {
    m_fetch->setText(tr("Fetch the result"));
    m_fetch->setToolTip(tr("Copies the adapter or model to this machine, checked by its hashes."));
    m_all->setText(tr("Fetch everything"));
    m_all->setToolTip(tr("The result and every checkpoint."));
    m_cancel->setText(tr("Cancel job"));
    m_files->setText(tr("Script and log…"));
    m_files->setToolTip(tr("The job's script and values as they lie on the cluster, and its raw log as it grows."));
    m_remove->setText(tr("Remove from the cluster"));
    refresh();
  });
}

void RunJobCard::setRun(const QString &folder) {
  const bool other = folder != m_folder;
  m_folder = folder;
  const api::RunSummary *run = m_runs.find(folder);
  if (other && run && !run->cluster.empty() && m_runs.remote() && !m_runs.isRemote(folder)) m_runs.remote()->readJob(folder);
  refresh();
}

const api::ClusterJob *RunJobCard::job() const { return m_runs.remote() ? m_runs.remote()->job(m_folder) : nullptr; }

void RunJobCard::refresh() {
  const api::ClusterJob *current = job();
  setVisible(current != nullptr);
  if (!current) return;
  const bool over = current->phase == api::JobPhase::Over, fetching = m_runs.remote()->isFetching(m_folder);
  m_state->setText(jobPhaseText(*current));
  m_state->setDot(toneOf(*current));
  m_place->setText(jobPlace(*current));
  setRole(m_text, current->neverClears ? TextRole::Strong : TextRole::Caption);
  m_text->setText(current->neverClears
                      ? tr("%1 It cannot start as it is: cancel it, or change the request.", "a reason").arg(jobSentence(*current))
                      : withVisibleControls(jobSentence(*current)));
  const bool there = over && !current->removed && !current->remoteFolder.empty();
  m_fetch->setVisible(there);
  m_all->setVisible(there);
  m_fetch->setEnabled(!fetching);
  m_all->setEnabled(!fetching);
  m_fetch->setText(fetching ? tr("Fetching…") : current->fetched ? tr("Fetch again") : tr("Fetch the result"));
  m_cancel->setVisible(!over);
  m_cancel->setEnabled(current->phase != api::JobPhase::Finishing && current->phase != api::JobPhase::Fetching);
  m_remove->setVisible(there);
  m_remove->setEnabled(!fetching);
  const ClusterState *cluster = m_clusters.find(QString::fromStdString(current->cluster));
  const QString log = QString::fromStdString(current->remoteFolder) + QStringLiteral("/run.log");
  m_copy->setCommand(!cluster || current->remoteFolder.empty()
                         ? QString()
                         : sshLine(cluster->profile, (over ? QStringLiteral("less ") : QStringLiteral("tail -f ")) + shellWord(log)));
}

} // namespace attune::ui
