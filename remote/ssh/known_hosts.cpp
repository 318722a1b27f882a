#include "remote/ssh/known_hosts.h"

#include "core/base/atomic_file.h"
#include "remote/ssh/encoding.h"
#include "remote/ssh/host_pattern.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sstream>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

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

Status trustHostKey(const std::string &storePath, const std::string &host, int port, const HostKey &key) {
  const char *plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:-%";
  if (host.empty() || host.find_first_not_of(plain) != std::string::npos)
    return Error{ErrorCode::Usage,
                 "This host's name cannot be kept in a file of known hosts.",
                 host.substr(0, 100),
                 "Use its plain name or address.",
                 {}};
  const int fd = ::open(storePath.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return cannotStore(storePath);
  struct Closer {
    int fd;
    ~Closer() { ::close(fd); }
  } closer{fd};
  if (::fchmod(fd, 0600) != 0 || ::flock(fd, LOCK_EX) != 0) return cannotStore(storePath);
  char last = '\n'; // a line that a crash cut short must not swallow this one
  const off_t size = ::lseek(fd, 0, SEEK_END);
  const bool torn = size > 0 && ::pread(fd, &last, 1, size - 1) == 1 && last != '\n';
  std::string line(torn ? "\n" : "");
  line.append(knownHostName(host, port)).append(" ").append(key.type).append(" ").append(toBase64(key.blob)).append("\n");
  if (::write(fd, line.data(), line.size()) != static_cast<ssize_t>(line.size()) || ::fsync(fd) != 0) return cannotStore(storePath);
  return {};
}

} // namespace attune::remote
