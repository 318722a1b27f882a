// What a connection may have to ask the user, on the connection's own thread; each call blocks until there is an answer.
// Texts from the server are shown as they came, without control characters and at most 4 KiB each.
#pragma once

#include "remote/ssh/known_hosts.h"
#include "remote/ssh/secret.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace attune::remote {

struct HostKeyQuestion {
  std::string host;
  int port = 22;
  KeyCheck check;
};

enum class KeyAnswer { Refuse, Once, Store };

struct PromptRound {
  enum class Kind { Passphrase, Password, Interactive };
  struct Prompt {
    std::string text;
    bool echo = false;
  };
  Kind kind = Kind::Interactive;
  std::string host, user;
  std::string title, instruction;
  std::vector<Prompt> prompts; // may be none: then there is only something to read
  int attempt = 1;             // of a passphrase
};

struct Questions {
  /// Asked for a host whose key is unknown; without it such a host is refused.
  std::function<KeyAnswer(const HostKeyQuestion &)> trustKey;
  /// Asked for a host that shows another key than the one on file, but for a revoked one; without it such a host is refused.
  std::function<bool(const HostKeyQuestion &)> replaceKey;
  /// As many answers as there are prompts; nothing when the user gave up. Without it nothing can be asked.
  std::function<std::optional<std::vector<Secret>>(const PromptRound &)> answer;
};

} // namespace attune::remote
