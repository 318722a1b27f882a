#include "ui/pages/cluster_partitions.h"

#include "ui/models/cluster_text.h"
#include "ui/models/error_text.h"
#include "ui/models/terminal_command.h"
#include "ui/pages/command_button.h"
#include "ui/pages/fact_table.h"
#include "ui/widgets/code_view.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/number_text.h"
#include "ui/widgets/retranslate.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace attune::ui {

ClusterPartitions::ClusterPartitions(ClusterCenter &clusters, QWidget *parent) : QWidget(parent), m_clusters(clusters) {
  auto *layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(8);
  m_table = new FactTable(7, this);
  layout->addWidget(m_table, 1);
  m_site = makeLabel(TextRole::Caption, this);
  layout->addWidget(m_site);
  m_raw = new CodeView(this);
  layout->addWidget(m_raw);
  m_message = makeLabel(TextRole::Caption, this);
  m_message->setWordWrap(true);
  layout->addWidget(m_message);
  auto *foot = new QHBoxLayout;
  foot->setSpacing(8);
  m_train = makeButton(ButtonKind::Normal, QStringLiteral("train"), this);
  m_look = makeButton(ButtonKind::Small, QStringLiteral("refresh"), this);
  m_copy = new CommandButton(this, true);
  foot->addWidget(m_train);
  foot->addStretch(1);
  foot->addWidget(m_look);
  foot->addWidget(m_copy);
  layout->addLayout(foot);
  connect(&m_clusters, &ClusterCenter::changed, this, [this](const QString &name) {
    if (name == m_name) fill();
  });
  connect(m_look, &QPushButton::clicked, this, [this] { m_clusters.lookAtPartitions(m_name); });
  connect(m_table, &QTableWidget::itemSelectionChanged, this, &ClusterPartitions::showChosen);
  connect(m_table, &QTableWidget::cellActivated, this, [this] { m_train->click(); });
  connect(m_train, &QPushButton::clicked, this, [this] {
    if (const QTableWidgetItem *item = m_table->item(m_table->currentRow(), 0)) Q_EMIT trainRequested(m_name, item->text());
  });
  onLanguage(this, [this] {
    m_table->setAccessibleName(tr("Partitions"));
    m_table->setHorizontalHeaderLabels(
        {tr("Partition"), tr("State"), tr("Free nodes"), tr("Free cards"), tr("A node has"), tr("Memory a node"), tr("Time limit")});
    m_train->setText(tr("Train here…"));
    m_train->setToolTip(tr("Opens the Train page with this partition chosen."));
    m_look->setAccessibleName(tr("Look again"));
    m_look->setToolTip(tr("Look again"));
    m_site->setText(tr("What the site's own command whichpartition prints:"));
    fill();
  });
}

void ClusterPartitions::setCluster(const QString &name) {
  if (name != m_name) m_table->setRows({});
  m_name = name;
  fill();
}

void ClusterPartitions::fill() {
  const ClusterState *cluster = m_clusters.find(m_name);
  const api::ClusterOverview *overview = cluster && cluster->overview.value ? &*cluster->overview.value : nullptr;
  QVector<QStringList> rows;
  if (overview)
    for (const api::ClusterPartition &one : overview->partitions) {
      const QString cards = cardsText(one.cardsPerNode);
      const QString cores = tr("%n core(s)", nullptr, static_cast<int>(one.coresPerNode));
      rows.append({QString::fromStdString(one.name), one.up ? tr("open") : tr("closed"),
                   tr("%1 of %2", "free nodes of all").arg(countText(one.freeNodes), countText(one.nodes)),
                   cardsText(one.freeCards, one.cards), one.cardsPerNode.empty() ? cores : cards + QStringLiteral(" · ") + cores,
                   one.memoryPerNode > 0 ? bytesText(one.memoryPerNode << 20) : QStringLiteral("–"), limitText(one.limitMinutes)});
    }
  m_table->setRows(rows);
  for (int row = 0; row < m_table->rowCount(); ++row) {
    const api::ClusterPartition &one = overview->partitions[static_cast<size_t>(row)];
    m_table->item(row, 1)->setForeground(theme().color(one.up ? Tone::Success : Tone::Warning));
  }
  const bool raw = overview && !overview->whichPartition.empty();
  m_site->setVisible(raw);
  m_raw->setVisible(raw);
  if (raw) m_raw->setCode(QString::fromStdString(overview->whichPartition), QStringLiteral("whichpartition"));
  const bool busy = cluster && cluster->overview.busy;
  m_look->setEnabled(cluster && cluster->online() && !busy);
  const bool problem = cluster && cluster->overview.problem && cluster->online();
  setRole(m_message, problem ? TextRole::Problem : TextRole::Caption);
  m_message->setText(problem                         ? errorText(*cluster->overview.problem)
                     : busy && !overview             ? tr("Looking at the partitions…")
                     : cluster && !cluster->online() ? (overview ? tr("As it was when the connection was last there.")
                                                                 : tr("Connect, and the partitions with their free cards appear here."))
                     : overview && rows.isEmpty()    ? tr("Slurm shows no partition to this user.")
                                                     : QString());
  m_message->setVisible(!m_message->text().isEmpty());
  m_copy->setCommand(cluster ? sshLine(cluster->profile, QStringLiteral("sinfo -o '%R %a %l %D %t %G'")) : QString());
  showChosen();
}

void ClusterPartitions::showChosen() { m_train->setEnabled(m_table->currentRow() >= 0 && m_table->rowCount() > 0); }

} // namespace attune::ui
