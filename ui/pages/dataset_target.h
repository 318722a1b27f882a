// Puts conversations into a dataset as rows: the last chosen one with a click, another from a menu, or a new one. GUI thread;
// files are listed and written elsewhere. What happened is told in a toast.
#pragma once

#include "core/api/dataset_document.h"
#include "ui/bridge/task_runner.h"

#include <QString>

class QMenu;
class QWidget;

namespace attune::ui {

class DatasetTarget : public QObject {
  Q_OBJECT

public:
  using Row = std::vector<std::pair<std::string, std::string>>; // roles and texts
  /// `store` may be null: then nothing can be added. Toasts and menus show over `page`.
  DatasetTarget(api::DatasetStore *store, TaskRunner &tasks, QWidget *page);
  bool isAvailable() const { return m_store != nullptr; }
  /// Adds to the last dataset; with `choose`, or when there is none, a menu below `anchor` asks which.
  void add(const Row &row, bool choose, QWidget *anchor);
  /// Reads the list of datasets anew.
  void refresh();
  /// The menu's entries for `row`.
  void fillMenu(QMenu &menu, const Row &row);

Q_SIGNALS:
  void listed();

private:
  bool stands(const std::string &path) const;
  void addTo(const std::string &path, const Row &row);
  void addToNew(const Row &row);
  void createAndAdd(const QString &name, const Row &row);

  api::DatasetStore *m_store;
  TaskRunner &m_tasks;
  QWidget *m_page;
  std::vector<api::DatasetEntry> m_entries;
  Task m_listing, m_adding;
};

} // namespace attune::ui
