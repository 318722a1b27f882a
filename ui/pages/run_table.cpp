#include "ui/pages/run_table.h"

#include "ui/models/run_table_model.h"
#include "ui/models/run_text.h"
#include "ui/pages/run_table_delegate.h"
#include "ui/widgets/number_text.h"

#include <QHeaderView>
#include <QKeyEvent>
#include <QMouseEvent>

#include <algorithm>
#include <utility>

namespace attune::ui {

namespace {

constexpr int kCellPadding = 14, kNameLeast = 96, kNameMost = 220;

} // namespace

RunTable::RunTable(QWidget *parent) : QTableView(parent) {
  setItemDelegateForColumn(RunTableModel::Name, new RunTableDelegate(this));
  setSelectionBehavior(QAbstractItemView::SelectRows);
  setSelectionMode(QAbstractItemView::ExtendedSelection);
  setEditTriggers(QAbstractItemView::SelectedClicked);
  setContextMenuPolicy(Qt::CustomContextMenu);
  setShowGrid(false);
  setTabKeyNavigation(false);
  setSortingEnabled(true);
  setWordWrap(false);
  verticalHeader()->hide();
  verticalHeader()->setDefaultSectionSize(34);
  horizontalHeader()->setHighlightSections(false);
  horizontalHeader()->setStretchLastSection(true);
  connect(horizontalHeader(), &QHeaderView::sectionResized, this, [this](int section) {
    const bool fitted = section == RunTableModel::Name || section == RunTableModel::Loss || section == RunTableModel::State;
    if (fitted && !m_fitting && isVisible()) m_widthsChosen = true;
  });
}

void RunTable::fitColumns() {
  if (m_widthsChosen) return;
  m_fitting = true;
  QHeaderView *header = horizontalHeader();
  const auto width = [this](const QStringList &texts) {
    int widest = 0;
    for (const QString &text : texts) widest = std::max(widest, fontMetrics().horizontalAdvance(text));
    return widest + kCellPadding;
  };
  const int loss = width({numberText(1.23e-10), numberText(0.1234)});
  const int state = width(stateTexts());
  header->resizeSection(RunTableModel::Loss, loss);
  header->resizeSection(RunTableModel::State, state);
  header->resizeSection(RunTableModel::Name, std::clamp(viewport()->width() - loss - state, kNameLeast, kNameMost));
  m_fitting = false;
}

void RunTable::resizeEvent(QResizeEvent *event) {
  QTableView::resizeEvent(event);
  fitColumns();
}

QModelIndex RunTable::boxAt(const QPoint &position) const {
  const QModelIndex index = indexAt(position);
  const bool inside = index.column() == RunTableModel::Name && position.x() < visualRect(index).left() + RunTableDelegate::kBoxWidth;
  return inside ? index : QModelIndex();
}

void RunTable::toggle(const QModelIndex &index) {
  const bool shown = index.data(Qt::CheckStateRole).toInt() == Qt::Checked;
  model()->setData(index, shown ? Qt::Unchecked : Qt::Checked, Qt::CheckStateRole);
}

void RunTable::mousePressEvent(QMouseEvent *event) {
  const QModelIndex box = event->button() == Qt::LeftButton ? boxAt(event->pos()) : QModelIndex();
  m_onBox = box.isValid();
  if (m_onBox)
    toggle(box);
  else
    QTableView::mousePressEvent(event);
}

void RunTable::mouseMoveEvent(QMouseEvent *event) {
  if (!m_onBox) QTableView::mouseMoveEvent(event);
}

void RunTable::mouseReleaseEvent(QMouseEvent *event) {
  if (!std::exchange(m_onBox, false)) QTableView::mouseReleaseEvent(event);
}

void RunTable::mouseDoubleClickEvent(QMouseEvent *event) {
  if (boxAt(event->pos()).isValid())
    mousePressEvent(event); // two clicks toggle twice
  else
    QTableView::mouseDoubleClickEvent(event);
}

void RunTable::keyPressEvent(QKeyEvent *event) {
  const QModelIndex current = currentIndex();
  if (event->key() == Qt::Key_Space && event->modifiers() == Qt::NoModifier && current.isValid())
    toggle(current.siblingAtColumn(RunTableModel::Name));
  else
    QTableView::keyPressEvent(event);
}

} // namespace attune::ui
