#include "ui/widgets/file_pick.h"

#include <QFileDialog>
#include <QFileInfo>

#include <utility>

namespace attune::ui {

namespace {

/// Shown when the caller has set it up; gone when it closes.
QFileDialog *dialogOver(QWidget *parent, const QString &title, QFileDialog::FileMode mode, const QString &filter, Picked done) {
  auto *dialog = new QFileDialog(parent ? parent->window() : nullptr, title, QString(), filter);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(mode);
  QObject::connect(dialog, &QFileDialog::filesSelected, parent, [done = std::move(done)](const QStringList &paths) {
    for (const QString &path : paths) done(path);
  });
  return dialog;
}

} // namespace

void pickFolder(QWidget *parent, const QString &title, Picked done) {
  QFileDialog *dialog = dialogOver(parent, title, QFileDialog::Directory, {}, std::move(done));
  dialog->setOption(QFileDialog::ShowDirsOnly);
  dialog->open();
}

void pickFile(QWidget *parent, const QString &title, const QString &filter, Picked done) {
  dialogOver(parent, title, QFileDialog::ExistingFile, filter, std::move(done))->open();
}

void pickFiles(QWidget *parent, const QString &title, const QString &filter, Picked done) {
  dialogOver(parent, title, QFileDialog::ExistingFiles, filter, std::move(done))->open();
}

void pickSaveName(QWidget *parent, const QString &title, const QString &name, const QString &filter, Picked done) {
  QFileDialog *dialog = dialogOver(parent, title, QFileDialog::AnyFile, filter, std::move(done));
  dialog->setAcceptMode(QFileDialog::AcceptSave);
  dialog->setDefaultSuffix(QFileInfo(name).suffix());
  dialog->selectFile(name);
  dialog->open();
}

} // namespace attune::ui
