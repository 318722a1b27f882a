// What a connection has to ask a person. Called on the connection's own thread, which waits for the answer; every question
// ends at once with "no" when `stop` is set. Texts from the server come without control characters. Secrets: the answers
// belong to the connection, which overwrites them after use; implementations keep no copy that the user did not ask for.
#pragma once

#include "core/base/stop_token.h"

#include <optional>
#include <string>
#include <vector>

namespace attune::api {

struct HostKeyPrompt { // the first connection to a host: compare the fingerprint with the centre's page
  std::string cluster; // the profile's name
  std::string host;
  int port = 22;
  std::string type;        // "ssh-ed25519"
  std::string fingerprint; // "SHA256:..."
};
enum class HostKeyAnswer { Refuse, Once, Trust };

struct KeyChangePrompt { // a host shows another key than the one on file, and its replacement was asked for
  struct OnFile {
    std::string type, fingerprint;
    std::string where; // file:line
    bool ours = false; // in the file that Attune keeps; no other one is ever written
  };
  HostKeyPrompt shown;
  std::vector<OnFile> known;
  std::string remedy; // what one types where a key is not ours: "ssh-keygen -f ... -R ..."
};

struct LoginPrompt { // one round; all its lines are answered together
  enum class Kind { Passphrase, Password, Interactive };
  struct Line {
    std::string text;
    bool echo = false;
  };
  Kind kind = Kind::Interactive;
  std::string cluster, host, user;
  std::string title, instruction;
  std::vector<Line> lines; // may be none: then there is only something to read
  int attempt = 1;         // of a passphrase
};

class ClusterPrompts {
public:
  virtual ~ClusterPrompts() = default;
  virtual HostKeyAnswer askHostKey(const HostKeyPrompt &prompt, const StopToken &stop) = 0;
  /// Asked only after Cluster::replaceKey(), and never for a revoked key. Whether the new key takes the old one's place.
  virtual bool askKeyChange(const KeyChangePrompt &, const StopToken &) { return false; }
  /// As many answers as lines; nothing when the user gave up. They are overwritten by the caller.
  virtual std::optional<std::vector<std::string>> askLogin(const LoginPrompt &prompt, const StopToken &stop) = 0;
};

} // namespace attune::api
