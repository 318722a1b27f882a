#include "ui/pages/fact_table.h"

#include "ui/widgets/markdown_blocks.h"

#include <QHeaderView>

namespace attune::ui {

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
}

void FactTable::setWide(int column) { horizontalHeader()->setSectionResizeMode(column, QHeaderView::Stretch); }

void FactTable::setRows(const QVector<QStringList> &rows) {
  setRowCount(static_cast<int>(rows.size()));
  for (int row = 0; row < rowCount(); ++row)
    for (int column = 0; column < columnCount(); ++column) {
      const QString text = onOneLine(rows[row].value(column));
      if (!item(row, column)) setItem(row, column, new QTableWidgetItem);
      item(row, column)->setText(text);
      item(row, column)->setToolTip(toolTipText(text));
    }
  if (currentRow() < 0 && rowCount() > 0) setCurrentCell(0, 0);
}

} // namespace attune::ui
