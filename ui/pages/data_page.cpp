#include "ui/pages/data_page.h"

#include "ui/models/dataset_table_model.h"
#include "ui/models/error_text.h"
#include "ui/models/row_text.h"
#include "ui/models/run_text.h"
#include "ui/pages/dataset_files.h"
#include "ui/pages/lens_card.h"
#include "ui/pages/replace_bar.h"
#include "ui/pages/row_editor.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/button_action.h"
#include "ui/widgets/chip.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/number_text.h"
#include "ui/widgets/page_header.h"
#include "ui/widgets/retranslate.h"
#include "ui/widgets/toast.h"

#include <QAction>
#include <QEvent>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>

namespace attune::ui {

DataPage::DataPage(const Services &services, TaskRunner &tasks, ConfigDraft &draft, const RunCenter &runs, QWidget *parent)
    : QWidget(parent), m_session(services, this), m_files(new DatasetFiles(services, m_session, tasks, this)) {
  setObjectName(QStringLiteral("page"));
  auto *layout = new QVBoxLayout(this);
  layout->setContentsMargins(24, 20, 24, 20);
  layout->setSpacing(12);
  m_header = new PageHeader(this);
  m_undoButton = makeButton(ButtonKind::Normal, QStringLiteral("undo"), this);
  m_redoButton = makeButton(ButtonKind::Normal, QStringLiteral("redo"), this);
  m_splitButton = makeButton(ButtonKind::Normal, this);
  m_save = makeButton(ButtonKind::Normal, this);
  m_train = makeButton(ButtonKind::Primary, QStringLiteral("train"), this);
  for (QPushButton *button : {m_undoButton, m_redoButton}) m_header->addAction(button, PageHeader::Press::Each);
  for (QPushButton *button : {m_splitButton, m_save, m_train}) m_header->addAction(button);
  layout->addWidget(m_header);
  m_banner = new Banner(this);
  layout->addWidget(m_banner);

  auto *tools = new QHBoxLayout;
  tools->setSpacing(8);
  m_file = makeButton(ButtonKind::Normal, QStringLiteral("open"), this);
  m_search = new QLineEdit(this);
  m_search->setClearButtonEnabled(true);
  tools->addWidget(m_file);
  tools->addStretch(); // without a file the button stands alone
  tools->addWidget(m_search, 1);
  m_all = new Chip(this);
  m_errors = new Chip(this);
  m_errors->setDot(Tone::Danger);
  m_warnings = new Chip(this);
  m_long = new Chip(this);
  for (Chip *chip : {m_warnings, m_long}) chip->setDot(Tone::Warning);
  for (Chip *chip : {m_all, m_errors, m_warnings, m_long}) {
    chip->setCheckable(true);
    tools->addWidget(chip);
  }
  layout->addLayout(tools);
  m_replace = new ReplaceBar(m_session, this);
  layout->addWidget(m_replace);

  m_body = new QStackedWidget(this);
  layout->addWidget(m_body, 1);
  m_empty = new EmptyState(QStringLiteral("data"), m_body);
  m_body->addWidget(m_empty);
  auto *splitter = new QSplitter(Qt::Horizontal, m_body);
  splitter->setObjectName(QStringLiteral("dataSplitter"));
  splitter->setChildrenCollapsible(false);
  m_body->addWidget(splitter);
  auto *left = new QWidget(splitter);
  auto *leftLayout = new QVBoxLayout(left);
  leftLayout->setContentsMargins(0, 0, 0, 0);
  leftLayout->setSpacing(12);
  QFrame *card = makeCard(left);
  cardLayout(card)->setContentsMargins(8, 8, 8, 8);
  setUpTable(card);
  leftLayout->addWidget(card, 1);
  m_lens = new LensCard(m_session, draft, services, runs, left);
  leftLayout->addWidget(m_lens);
  m_editor = new RowEditor(m_session, splitter);
  left->setMinimumWidth(440);
  splitter->setStretchFactor(0, 1);
  splitter->setStretchFactor(1, 0);
  splitter->setSizes({660, 400});

  m_searchPause.setSingleShot(true);
  m_searchPause.setInterval(250);
  connect(&m_searchPause, &QTimer::timeout, this, &DataPage::search);
  connect(m_search, &QLineEdit::textChanged, &m_searchPause, qOverload<>(&QTimer::start));
  connect(m_all, &QAbstractButton::clicked, this, [this] {
    for (Chip *chip : {m_errors, m_warnings, m_long}) chip->setChecked(false);
    m_search->clear();
    search();
  });
  for (Chip *chip : {m_errors, m_warnings, m_long}) connect(chip, &QAbstractButton::clicked, this, &DataPage::search);
  const auto menu = [this](QPushButton *button, auto fill) {
    auto *shown = new QMenu(button);
    connect(shown, &QMenu::aboutToShow, this, [shown, fill] {
      shown->clear();
      fill(*shown);
    });
    button->setMenu(shown);
  };
  menu(m_file, [this](QMenu &shown) { m_files->fillOpen(shown); });
  menu(m_save, [this](QMenu &shown) { m_files->fillSave(shown, m_saveAction); });
  connect(m_empty, &EmptyState::triggered, this, &DataPage::chooseFile);
  connect(m_splitButton, &QPushButton::clicked, m_files, &DatasetFiles::split);
  connect(m_train, &QPushButton::clicked, this, &DataPage::trainOnThis);
  connect(m_undoButton, &QPushButton::clicked, &m_session, &DatasetSession::undo);
  connect(m_redoButton, &QPushButton::clicked, &m_session, &DatasetSession::redo);
  connect(m_editor, &RowEditor::deleteWanted, this, [this] {
    const std::vector<api::RowId> rows = selection();
    const bool among = std::find(rows.begin(), rows.end(), *m_editor->row()) != rows.end();
    removeRows(among ? rows : std::vector<api::RowId>{*m_editor->row()});
  });
  connect(m_editor, &RowEditor::nextProblemWanted, this, [this] { goToProblem(1); });
  connectSession();
  makeActions();
  m_session.setLens(draft.config());
  onLanguage(this, [this] {
    m_header->setTitle(tr("Data"));
    m_undoButton->setAccessibleName(tr("Undo"));
    m_redoButton->setAccessibleName(tr("Redo"));
    m_splitButton->setText(tr("Split…"));
    m_save->setText(tr("Save ▾"));
    m_search->setPlaceholderText(tr("Search: words, turns>2, role:system, tokens>512, /expression/"));
    m_search->setAccessibleName(tr("Search the rows"));
    m_table->setAccessibleName(tr("Rows"));
    m_empty->setTexts(
        tr("Open a file of conversations, instructions or texts. You see each row as the model will, and mend what is wrong."),
        tr("Open a file…"));
    m_addFirst->setText(tr("Add a row"));
    m_model->retranslate();
    showState();
  });
}

QAction *DataPage::addCommand(const QList<QKeySequence> &keys, std::function<QString()> text, std::function<void()> act) {
  auto *action = new QAction(this);
  action->setShortcuts(keys);
  action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
  connect(action, &QAction::triggered, this, act);
  onLanguage(this, [action, text] { action->setText(text()); });
  addAction(action);
  return action;
}

void DataPage::makeActions() {
  m_saveAction = addCommand(
      {QKeySequence::Save}, [] { return tr("Save"); }, [this] { m_session.save(); });
  new ButtonAction(m_undoButton, {QKeySequence::Undo}, this);
  new ButtonAction(m_redoButton, {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_Z), QKeySequence(Qt::CTRL | Qt::Key_Y)}, this);
  const auto search = addCommand(
      {QKeySequence::Find}, [] { return tr("Search rows"); }, [this] { m_search->setFocus(); });
  const auto replace = addCommand(
      {QKeySequence(Qt::CTRL | Qt::Key_H)}, [] { return tr("Replace…"); }, [this] { m_replace->open(); });
  const auto add = addCommand(
      {QKeySequence(Qt::CTRL | Qt::Key_N)}, [] { return tr("Add a row"); }, [this] { insertRow(); });
  const auto copy = addCommand(
      {QKeySequence(Qt::CTRL | Qt::Key_D)}, [] { return tr("Duplicate rows"); },
      [this] { m_session.edit([rows = selection()](api::DatasetDocument &document) { return document.duplicateRows(rows); }); });
  const auto remove = addCommand(
      {QKeySequence(Qt::CTRL | Qt::Key_Delete)}, [] { return tr("Delete rows"); }, [this] { removeRows(selection()); });
  m_up = addCommand(
      {QKeySequence(Qt::ALT | Qt::Key_Up)}, [] { return tr("Move rows up"); }, [this] { moveSelection(-1); });
  m_down = addCommand(
      {QKeySequence(Qt::ALT | Qt::Key_Down)}, [] { return tr("Move rows down"); }, [this] { moveSelection(1); });
  const auto next = addCommand(
      {QKeySequence(Qt::Key_F8)}, [] { return tr("Next problem"); }, [this] { goToProblem(1); });
  const auto back = addCommand(
      {QKeySequence(Qt::SHIFT | Qt::Key_F8)}, [] { return tr("Previous problem"); }, [this] { goToProblem(-1); });
  nameKeys(m_editor->deleteButton(), [remove] { return remove->shortcut(); });
  m_needRows = {search, replace, add, copy, remove, next, back};
  const auto line = [this] {
    auto *separator = new QAction(this);
    separator->setSeparator(true);
    return separator;
  };
  m_rowActions = {replace, line(), add, copy, remove, m_up, m_down, line(), next, back};
  auto *del = new QAction(m_table);
  del->setShortcut(QKeySequence::Delete);
  del->setShortcutContext(Qt::WidgetShortcut);
  connect(del, &QAction::triggered, this, [this] { removeRows(selection()); });
  m_table->addAction(del);
}

void DataPage::setUpTable(QWidget *card) {
  m_model = new DatasetTableModel(m_session, this);
  m_table = new QTableView(card);
  m_table->setModel(m_model);
  m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
  m_table->setSelectionMode(QAbstractItemView::ExtendedSelection);
  m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
  m_table->setShowGrid(false);
  m_table->setWordWrap(false);
  m_table->setTabKeyNavigation(false);
  m_table->setContextMenuPolicy(Qt::CustomContextMenu);
  m_table->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
  m_table->verticalHeader()->hide();
  m_table->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
  m_table->verticalHeader()->setDefaultSectionSize(34);
  QHeaderView *header = m_table->horizontalHeader();
  header->setHighlightSections(false);
  header->setSectionResizeMode(QHeaderView::Interactive);
  header->setSectionResizeMode(DatasetTableModel::Text, QHeaderView::Stretch);
  header->setMinimumSectionSize(48);
  header->resizeSection(DatasetTableModel::Number, 68);
  header->resizeSection(DatasetTableModel::Turns, 60);
  header->resizeSection(DatasetTableModel::Tokens, 70);
  header->resizeSection(DatasetTableModel::Trained, 70);
  header->resizeSection(DatasetTableModel::Problems, 108);
  header->setSortIndicator(DatasetTableModel::Number, Qt::AscendingOrder);
  m_table->setSortingEnabled(true);
  m_table->installEventFilter(this);
  m_nothing = new QWidget(card);
  auto *nothing = new QVBoxLayout(m_nothing);
  m_nothingText = makeLabel(TextRole::Muted, m_nothing);
  m_nothingText->setAlignment(Qt::AlignCenter);
  m_addFirst = makeButton(ButtonKind::Normal, QStringLiteral("add"), m_nothing);
  nothing->addWidget(m_nothingText);
  nothing->addWidget(m_addFirst, 0, Qt::AlignHCenter);
  connect(m_addFirst, &QPushButton::clicked, this, &DataPage::insertRow);
  auto *layout = static_cast<QVBoxLayout *>(card->layout());
  layout->addWidget(m_table, 1);
  layout->addWidget(m_nothing);
  connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this](const QModelIndex &index) {
    if (index.isValid()) m_at = index.row();
    m_editor->setRow(index.isValid() ? std::optional(m_model->rowAt(index.row())) : std::nullopt);
  });
  connect(m_table, &QTableView::activated, this, [this] { m_editor->focusField(std::string()); });
  connect(m_table, &QWidget::customContextMenuRequested, this, [this](const QPoint &at) {
    auto *menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->addActions(m_rowActions);
    menu->popup(m_table->viewport()->mapToGlobal(at));
  });
}

void DataPage::connectSession() {
  connect(&m_session, &DatasetSession::opened, this, [this] {
    m_search->clear();
    m_searchPause.stop();
    for (Chip *chip : {m_errors, m_warnings, m_long}) chip->setChecked(false);
    m_table->horizontalHeader()->setSortIndicator(DatasetTableModel::Number, Qt::AscendingOrder);
    m_banner->hide();
    m_trainAfterSave = false;
    m_at = 0;
    const api::DocumentState &state = m_session.state();
    m_tellsRecovery = state.recoveredEdits > 0 && state.fileProblem.empty();
    if (m_tellsRecovery)
      m_banner->showMessage(
          Tone::Accent, tr("Brought back %Ln change(s) that had not been saved.", "", static_cast<int>(state.recoveredEdits)),
          {{tr("Keep them"), [this] { m_tellsRecovery = false; }}, {tr("Discard them"), [this] { m_session.discardChanges(); }}});
    showProblem();
    showState();
    m_table->setFocus();
  });
  connect(&m_session, &DatasetSession::viewChanged, this, &DataPage::onView);
  connect(&m_session, &DatasetSession::changed, this, [this](const api::DocumentChange &change) {
    if (std::exchange(m_tellsRecovery, false)) m_banner->hide(); // its button would take back what was done since, too
    if (m_toastRows > 0 && change.orderChanged) undoToast(tr("%Ln row(s) deleted.", "", std::exchange(m_toastRows, 0)));
  });
  connect(&m_session, &DatasetSession::broughtUp, this, [this](const api::DocumentChange &change) {
    if (change.rows.empty() || change.count > 1000) return;
    if (change.orderChanged && change.rows.size() > 1) return chooseAll(change.rows);
    const auto row = m_editor->row();
    const bool shown = row && std::find(change.rows.begin(), change.rows.end(), *row) != change.rows.end();
    choose(shown ? *row : change.rows.front());
  });
  connect(&m_session, &DatasetSession::stateChanged, this, &DataPage::showState);
  connect(&m_session, &DatasetSession::workChanged, this, &DataPage::showState);
  connect(&m_session, &DatasetSession::surveyed, this, &DataPage::showState);
  connect(&m_session, &DatasetSession::failed, this, [this](const QString &message) {
    m_trainAfterSave = false;
    Toast::show(this, message);
  });
  connect(&m_session, &DatasetSession::conflict, this, [this](bool deleted) {
    m_tellsRecovery = false;
    m_banner->showMessage(Tone::Warning,
                          deleted ? tr("The file was deleted or moved since it was opened.")
                                  : tr("Another program changed this file since it was opened."),
                          {{deleted ? tr("Write it anew") : tr("Overwrite it"), [this] { m_session.save(true); }},
                           {tr("Do not save"), [this] { m_trainAfterSave = false; }}});
  });
  connect(&m_session, &DatasetSession::saved, this, [this] {
    Toast::show(this, tr("Saved."));
    if (std::exchange(m_tellsRecovery, false)) m_banner->hide();
    showProblem();
    if (std::exchange(m_trainAfterSave, false)) Q_EMIT trainRequested(m_session.path());
  });
  connect(&m_session, &DatasetSession::replaced, this, [this](qint64 rows) {
    if (rows == 0) return Toast::show(this, tr("Nothing was found to replace."));
    undoToast(tr("Replaced in %Ln row(s).", "", static_cast<int>(rows)));
  });
  connect(&m_session, &DatasetSession::exported, this, [this](const QString &path) {
    Toast::show(this, tr("Saved as %1.").arg(path), tr("Open it"), [this, path] { openDataset(path); });
  });
  connect(&m_session, &DatasetSession::wasSplit, this, [this](qint64 train, qint64 validation) {
    Toast::show(this, tr("Split: %1 to train on, %2 to measure on.").arg(countText(train), countText(validation)));
  });
}

void DataPage::openDataset(const QString &path) { m_session.open(path); }

bool DataPage::eventFilter(QObject *watched, QEvent *event) {
  if (watched == m_table && event->type() == QEvent::Resize) // a narrow table keeps what says most
    for (const int column : {DatasetTableModel::Turns, DatasetTableModel::Trained})
      m_table->setColumnHidden(column, m_table->width() < 520);
  return QWidget::eventFilter(watched, event);
}

void DataPage::chooseFile() { m_files->chooseFile(); }

void DataPage::showEvent(QShowEvent *) {
  m_files->refresh();
  if (!focusWidget() || !focusWidget()->isVisible()) m_table->setFocus(); // so that the page's keys work
}

void DataPage::trainOnThis() {
  if (!m_session.hasUnsaved()) return Q_EMIT trainRequested(m_session.path());
  m_trainAfterSave = true;
  m_session.save();
}

void DataPage::search() {
  m_searchPause.stop();
  m_session.setQuery({m_search->text().toStdString(), m_errors->isChecked(), m_warnings->isChecked(), m_long->isChecked()});
}

/// The table's current row is the chosen one, the editor shows it. Whatever keys are held, no other row stays marked: undo comes
/// with Ctrl down, for which a table would toggle.
void DataPage::choose(std::optional<api::RowId> row) {
  const int at = row ? m_session.viewIndex(*row) : -1;
  if (at < 0) return;
  const QModelIndex index = m_model->index(at, DatasetTableModel::Text);
  m_table->selectionModel()->setCurrentIndex(index, QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);
  m_table->scrollTo(index);
  m_editor->setRow(row);
}

/// The chosen row stays the chosen one; where it is gone, the one that took its place.
void DataPage::onView() {
  const auto row = m_editor->row();
  if (row && m_session.viewIndex(*row) >= 0) {
    choose(row);
  } else if (const int near = std::min(m_at, m_model->rowCount() - 1); near >= 0) {
    choose(m_model->rowAt(near));
  } else {
    m_table->selectionModel()->clear();
    m_editor->setRow(std::nullopt);
  }
  showState();
}

void DataPage::showProblem() {
  const std::string &problem = m_session.state().fileProblem;
  if (!problem.empty()) m_banner->showMessage(Tone::Warning, fileProblemText(problem));
}

void DataPage::chooseAll(const std::vector<api::RowId> &rows) {
  QItemSelection selection;
  for (const api::RowId row : rows)
    if (const int at = m_session.viewIndex(row); at >= 0)
      selection.select(m_model->index(at, 0), m_model->index(at, DatasetTableModel::ColumnCount - 1));
  choose(rows.front());
  m_table->selectionModel()->select(selection, QItemSelectionModel::ClearAndSelect);
}

std::vector<api::RowId> DataPage::selection() const {
  std::vector<int> places;
  for (const QItemSelectionRange &range : m_table->selectionModel()->selection())
    for (int row = range.top(); row <= range.bottom(); ++row) places.push_back(row);
  std::sort(places.begin(), places.end());
  places.erase(std::unique(places.begin(), places.end()), places.end());
  std::vector<api::RowId> rows;
  for (const int place : places) rows.push_back(m_model->rowAt(place));
  return rows;
}

void DataPage::insertRow() {
  if (m_session.isFiltered()) m_all->click(); // or the new row would not be seen
  const auto row = m_editor->row();
  const qint64 position = row ? m_session.number(*row) : 0; // behind the chosen one
  m_session.edit([position](api::DatasetDocument &document) { return document.insertRow(position, std::string()); });
}

void DataPage::removeRows(const std::vector<api::RowId> &rows) {
  if (rows.empty()) return;
  m_toastRows = static_cast<int>(rows.size());
  m_session.edit([rows](api::DatasetDocument &document) { return document.removeRows(rows); });
}

/// A toast whose button takes back the change that was just made, and no other.
void DataPage::undoToast(const QString &text) {
  Toast::show(this, text, tr("Undo"), [this, path = m_session.path(), revision = m_session.state().revision] {
    if (m_session.path() == path && m_session.state().revision == revision) return m_session.undo();
    Toast::show(this, tr("Something else was changed since. Undo goes back step by step."));
  });
}

void DataPage::moveSelection(int step) {
  const std::vector<api::RowId> rows = selection();
  if (rows.empty() || !m_session.isFileOrder()) return;
  m_session.edit([rows, step](api::DatasetDocument &document) -> Result<api::DocumentChange> {
    const api::RowOrder order = document.state().order; // as it is when the moves before this one are done
    const auto place = [&order](api::RowId row) { return std::find(order->begin(), order->end(), row) - order->begin(); };
    const int64_t position = step < 0 ? place(rows.front()) - 1 : place(rows.back()) + 2;
    if (position < 0 || position > static_cast<int64_t>(order->size())) return api::DocumentChange();
    return document.moveRows(rows, position);
  });
}

void DataPage::goToProblem(int step) {
  if (!m_session.isOpen()) return;
  const auto row = m_session.nextProblem(m_editor->row(), step);
  if (!row) return Toast::show(this, m_session.survey() ? tr("No row has a problem.") : tr("The rows are still being looked at."));
  choose(row);
  m_editor->focusField(std::string());
}

void DataPage::showState() {
  const bool open = m_session.isOpen();
  const bool unsaved = m_session.hasUnsaved();
  const api::DocumentState &state = m_session.state();
  m_body->setCurrentIndex(open ? 1 : 0);
  for (QWidget *widget : std::initializer_list<QWidget *>{m_undoButton, m_redoButton, m_splitButton, m_save, m_train, m_search, m_all})
    widget->setVisible(open);
  m_lens->setVisible(open);
  if (!open) m_replace->hide();
  const auto rows = open ? static_cast<qint64>(state.order->size()) : 0;
  QStringList parts;
  switch (m_session.work()) {
  case DatasetSession::Work::Opening: parts = {tr("Opening…")}; break;
  case DatasetSession::Work::Searching: parts = {tr("Searching…")}; break;
  case DatasetSession::Work::Replacing: parts = {tr("Replacing…")}; break;
  case DatasetSession::Work::Splitting:
  case DatasetSession::Work::Exporting:
  case DatasetSession::Work::Saving: parts = {tr("Saving…")}; break;
  case DatasetSession::Work::Surveying:
  case DatasetSession::Work::None: break;
  }
  if (parts.isEmpty() && open) {
    parts.append(tr("%Ln row(s)", "", static_cast<int>(rows)));
    parts.append(state.layout == "text" ? formatText(state.format)
                                        : formatText(state.format) + QStringLiteral(" · ") + QString::fromStdString(state.layout));
    if (unsaved) parts.append(tr("not saved"));
  }
  m_header->setSubtitle(parts.isEmpty() ? tr("What the model learns from, row by row.") : parts.join(QStringLiteral(" · ")));
  m_file->setText(open ? shortName(state.path) + QStringLiteral(" ▾") : tr("Open ▾"));
  m_file->setToolTip(m_session.path());
  m_train->setText(unsaved ? tr("Save and train") : tr("Train on this"));
  m_train->setEnabled(rows > 0);
  m_splitButton->setEnabled(rows > 1);
  m_undoButton->setEnabled(state.undoSteps > 0);
  m_redoButton->setEnabled(state.redoSteps > 0);
  m_saveAction->setEnabled(unsaved);
  for (QAction *action : m_needRows) action->setEnabled(open);
  for (QAction *action : {m_up, m_down}) action->setEnabled(open && m_session.isFileOrder());
  const auto &survey = m_session.survey();
  const auto chip = [&](Chip *one, qint64 count, const QString &text) {
    one->setText(text);
    one->setVisible(open && (count > 0 || one->isChecked()));
  };
  m_all->setText(tr("all %1").arg(countText(rows)));
  m_all->setChecked(!m_session.isFiltered());
  chip(m_errors, survey ? survey->errorRows : 0, tr("errors %1").arg(countText(survey ? survey->errorRows : 0)));
  chip(m_warnings, survey ? survey->warningRows : 0, tr("notes %1").arg(countText(survey ? survey->warningRows : 0)));
  chip(m_long, survey ? survey->lengths.overCutoff : 0, tr("over length %1").arg(countText(survey ? survey->lengths.overCutoff : 0)));
  m_nothing->setVisible(open && m_session.view().empty());
  m_nothingText->setText(rows == 0 ? tr("This file has no rows yet.") : tr("No row matches."));
  m_addFirst->setVisible(rows == 0);
}

} // namespace attune::ui
