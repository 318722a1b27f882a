// Data: one dataset as a table over any number of rows, the chosen row to edit, what the model makes of it. GUI thread.
// Built from the table, the row editor, the lens and the replace bar, which all read one DatasetSession.
#pragma once

#include "ui/models/config_draft.h"
#include "ui/models/dataset_session.h"
#include "ui/models/run_center.h"

#include <QWidget>

class QLabel;
class QLineEdit;
class QMenu;
class QPushButton;
class QStackedWidget;
class QTableView;

namespace attune::ui {

class Banner;
class Chip;
class DatasetFiles;
class DatasetTableModel;
class EmptyState;
class LensCard;
class PageHeader;
class ReplaceBar;
class RowEditor;

class DataPage : public QWidget {
  Q_OBJECT

public:
  DataPage(const Services &services, TaskRunner &tasks, ConfigDraft &draft, const RunCenter &runs, QWidget *parent = nullptr);
  void openDataset(const QString &path);
  /// Asks for a file and opens it.
  void chooseFile();
  DatasetSession &session() { return m_session; }
  QTableView *table() const { return m_table; }
  RowEditor *editor() const { return m_editor; }

Q_SIGNALS:
  void trainRequested(const QString &path);

protected:
  void showEvent(QShowEvent *event) override;
  bool eventFilter(QObject *watched, QEvent *event) override;

private:
  void makeActions();
  QAction *addCommand(const QList<QKeySequence> &keys, std::function<QString()> text, std::function<void()> act);
  void setUpTable(QWidget *card);
  void connectSession();
  void trainOnThis();
  void search();
  void choose(std::optional<api::RowId> row);
  void onView();
  void showProblem();
  void chooseAll(const std::vector<api::RowId> &rows);
  void undoToast(const QString &text);
  std::vector<api::RowId> selection() const;
  void insertRow();
  void removeRows(const std::vector<api::RowId> &rows);
  void moveSelection(int step);
  void goToProblem(int step);
  void showState();

  DatasetSession m_session;
  DatasetFiles *m_files;
  QTimer m_searchPause;
  bool m_trainAfterSave = false;
  bool m_tellsRecovery = false;  // the banner
  int m_at = 0;                  // where the chosen row stood last
  int m_toastRows = 0;           // deleted by a change on its way
  QList<QAction *> m_rowActions; // of the table's menu
  QAction *m_saveAction = nullptr, *m_up = nullptr, *m_down = nullptr;
  std::vector<QAction *> m_needRows;
  PageHeader *m_header;
  QPushButton *m_undoButton, *m_redoButton, *m_splitButton, *m_save, *m_train, *m_file;
  Banner *m_banner;
  QLineEdit *m_search;
  Chip *m_all, *m_errors, *m_warnings, *m_long;
  QStackedWidget *m_body;
  EmptyState *m_empty;
  QTableView *m_table;
  DatasetTableModel *m_model;
  QWidget *m_nothing;
  QLabel *m_nothingText;
  QPushButton *m_addFirst;
  ReplaceBar *m_replace;
  RowEditor *m_editor;
  LensCard *m_lens;
};

} // namespace attune::ui
