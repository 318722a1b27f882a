// The sheet of all shortcuts, made from the actions themselves: what is not in a menu is not in it. GUI thread.
#pragma once

#include <QList>
#include <QString>

class QAction;
class QWidget;

namespace attune::ui {

struct ShortcutGroup {
  QString title;
  QList<QAction *> actions;
};

/// Opens the sheet over `parent`.
void showShortcuts(QWidget *parent, const QList<ShortcutGroup> &groups);

/// A menu text without its mnemonic: "&File" and "文件(&F)" become "File" and "文件".
QString withoutMnemonic(QString text);

} // namespace attune::ui
