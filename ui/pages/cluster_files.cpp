#include "ui/pages/cluster_files.h"

#include "ui/models/error_text.h"
#include "ui/models/terminal_command.h"
#include "ui/pages/command_button.h"
#include "ui/pages/fact_table.h"
#include "ui/pages/transfer_strip.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/file_pick.h"
#include "ui/widgets/number_text.h"
#include "ui/widgets/retranslate.h"
#include "ui/widgets/visible_text.h"

#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>

namespace attune::ui {

ClusterFiles::ClusterFiles(ClusterCenter &clusters, ClusterTransfers &transfers, QWidget *parent)
    : QWidget(parent), m_clusters(clusters), m_transfers(transfers) {
  auto *layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(8);
  auto *head = new QHBoxLayout;
  head->setSpacing(8);
  m_up = makeButton(ButtonKind::Small, QStringLiteral("up"), this);
  m_folder = new QLineEdit(this);
  m_look = makeButton(ButtonKind::Small, QStringLiteral("refresh"), this);
  head->addWidget(m_up);
  head->addWidget(m_folder, 1);
  head->addWidget(m_look);
  layout->addLayout(head);
  m_table = new FactTable(3, this);
  m_table->setWide(0);
  layout->addWidget(m_table, 1);
  m_message = makeLabel(TextRole::Caption, this);
  m_message->setWordWrap(true);
  layout->addWidget(m_message);
  m_strips = new QVBoxLayout;
  m_strips->setSpacing(4);
  layout->addLayout(m_strips);
  auto *foot = new QHBoxLayout;
  foot->setSpacing(8);
  m_download = makeButton(ButtonKind::Normal, QStringLiteral("down"), this);
  m_upload = makeButton(ButtonKind::Normal, QStringLiteral("up"), this);
  m_copy = new CommandButton(this, true);
  foot->addWidget(m_download);
  foot->addWidget(m_upload);
  foot->addStretch(1);
  foot->addWidget(m_copy);
  layout->addLayout(foot);
  connect(m_folder, &QLineEdit::returnPressed, this, [this] { open(m_folder->text().trimmed()); });
  connect(m_look, &QPushButton::clicked, this, [this] { open(m_here); });
  connect(m_up, &QPushButton::clicked, this, [this] {
    const qsizetype slash = m_here.lastIndexOf(QLatin1Char('/'));
    open(slash <= 0 ? QStringLiteral("/") : m_here.left(slash));
  });
  connect(m_table, &QTableWidget::cellActivated, this, &ClusterFiles::activate);
  connect(m_table, &QTableWidget::itemSelectionChanged, this, &ClusterFiles::showChosen);
  connect(m_download, &QPushButton::clicked, this, [this] {
    if (const Entry *entry = chosen()) pickSaveName(this, tr("Download"), entry->name, {}, downloading());
  });
  connect(m_upload, &QPushButton::clicked, this, [this] { pickFiles(this, tr("Upload"), {}, uploading()); });
  connect(&m_clusters, &ClusterCenter::linkChanged, this, [this](const QString &name) {
    const ClusterState *cluster = name == m_name ? m_clusters.find(name) : nullptr;
    if (cluster && cluster->online() && m_here.isEmpty() && isVisible()) open({});
    showChosen();
  });
  connect(&m_clusters, &ClusterCenter::moved, this, [this](const QString &name) {
    if (name == m_name) begin();
  });
  connect(&m_transfers, &ClusterTransfers::changed, this, &ClusterFiles::showTransfers);
  connect(&m_transfers, &ClusterTransfers::arrived, this, [this](const Transfer &transfer) {
    if (transfer.upload && transfer.cluster == m_name && isVisible()) open(m_here);
  });
  onLanguage(this, [this] {
    m_up->setText(tr("Up"));
    m_up->setAccessibleName(tr("The folder above"));
    m_folder->setAccessibleName(tr("Folder on the cluster"));
    m_folder->setPlaceholderText(tr("a folder on the cluster"));
    m_look->setAccessibleName(tr("Look again"));
    m_look->setToolTip(tr("Look again"));
    m_table->setAccessibleName(tr("Files"));
    m_table->setHorizontalHeaderLabels({tr("Name"), tr("Size"), tr("Changed")});
    m_download->setText(tr("Download…"));
    m_upload->setText(tr("Upload…"));
    showChosen();
  });
}

void ClusterFiles::setCluster(const QString &name) {
  if (name == m_name) return;
  m_name = name;
  begin();
}

/// Of a cluster that was not looked at yet.
void ClusterFiles::begin() {
  ++m_asked; // what is under way is of another one
  m_here.clear();
  m_entries.clear();
  m_table->setRows({});
  m_folder->clear();
  say({}, false);
  if (isVisible()) open({});
  showChosen();
  showTransfers();
}

void ClusterFiles::showEvent(QShowEvent *) {
  if (m_here.isEmpty()) open({});
}

void ClusterFiles::open(const QString &folder) {
  const ClusterState *cluster = m_clusters.find(m_name);
  if (!cluster || !cluster->online()) return;
  say(tr("Looking…"), false);
  m_clusters.list(m_name, folder, this, [this, number = ++m_asked](const Result<api::ClusterFiles> &files) {
    if (number == m_asked) fill(files);
  });
}

void ClusterFiles::say(const QString &text, bool problem) {
  setRole(m_message, problem ? TextRole::Problem : TextRole::Caption);
  m_message->setText(text);
  m_message->setVisible(!text.isEmpty());
}

void ClusterFiles::fill(const Result<api::ClusterFiles> &files) {
  if (!files.ok()) return say(errorText(files.error()), true);
  m_here = QString::fromStdString(files->folder);
  m_folder->setText(withVisibleControls(m_here));
  m_entries.clear();
  for (const api::ClusterFile &file : files->files)
    m_entries.push_back({QString::fromStdString(file.name), file.kind == api::ClusterFile::Kind::Folder, file.size, file.changedAt});
  std::sort(m_entries.begin(), m_entries.end(),
            [](const Entry &a, const Entry &b) { return a.folder != b.folder ? a.folder : a.name.localeAwareCompare(b.name) < 0; });
  QVector<QStringList> rows;
  for (const Entry &entry : m_entries)
    rows.append({entry.folder ? entry.name + QLatin1Char('/') : entry.name,
                 entry.folder ? QStringLiteral("–") : bytesText(static_cast<qint64>(entry.size)), timeText(entry.changedAt)});
  m_table->clearSelection();
  m_table->setRows(rows);
  if (!rows.isEmpty()) m_table->setCurrentCell(0, 0);
  QStringList notes;
  if (rows.isEmpty()) notes.append(tr("The folder is empty."));
  if (files->refused > 0) notes.append(tr("%n name(s) that could do harm here are left out.", nullptr, static_cast<int>(files->refused)));
  if (!files->complete) notes.append(tr("There are more files than are shown."));
  say(notes.join(QLatin1Char(' ')), false);
  showChosen();
}

const ClusterFiles::Entry *ClusterFiles::chosen() const {
  const int row = m_table->currentRow();
  return row >= 0 && static_cast<size_t>(row) < m_entries.size() ? &m_entries[static_cast<size_t>(row)] : nullptr;
}

QString ClusterFiles::pathOf(const QString &name) const {
  return m_here.endsWith(QLatin1Char('/')) ? m_here + name : m_here + QLatin1Char('/') + name;
}

void ClusterFiles::activate() {
  const Entry *entry = chosen();
  if (!entry) return;
  if (entry->folder)
    open(pathOf(entry->name));
  else
    m_download->click();
}

std::function<void(const QString &)> ClusterFiles::downloading() {
  const Entry *entry = chosen();
  if (!entry) return [](const QString &) {};
  return [this, cluster = m_name, from = pathOf(entry->name)](const QString &path) { m_transfers.download(cluster, from, path); };
}

std::function<void(const QString &)> ClusterFiles::uploading() {
  if (m_here.isEmpty()) return [](const QString &) {};
  return [this, cluster = m_name, folder = pathOf({})](const QString &path) {
    m_transfers.upload(cluster, path, folder + QFileInfo(path).fileName());
  };
}

void ClusterFiles::showChosen() {
  const ClusterState *cluster = m_clusters.find(m_name);
  const bool online = cluster && cluster->online();
  const Entry *entry = chosen();
  m_up->setEnabled(online && m_here.size() > 1);
  m_look->setEnabled(online);
  m_folder->setEnabled(online);
  m_download->setEnabled(online && entry && !entry->folder);
  m_upload->setEnabled(online && !m_here.isEmpty());
  if (!online && m_entries.empty()) say(tr("Connect, and your files on the cluster appear here."), false);
  m_copy->setCommand(!cluster                  ? QString()
                     : entry && !entry->folder ? fetchLine(cluster->profile, pathOf(entry->name))
                                               : sshLine(cluster->profile, QStringLiteral("ls -l ") + shellWord(m_here)));
}

/// One strip a transfer of this cluster; those that stay keep their place and focus.
void ClusterFiles::showTransfers() {
  std::map<int, TransferStrip *> now;
  for (const Transfer &transfer : m_transfers.all()) {
    if (transfer.cluster != m_name) continue;
    TransferStrip *&strip = now[transfer.id];
    if (const auto before = m_shown.find(transfer.id); before != m_shown.end()) {
      strip = before->second;
    } else {
      strip = new TransferStrip(this);
      m_strips->addWidget(strip);
      connect(strip, &TransferStrip::stopClicked, this, [this, id = transfer.id] { m_transfers.stop(id); });
      connect(strip, &TransferStrip::againClicked, this, [this, id = transfer.id] { m_transfers.again(id); });
      connect(strip, &TransferStrip::closeClicked, this, [this, id = transfer.id] { m_transfers.forget(id); });
    }
    strip->setTransfer(transfer);
  }
  for (const auto &[id, strip] : m_shown)
    if (now.find(id) == now.end()) {
      strip->hide();
      strip->deleteLater();
    }
  m_shown = std::move(now);
}

} // namespace attune::ui
