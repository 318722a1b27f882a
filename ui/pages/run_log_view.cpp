#include "ui/pages/run_log_view.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/retranslate.h"

#include <QCheckBox>
#include <QClipboard>
#include <QFontDatabase>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QListView>
#include <QPushButton>
#include <QShortcut>
#include <QVBoxLayout>

namespace attune::ui {

void LogLines::setRun(RunModel *run) {
  if (m_run) disconnect(m_run, nullptr, this, nullptr);
  m_run = run;
  if (m_run) connect(m_run, &RunModel::logGrew, this, &LogLines::grow);
  rebuild();
}

void LogLines::setFilter(const QString &text) {
  m_filter = text;
  rebuild();
}

void LogLines::rebuild() {
  beginResetModel();
  m_lines.clear();
  const qsizetype count = m_run ? m_run->log().size() : 0;
  for (qsizetype i = 0; i < count; ++i)
    if (m_filter.isEmpty() || m_run->log().at(i).contains(m_filter, Qt::CaseInsensitive)) m_lines.push_back(static_cast<int>(i));
  endResetModel();
}

void LogLines::grow(int first) {
  std::vector<int> more;
  for (int i = first; i < m_run->log().size(); ++i)
    if (m_filter.isEmpty() || m_run->log().at(i).contains(m_filter, Qt::CaseInsensitive)) more.push_back(i);
  if (more.empty()) return;
  beginInsertRows({}, rowCount(), rowCount() + static_cast<int>(more.size()) - 1);
  m_lines.insert(m_lines.end(), more.begin(), more.end());
  endInsertRows();
}

int LogLines::rowCount(const QModelIndex &parent) const { return parent.isValid() ? 0 : static_cast<int>(m_lines.size()); }

QVariant LogLines::data(const QModelIndex &index, int role) const {
  if (role != Qt::DisplayRole || !m_run || !index.isValid() || static_cast<size_t>(index.row()) >= m_lines.size()) return {};
  return m_run->log().value(m_lines[static_cast<size_t>(index.row())]);
}

RunLogView::RunLogView(QWidget *parent) : QWidget(parent) {
  auto *layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  QFrame *card = makeCard(this);
  layout->addWidget(card);
  auto *tools = new QHBoxLayout;
  m_search = new QLineEdit(card);
  m_search->setClearButtonEnabled(true);
  m_follow = new QCheckBox(card);
  m_follow->setChecked(true);
  m_copy = makeButton(ButtonKind::Small, QStringLiteral("copy"), card);
  tools->addWidget(m_search, 1);
  tools->addWidget(m_follow);
  tools->addWidget(m_copy);
  cardLayout(card)->addLayout(tools);
  m_lines = new LogLines(this);
  m_view = new QListView(card);
  m_view->setModel(m_lines);
  m_view->setUniformItemSizes(true);
  m_view->setLayoutMode(QListView::Batched);
  m_view->setSelectionMode(QAbstractItemView::ExtendedSelection);
  m_view->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
  cardLayout(card)->addWidget(m_view, 1);
  connect(m_search, &QLineEdit::textChanged, m_lines, &LogLines::setFilter);
  connect(m_copy, &QPushButton::clicked, this, &RunLogView::copy);
  auto *keys = new QShortcut(QKeySequence::Copy, m_view);
  keys->setContext(Qt::WidgetShortcut);
  connect(keys, &QShortcut::activated, this, &RunLogView::copy);
  const auto follow = [this] {
    if (m_follow->isChecked()) m_view->scrollToBottom();
  };
  connect(m_lines, &QAbstractItemModel::rowsInserted, this, follow);
  connect(m_lines, &QAbstractItemModel::modelReset, this, follow);
  connect(m_follow, &QCheckBox::toggled, this, follow);
  onLanguage(this, [this] {
    m_search->setPlaceholderText(tr("Search the log…"));
    m_search->setAccessibleName(tr("Search the log"));
    m_follow->setText(tr("Follow"));
    m_copy->setText(tr("Copy"));
    m_copy->setToolTip(tr("Copies the chosen lines, or all that are shown."));
    m_view->setAccessibleName(tr("Log"));
  });
}

void RunLogView::setRun(RunModel *run) { m_lines->setRun(run); }

void RunLogView::copy() {
  QModelIndexList chosen = m_view->selectionModel()->selectedRows();
  std::sort(chosen.begin(), chosen.end());
  QStringList lines;
  for (const QModelIndex &index : chosen) lines.append(index.data().toString());
  if (lines.isEmpty())
    for (int row = 0; row < m_lines->rowCount(); ++row) lines.append(m_lines->index(row).data().toString());
  QGuiApplication::clipboard()->setText(lines.join(QLatin1Char('\n')));
}

} // namespace attune::ui
