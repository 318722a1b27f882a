#include "remote/run/log_spool.h"

#include "remote/fault.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace attune::remote {
namespace {

constexpr uint64_t kLongestLine = 65536; // an unfinished line that is longer counts as whole

} // namespace

Error LogSpool::failed(const char *what) const {
  return fault("LOCAL-FULL", std::string(what) + ": " + std::strerror(errno) + ".", path(),
               "Make room on this disk; the log goes on by itself.");
}

Result<std::unique_ptr<LogSpool>> LogSpool::open(const std::string &runFolder, uint64_t most) {
  std::unique_ptr<LogSpool> spool(new LogSpool(runFolder, most));
  ATTUNE_CHECK(spool->openFile());
  return spool;
}

LogSpool::~LogSpool() {
  if (m_file >= 0) ::close(m_file);
}

Status LogSpool::openFile() {
  m_file = ::open(path().c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
  struct stat info {};
  if (m_file < 0 || ::fstat(m_file, &info) != 0 || !S_ISREG(info.st_mode)) return failed("The log cannot be opened");
  m_size = static_cast<uint64_t>(info.st_size);
  return {};
}

std::string LogSpool::stored(uint64_t from, size_t length) const {
  std::string text(length, '\0');
  const ssize_t n = ::pread(m_file, text.data(), length, static_cast<off_t>(from));
  return n == static_cast<ssize_t>(length) ? text : "";
}

uint64_t LogSpool::lineStart() const {
  const uint64_t from = m_size - std::min(m_size, kLongestLine);
  const std::string end = stored(from, static_cast<size_t>(m_size - from));
  const size_t newline = end.rfind('\n');
  return newline == std::string::npos ? (from == 0 ? 0 : m_size) : from + newline + 1;
}

Status LogSpool::append(ByteView bytes) {
  for (size_t done = 0; done < bytes.size;) {
    const ssize_t n = ::write(m_file, bytes.data + done, bytes.size - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      const Error error = failed("The log cannot be kept here");
      m_size += done; // these lie here and are true
      return error;
    }
    done += static_cast<size_t>(n);
  }
  m_size += bytes.size;
  return {};
}

Status LogSpool::rewind() {
  const uint64_t to = lineStart();
  if (::ftruncate(m_file, static_cast<off_t>(to)) != 0) return failed("The log cannot be cut");
  m_size = to;
  return {};
}

Status LogSpool::restart() {
  if (m_size == 0) return {};
  std::string kept;
  for (int number = 1; kept.empty() || ::access(kept.c_str(), F_OK) == 0; ++number)
    kept = m_folder + "/log." + std::to_string(number) + ".txt";
  if (::rename(path().c_str(), kept.c_str()) != 0) return failed("The earlier log cannot be kept");
  ::close(m_file);
  return openFile();
}

} // namespace attune::remote
