// The menu bar: every action of the window with its shortcut, and for the place that is shown those of its page
// (QWidget::actions()). The shortcut sheet is made from the same actions. GUI thread; owned by the window.
#pragma once

#include "ui/shell/place.h"
#include "ui/shell/shortcut_sheet.h"

#include <QKeySequence>
#include <QObject>

#include <functional>

class QMenu;

namespace attune::ui {

class MainWindow;

class Menus : public QObject {
  Q_OBJECT

public:
  explicit Menus(MainWindow &window);
  /// The page's actions become the menu of the place.
  void showPlace();
  /// Every action, by menu and place.
  QList<ShortcutGroup> groups() const;

private:
  QMenu *addMenu(std::function<QString()> title);
  QAction *add(QMenu *menu, const QList<QKeySequence> &keys, std::function<QString()> text, std::function<void()> act);
  void fillFile();
  void fillView();
  void fillRun();
  void fillHelp();

  MainWindow &m_window;
  QMenu *m_page = nullptr;
  QList<QMenu *> m_menus; // without the page's
};

} // namespace attune::ui
