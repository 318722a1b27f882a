#include "ui/widgets/ask_first.h"

#include <QPushButton>

#include <utility>

namespace attune::ui {

QMessageBox *askFirst(QWidget *parent, const FirstQuestion &question, QObject *context, std::function<void()> act, QMessageBox::Icon icon) {
  auto *box = new QMessageBox(icon, question.title, question.text, QMessageBox::NoButton, parent);
  box->setTextFormat(Qt::PlainText);
  box->setAttribute(Qt::WA_DeleteOnClose);
  QPushButton *yes = box->addButton(question.yes, QMessageBox::AcceptRole);
  QPushButton *no = box->addButton(question.no, QMessageBox::RejectRole);
  QObject::connect(yes, &QPushButton::clicked, context, std::move(act));
  yes->setAutoDefault(false);
  box->setEscapeButton(no);
  box->setDefaultButton(no);
  box->open();
  return box;
}

} // namespace attune::ui
