#include "ui/pages/run_actions.h"

#include "ui/models/trash.h"
#include "ui/widgets/retranslate.h"
#include "ui/widgets/toast.h"

#include <QDesktopServices>
#include <QUrl>

#include <algorithm>

namespace attune::ui {

RunActions::RunActions(RunCenter &runs, TaskRunner &tasks, QWidget *table, QWidget *page)
    : QObject(page), m_runs(runs), m_tasks(tasks), m_table(table), m_page(page) {
  m_rename = add(Qt::Key_F2, [this] { Q_EMIT renameRequested(); });
  m_open = add(Qt::CTRL | Qt::Key_Return, [this] { QDesktopServices::openUrl(QUrl::fromLocalFile(m_folder)); });
  addSeparator();
  m_up = add(Qt::CTRL | Qt::Key_Up, [this] { moveUp(); });
  m_down = add(Qt::CTRL | Qt::Key_Down, [this] { moveDown(); });
  m_out = add(Qt::CTRL | Qt::Key_Backspace, [this] { takeOut(); });
  addSeparator();
  m_trash = add(QKeySequence::Delete, [this] { moveToTrash(); });
  onLanguage(page, [this] {
    m_rename->setText(tr("Rename"));
    m_open->setText(tr("Open the folder"));
    m_up->setText(tr("Start earlier"));
    m_down->setText(tr("Start later"));
    m_out->setText(tr("Take out of the queue"));
    m_trash->setText(tr("Move to the trash"));
  });
}

QAction *RunActions::add(const QKeySequence &keys, std::function<void()> act) {
  auto *action = new QAction(this);
  action->setShortcut(keys);
  action->setShortcutContext(Qt::WidgetShortcut);
  connect(action, &QAction::triggered, this, std::move(act));
  m_table->addAction(action);
  m_page->addAction(action);
  m_all.append(action);
  return action;
}

void RunActions::addSeparator() {
  auto *line = new QAction(this);
  line->setSeparator(true);
  m_page->addAction(line);
  m_all.append(line);
}

void RunActions::setRun(const QString &folder) {
  m_folder = folder;
  refresh();
}

void RunActions::refresh() {
  const bool known = m_runs.find(m_folder) != nullptr;
  const int place = m_runs.queue().place(m_folder);
  m_rename->setEnabled(known && place == 0);
  m_open->setEnabled(known && place == 0);
  m_up->setEnabled(place > 1);
  m_down->setEnabled(place > 0 && place < static_cast<int>(m_runs.queue().waiting().size()));
  m_out->setEnabled(place > 0);
  m_trash->setEnabled(!trashable().isEmpty());
}

void RunActions::takeOut() {
  const api::RunSummary *run = m_runs.find(m_folder);
  const int place = m_runs.queue().place(m_folder);
  if (!run || place == 0) return;
  const QString name = QString::fromStdString(run->name);
  const auto request = m_runs.takeOut(m_folder);
  Toast::show(m_page, tr("%1 no longer waits.").arg(name), tr("Undo"), [this, request, place] { m_runs.putBack(*request, place); });
}

QStringList RunActions::trashable() const {
  QStringList folders = m_selected ? m_selected() : QStringList();
  if (!folders.contains(m_folder)) folders = QStringList{m_folder};
  folders.erase(std::remove_if(folders.begin(), folders.end(),
                               [this](const QString &folder) { return !m_runs.find(folder) || m_runs.isLive(folder); }),
                folders.end());
  return folders;
}

void RunActions::moveToTrash() {
  QStringList folders;
  for (const QString &folder : trashable()) {
    if (m_runs.hasNoFolder(folder))
      m_runs.forget(folder);
    else
      folders.append(folder);
  }
  if (folders.isEmpty()) return;
  m_moving = m_tasks.run(
      this,
      [folders](StopToken) {
        Trashed all;
        for (const QString &folder : folders) all.emplace_back(folder, ui::moveToTrash(folder));
        return all;
      },
      [this](const Trashed &all) { tellTrashed(all); });
}

void RunActions::tellTrashed(const Trashed &all) {
  Trashed gone;
  QString name, stuck; // of the last one
  for (const auto &[folder, trashed] : all) {
    const api::RunSummary *run = m_runs.find(folder);
    const QString its = run ? QString::fromStdString(run->name) : folder;
    if (trashed.isEmpty()) {
      stuck = its;
      continue;
    }
    name = its;
    gone.emplace_back(folder, trashed);
    m_runs.forget(folder);
  }
  if (!stuck.isEmpty()) return Toast::show(m_page, tr("%1 could not be moved to the trash. Delete its folder by hand.").arg(stuck));
  const QString text =
      gone.size() == 1 ? tr("%1 is in the trash.").arg(name) : tr("%n run(s) are in the trash.", nullptr, static_cast<int>(gone.size()));
  Toast::show(m_page, text, tr("Undo"), [this, gone] { restore(gone); });
}

void RunActions::restore(const Trashed &all) {
  m_moving = m_tasks.run(
      this,
      [all](StopToken) {
        QStringList back;
        for (const auto &[folder, trashed] : all)
          if (takeFromTrash(trashed, folder)) back.append(folder);
        return back;
      },
      [this, count = static_cast<qsizetype>(all.size())](const QStringList &back) {
        for (const QString &folder : back) {
          Q_EMIT restored(folder);
          m_runs.open(folder);
        }
        if (back.size() < count) Toast::show(m_page, tr("The run could not be taken out of the trash. It is still there."));
      });
}

} // namespace attune::ui
