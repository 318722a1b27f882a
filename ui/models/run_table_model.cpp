#include "ui/models/run_table_model.h"

#include "ui/models/cluster_text.h"
#include "ui/models/error_text.h"
#include "ui/models/run_text.h"
#include "ui/widgets/number_text.h"
#include "ui/widgets/visible_text.h"

#include <QColor>

#include <algorithm>

namespace attune::ui {

RunTableModel::RunTableModel(RunCenter &runs, QObject *parent) : QAbstractTableModel(parent), m_runs(runs), m_rows(runs.runs()) {
  connect(&m_runs, &RunCenter::listChanged, this, [this] {
    const auto &now = m_runs.runs();
    const bool same =
        std::equal(now.begin(), now.end(), m_rows.begin(), m_rows.end(), [](const auto &a, const auto &b) { return a.folder == b.folder; });
    if (same && !m_rows.empty()) { // choice, scroll and an open editor stay
      m_rows = now;
      Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
      return;
    }
    beginResetModel();
    m_rows = m_runs.runs();
    endResetModel();
  });
  connect(&m_runs, &RunCenter::runChanged, this, [this](const QString &folder) {
    const int row = rowOf(folder);
    const api::RunSummary *run = m_runs.find(folder);
    if (row < 0 || !run) return;
    m_rows[static_cast<size_t>(row)] = *run;
    Q_EMIT dataChanged(index(row, 0), index(row, ColumnCount - 1));
  });
}

int RunTableModel::rowCount(const QModelIndex &parent) const { return parent.isValid() ? 0 : static_cast<int>(m_rows.size()); }
int RunTableModel::columnCount(const QModelIndex &parent) const { return parent.isValid() ? 0 : ColumnCount; }

int RunTableModel::rowOf(const QString &folder) const {
  const std::string path = folder.toStdString();
  for (size_t i = 0; i < m_rows.size(); ++i)
    if (m_rows[i].folder == path) return static_cast<int>(i);
  return -1;
}

QString RunTableModel::text(const api::RunSummary &run, int column) const {
  switch (column) {
  case Name: return QString::fromStdString(run.name);
  case Model: return shortName(run.model);
  case Data: return shortName(run.data);
  case State: return stateText(run, m_runs);
  case Loss: return run.loss ? numberText(*run.loss) : QStringLiteral("–");
  case Started: return timeText(run.startedAt);
  case Duration: return run.seconds > 0 ? durationText(run.seconds) : QStringLiteral("–");
  case Size: return run.diskBytes > 0 ? bytesText(run.diskBytes) : QStringLiteral("–");
  case Tags: return tagsText(run);
  case Where: return run.cluster.empty() ? tr("This machine") : onOneLine(QString::fromStdString(run.cluster));
  default: return {};
  }
}

QString RunTableModel::tagsText(const api::RunSummary &run) {
  QStringList tags;
  for (const std::string &tag : run.notes.tags) tags.append(QString::fromStdString(tag));
  return tags.join(QStringLiteral(", "));
}

QVariant RunTableModel::sortValue(const api::RunSummary &run, int column) const {
  switch (column) {
  case Loss: return run.loss.value_or(1e300);
  case Started: return run.startedAt;
  case Duration: return run.seconds;
  case Size: return static_cast<qint64>(run.diskBytes);
  default: return text(run, column).toCaseFolded();
  }
}

QVariant RunTableModel::data(const QModelIndex &index, int role) const {
  if (!index.isValid() || static_cast<size_t>(index.row()) >= m_rows.size()) return {};
  const api::RunSummary &run = m_rows[static_cast<size_t>(index.row())];
  const QString folder = QString::fromStdString(run.folder);
  switch (role) {
  case Qt::DisplayRole:
  case Qt::EditRole: return text(run, index.column());
  case Qt::ToolTipRole:
    if (const api::ClusterJob *job = m_runs.isRemote(folder) ? m_runs.remote()->job(folder) : nullptr;
        job && (index.column() == State || index.column() == Where))
      return toolTipText(jobPlace(*job) + QLatin1Char('\n') + jobSentence(*job));
    return toolTipText(withVisibleControls(index.column() == State && !run.error.empty() ? errorText(run.errorCode, run.error)
                                           : index.column() == Model                     ? QString::fromStdString(run.model)
                                           : index.column() == Data                      ? QString::fromStdString(run.data)
                                                                                         : text(run, index.column())));
  case Qt::TextAlignmentRole:
    return static_cast<int>(
        Qt::AlignVCenter |
        (index.column() == Loss || index.column() == Duration || index.column() == Size ? Qt::AlignRight : Qt::AlignLeft));
  case Qt::ForegroundRole: return index.column() == State ? QVariant(theme().color(phaseTone(run.phase))) : QVariant();
  case Qt::CheckStateRole:
    if (index.column() == Name) return m_shown.contains(folder) ? Qt::Checked : Qt::Unchecked;
    return {};
  case FolderRole: return folder;
  case SearchRole: // the notes are nowhere in the table, but found with the name
    return index.column() == Name ? text(run, Name) + QLatin1Char('\n') + QString::fromStdString(run.notes.text)
                                  : text(run, index.column());
  case SortRole: return sortValue(run, index.column());
  case ColorRole: {
    const qsizetype place = m_shown.indexOf(folder);
    return place < 0 ? QVariant() : QVariant(theme().series(static_cast<int>(place)));
  }
  default: return {};
  }
}

bool RunTableModel::setData(const QModelIndex &index, const QVariant &value, int role) {
  if (!index.isValid() || index.column() != Name) return false;
  const QString folder = index.data(FolderRole).toString();
  if (role == Qt::CheckStateRole) {
    Q_EMIT shownToggled(folder, value.toInt() == Qt::Checked);
    return true;
  }
  const QString title = value.toString().trimmed();
  const api::RunSummary *run = m_runs.find(folder);
  if (role != Qt::EditRole || title.isEmpty() || !run) return false;
  api::RunNotes notes = run->notes;
  notes.title = title.toStdString();
  m_runs.writeNotes(folder, notes);
  return true;
}

QVariant RunTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  if (role == Qt::TextAlignmentRole)
    return static_cast<int>(Qt::AlignVCenter |
                            (section == Loss || section == Duration || section == Size ? Qt::AlignRight : Qt::AlignLeft));
  if (role != Qt::DisplayRole) return {};
  switch (section) {
  case Name: return tr("Name");
  case Model: return tr("Model");
  case Data: return tr("Data");
  case State: return tr("State");
  case Loss: return tr("Loss");
  case Started: return tr("Started");
  case Duration: return tr("Duration");
  case Size: return tr("On disk");
  case Tags: return tr("Tags");
  case Where: return tr("Where");
  default: return {};
  }
}

Qt::ItemFlags RunTableModel::flags(const QModelIndex &index) const {
  Qt::ItemFlags flags = Qt::ItemIsEnabled | Qt::ItemIsSelectable;
  if (index.column() == Name) flags |= Qt::ItemIsEditable | Qt::ItemIsUserCheckable;
  return flags;
}

void RunTableModel::setShown(const QStringList &folders) {
  m_shown = folders;
  if (!m_rows.empty()) Q_EMIT dataChanged(index(0, Name), index(rowCount() - 1, Name), {Qt::CheckStateRole, ColorRole});
}

void RunTableModel::retranslate() {
  Q_EMIT headerDataChanged(Qt::Horizontal, 0, ColumnCount - 1);
  if (!m_rows.empty()) Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
}

} // namespace attune::ui
