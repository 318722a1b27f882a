#include "ui/net/download_folder.h"

#include <QStringList>

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace attune::ui {

namespace {

/// The folder that holds a file, and the file's name in it.
class Place {
public:
  Place(const QString &folder, const QString &name, bool make) {
    QStringList parts = name.split(QLatin1Char('/'));
    leaf = QFile::encodeName(parts.takeLast());
    m_parent = ::open(QFile::encodeName(folder).constData(), kFolder);
    for (const QString &part : parts) {
      if (m_parent < 0) return;
      const QByteArray step = QFile::encodeName(part);
      if (make) ::mkdirat(m_parent, step.constData(), 0777);
      const int next = ::openat(m_parent, step.constData(), kFolder);
      const int reason = errno;
      ::close(m_parent);
      m_parent = next;
      errno = reason;
    }
  }
  ~Place() {
    if (m_parent >= 0) ::close(m_parent);
  }
  Place(const Place &) = delete;
  Place &operator=(const Place &) = delete;

  int parent() const { return m_parent; }
  QByteArray leaf;

private:
  static constexpr int kFolder = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  int m_parent = -1;
};

bool open(QFile &file, const QString &folder, const QString &name, bool write) {
  const Place place(folder, name, write);
  if (place.parent() < 0) return false;
  // A pipe must not hold the thread up before it can be seen to be one.
  const int flags = (write ? O_RDWR | O_CREAT : O_RDONLY) | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  const int descriptor = ::openat(place.parent(), place.leaf.constData(), flags, 0666);
  if (descriptor < 0) return false;
  struct stat info = {};
  if (::fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode) || info.st_nlink != 1) {
    ::close(descriptor);
    errno = ELOOP;
    return false;
  }
  return file.open(descriptor, write ? QIODevice::ReadWrite : QIODevice::ReadOnly, QFileDevice::AutoCloseHandle);
}

} // namespace

StoredFile storedFile(const QString &folder, const QString &name) {
  const Place place(folder, name, false);
  struct stat info = {};
  if (place.parent() < 0 || ::fstatat(place.parent(), place.leaf.constData(), &info, AT_SYMLINK_NOFOLLOW) != 0)
    return {errno == ELOOP || errno == ENOTDIR ? StoredKind::Other : StoredKind::Absent, 0};
  if (!S_ISREG(info.st_mode)) return {StoredKind::Other, 0};
  return {StoredKind::File, info.st_size};
}

bool openToRead(QFile &file, const QString &folder, const QString &name) { return open(file, folder, name, false); }

bool openToWrite(QFile &file, const QString &folder, const QString &name) { return open(file, folder, name, true); }

bool renameStored(const QString &folder, const QString &from, const QString &to) {
  const Place before(folder, from, false), after(folder, to, false);
  return before.parent() >= 0 && after.parent() >= 0 &&
         ::renameat(before.parent(), before.leaf.constData(), after.parent(), after.leaf.constData()) == 0 && ::fsync(after.parent()) == 0;
}

bool removeStored(const QString &folder, const QString &name) {
  const Place place(folder, name, false);
  return place.parent() >= 0 && ::unlinkat(place.parent(), place.leaf.constData(), 0) == 0;
}

} // namespace attune::ui
