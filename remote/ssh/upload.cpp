#include "remote/ssh/upload.h"

#include "core/base/file_reader.h"
#include "remote/fault.h"
#include "remote/ssh/file_hash.h"

#include <algorithm>

namespace attune::remote {
namespace {

/// The script's answer in one word; an error where it did not end with 0.
Result<std::string> ask(CommandRunner &runner, const char *script, std::vector<std::string> paths, const StopToken &stop) {
  Command command;
  command.script = script;
  command.arguments = std::move(paths);
  command.login = false;
  command.seconds = 600; // a big file on a busy disk
  ATTUNE_TRY(const CommandResult result, runner.run(command, stop));
  if (result.code == 0) return result.out.substr(0, result.out.find_first_of(" \n"));
  return fault("FILE-FAILED", "A file on the cluster cannot be checked or put in its place: " + result.err.substr(0, 300),
               command.arguments.front(), "Check the folder, its permissions and your quota.");
}

} // namespace

Status upload(Sftp &sftp, CommandRunner &runner, const Upload &job, const StopToken &stop) {
  ATTUNE_TRY(const auto file, FileReader::open(job.from));
  RunningHash running(job.from);
  running.advance(file->size());
  std::string hash;
  const std::string to = sftp.absolute(job.to), part = to + ".part", folder = to.substr(0, to.rfind('/') + 1);
  for (bool anew = false;; anew = true) {
    const auto before = sftp.stat(part);
    if (!before.ok() && before.error().fault != "FILE-MISSING") return before.error();
    const bool usable = !anew && before.ok() && before->kind == RemoteFile::Kind::File && before->size <= file->size();
    uint64_t at = usable ? before->size : 0;
    const uint64_t held = before.ok() && before->kind == RemoteFile::Kind::File ? before->size : 0;
    ATTUNE_TRY(const uint64_t room, sftp.freeBytes(folder));
    if (file->size() > held && room < file->size() - held)
      return fault("DISK-FULL", "The cluster's disk or your quota is full (" + std::to_string(room) + " B free).",
                   sftp.session().options().host + ":" + folder, "Make room there, then go on.");
    const bool resumed = at > 0;
    const auto source = [&](char *buffer, size_t most) -> Result<size_t> {
      if (job.progress) job.progress(at, file->size());
      const size_t n = static_cast<size_t>(std::min<uint64_t>(most, file->size() - at));
      if (n) ATTUNE_CHECK(file->read(at, buffer, n));
      at += n;
      return n;
    };
    ATTUNE_CHECK(sftp.write(part, at, source, stop));
    ATTUNE_TRY(const std::string there, ask(runner, "sha256sum <\"$1\"", {part}, stop));
    if (hash.empty()) {
      ATTUNE_TRY(hash, running.finish(file->size(), stop, [&] {
        if (job.progress) job.progress(file->size(), file->size());
      }));
      ATTUNE_CHECK(file->unchanged());
    }
    if (there == hash) break;
    if (!resumed)
      return fault("FETCH-HASH", "The file differs from its copy on " + sftp.session().options().host + ".", part,
                   "Is somebody else writing it? Try again.");
  }
  ATTUNE_TRY(const std::string nothing, ask(runner, "mv -fT -- \"$1\" \"$2\"", {part, to}, stop));
  static_cast<void>(nothing);
  return {};
}

} // namespace attune::remote
