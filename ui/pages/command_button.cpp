#include "ui/pages/command_button.h"

#include "ui/widgets/icon.h"
#include "ui/widgets/retranslate.h"
#include "ui/widgets/toast.h"
#include "ui/widgets/visible_text.h"

#include <QClipboard>
#include <QGuiApplication>

namespace attune::ui {

CommandButton::CommandButton(QWidget *parent, bool compact) : QPushButton(parent) {
  setProperty("kind", QStringLiteral("small"));
  setFocusPolicy(Qt::StrongFocus);
  setIcon(ui::icon(QStringLiteral("copy")));
  setIconSize(QSize(16, 16));
  setEnabled(false);
  connect(this, &QPushButton::clicked, this, [this] {
    QGuiApplication::clipboard()->setText(m_command);
    Toast::show(this, tr("The command is in the clipboard."));
  });
  onLanguage(this, [this, compact] {
    if (!compact) setText(tr("Copy command"));
    setAccessibleName(tr("Copy the terminal command"));
  });
}

void CommandButton::setCommand(const QString &command) {
  m_command = command;
  setEnabled(!command.isEmpty());
  setToolTip(command.isEmpty() ? QString() : toolTipText(tr("Copy the terminal command") + QLatin1Char('\n') + command));
}

} // namespace attune::ui
