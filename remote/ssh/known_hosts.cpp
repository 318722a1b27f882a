#include "remote/ssh/known_hosts.h"

#include "core/base/atomic_file.h"
#include "remote/ssh/encoding.h"
#include "remote/ssh/host_pattern.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <sstream>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace attune::remote {
namespace {

constexpr size_t kMaxBytes = size_t(16) << 20;
constexpr size_t kMaxLine = size_t(64) << 10;

std::vector<std::string> split(const std::string &text, char at) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, at);)
    if (!part.empty()) parts.push_back(part);
  return parts;
}

/// "|1|SALT|HASH" of exactly this name.
bool matchesHashed(const std::string &pattern, const std::string &name) {
  const auto parts = split(pattern, '|');
  if (parts.size() != 3 || parts[0] != "1") return false;
  const auto salt = fromBase64(parts[1]);
  const auto hash = fromBase64(parts[2]);
  return salt && hash && hash->size() == 20 && hmacSha1(*salt, name) == *hash;
}

Error cannotStore(const std::string &path) {
  return Error{ErrorCode::IoFailed,
               "The host key cannot be stored: " + std::string(std::strerror(errno)) + ".",
               path,
               "Check the folder and its permissions.",
               {}};
}

} // namespace

std::string keyTypeOf(const std::string &blob) {
  std::string type;
  size_t fields = 0, at = 0;
  for (; at < blob.size(); ++fields) {
    if (blob.size() - at < 4) return "";
    size_t length = 0;
    for (size_t i = 0; i < 4; ++i) length = length << 8 | static_cast<unsigned char>(blob[at + i]);
    at += 4;
    if (length > blob.size() - at) return "";
    if (fields == 0) type = blob.substr(at, length);
    at += length;
  }
  return fields < 2 ? "" : type;
}

std::string knownHostName(const std::string &host, int port) {
  if (port == 22) return lowerCase(host);
  std::string name = "[";
  return name.append(lowerCase(host)).append("]:").append(std::to_string(port));
}

Result<KnownHosts> KnownHosts::read(const std::vector<std::string> &paths) {
  KnownHosts hosts;
  for (const std::string &path : paths) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0 && (errno == ENOENT || errno == ENOTDIR)) continue;
    if (!S_ISREG(info.st_mode))
      return Error{
          ErrorCode::MalformedFile, "The file of known hosts is not an ordinary file.", path, "Put it right, or take it away.", {}};
    ATTUNE_TRY(const std::string text, readFile(path, kMaxBytes));
    int number = 0;
    for (size_t at = 0; at < text.size();) {
      const size_t end = std::min(text.find('\n', at), text.size());
      ++number;
      if (end - at <= kMaxLine) hosts.addLine(text.substr(at, end - at), path + ":" + std::to_string(number));
      at = end + 1;
    }
  }
  return hosts;
}

void KnownHosts::addLine(const std::string &line, const std::string &where) {
  std::istringstream words(line);
  std::string first, names, type, base64;
  words >> first;
  if (first.empty() || first[0] == '#') return;
  Entry entry;
  if (first[0] == '@') {
    if (first != "@revoked") return;
    entry.revoked = true;
    words >> names;
  } else {
    names = first;
  }
  words >> type >> base64;
  const auto blob = fromBase64(base64);
  if (!blob || blob->empty() || keyTypeOf(*blob) != type) return;
  entry.names = split(names, ',');
  entry.key = {type, *blob};
  entry.where = where;
  m_entries.push_back(std::move(entry));
}

bool KnownHosts::applies(const Entry &entry, const std::string &host, int port) {
  const std::string name = knownHostName(host, port);
  if (matchesHost(entry.names, name)) return true;
  return std::any_of(entry.names.begin(), entry.names.end(), [&](const auto &pattern) { return matchesHashed(pattern, name); });
}

KeyCheck KnownHosts::check(const std::string &host, int port, const HostKey &key) const {
  KeyCheck result;
  result.type = key.type;
  result.fingerprint = fingerprintOf(key.blob);
  bool sameType = false, same = false, revoked = false;
  for (const Entry &entry : m_entries) {
    if (!applies(entry, host, port)) continue;
    const bool equal = entry.key.blob == key.blob;
    if (entry.revoked) {
      revoked = revoked || equal;
      continue;
    }
    result.known.push_back({entry.key.type, fingerprintOf(entry.key.blob), entry.where});
    same = same || equal;
    sameType = sameType || entry.key.type == key.type;
  }
  result.verdict = revoked                 ? KeyVerdict::Revoked
                   : same                  ? KeyVerdict::Ok
                   : sameType              ? KeyVerdict::Changed
                   : !result.known.empty() ? KeyVerdict::OtherType
                                           : KeyVerdict::Unknown;
  return result;
}

std::vector<std::string> KnownHosts::typesOf(const std::string &host, int port) const {
  std::vector<std::string> types;
  for (const Entry &entry : m_entries)
    if (!entry.revoked && applies(entry, host, port) && std::find(types.begin(), types.end(), entry.key.type) == types.end())
      types.push_back(entry.key.type);
  return types;
}

namespace {

/// Our store under its lock. It may be put in another's place while we wait for that: then again.
class Store {
public:
  static Result<Store> open(const std::string &path) {
    for (;;) {
      Store store(path, ::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
      struct stat held {
      }, there{};
      if (store.m_fd < 0 || ::fchmod(store.m_fd, 0600) != 0 || ::flock(store.m_fd, LOCK_EX) != 0 || ::fstat(store.m_fd, &held) != 0)
        return cannotStore(path);
      if (::lstat(path.c_str(), &there) == 0 && there.st_ino == held.st_ino && there.st_dev == held.st_dev) return store;
    }
  }
  ~Store() {
    if (m_fd >= 0) ::close(m_fd);
  }
  Store(Store &&other) noexcept : m_path(std::move(other.m_path)), m_fd(std::exchange(other.m_fd, -1)) {}

  Status add(const std::string &line) const {
    char last = '\n'; // a line that a crash cut short must not swallow this one
    const off_t size = ::lseek(m_fd, 0, SEEK_END);
    const bool torn = size > 0 && ::pread(m_fd, &last, 1, size - 1) == 1 && last != '\n';
    const std::string text = (torn ? "\n" : "") + line + "\n";
    if (::write(m_fd, text.data(), text.size()) != static_cast<ssize_t>(text.size()) || ::fsync(m_fd) != 0) return cannotStore(m_path);
    return {};
  }
  /// Whole or not at all.
  Status rewrite(const std::string &text) const {
    const std::string next = m_path + ".new";
    Store made(next, ::open(next.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    const bool good = made.m_fd >= 0 && ::write(made.m_fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                      ::fsync(made.m_fd) == 0 && ::rename(next.c_str(), m_path.c_str()) == 0;
    if (!good) return cannotStore(m_path);
    return {};
  }

private:
  Store(std::string path, int fd) : m_path(std::move(path)), m_fd(fd) {}
  std::string m_path;
  int m_fd;
};

Status checkName(const std::string &host) {
  const char *plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:-%";
  if (host.empty() || host.find_first_not_of(plain) != std::string::npos)
    return Error{ErrorCode::Usage,
                 "This host's name cannot be kept in a file of known hosts.",
                 host.substr(0, 100),
                 "Use its plain name or address.",
                 {}};
  return {};
}

std::string lineOf(const std::string &name, const HostKey &key) { return name + " " + key.type + " " + toBase64(key.blob); }

/// The line without this host; nothing when it was of no other.
std::optional<std::string> without(const std::string &line, const std::string &name) {
  const size_t begin = line.find_first_not_of(" \t"), end = std::min(line.find_first_of(" \t", begin), line.size());
  if (begin == std::string::npos || line[begin] == '#' || line[begin] == '@') return line;
  std::string left;
  bool found = false;
  for (const std::string &one : split(line.substr(begin, end - begin), ',')) {
    const bool same = lowerCase(one) == name || matchesHashed(one, name);
    found = found || same;
    if (!same) left.append(left.empty() ? "" : ",").append(one);
  }
  if (!found) return line;
  if (left.empty()) return std::nullopt;
  return left + line.substr(end);
}

} // namespace

Status trustHostKey(const std::string &storePath, const std::string &host, int port, const HostKey &key) {
  ATTUNE_CHECK(checkName(host));
  ATTUNE_TRY(const Store store, Store::open(storePath));
  return store.add(lineOf(knownHostName(host, port), key));
}

Status replaceHostKey(const std::string &storePath, const std::string &host, int port, const HostKey &key) {
  ATTUNE_CHECK(checkName(host));
  ATTUNE_TRY(const Store store, Store::open(storePath));
  ATTUNE_TRY(const std::string before, readFile(storePath, kMaxBytes));
  const std::string name = knownHostName(host, port);
  std::string after;
  for (size_t at = 0; at < before.size();) {
    const size_t end = std::min(before.find('\n', at), before.size());
    if (const auto line = without(before.substr(at, end - at), name)) after += *line + "\n";
    at = end + 1;
  }
  return store.rewrite(after + lineOf(name, key) + "\n");
}

} // namespace attune::remote
