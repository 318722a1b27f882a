#include "ui/models/trash.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QStandardPaths>

namespace attune::ui {

QString moveToTrash(const QString &path) {
  // Without this folder Qt 6.4 takes the current one for the trash.
  QDir().mkpath(QStandardPaths::writableLocation(QStandardPaths::GenericDataLocation));
  QString trashed;
  return QFile::moveToTrash(path, &trashed) ? trashed : QString();
}

bool takeFromTrash(const QString &trashed, const QString &path) {
  if (!QDir().rename(trashed, path)) return false;
  const QFileInfo info(trashed);
  QFile::remove(info.path() + QStringLiteral("/../info/") + info.fileName() + QStringLiteral(".trashinfo"));
  return true;
}

} // namespace attune::ui
