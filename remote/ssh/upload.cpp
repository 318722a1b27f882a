#include "remote/ssh/upload.h"

#include "core/base/file_reader.h"
#include "remote/ssh/file_fault.h"
#include "remote/ssh/file_hash.h"
#include "remote/ssh/file_stream.h"

#include <algorithm>

namespace attune::remote {
namespace {

// $1 where it is, $2 NAME: of a link the file that it names, and a file that is there keeps its mode.
const char *const kPutInPlace = R"sh(
export LC_ALL=C
to=$2
if [ -L "$to" ]; then to=$(readlink -f -- "$to") || exit; fi
if [ -f "$to" ]; then chmod --reference="$to" -- "$1" || exit; fi
mv -fT -- "$1" "$to"
)sh";

Status putInPlace(CommandRunner &runner, const std::string &part, const std::string &to, const StopToken &stop) {
  ATTUNE_TRY(const CommandResult result, runner.run(plainCommand(kPutInPlace, {part, to}), stop));
  if (result.code == 0) return {};
  return fileFault(result.err, "A file on the cluster cannot be put in its place", part);
}

/// How many bytes of NAME.part are there.
Result<uint64_t> sizeThere(RemoteFiles &files, const std::string &part) {
  const auto file = files.stat(part, true);
  if (!file.ok() && file.error().fault == "FILE-MISSING") return uint64_t(0);
  if (!file.ok()) return file.error();
  if (file->kind == RemoteFile::Kind::File) return file->size;
  if (file->kind == RemoteFile::Kind::Link) return uint64_t(0); // begun anew, in its place
  return fault("FILE-FAILED", "Something that is no file stands where the upload goes first.", files.session().options().host + ":" + part,
               "Take it away there, then try again.");
}

} // namespace

Status upload(RemoteFiles &files, CommandRunner &runner, const Upload &job, const StopToken &stop) {
  ATTUNE_TRY(const auto file, FileReader::open(job.from));
  RunningHash running(job.from);
  running.advance(file->size());
  std::string hash;
  const std::string to = files.absolute(job.to), part = partOf(to), folder = to.substr(0, to.rfind('/') + 1);
  ATTUNE_TRY(const auto old, files.find(to));
  if (old && old->kind != RemoteFile::Kind::File)
    return fault("FILE-FAILED",
                 old->kind == RemoteFile::Kind::Folder ? "A folder stands where the file is to go."
                                                       : "Something that is no file stands there.",
                 files.session().options().host + ":" + to, "Give the file another name there.");
  if (job.once && old && old->size == file->size()) return {};
  for (bool anew = false;; anew = true) {
    ATTUNE_TRY(const uint64_t held, sizeThere(files, part));
    uint64_t at = anew || held > file->size() ? 0 : held;
    ATTUNE_TRY(const uint64_t room, files.freeBytes(folder));
    if (file->size() > held && room < file->size() - held)
      return fault("DISK-FULL", "The file does not fit on the cluster's disk or into your quota (" + std::to_string(room) + " B free).",
                   files.session().options().host + ":" + folder, "Make room there, then go on.");
    const bool resumed = at > 0;
    const auto source = [&](char *buffer, size_t most) -> Result<size_t> {
      if (job.progress) job.progress(at, file->size());
      const size_t n = static_cast<size_t>(std::min<uint64_t>(most, file->size() - at));
      if (n) ATTUNE_CHECK(file->read(at, buffer, n));
      at += n;
      return n;
    };
    auto there = streamUp(runner, part, at, source, stop);
    if (!there.ok() && resumed && there.error().fault == "FILE-DENIED") continue; // another user's
    if (!there.ok() && isStreamRefused(there.error())) {
      ATTUNE_TRY(const uint64_t arrived, sizeThere(files, part));
      at = std::min(at, arrived);
      ATTUNE_CHECK(files.write(part, at, source, stop));
      there = hashThere(runner, part, stop);
    }
    if (!there.ok()) return there.error();
    if (hash.empty()) {
      ATTUNE_TRY(hash, running.finish(file->size(), stop, [&] {
        if (job.progress) job.progress(file->size(), file->size());
      }));
      ATTUNE_CHECK(file->unchanged());
    }
    if (*there == hash) break;
    if (!resumed)
      return fault("FETCH-HASH", "The file differs from its copy on " + files.session().options().host + ".", part,
                   "Is somebody else writing it? Try again.");
  }
  return putInPlace(runner, part, to, stop);
}

} // namespace attune::remote
