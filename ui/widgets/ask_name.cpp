#include "ui/widgets/ask_name.h"

#include <QCoreApplication>
#include <QInputDialog>

namespace attune::ui {

void askName(QWidget *parent, const NameQuestion &question, std::function<void(const QString &name)> done) {
  auto *dialog = new QInputDialog(parent);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setWindowTitle(question.title);
  dialog->setLabelText(question.label);
  dialog->setTextValue(question.name);
  dialog->setOkButtonText(question.action);
  dialog->setCancelButtonText(QCoreApplication::translate("AskName", "Cancel"));
  QObject::connect(dialog, &QInputDialog::textValueSelected, parent, [done = std::move(done)](const QString &name) {
    if (!name.trimmed().isEmpty()) done(name.trimmed());
  });
  dialog->open();
}

} // namespace attune::ui
