// The files in a folder of a download, found and opened without following a link, neither at the folder nor below it: what somebody
// else put there must not lead out of it. Any thread; pure functions on the disk. `name` is a path below the folder that isSafeName().
#pragma once

#include <QFile>
#include <QString>

namespace attune::ui {

enum class StoredKind { Absent, File, Other }; // Other: a link, a folder, a device, or something below one

struct StoredFile {
  StoredKind kind = StoredKind::Absent;
  qint64 bytes = 0;
};

StoredFile storedFile(const QString &folder, const QString &name);
/// A plain file that has no other name; errno says why not.
bool openToRead(QFile &file, const QString &folder, const QString &name);
/// The same, made where it is absent, with the folders above it.
bool openToWrite(QFile &file, const QString &folder, const QString &name);
/// In place of what has the new name; durable.
bool renameStored(const QString &folder, const QString &from, const QString &to);
bool removeStored(const QString &folder, const QString &name);

} // namespace attune::ui
