#include "ui/pages/cluster_queue.h"

#include "ui/models/cluster_text.h"
#include "ui/models/error_text.h"
#include "ui/models/terminal_command.h"
#include "ui/pages/command_button.h"
#include "ui/pages/fact_table.h"
#include "ui/widgets/ask_first.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/retranslate.h"
#include "ui/widgets/visible_text.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace attune::ui {

ClusterQueue::ClusterQueue(ClusterCenter &clusters, QWidget *parent) : QWidget(parent), m_clusters(clusters) {
  auto *layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(8);
  m_table = new FactTable(7, this);
  layout->addWidget(m_table, 1);
  m_message = makeLabel(TextRole::Caption, this);
  m_message->setWordWrap(true);
  layout->addWidget(m_message);
  m_detail = makeLabel(TextRole::Body, this);
  m_detail->setWordWrap(true);
  m_detail->setTextInteractionFlags(Qt::TextSelectableByMouse);
  layout->addWidget(m_detail);
  auto *foot = new QHBoxLayout;
  foot->setSpacing(8);
  m_show = makeButton(ButtonKind::Small, QStringLiteral("runs"), this);
  m_checkpoint = makeButton(ButtonKind::Small, QStringLiteral("checkpoint"), this);
  m_hold = makeButton(ButtonKind::Small, QStringLiteral("pause"), this);
  m_cancel = makeButton(ButtonKind::SmallDanger, QStringLiteral("stop"), this);
  m_look = makeButton(ButtonKind::Small, QStringLiteral("refresh"), this);
  m_copy = new CommandButton(this, true);
  for (QPushButton *button : {m_show, m_checkpoint, m_hold, m_cancel}) foot->addWidget(button);
  foot->addStretch(1);
  foot->addWidget(m_look);
  foot->addWidget(m_copy);
  layout->addLayout(foot);
  connect(&m_clusters, &ClusterCenter::changed, this, [this](const QString &name) {
    if (name == m_name) fill();
  });
  connect(m_table, &QTableWidget::itemSelectionChanged, this, &ClusterQueue::showChosen);
  connect(m_table, &QTableWidget::cellActivated, this, [this] { m_show->click(); });
  connect(m_look, &QPushButton::clicked, this, [this] { m_clusters.lookAtQueue(m_name); });
  connect(m_cancel, &QPushButton::clicked, this, &ClusterQueue::askToCancel);
  const auto act = [this](api::JobAction action) {
    if (const api::QueuedJob *job = chosen()) m_clusters.act(m_name, *job, action);
  };
  connect(m_checkpoint, &QPushButton::clicked, this, [act] { act(api::JobAction::Checkpoint); });
  connect(m_hold, &QPushButton::clicked, this, [this, act] { act(m_held ? api::JobAction::Release : api::JobAction::Hold); });
  connect(m_show, &QPushButton::clicked, this, [this] {
    if (const api::QueuedJob *job = chosen()) Q_EMIT runRequested(QString::fromStdString(job->token));
  });
  onLanguage(this, [this] {
    m_table->setAccessibleName(tr("My jobs"));
    m_table->setHorizontalHeaderLabels(
        {tr("Job"), tr("Name"), tr("Partition"), tr("State"), tr("Reason or nodes"), tr("Submitted"), tr("Ends")});
    m_show->setText(tr("Show the run"));
    m_checkpoint->setText(tr("Checkpoint now"));
    m_cancel->setText(tr("Cancel job"));
    m_look->setAccessibleName(tr("Look again"));
    m_look->setToolTip(tr("Look again"));
    fill();
  });
}

void ClusterQueue::setCluster(const QString &name) {
  if (name != m_name) m_table->setRows({});
  m_name = name;
  fill();
}

const api::QueuedJob *ClusterQueue::chosen() const {
  const ClusterState *cluster = m_clusters.find(m_name);
  const auto row = static_cast<size_t>(m_table->currentRow());
  return cluster && cluster->queue.value && m_table->currentRow() >= 0 && row < cluster->queue.value->size() ? &(*cluster->queue.value)[row]
                                                                                                             : nullptr;
}

void ClusterQueue::fill() {
  const ClusterState *cluster = m_clusters.find(m_name);
  const std::vector<api::QueuedJob> none, &jobs = cluster && cluster->queue.value ? *cluster->queue.value : none;
  const auto time = [](const std::string &text) { // "2026-11-27T14:05:00"
    return text.empty() || text == "N/A" ? QStringLiteral("–") : QString::fromStdString(text).replace(QLatin1Char('T'), QLatin1Char(' '));
  };
  QVector<QStringList> rows;
  for (const api::QueuedJob &job : jobs)
    rows.append({QString::fromStdString(job.id), QString::fromStdString(job.name), QString::fromStdString(job.partition),
                 slurmStateText(job.state), job.state == "PENDING" ? reasonText(job.reason, job.plain) : QString::fromStdString(job.nodes),
                 time(job.submitted), time(job.ends)});
  m_table->setRows(rows);
  for (int row = 0; row < m_table->rowCount(); ++row) {
    const api::QueuedJob &job = jobs[static_cast<size_t>(row)];
    m_table->item(row, 3)->setForeground(theme().color(slurmStateTone(job)));
    m_table->item(row, 4)->setForeground(theme().color(job.neverClears ? Tone::Warning : Tone::Text));
  }
  const bool busy = cluster && cluster->queue.busy;
  m_look->setEnabled(cluster && cluster->online() && !busy);
  const bool problem = cluster && cluster->queue.problem && cluster->online();
  setRole(m_message, problem ? TextRole::Problem : TextRole::Caption);
  const bool known = cluster && cluster->queue.value;
  m_message->setText(problem                         ? errorText(*cluster->queue.problem)
                     : busy && !known                ? tr("Looking at the queue…")
                     : cluster && !cluster->online() ? (known ? tr("As it was when the connection was last there.")
                                                              : tr("Connect, and your jobs appear here, those of other programs, too."))
                     : known && jobs.empty()         ? tr("No job of yours waits or runs here.")
                                                     : QString());
  m_message->setVisible(!m_message->text().isEmpty());
  showChosen();
}

void ClusterQueue::showChosen() {
  const ClusterState *cluster = m_clusters.find(m_name);
  const api::QueuedJob *job = chosen();
  const bool ours = job && !job->token.empty(), online = cluster && cluster->online();
  const bool free = ours && online && !cluster->acting.contains(QString::fromStdString(job->id));
  m_held = job && job->reason.rfind("JobHeld", 0) == 0;
  m_hold->setText(m_held ? tr("Release") : tr("Hold"));
  m_show->setEnabled(ours);
  m_checkpoint->setEnabled(free && job->state == "RUNNING");
  m_hold->setEnabled(free && job->state == "PENDING");
  m_cancel->setEnabled(free);
  QString detail;
  if (job && job->state == "PENDING") detail = reasonText(job->reason, job->plain);
  if (job && job->neverClears) detail = tr("%1 It cannot start as it is: cancel it, or change the request.", "a reason").arg(detail);
  if (job && !ours)
    detail = (detail.isEmpty() ? QString() : detail + QLatin1Char(' ')) +
             tr("Another program submitted this job: it can be looked at here, and is steered there.");
  setRole(m_detail, job && job->neverClears ? TextRole::Strong : TextRole::Caption);
  m_detail->setText(detail);
  m_detail->setVisible(!detail.isEmpty());
  m_copy->setCommand(!cluster ? QString()
                     : job    ? sshLine(cluster->profile, QStringLiteral("scontrol show job ") + shellWord(QString::fromStdString(job->id)))
                              : sshLine(cluster->profile, QStringLiteral("squeue --me")));
  const QString id = job ? QString::fromStdString(job->id) : QString();
  const auto tip = [&](QPushButton *button, api::JobAction action) {
    button->setToolTip(job && cluster ? toolTipText(sshLine(cluster->profile, slurmLine(id, action))) : QString());
  };
  tip(m_cancel, api::JobAction::Cancel);
  tip(m_hold, m_held ? api::JobAction::Release : api::JobAction::Hold);
  tip(m_checkpoint, api::JobAction::Checkpoint);
}

/// What has run for hours is not given back.
void ClusterQueue::askToCancel() {
  const api::QueuedJob *job = chosen();
  if (!job) return;
  const QString text = tr("Cancel job %1 on %2? What it computed since its last checkpoint is lost.")
                           .arg(QString::fromStdString(job->id), onOneLine(m_name));
  askFirst(this, {tr("Cancel job"), text, tr("Cancel job"), tr("Keep it")}, this,
           [this, name = m_name, gone = *job] { m_clusters.act(name, gone, api::JobAction::Cancel); });
}

} // namespace attune::ui
