// What the Data page does with files: open, make, save under another name or format, split. Menus and dialogs that do not
// stop the event loop. GUI thread; owned by the page.
#pragma once

#include "ui/models/dataset_session.h"

class QAction;
class QMenu;

namespace attune::ui {

class DatasetFiles : public QObject {
  Q_OBJECT

public:
  DatasetFiles(const Services &services, DatasetSession &session, TaskRunner &tasks, QWidget *page);
  /// Reads the list of datasets anew.
  void refresh();
  void fillOpen(QMenu &menu);
  /// `save` is the page's action for the file as it is.
  void fillSave(QMenu &menu, QAction *save);
  void chooseFile();
  void split();

private:
  void askToDiscard();
  void newDataset();
  void exportAs(api::DatasetFormat format);

  const Services &m_services;
  DatasetSession &m_session;
  TaskRunner &m_tasks;
  QWidget *m_page;
  Task m_listing, m_creating;
  std::vector<api::DatasetEntry> m_files;
};

} // namespace attune::ui
