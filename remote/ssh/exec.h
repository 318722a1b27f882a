// One command on a session's own channel: input to its stdin, stdout and stderr apart and bounded, its exit status. On the
// session's thread; blocks. Fails with NET-LOST (also when the other side fell silent and does not answer a probe), CMD-TIMEOUT,
// CMD-TOO-LONG, CMD-REFUSED, CMD-BROKEN (no exit status), CHANNEL-REFUSED; Interrupted after a stop.
#pragma once

#include "core/base/bytes.h"
#include "remote/ssh/session.h"

#include <functional>
#include <string>
#include <string_view>

namespace attune::remote {

struct ExecResult {
  int code = -1;      // 128 + n when a signal ended it
  std::string signal; // its name then, "TERM"
  std::string out, err;
};

struct ExecRequest {
  std::string command;
  std::string_view input = {};
  double seconds = 60; // with a source or a sink: without a byte of theirs
  size_t maxOut = size_t(4) << 20;
  size_t maxErr = size_t(64) << 10; // what is more is cut off
  /// After `input`: more for stdin, until it puts nothing into the buffer. Its error ends the command.
  std::function<Result<size_t>(char *buffer, size_t most)> source = {};
  /// Takes stdout as it comes, instead of ExecResult::out. Its error ends the command.
  std::function<Status(ByteView bytes)> sink = {};
  /// Whether all has come, though the outputs stay open behind an exit status: by what the command left running.
  std::function<bool(const ExecResult &soFar)> whole = {};
  /// Called while the command is awaited, for other work on the session (SFTP, no command); true when it did some.
  std::function<bool()> meanwhile = {};
};

Result<ExecResult> execute(SshSession &session, const ExecRequest &request, const StopToken &stop = {});

/// Whether the other side still answers: a command that does nothing, within the session's probeSeconds; NET-LOST else.
Status probe(SshSession &session, const StopToken &stop = {});

} // namespace attune::remote
