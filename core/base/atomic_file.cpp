#include "core/base/atomic_file.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace attune {

namespace {

Error ioError(const std::string &what, const std::string &path, int reason) {
  const char *hint = "";
  switch (reason) {
  case ENOSPC: hint = "Free some disk space and try again."; break;
  case EROFS:
  case EACCES: hint = "Choose a folder that can be written to."; break;
  case ENOENT:
  case ENOTDIR: hint = "Make the folder first, or choose another path."; break;
  case EISDIR:
  case ENAMETOOLONG:
  case ELOOP: hint = "Choose another path."; break;
  default: break;
  }
  return {ErrorCode::IoFailed, what + ": " + std::strerror(reason) + ".", path, hint};
}

std::string parentOf(const std::string &path) {
  const auto parent = std::filesystem::path(path).parent_path();
  return parent.empty() ? "." : parent.string();
}

/// Where writing to `path` ends up: the last target of a chain of symbolic links, which need not exist.
Result<std::string> throughLinks(const std::string &path) {
  constexpr int kMaxLinks = 40; // as Linux has it
  std::filesystem::path at = path;
  for (int i = 0; i < kMaxLinks; ++i) {
    std::error_code noLink;
    const std::filesystem::path target = std::filesystem::read_symlink(at, noLink);
    if (noLink) return at.string();
    at = at.parent_path() / target; // an absolute target replaces the parent
  }
  return ioError("The file cannot be created", path, ELOOP);
}

/// The descriptor behind /dev/stdout or /dev/stderr, which may be a regular file; -1 for other paths.
int standardStream(const std::string &path) { return path == "/dev/stdout" ? 1 : path == "/dev/stderr" ? 2 : -1; }

/// A name beside `target` that is its own, however long the target's is.
std::string temporaryFor(const std::string &target) {
  static std::atomic<unsigned> counter{0};
  constexpr size_t kLongestName = 255;
  const std::string suffix = ".part-" + std::to_string(::getpid()) + "-" + std::to_string(counter++);
  const size_t name = target.find_last_of('/') + 1; // 0 without a folder
  size_t end = std::min(target.size(), name + kLongestName - suffix.size());
  while (end < target.size() && end > name && (static_cast<uint8_t>(target[end]) & 0xC0) == 0x80) --end; // whole characters
  return target.substr(0, end) + suffix;
}

} // namespace

bool isStream(const std::string &path) {
  if (standardStream(path) >= 0) return true;
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
}

bool isStandardOutput(const std::string &path) {
  struct stat file {};
  struct stat output {};
  return path == "/dev/stdout" || (::stat(path.c_str(), &file) == 0 && ::fstat(STDOUT_FILENO, &output) == 0 &&
                                   file.st_dev == output.st_dev && file.st_ino == output.st_ino);
}

bool sameTarget(const std::string &one, const std::string &other) {
  const auto resolved = [](const std::string &path) {
    const auto target = throughLinks(path);
    if (!target.ok()) return path;
    std::error_code ignored;
    const auto folder = std::filesystem::weakly_canonical(parentOf(*target), ignored);
    return (folder / std::filesystem::path(*target).filename()).string();
  };
  return resolved(one) == resolved(other);
}

AtomicFile::AtomicFile(std::string path, std::string temporary, int fd)
    : m_path(std::move(path)), m_temporary(std::move(temporary)), m_fd(fd) {}

AtomicFile::AtomicFile(AtomicFile &&other) noexcept
    : m_path(std::move(other.m_path)), m_temporary(std::move(other.m_temporary)), m_fd(other.m_fd) {
  other.m_fd = -1;
  other.m_temporary.clear();
}

AtomicFile::~AtomicFile() {
  if (m_fd >= 0) ::close(m_fd);
  if (!m_temporary.empty()) ::unlink(m_temporary.c_str());
}

Result<AtomicFile> AtomicFile::create(const std::string &path) {
  if (isStream(path)) { // a device or a pipe: nothing to put in place
    const int standard = standardStream(path);
    const int fd = standard < 0 ? ::open(path.c_str(), O_WRONLY | O_CLOEXEC) : ::fcntl(standard, F_DUPFD_CLOEXEC, 3);
    if (fd < 0 && errno == EINTR) return Error{ErrorCode::Interrupted, "Waiting for a reader was stopped.", path, ""};
    if (fd < 0) return ioError("The file cannot be opened for writing", path, errno);
    return AtomicFile(path, "", fd);
  }
  ATTUNE_TRY(const std::string target, throughLinks(path));
  const std::string temporary = temporaryFor(target);
  struct stat old {};
  const bool replaces = ::stat(target.c_str(), &old) == 0;
  const mode_t mode = replaces ? old.st_mode & 0777 : 0666;
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0) return ioError("The file cannot be created", path, errno);
  AtomicFile file(target, temporary, fd);
  if (replaces && ::fchmod(fd, mode) != 0 && errno != EPERM) return ioError("The file cannot be created", path, errno); // umask
  return file;
}

Status AtomicFile::write(ByteView bytes) {
  size_t done = 0;
  while (done < bytes.size) {
    const ssize_t n = ::write(m_fd, bytes.data + done, bytes.size - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return ioError("Writing failed", m_path, n < 0 ? errno : EIO);
    done += static_cast<size_t>(n);
  }
  return {};
}

Status AtomicFile::write(std::string_view text) { return write(ByteView{reinterpret_cast<const uint8_t *>(text.data()), text.size()}); }

Result<FileStamp> AtomicFile::stamp() const {
  struct stat info {};
  if (::fstat(m_fd, &info) != 0) return ioError("The file cannot be looked at", m_path, errno);
  return stampOf(info);
}

Status AtomicFile::commit() {
  if (m_temporary.empty()) {
    if (::close(std::exchange(m_fd, -1)) != 0) return ioError("Writing failed", m_path, errno);
    return {};
  }
  if (::fsync(m_fd) != 0) return ioError("Writing failed", m_path, errno);
  if (::close(std::exchange(m_fd, -1)) != 0) return ioError("Writing failed", m_path, errno);
  if (::rename(m_temporary.c_str(), m_path.c_str()) != 0) return ioError("The file cannot be put in place", m_path, errno);
  m_temporary.clear();
  return syncFolder(parentOf(m_path));
}

Status writeFileAtomic(const std::string &path, std::string_view text) {
  ATTUNE_TRY(auto file, AtomicFile::create(path));
  ATTUNE_CHECK(file.write(text));
  return file.commit();
}

Result<std::string> readFile(const std::string &path, size_t maxBytes) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); // a pipe without a writer must not hang
  if (fd < 0) {
    return Error{ErrorCode::FileNotFound, "The file cannot be opened: " + std::string(std::strerror(errno)) + ".", path,
                 "Check the path and its permissions."};
  }
  struct stat info {};
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    ::close(fd);
    return Error{ErrorCode::FileNotFound, "This is not a regular file.", path, "Give the path of a file."};
  }
  std::string text;
  char buffer[1 << 16];
  for (;;) {
    const ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      const int reason = errno;
      ::close(fd);
      return ioError("Reading failed", path, reason);
    }
    if (n == 0) break;
    if (text.size() + static_cast<size_t>(n) > maxBytes) {
      ::close(fd);
      return Error{ErrorCode::MalformedFile, "The file is larger than the " + std::to_string(maxBytes) + " bytes allowed here.", path, ""};
    }
    text.append(buffer, static_cast<size_t>(n));
  }
  ::close(fd);
  return text;
}

Status syncFolder(const std::string &folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return ioError("The folder cannot be opened", folder, errno);
  const int failed = ::fsync(fd) != 0 && errno != EINVAL ? errno : 0; // some network file systems cannot sync folders
  ::close(fd);
  if (failed) return ioError("Writing failed", folder, failed);
  return {};
}

Status makeFolders(const std::string &path) {
  std::error_code reason;
  std::filesystem::create_directories(path, reason);
  if (reason) return ioError("The folder cannot be created", path, reason.value());
  return {};
}

} // namespace attune
