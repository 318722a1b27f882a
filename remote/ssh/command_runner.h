// The seam through which the rest of remote/ runs commands on a cluster's login node. Blocks; one thread per object.
// A script is constant text of ours; values reach it as $1, $2, ... Whatever start-up files print is not in the result.
// Fails with a fault: NET-LOST, CMD-TIMEOUT, CMD-TOO-LONG (more output than asked for), CMD-BROKEN (the shell ended before the
// script did), or Interrupted after a stop. A script that ends with another code than 0 is a result, not an error.
#pragma once

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/base/stop_token.h"

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace attune::remote {

struct Command {
  std::string script;                      // POSIX shell or bash, never made of the user's values
  std::vector<std::string> arguments = {}; // without NUL and newline
  bool login = true;                       // bash -l, where modules and PATH are set up; else /bin/sh
  double seconds = 60;                     // until it counts as failed; of one with a stream, without a byte of it
  size_t maxOutput = size_t(4) << 20;      // bytes of stdout; stderr is cut at 64 KiB
  /// What the script finds on its stdin, until this puts nothing into the buffer; else its stdin is empty. Its error is the command's.
  std::function<Result<size_t>(char *buffer, size_t most)> input = {};
  /// Takes stdout as it comes, instead of CommandResult::out. Its error is the command's.
  std::function<Status(ByteView bytes)> output = {};
};

/// One for /bin/sh as it is, without the login's start-up files.
inline Command plainCommand(std::string script, std::vector<std::string> arguments = {}) {
  Command command;
  command.script = std::move(script);
  command.arguments = std::move(arguments);
  command.login = false;
  return command;
}

struct CommandResult {
  int code = 0; // 128 + n when a signal ended it
  std::string out;
  std::string err;
};

class CommandRunner {
public:
  virtual ~CommandRunner() = default;
  virtual Result<CommandResult> run(const Command &command, const StopToken &stop = {}) = 0;
};

} // namespace attune::remote
