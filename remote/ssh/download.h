// A file of the other side to here: into NAME.part, going on where an earlier try ended, compared by its sha256 with what the other
// side says, flushed, then put in its place. So NAME is whole or what it was. On the session's thread. Fails as remote_files.h says, with
// FETCH-CHANGED when it kept changing, FETCH-HASH when the bytes differ after a second try from the beginning, LOCAL-FULL, LOCAL-FILE.
#pragma once

#include "remote/ssh/command_runner.h"
#include "remote/ssh/remote_files.h"

#include <functional>
#include <string>

namespace attune::remote {

struct Download {
  std::string from;
  std::string to;          // local; its folder is there
  std::string sha256 = {}; // as it was written there; empty = asked for after the copy
  /// After each piece; may do other work on the session.
  std::function<void(uint64_t done, uint64_t size)> progress = {};
  uint64_t size = 0; // as it was written there, beside sha256
};

Status download(RemoteFiles &files, CommandRunner &runner, const Download &job, const StopToken &stop = {});

} // namespace attune::remote
