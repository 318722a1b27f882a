#include "ui/shell/menus.h"

#include "ui/pages/runs_page.h"
#include "ui/pages/start_page.h"
#include "ui/shell/main_window.h"
#include "ui/widgets/button_action.h"
#include "ui/widgets/file_pick.h"
#include "ui/widgets/progress_strip.h"
#include "ui/widgets/retranslate.h"

#include <QMenuBar>
#include <QPushButton>

namespace attune::ui {

namespace {

QKeySequence ctrl(Qt::Key key) { return QKeySequence(Qt::CTRL | key); }
QKeySequence ctrlShift(Qt::Key key) { return QKeySequence(Qt::CTRL | Qt::SHIFT | key); }

} // namespace

Menus::Menus(MainWindow &window) : QObject(&window), m_window(window) {
  fillFile();
  fillView();
  m_page = addMenu([] { return tr("&Page"); });
  m_menus.removeLast();
  connect(m_page, &QMenu::aboutToShow, this, [this] { refreshButtonActions(m_page->actions()); });
  connect(m_page, &QMenu::aboutToHide, this, [this] { releaseButtonActions(m_page->actions()); });
  fillRun();
  fillHelp();
}

QMenu *Menus::addMenu(std::function<QString()> title) {
  auto *menu = new QMenu(&m_window);
  m_window.menuBar()->addMenu(menu);
  m_menus.append(menu);
  onLanguage(menu, [menu, title = std::move(title)] { menu->setTitle(title()); });
  return menu;
}

QAction *Menus::add(QMenu *menu, const QList<QKeySequence> &keys, std::function<QString()> text, std::function<void()> act) {
  auto *action = new QAction(menu);
  action->setShortcuts(keys);
  menu->addAction(action);
  connect(action, &QAction::triggered, &m_window, std::move(act));
  onLanguage(menu, [action, text = std::move(text)] { action->setText(text()); });
  return action;
}

void Menus::fillFile() {
  QMenu *file = addMenu([] { return tr("&File"); });
  QAction *sample = add(
      file, {ctrlShift(Qt::Key_T)}, [] { return tr("Start the sample run"); }, [this] { m_window.tryIt(); });
  sample->setEnabled(m_window.canTry());
  file->addSeparator();
  QAction *data = add(
      file, {QKeySequence::Open}, [] { return tr("Open data…"); }, [this] { m_window.requestData(); });
  if (m_window.canTry()) nameKeys(m_window.startPage()->tryButton(), [sample] { return sample->shortcut(); });
  nameKeys(m_window.startPage()->dataButton(), [data] { return data->shortcut(); });
  add(
      file, {ctrlShift(Qt::Key_M)}, [] { return tr("Open a model folder…"); },
      [this] { pickFolder(&m_window, tr("A Hugging Face model folder"), [this](const QString &path) { m_window.openDropped({path}); }); });
  add(
      file, {ctrlShift(Qt::Key_O)}, [] { return tr("Open a run folder…"); },
      [this] { pickFolder(&m_window, tr("A run folder"), [this](const QString &path) { m_window.openDropped({path}); }); });
  add(
      file, {ctrlShift(Qt::Key_W)}, [] { return tr("Open the workspace folder"); }, [this] { m_window.showWorkspace(); });
  file->addSeparator();
  add(
      file, {ctrl(Qt::Key_Comma)}, [] { return tr("Settings…"); }, [this] { m_window.openSettings(); });
  add(
      file, {ctrl(Qt::Key_Q)}, [] { return tr("Quit"); }, [this] { m_window.close(); });
}

void Menus::fillView() {
  QMenu *view = addMenu([] { return tr("&View"); });
  for (const Place place : kPlaces)
    if (m_window.page(place))
      add(
          view, {ctrl(static_cast<Qt::Key>(Qt::Key_1 + static_cast<int>(place)))}, [place] { return placeName(place); },
          [this, place] { m_window.goTo(place); });
  view->addSeparator();
  add(
      view, {ctrlShift(Qt::Key_L)}, [] { return tr("Switch between light and dark"); }, [this] { m_window.switchTheme(); });
  add(
      view, {QKeySequence(Qt::Key_F11)}, [] { return tr("Full screen"); },
      [this] { m_window.setWindowState(m_window.windowState() ^ Qt::WindowFullScreen); });
}

void Menus::fillRun() {
  QMenu *run = addMenu([] { return tr("&Run"); });
  RunCenter &runs = m_window.runs();
  const auto steered = [this] { return m_window.runsPage()->steered(); };
  QAction *pause = add(
      run, {ctrlShift(Qt::Key_P)}, [] { return tr("Pause"); }, [&runs, steered] { runs.requestPause(steered()); });
  QAction *goOn = add(
      run, {ctrlShift(Qt::Key_G)}, [] { return tr("Go on"); }, [&runs, steered] { runs.requestUnpause(steered()); });
  QAction *checkpoint = add(
      run, {ctrlShift(Qt::Key_K)}, [] { return tr("Checkpoint now"); }, [&runs, steered] { runs.requestCheckpoint(steered()); });
  QAction *stop = add(
      run, {ctrl(Qt::Key_Period)}, [] { return tr("Stop"); }, [&runs, steered] { runs.requestStop(steered()); });
  ProgressStrip *strip = m_window.runsPage()->strip();
  nameKeys(strip->pauseButton(), [=] { return (strip->isPaused() ? goOn : pause)->shortcut(); });
  nameKeys(strip->checkpointButton(), [checkpoint] { return checkpoint->shortcut(); });
  nameKeys(strip->stopButton(), [stop] { return stop->shortcut(); });
  connect(run, &QMenu::aboutToShow, run, [=, &runs] {
    for (QAction *action : run->actions()) action->setEnabled(!steered().isEmpty());
    for (QAction *action : {pause, goOn}) action->setEnabled(!steered().isEmpty() && !runs.isRemote(steered()));
  });
  connect(run, &QMenu::aboutToHide, run, [run] { // so that the shortcuts count between two menus
    for (QAction *action : run->actions()) action->setEnabled(true);
  });
}

void Menus::fillHelp() {
  QMenu *help = addMenu([] { return tr("&Help"); });
  add(
      help, {QKeySequence(Qt::Key_F1), ctrl(Qt::Key_Slash)}, [] { return tr("Keyboard shortcuts"); },
      [this] { showShortcuts(&m_window, groups()); });
  add(
      help, {ctrlShift(Qt::Key_D)}, [] { return tr("Save diagnostics…"); }, [this] { m_window.openDiagnostics(); });
  add(
      help, {QKeySequence(Qt::SHIFT | Qt::Key_F1)}, [] { return tr("About Attune"); }, [this] { m_window.openAbout(); });
}

void Menus::showPlace() {
  for (QAction *action : m_page->actions()) m_page->removeAction(action); // they stay their page's
  const QList<QAction *> actions = m_window.page(m_window.place())->actions();
  m_page->addActions(actions);
  m_page->menuAction()->setVisible(!actions.isEmpty());
}

QList<ShortcutGroup> Menus::groups() const {
  QList<ShortcutGroup> groups;
  for (const QMenu *menu : m_menus) groups.append({withoutMnemonic(menu->title()), menu->actions()});
  for (const Place place : kPlaces)
    if (m_window.page(place)) groups.append({tr("%1 page").arg(placeName(place)), m_window.page(place)->actions()});
  return groups;
}

} // namespace attune::ui
