#include "ui/pages/data_page.h"

#include "ui/dialogs/split_dialog.h"
#include "ui/models/dataset_table_model.h"
#include "ui/models/row_text.h"
#include "ui/models/run_text.h"
#include "ui/pages/lens_card.h"
#include "ui/pages/replace_bar.h"
#include "ui/pages/row_editor.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/chip.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/number_text.h"
#include "ui/widgets/page_header.h"
#include "ui/widgets/retranslate.h"
#include "ui/widgets/toast.h"

#include <QAction>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QInputDialog>
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
    : QWidget(parent), m_services(services), m_tasks(tasks), m_session(services, tasks, this) {
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
  for (QPushButton *button : {m_undoButton, m_redoButton, m_splitButton, m_save, m_train}) m_header->addAction(button);
  layout->addWidget(m_header);
  m_banner = new Banner(this);
  layout->addWidget(m_banner);

  auto *tools = new QHBoxLayout;
  tools->setSpacing(8);
  m_file = makeButton(ButtonKind::Normal, QStringLiteral("open"), this);
  m_search = new QLineEdit(this);
  m_search->setClearButtonEnabled(true);
  tools->addWidget(m_file);
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
  m_editor->setMinimumWidth(280);
  left->setMinimumWidth(360);
  splitter->setStretchFactor(0, 1);
  splitter->setStretchFactor(1, 0);
  splitter->setSizes({640, 420});

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
  const auto menu = [this](QPushButton *button, void (DataPage::*fill)(QMenu &)) {
    auto *shown = new QMenu(button);
    connect(shown, &QMenu::aboutToShow, this, [this, shown, fill] {
      shown->clear();
      (this->*fill)(*shown);
    });
    button->setMenu(shown);
  };
  menu(m_file, &DataPage::fillFiles);
  menu(m_save, &DataPage::fillSave);
  connect(m_empty, &EmptyState::triggered, this, &DataPage::chooseFile);
  connect(m_splitButton, &QPushButton::clicked, this, &DataPage::split);
  connect(m_train, &QPushButton::clicked, this, &DataPage::trainOnThis);
  connect(m_undoButton, &QPushButton::clicked, &m_session, &DatasetSession::undo);
  connect(m_redoButton, &QPushButton::clicked, &m_session, &DatasetSession::redo);
  connect(m_editor, &RowEditor::deleteWanted, this, &DataPage::removeSelection);
  connect(m_editor, &RowEditor::nextProblemWanted, this, [this] { goToProblem(1); });
  connectSession();
  makeActions();
  m_session.setLens(draft.config());
  onLanguage(this, [this] {
    m_header->setTitle(tr("Data"));
    m_undoButton->setToolTip(tr("Undo"));
    m_undoButton->setAccessibleName(tr("Undo"));
    m_redoButton->setToolTip(tr("Redo"));
    m_redoButton->setAccessibleName(tr("Redo"));
    m_splitButton->setText(tr("Split…"));
    m_save->setText(tr("Save ▾"));
    m_search->setPlaceholderText(tr("Search: words, turns>2, role:system, tokens>512, /expression/"));
    m_search->setAccessibleName(tr("Search the rows"));
    m_table->setAccessibleName(tr("Rows"));
    m_empty->setTexts(
        tr("Open a file of conversations, instructions or texts. You see each row as the model will, and mend what is wrong."),
        tr("Open a file…"));
    m_nothing->setText(tr("No row matches."));
    m_model->retranslate();
    showState();
  });
}

void DataPage::fillMenu(QMenu &menu, qsizetype from) const {
  for (QAction *action : m_actions.mid(from)) {
    if (action)
      menu.addAction(action);
    else
      menu.addSeparator();
  }
}

QAction *DataPage::addCommand(const QList<QKeySequence> &keys, std::function<QString()> text, std::function<void()> act) {
  auto *action = new QAction(this);
  action->setShortcuts(keys);
  action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
  connect(action, &QAction::triggered, this, act);
  onLanguage(this, [action, text] { action->setText(text()); });
  addAction(action);
  m_actions.append(action);
  return action;
}

void DataPage::makeActions() {
  m_saveAction = addCommand(
      {QKeySequence::Save}, [] { return tr("Save"); }, [this] { m_session.save(); });
  m_actions.append(nullptr);
  m_undo = addCommand(
      {QKeySequence::Undo}, [] { return tr("Undo"); }, [this] { m_session.undo(); });
  m_redo = addCommand(
      {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_Z), QKeySequence(Qt::CTRL | Qt::Key_Y)}, [] { return tr("Redo"); },
      [this] { m_session.redo(); });
  m_actions.append(nullptr);
  const auto search = addCommand(
      {QKeySequence::Find}, [] { return tr("Search rows"); }, [this] { m_search->setFocus(); });
  const auto replace = addCommand(
      {QKeySequence(Qt::CTRL | Qt::Key_H)}, [] { return tr("Replace…"); }, [this] { m_replace->open(); });
  m_actions.append(nullptr);
  const auto add = addCommand(
      {QKeySequence(Qt::CTRL | Qt::Key_N)}, [] { return tr("Add a row"); }, [this] { insertRow(); });
  const auto copy = addCommand(
      {QKeySequence(Qt::CTRL | Qt::Key_D)}, [] { return tr("Duplicate rows"); },
      [this] { m_session.edit([rows = selection()](api::DatasetDocument &document) { return document.duplicateRows(rows); }); });
  const auto remove = addCommand(
      {QKeySequence(Qt::CTRL | Qt::Key_Delete)}, [] { return tr("Delete rows"); }, [this] { removeSelection(); });
  m_up = addCommand(
      {QKeySequence(Qt::ALT | Qt::Key_Up)}, [] { return tr("Move rows up"); }, [this] { moveSelection(-1); });
  m_down = addCommand(
      {QKeySequence(Qt::ALT | Qt::Key_Down)}, [] { return tr("Move rows down"); }, [this] { moveSelection(1); });
  m_actions.append(nullptr);
  const auto next = addCommand(
      {QKeySequence(Qt::Key_F8)}, [] { return tr("Next problem"); }, [this] { goToProblem(1); });
  const auto back = addCommand(
      {QKeySequence(Qt::SHIFT | Qt::Key_F8)}, [] { return tr("Previous problem"); }, [this] { goToProblem(-1); });
  m_needRows = {search, replace, add, copy, remove, next, back};
  auto *del = new QAction(m_table);
  del->setShortcut(QKeySequence::Delete);
  del->setShortcutContext(Qt::WidgetShortcut);
  connect(del, &QAction::triggered, this, &DataPage::removeSelection);
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
  header->resizeSection(DatasetTableModel::Number, 76);
  header->resizeSection(DatasetTableModel::Turns, 60);
  header->resizeSection(DatasetTableModel::Tokens, 70);
  header->resizeSection(DatasetTableModel::Trained, 70);
  header->resizeSection(DatasetTableModel::Problems, 116);
  header->setSortIndicator(DatasetTableModel::Number, Qt::AscendingOrder);
  m_table->setSortingEnabled(true);
  m_nothing = makeLabel(TextRole::Muted, card);
  m_nothing->setAlignment(Qt::AlignCenter);
  auto *layout = static_cast<QVBoxLayout *>(card->layout());
  layout->addWidget(m_table, 1);
  layout->addWidget(m_nothing);
  connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this](const QModelIndex &index) {
    m_editor->setRow(index.isValid() ? std::optional(m_model->rowAt(index.row())) : std::nullopt);
  });
  connect(m_table, &QTableView::activated, this, [this] { m_editor->focusField(std::string()); });
  connect(m_table, &QWidget::customContextMenuRequested, this, [this](const QPoint &at) {
    QMenu menu(this);
    fillMenu(menu, 6);
    menu.exec(m_table->viewport()->mapToGlobal(at));
  });
}

void DataPage::connectSession() {
  connect(&m_session, &DatasetSession::opened, this, [this] {
    m_search->clear();
    m_searchPause.stop();
    for (Chip *chip : {m_errors, m_warnings, m_long}) chip->setChecked(false);
    m_table->horizontalHeader()->setSortIndicator(DatasetTableModel::Number, Qt::AscendingOrder);
    m_banner->hide();
    const api::DocumentState &state = m_session.state();
    if (state.recoveredEdits > 0)
      m_banner->showMessage(Tone::Accent,
                            tr("Brought back %n change(s) that had not been saved.", "", static_cast<int>(state.recoveredEdits)),
                            {{tr("Keep them"), [] {}}, {tr("Discard them"), [this] { m_session.discardChanges(); }}});
    if (!state.fileProblem.empty()) m_banner->showMessage(Tone::Warning, QString::fromStdString(state.fileProblem));
    if (!m_session.view().empty()) m_table->selectRow(0);
  });
  connect(&m_session, &DatasetSession::viewChanged, this, [this] {
    const auto row = m_editor->row();
    const int at = row ? m_session.viewIndex(*row) : -1;
    if (at >= 0 && m_table->currentIndex().row() != at) m_table->setCurrentIndex(m_model->index(at, DatasetTableModel::Text));
    if (at < 0) {
      const int near = std::min(std::max(0, m_table->currentIndex().row()), m_model->rowCount() - 1);
      m_table->setCurrentIndex(m_model->index(near, DatasetTableModel::Text));
      m_editor->setRow(near >= 0 ? std::optional(m_model->rowAt(near)) : std::nullopt);
    }
    showState();
  });
  connect(&m_session, &DatasetSession::changed, this, [this](const api::DocumentChange &change) {
    if (change.rows.empty() || change.count > 1000) return;
    const auto row = m_editor->row();
    if (row && std::find(change.rows.begin(), change.rows.end(), *row) != change.rows.end()) return;
    choose(change.rows.front());
  });
  connect(&m_session, &DatasetSession::stateChanged, this, &DataPage::showState);
  connect(&m_session, &DatasetSession::workChanged, this, &DataPage::showState);
  connect(&m_session, &DatasetSession::surveyed, this, &DataPage::showState);
  connect(&m_session, &DatasetSession::failed, this, [this](const QString &message) {
    m_trainAfterSave = false;
    Toast::show(this, message);
  });
  connect(&m_session, &DatasetSession::conflict, this, [this] {
    m_banner->showMessage(
        Tone::Warning, tr("Another program changed this file since it was opened."),
        {{tr("Overwrite it"), [this] { m_session.save(true); }}, {tr("Do not save"), [this] { m_trainAfterSave = false; }}});
  });
  connect(&m_session, &DatasetSession::saved, this, [this] {
    Toast::show(this, tr("Saved."));
    if (std::exchange(m_trainAfterSave, false)) Q_EMIT trainRequested(m_session.path());
  });
  connect(&m_session, &DatasetSession::replaced, this, [this](qint64 rows) {
    if (rows == 0) return Toast::show(this, tr("Nothing was found to replace."));
    Toast::show(this, tr("Replaced in %n row(s).", "", static_cast<int>(rows)), tr("Undo"), [this] { m_session.undo(); });
  });
  connect(&m_session, &DatasetSession::exported, this, [this](const QString &path) {
    Toast::show(this, tr("Saved as %1.").arg(path), tr("Open it"), [this, path] { openDataset(path); });
  });
  connect(&m_session, &DatasetSession::wasSplit, this, [this](qint64 train, qint64 validation) {
    Toast::show(this, tr("%1 rows to train on and %2 to measure on.").arg(countText(train), countText(validation)));
  });
}

void DataPage::openDataset(const QString &path) { m_session.open(path); }

void DataPage::showEvent(QShowEvent *) {
  if (!m_services.datasets) return;
  m_listing = m_tasks.run(
      this, [store = m_services.datasets](StopToken) { return store->list(); },
      [this](std::vector<api::DatasetEntry> files) { m_files = std::move(files); });
}

void DataPage::fillFiles(QMenu &menu) {
  for (const api::DatasetEntry &file : m_files) {
    const QString path = QString::fromStdString(file.path);
    menu.addAction(shortName(file.path) + (file.hasJournal ? QStringLiteral(" ●") : QString()), this, [this, path] { openDataset(path); })
        ->setToolTip(path);
  }
  menu.addSeparator();
  for (const char *name : {"fine-tuning-en.jsonl", "fine-tuning-zh.jsonl"})
    menu.addAction(tr("Sample rows: %1").arg(QLatin1String(name)), this,
                   [this, name] { openDataset(QString::fromStdString(m_services.resources + "/samples/" + name)); });
  menu.addSeparator();
  menu.addAction(tr("Open a file…"), this, &DataPage::chooseFile);
  menu.addAction(tr("New dataset…"), this, &DataPage::newDataset);
}

void DataPage::fillSave(QMenu &menu) {
  menu.addAction(m_saveAction);
  menu.addSeparator();
  menu.addAction(tr("Save as…"), this, [this] { exportAs(api::DatasetFormat::Auto); });
  QMenu *convert = menu.addMenu(tr("Convert to"));
  for (const auto format :
       {api::DatasetFormat::Messages, api::DatasetFormat::Sharegpt, api::DatasetFormat::Alpaca, api::DatasetFormat::Text})
    convert->addAction(formatText(format), this, [this, format] { exportAs(format); });
  menu.addSeparator();
  menu.addAction(tr("Discard all changes"), this, [this] { m_session.discardChanges(); })->setEnabled(m_session.state().changed);
}

void DataPage::chooseFile() {
  const QString path = QFileDialog::getOpenFileName(this, tr("Open a dataset"), {},
                                                    tr("Datasets (*.json *.jsonl *.ndjson *.csv *.tsv *.txt *.md);;All files (*)"));
  if (!path.isEmpty()) openDataset(path);
}

void DataPage::newDataset() {
  const QString name = QInputDialog::getText(this, tr("New dataset"), tr("Its name:"));
  if (name.trimmed().isEmpty()) return;
  m_creating = m_tasks.run(
      this,
      [store = m_services.datasets, name = name.trimmed().toStdString()](StopToken) {
        return store->create(name, api::DatasetFormat::Messages);
      },
      [this](const Result<std::string> &path) {
        if (!path.ok()) return Toast::show(this, QString::fromStdString(path.error().text()));
        openDataset(QString::fromStdString(*path));
      });
}

void DataPage::exportAs(api::DatasetFormat format) {
  const QFileInfo file(m_session.path());
  const QString suffix = format == api::DatasetFormat::Auto ? file.suffix() : QStringLiteral("jsonl");
  const QString kind = format == api::DatasetFormat::Auto ? tr("copy") : formatText(format).toLower();
  const QString path = QFileDialog::getSaveFileName(this, tr("Save rows as"),
                                                    file.absolutePath() + QLatin1Char('/') + file.completeBaseName() + QLatin1Char('-') +
                                                        kind + QLatin1Char('.') + suffix,
                                                    tr("JSON lines (*.jsonl);;JSON list (*.json);;CSV (*.csv);;Texts, one a line (*.txt)"));
  if (!path.isEmpty()) m_session.exportTo(path, format);
}

void DataPage::split() {
  SplitDialog dialog(m_session.path(), static_cast<qint64>(m_session.state().order->size()), this);
  if (dialog.exec() == QDialog::Accepted) m_session.split(dialog.target());
}

void DataPage::trainOnThis() {
  if (!m_session.state().changed) return Q_EMIT trainRequested(m_session.path());
  m_trainAfterSave = true;
  m_session.save();
}

void DataPage::search() {
  m_searchPause.stop();
  m_session.setQuery({m_search->text().toStdString(), m_errors->isChecked(), m_warnings->isChecked(), m_long->isChecked()});
}

void DataPage::choose(api::RowId row) {
  const int at = m_session.viewIndex(row);
  if (at < 0) return;
  const QModelIndex index = m_model->index(at, DatasetTableModel::Text);
  m_table->setCurrentIndex(index);
  m_table->scrollTo(index);
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
  const auto row = m_editor->row();
  const qint64 position = row ? m_session.number(*row) : 0; // behind the chosen one
  m_session.edit([position](api::DatasetDocument &document) { return document.insertRow(position, std::string()); });
}

void DataPage::removeSelection() {
  const std::vector<api::RowId> rows = selection();
  if (rows.empty()) return;
  m_session.edit([rows](api::DatasetDocument &document) { return document.removeRows(rows); });
  Toast::show(this, tr("%n row(s) deleted.", "", static_cast<int>(rows.size())), tr("Undo"), [this] { m_session.undo(); });
}

void DataPage::moveSelection(int step) {
  const std::vector<api::RowId> rows = selection();
  if (rows.empty() || !m_session.isFileOrder()) return;
  const qint64 position = step < 0 ? m_session.number(rows.front()) - 2 : m_session.number(rows.back()) + 1;
  if (position < 0 || position > static_cast<qint64>(m_session.view().size())) return;
  m_session.edit([rows, position](api::DatasetDocument &document) { return document.moveRows(rows, position); });
}

void DataPage::goToProblem(int step) {
  if (!m_session.isOpen()) return;
  const auto row = m_session.nextProblem(m_editor->row(), step);
  if (!row) return Toast::show(this, m_session.survey() ? tr("No row has a problem.") : tr("The rows are still being looked at."));
  choose(*row);
  m_editor->setRow(*row);
  m_editor->focusField(std::string());
}

void DataPage::showState() {
  const bool open = m_session.isOpen();
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
  case DatasetSession::Work::Saving: parts = {tr("Saving…")}; break;
  case DatasetSession::Work::Surveying:
  case DatasetSession::Work::None: break;
  }
  if (parts.isEmpty() && open) {
    parts.append(tr("%n row(s)", "", static_cast<int>(rows)));
    parts.append(state.layout == "text" ? formatText(state.format)
                                        : formatText(state.format) + QStringLiteral(" · ") + QString::fromStdString(state.layout));
    if (state.changed) parts.append(tr("not saved"));
  }
  m_header->setSubtitle(parts.isEmpty() ? tr("What the model learns from, row by row.") : parts.join(QStringLiteral(" · ")));
  m_file->setText(open ? shortName(state.path) + QStringLiteral(" ▾") : tr("Open ▾"));
  m_file->setToolTip(m_session.path());
  m_train->setText(state.changed ? tr("Save and train") : tr("Train on this"));
  m_train->setEnabled(rows > 0);
  m_splitButton->setEnabled(rows > 1);
  m_undo->setEnabled(state.undoSteps > 0);
  m_redo->setEnabled(state.redoSteps > 0);
  m_undoButton->setEnabled(state.undoSteps > 0);
  m_redoButton->setEnabled(state.redoSteps > 0);
  m_saveAction->setEnabled(state.changed);
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
}

} // namespace attune::ui
