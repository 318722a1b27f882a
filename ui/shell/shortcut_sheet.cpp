#include "ui/shell/shortcut_sheet.h"

#include "ui/widgets/button_action.h"
#include "ui/widgets/controls.h"

#include <QCoreApplication>
#include <QDialog>
#include <QGridLayout>
#include <QLabel>
#include <QPushButton>
#include <QRegularExpression>
#include <QScrollArea>
#include <QVBoxLayout>

#include <algorithm>

namespace attune::ui {

namespace {

struct Words {
  Q_DECLARE_TR_FUNCTIONS(ShortcutSheet)
};

QString keysText(const QAction *action) {
  QStringList keys;
  for (const QKeySequence &sequence : action->shortcuts()) keys.append(sequence.toString(QKeySequence::NativeText));
  return keys.join(QStringLiteral("   "));
}

/// The groups below each other, in one of the two columns.
QVBoxLayout *makeColumn(QWidget *parent, const QList<ShortcutGroup> &groups) {
  auto *column = new QVBoxLayout;
  column->setSpacing(6);
  for (const ShortcutGroup &group : groups) {
    QLabel *title = makeLabel(TextRole::Section, parent);
    title->setText(group.title);
    column->addWidget(title);
    auto *grid = new QGridLayout;
    grid->setHorizontalSpacing(24);
    grid->setVerticalSpacing(6);
    grid->setColumnStretch(0, 1);
    for (const QAction *action : group.actions) {
      QLabel *name = makeLabel(TextRole::Body, parent);
      name->setText(withoutMnemonic(action->text()));
      QLabel *keys = makeLabel(TextRole::Muted, parent);
      keys->setText(keysText(action));
      const int row = grid->rowCount();
      grid->addWidget(name, row, 0);
      grid->addWidget(keys, row, 1, Qt::AlignRight);
    }
    column->addLayout(grid);
    column->addSpacing(12);
  }
  column->addStretch(1);
  return column;
}

} // namespace

QString withoutMnemonic(QString text) {
  text.remove(QRegularExpression(QStringLiteral("\\(&.\\)")));
  return text.remove(QLatin1Char('&'));
}

void showShortcuts(QWidget *parent, const QList<ShortcutGroup> &groups) {
  auto *dialog = new QDialog(parent);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setObjectName(QStringLiteral("shortcuts"));
  dialog->setWindowTitle(Words::tr("Keyboard shortcuts"));
  auto *layout = new QVBoxLayout(dialog);
  layout->setContentsMargins(24, 20, 24, 20);
  layout->setSpacing(12);
  auto *scroll = new QScrollArea(dialog);
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  auto *content = new QWidget(scroll);
  auto *columns = new QHBoxLayout(content);
  columns->setContentsMargins(0, 0, 12, 0);
  columns->setSpacing(40);
  QList<ShortcutGroup> left, right;
  qsizetype all = 0, placed = 0;
  QList<ShortcutGroup> shown;
  for (ShortcutGroup group : groups) {
    refreshButtonActions(group.actions); // their texts
    releaseButtonActions(group.actions);
    group.actions.removeIf([](const QAction *action) { return action->shortcuts().isEmpty(); });
    if (group.actions.isEmpty()) continue;
    all += group.actions.size() + 2;
    shown.append(group);
  }
  for (const ShortcutGroup &group : shown) {
    (placed * 2 + group.actions.size() + 2 <= all ? left : right).append(group);
    placed += group.actions.size() + 2;
  }
  columns->addLayout(makeColumn(content, left), 1);
  columns->addLayout(makeColumn(content, right), 1);
  scroll->setWidget(content);
  layout->addWidget(scroll, 1);
  QPushButton *close = makeButton(ButtonKind::Normal, dialog);
  close->setText(Words::tr("Close"));
  QObject::connect(close, &QPushButton::clicked, dialog, &QDialog::accept);
  layout->addWidget(close, 0, Qt::AlignRight);
  dialog->resize(720, std::min(content->sizeHint().height() + 110, parent->window()->height() - 40));
  dialog->open();
}

} // namespace attune::ui
