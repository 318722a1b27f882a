// A local file to the other side: into NAME.part, going on where an earlier try ended, its sha256 compared there, then put in its
// place. So NAME is whole or what it was. On the session's thread. Fails as files.h and command_runner.h say, with DISK-FULL before
// anything is sent, and with FETCH-HASH when the bytes differ after a second try from the beginning.
#pragma once

#include "remote/ssh/command_runner.h"
#include "remote/ssh/remote_files.h"

#include <functional>
#include <string>

namespace attune::remote {

struct Upload {
  std::string from; // local
  std::string to;   // its folder is there
  std::function<void(uint64_t done, uint64_t size)> progress = {};
  bool once = false; // one of the same size that is there already stays
};

Status upload(RemoteFiles &files, CommandRunner &runner, const Upload &job, const StopToken &stop = {});

} // namespace attune::remote
