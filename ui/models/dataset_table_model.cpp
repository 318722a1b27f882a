#include "ui/models/dataset_table_model.h"

#include "ui/widgets/number_text.h"
#include "ui/widgets/theme.h"

namespace attune::ui {

DatasetTableModel::DatasetTableModel(DatasetSession &session, QObject *parent) : QAbstractTableModel(parent), m_session(session) {
  connect(&m_session, &DatasetSession::viewChanged, this, &DatasetTableModel::onView);
  const auto repaint = [this] {
    if (m_count > 0) Q_EMIT dataChanged(index(0, 0), index(m_count - 1, ColumnCount - 1));
  };
  connect(&m_session, &DatasetSession::glancesArrived, this, repaint);
  connect(&m_session, &DatasetSession::surveyed, this, repaint);
  connect(&m_session, &DatasetSession::changed, this, repaint);
}

void DatasetTableModel::onView() {
  const auto count = static_cast<int>(m_session.view().size());
  if (count == m_count) { // the same rows in another order, or others as many: no need to lose the place
    if (count > 0) Q_EMIT dataChanged(index(0, 0), index(count - 1, ColumnCount - 1));
    return;
  }
  beginResetModel();
  m_count = count;
  endResetModel();
}

int DatasetTableModel::rowCount(const QModelIndex &parent) const { return parent.isValid() ? 0 : m_count; }

QString DatasetTableModel::problems(const api::RowFigures &known) const {
  if (known.errors > 0) return tr("%n error(s)", "", known.errors);
  if (known.trainedTokens == 0 && known.tokens >= 0) return tr("nothing trained");
  if (known.warnings > 0) return tr("%n note(s)", "", known.warnings);
  const int64_t cut = m_session.lens().maxLength;
  return known.tokens > cut ? tr("cut at %1").arg(countText(cut)) : QString();
}

QVariant DatasetTableModel::text(api::RowId row, int column) const {
  const api::RowFigures known = m_session.figures(row);
  const auto figure = [](int32_t value) { return value < 0 ? QStringLiteral("–") : countText(value); };
  switch (column) {
  case Text: {
    const api::RowGlance *glance = m_session.glance(row);
    return glance ? QString::fromStdString(glance->text) : QString();
  }
  case Turns: {
    const api::RowGlance *glance = m_session.glance(row);
    return glance && glance->turns > 0 ? countText(glance->turns) : QStringLiteral("–");
  }
  case Tokens: return figure(known.tokens);
  case Trained: return figure(known.trainedTokens);
  case Problems: return problems(known);
  default: return {};
  }
}

QVariant DatasetTableModel::data(const QModelIndex &index, int role) const {
  if (!index.isValid() || index.row() >= m_count) return {};
  const api::RowId row = rowAt(index.row());
  switch (role) {
  case Qt::DisplayRole:
    return index.column() == Number ? QVariant(countText(m_session.isFileOrder() ? index.row() + 1 : m_session.number(row)))
                                    : text(row, index.column());
  case Qt::TextAlignmentRole:
    return static_cast<int>(Qt::AlignVCenter | (index.column() == Text || index.column() == Problems ? Qt::AlignLeft : Qt::AlignRight));
  case Qt::ForegroundRole: {
    if (index.column() == Number) return theme().color(Tone::Muted);
    if (index.column() != Problems) return {};
    const api::RowFigures known = m_session.figures(row);
    return theme().color(known.errors > 0 || known.trainedTokens == 0 ? Tone::Danger : Tone::Warning);
  }
  default: return {};
  }
}

QVariant DatasetTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  if (role == Qt::TextAlignmentRole)
    return static_cast<int>(Qt::AlignVCenter | (section == Text || section == Problems ? Qt::AlignLeft : Qt::AlignRight));
  if (role != Qt::DisplayRole) return {};
  switch (section) {
  case Number: return QStringLiteral("#");
  case Text: return tr("First question or text");
  case Turns: return tr("Turns");
  case Tokens: return tr("Tokens");
  case Trained: return tr("Trained");
  case Problems: return tr("Problems");
  default: return {};
  }
}

void DatasetTableModel::sort(int column, Qt::SortOrder order) {
  static constexpr api::RowSort kSorts[] = {api::RowSort::File,   api::RowSort::Text,          api::RowSort::Turns,
                                            api::RowSort::Tokens, api::RowSort::TrainedTokens, api::RowSort::Problems};
  if (column >= 0 && column < ColumnCount) m_session.setSort(kSorts[column], order == Qt::DescendingOrder);
}

} // namespace attune::ui
