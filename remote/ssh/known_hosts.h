// Which host keys are trusted (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT): the user's files are read and never written; keys that the
// user trusted here go to a store file of ours in the same format. Hashed names, [host]:port, patterns and @revoked count;
// @cert-authority lines do not, for no certificate is ever accepted. Malformed lines are passed over. Any thread.
// A missing file is an empty one; one that cannot be read, or over 16 MiB, is an error, since a revoked key may stand in it.
#pragma once

#include "core/base/result.h"

#include <string>
#include <vector>

namespace attune::remote {

struct HostKey {
  std::string type; // "ssh-ed25519"
  std::string blob; // the key itself, as RFC 4253 writes it; not base64
};

/// The type that stands inside a key; empty for one that is not whole (length-prefixed fields up to its end, RFC 4253 6.6).
std::string keyTypeOf(const std::string &blob);

enum class KeyVerdict { Ok, Unknown, Changed, OtherType, Revoked };

struct KeyCheck {
  struct Line {
    std::string type;
    std::string fingerprint;
    std::string where; // file:line
  };
  KeyVerdict verdict = KeyVerdict::Unknown;
  std::string type;
  std::string fingerprint; // "SHA256:..." of the key that was shown
  std::vector<Line> known; // what the files hold for this host
};

class KnownHosts {
public:
  static Result<KnownHosts> read(const std::vector<std::string> &paths);

  KeyCheck check(const std::string &host, int port, const HostKey &key) const;
  /// The types on file for a host, which the server is to be asked for first.
  std::vector<std::string> typesOf(const std::string &host, int port) const;

private:
  struct Entry {
    std::vector<std::string> names; // patterns; a hashed one as it stands
    HostKey key;
    bool revoked = false;
    std::string where;
  };
  static bool applies(const Entry &entry, const std::string &host, int port);
  void addLine(const std::string &line, const std::string &where);
  std::vector<Entry> m_entries;
};

/// "host", or "[host]:port" for another port than 22.
std::string knownHostName(const std::string &host, int port);

/// Appends a line to our store (0600, made where missing) under a lock and flushes it. IoFailed; Usage for a host with characters that
/// mean something in the file.
Status trustHostKey(const std::string &storePath, const std::string &host, int port, const HostKey &key);

/// The same, and takes the host's name out of the store's other lines; those of other hosts and @revoked ones stay as they are.
Status replaceHostKey(const std::string &storePath, const std::string &host, int port, const HostKey &key);

} // namespace attune::remote
