// File dialogs that do not stop the event loop: the answer comes later, and only when something was chosen. GUI thread.
#pragma once

#include <QStringList>
#include <functional>

class QWidget;

namespace attune::ui {

using Picked = std::function<void(const QString &path)>;

void pickFolder(QWidget *parent, const QString &title, Picked done);
/// `filter` as in QFileDialog, such as "GGUF models (*.gguf)".
void pickFile(QWidget *parent, const QString &title, const QString &filter, Picked done);
/// One call of `done` a file.
void pickFiles(QWidget *parent, const QString &title, const QString &filter, Picked done);
/// A name to save under, starting from `name`; the dialog asks before a file is replaced.
void pickSaveName(QWidget *parent, const QString &title, const QString &name, const QString &filter, Picked done);

} // namespace attune::ui
