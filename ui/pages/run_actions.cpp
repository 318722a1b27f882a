#include "ui/pages/run_actions.h"

#include "ui/widgets/retranslate.h"
#include "ui/widgets/toast.h"

#include <QDesktopServices>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QUrl>

namespace attune::ui {

namespace {

/// Back to where it was, with the note that the trash keeps beside it.
bool takeFromTrash(const QString &trashed, const QString &folder) {
  if (!QDir().rename(trashed, folder)) return false;
  const QFileInfo info(trashed);
  QFile::remove(info.path() + QStringLiteral("/../info/") + info.fileName() + QStringLiteral(".trashinfo"));
  return true;
}

} // namespace

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
  m_trash->setEnabled(known && !m_runs.isLive(m_folder));
}

void RunActions::takeOut() {
  const api::RunSummary *run = m_runs.find(m_folder);
  const int place = m_runs.queue().place(m_folder);
  if (!run || place == 0) return;
  const QString name = QString::fromStdString(run->name);
  const auto request = m_runs.takeOut(m_folder);
  Toast::show(m_page, tr("%1 no longer waits.").arg(name), tr("Undo"), [this, request, place] { m_runs.putBack(*request, place); });
}

void RunActions::moveToTrash() {
  const api::RunSummary *run = m_runs.find(m_folder);
  if (!run || m_runs.isLive(m_folder)) return;
  if (m_runs.hasNoFolder(m_folder)) return m_runs.forget(QString(m_folder));
  m_moving = m_tasks.run(
      this,
      [folder = m_folder](StopToken) {
        QString trashed;
        return QFile::moveToTrash(folder, &trashed) ? trashed : QString();
      },
      [this, folder = m_folder, name = QString::fromStdString(run->name)](const QString &trashed) {
        if (trashed.isEmpty()) return Toast::show(m_page, tr("%1 could not be moved to the trash. Delete its folder by hand.").arg(name));
        m_runs.forget(folder);
        Toast::show(m_page, tr("%1 is in the trash.").arg(name), tr("Undo"), [this, folder, trashed] { restore(folder, trashed); });
      });
}

void RunActions::restore(const QString &folder, const QString &trashed) {
  m_moving = m_tasks.run(
      this, [folder, trashed](StopToken) { return takeFromTrash(trashed, folder); },
      [this, folder](bool done) {
        if (done)
          m_runs.open(folder);
        else
          Toast::show(m_page, tr("The run could not be taken out of the trash. It is still there."));
      });
}

} // namespace attune::ui
