#include "ui/pages/fact_table.h"

#include "ui/widgets/visible_text.h"

#include <QHeaderView>

namespace attune::ui {

namespace {
constexpr int kMostWidth = 420; // one long text does not push the other columns out of sight
}

FactTable::FactTable(int columns, QWidget *parent) : QTableWidget(0, columns, parent) {
  setEditTriggers(QAbstractItemView::NoEditTriggers);
  setSelectionBehavior(QAbstractItemView::SelectRows);
  setSelectionMode(QAbstractItemView::SingleSelection);
  setShowGrid(false);
  setTabKeyNavigation(false);
  setWordWrap(false);
  setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
  verticalHeader()->hide();
  verticalHeader()->setDefaultSectionSize(32);
  horizontalHeader()->setHighlightSections(false);
  horizontalHeader()->setStretchLastSection(true);
  horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
  horizontalHeader()->setMaximumSectionSize(kMostWidth);
}

void FactTable::setWide(int column) { horizontalHeader()->setSectionResizeMode(column, QHeaderView::Stretch); }

void FactTable::setRows(const QVector<QStringList> &rows) {
  const bool first = rowCount() == 0;
  const bool any = item(currentRow(), 0) != nullptr;
  const QString chosen = any ? item(currentRow(), 0)->text() : QString();
  int place = first && !rows.isEmpty() ? 0 : -1;
  setRowCount(static_cast<int>(rows.size()));
  for (int row = 0; row < rowCount(); ++row)
    for (int column = 0; column < columnCount(); ++column) {
      const QString text = onOneLine(rows[row].value(column));
      if (!item(row, column)) setItem(row, column, new QTableWidgetItem);
      item(row, column)->setText(text);
      item(row, column)->setToolTip(toolTipText(text));
      if (column == 0 && any && text == chosen) place = row;
    }
  if (place != currentRow()) setCurrentCell(place, place < 0 ? -1 : 0);
}

} // namespace attune::ui
