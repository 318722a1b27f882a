#include "remote/run/fetch.h"

#include "core/api/run_config_json.h"
#include "core/base/atomic_file.h"
#include "core/base/ending.h"
#include "core/base/file_reader.h"
#include "core/base/json.h"
#include "core/base/shorten.h"
#include "remote/fault.h"
#include "remote/ssh/command_frame.h"
#include "remote/ssh/download.h"
#include "remote/ssh/file_hash.h"

#include <cstring>
#include <filesystem>

namespace attune::remote {

namespace fs = std::filesystem;

namespace {

constexpr uint64_t kMaxText = uint64_t(1) << 20; // of exit.json and run.json
constexpr size_t kMaxFiles = 20000;
constexpr uint64_t kMostBytes = uint64_t(1) << 48; // of one file, as a sum counts it

using Manifest = std::map<std::string, slurm::ManifestFile>; // by path below the run's folder

// $1 the run's folder there, $2 a folder in it: "size hash path" of every file, each with a zero byte at its end.
const char *const kHash = R"sh(
export LC_ALL=C
cd -- "$1" || exit 66
[ -d "$2" ] || exit 0
find "$2" -type f -print0 | while IFS= read -r -d '' f; do
  h=$(sha256sum <"$f") || exit 1
  printf '%s %s %s\0' "$(stat -c %s -- "$f")" "${h%% *}" "$f"
done
)sh";

// $1 the run's folder there: the name of its last checkpoint.
const char *const kLast = R"sh(
cd -- "$1/checkpoints" 2>/dev/null && ls -d step-* 2>/dev/null | sort -t- -k2n | tail -n 1
)sh";

Error refused(Host &host, const std::string &name) {
  return fault("FETCH-REFUSED", "The cluster names a file in a way that could do harm here: " + shortened(slurm::printable(name), 200),
               host.session().options().host, "Look at the job's folder there; copy by hand what you know.");
}

Status addHashed(Host &host, const FetchJob &job, const std::string &folder, Manifest &manifest) {
  Command command;
  command.script = kHash;
  command.arguments = {job.remoteFolder + "/run", folder};
  command.seconds = 3600;
  ATTUNE_TRY(const CommandResult result, host.runner().run(command, job.stop));
  if (result.code != 0)
    return fault("FILE-FAILED", "The files on the cluster cannot be listed: " + slurm::printable(shortLine(result.err, 300)),
                 host.session().options().host + ":" + job.remoteFolder, "Look at the job's folder there.");
  for (size_t at = 0; at < result.out.size();) {
    const size_t end = result.out.find('\0', at);
    if (end == std::string::npos) break;
    const std::string entry = result.out.substr(at, end - at);
    at = end + 1;
    const size_t hash = entry.find(' '), path = hash == std::string::npos ? hash : entry.find(' ', hash + 1);
    if (path != hash + 65 || entry.find_first_not_of("0123456789") != hash || hash > 18) return refused(host, entry);
    const std::string name = entry.substr(path + 1);
    if (!slurm::staysInside(name) || name.rfind(folder + "/", 0) != 0 || manifest.size() >= kMaxFiles) return refused(host, name);
    manifest[name] = {std::stoull(entry.substr(0, hash)), entry.substr(hash + 1, 64)};
  }
  return {};
}

/// Everything to copy, and whether it is a result.
Result<Manifest> filesOf(Host &host, const FetchJob &job) {
  Manifest manifest;
  ATTUNE_TRY(const auto exit, readExit(host, job.remoteFolder, job.token));
  if (exit)
    for (const auto &[path, file] : exit->manifest) manifest[job.resultDir + "/" + path] = file;
  else
    ATTUNE_CHECK(addHashed(host, job, job.resultDir, manifest));
  if (job.what == api::FetchWhat::Everything) {
    ATTUNE_CHECK(addHashed(host, job, "checkpoints", manifest));
  } else if (manifest.empty()) {
    Command command;
    command.script = kLast;
    command.arguments = {job.remoteFolder + "/run"};
    ATTUNE_TRY(const CommandResult result, host.runner().run(command, job.stop));
    const std::string last = result.out.substr(0, result.out.find('\n'));
    if (!last.empty() && !isPlainName(last)) return refused(host, last);
    if (!last.empty()) ATTUNE_CHECK(addHashed(host, job, "checkpoints/" + last, manifest));
  }
  return manifest;
}

Result<std::string> readText(Host &host, const std::string &path) {
  ATTUNE_TRY(RemoteFiles *const files, host.files());
  ATTUNE_TRY(const RemoteFile file, files->stat(path));
  if (file.kind != RemoteFile::Kind::File) // to open a pipe would never end
    return fault("FILE-FAILED", "This is no file.", host.session().options().host + ":" + path, "Look at the job's folder there.");
  std::string text;
  const auto keep = [&](ByteView bytes) -> Status {
    text.append(reinterpret_cast<const char *>(bytes.data), bytes.size);
    return {};
  };
  ATTUNE_TRY(const uint64_t length, files->read(path, 0, kMaxText + 1, keep));
  if (length > kMaxText) return Error{ErrorCode::MalformedFile, "The file on the cluster is larger than it can be.", path, ""};
  return text;
}

/// Whether a file lies here already as it is there.
Result<bool> isHere(Host &host, const std::string &path, const slurm::ManifestFile &file, const StopToken &stop) {
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored) || fs::file_size(path, ignored) != file.size) return false;
  const auto hash = fileHash(path, stop, [&] { host.breathe(); });
  if (!hash.ok() && hash.error().code == ErrorCode::Interrupted) return hash.error();
  return hash.ok() && *hash == file.sha256;
}

/// No link of the local folder leads elsewhere.
Status checkPlace(const std::string &folder, const std::string &path) {
  std::string at = folder;
  for (size_t begin = 0; begin < path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    at.append("/").append(path, begin, end - begin);
    std::error_code ignored;
    if (fs::is_symlink(at, ignored))
      return Error{ErrorCode::Usage, "A link stands where a file of the run is to go.", at, "Take it away, then fetch again."};
    begin = end + 1;
  }
  return {};
}

} // namespace

Result<std::optional<slurm::ExitRecord>> readExit(Host &host, const std::string &remoteFolder, const std::string &token) {
  const auto text = readText(host, remoteFolder + "/exit.json");
  const bool tooLong = !text.ok() && text.error().code == ErrorCode::MalformedFile; // as good as none: the files are hashed there
  if (tooLong || (!text.ok() && text.error().fault == "FILE-MISSING")) return std::optional<slurm::ExitRecord>();
  if (!text.ok()) return text.error();
  const auto record = slurm::parseExitRecord(*text, token);
  return record.ok() ? std::optional<slurm::ExitRecord>(*record) : std::nullopt;
}

Status checkSafetensors(const std::string &path) {
  ATTUNE_TRY(const auto file, FileReader::open(path));
  const auto malformed = [&] {
    return Error{ErrorCode::MalformedFile, "This is not a safetensors file.", path, "Look at the job's log for what went wrong there."};
  };
  unsigned char size[8];
  if (file->size() < sizeof size) return malformed();
  ATTUNE_CHECK(file->read(0, reinterpret_cast<char *>(size), sizeof size));
  uint64_t length = 0;
  for (int i = 7; i >= 0; --i) length = length << 8 | size[i];
  if (length > file->size() - sizeof size || length > (uint64_t(100) << 20)) return malformed();
  std::string header(static_cast<size_t>(length), '\0');
  ATTUNE_CHECK(file->read(sizeof size, header.data(), header.size()));
  const auto json = parseJson(header, path);
  return json.ok() && json->is_object() ? Status() : Status(malformed());
}

Status adoptRecord(const std::string &runFolder, const std::string &workersRunJson) {
  const std::string path = runFolder + "/run.json";
  ATTUNE_TRY(const std::string text, readFile(path, size_t(16) << 20));
  ATTUNE_TRY(const auto parsed, api::parseRunConfig(text, path, runFolder));
  ATTUNE_TRY(Json theirs, parseJson(workersRunJson, "run.json"));
  if (!theirs.is_object() || !theirs.contains("record") || !theirs["record"].is_object()) return {};
  ATTUNE_TRY(theirs["record"]["settings"], parseJson(api::runConfigJson(parsed.config), path));
  return writeFileAtomic(path, api::runConfigJson(parsed.config, dumpJson(theirs["record"], -1)));
}

Status fetchRun(Host &host, const FetchJob &job) {
  ATTUNE_TRY(const Manifest manifest, filesOf(host, job));
  uint64_t total = 0, before = 0;
  for (const auto &[path, file] : manifest) total += std::min(file.size, kMostBytes);
  if (manifest.empty())
    return fault("FETCH-NOTHING", "The run left no result and no checkpoint on the cluster.",
                 host.session().options().host + ":" + job.remoteFolder, "Look at its log.");
  if (total > job.most)
    return fault("FETCH-LARGE", "The result has " + std::to_string(total >> 20) + " MiB and is not copied unasked.",
                 host.session().options().host, "Fetch it when you like.");
  for (const auto &[path, file] : manifest) {
    const std::string to = job.runFolder + "/" + path;
    ATTUNE_CHECK(checkPlace(job.runFolder, path));
    ATTUNE_CHECK(makeFolders(fs::path(to).parent_path().string()));
    ATTUNE_TRY(const bool here, isHere(host, to, file, job.stop)); // copied before
    if (here) {
      before += file.size;
      continue;
    }
    Download copy{job.remoteFolder + "/run/" + path, to, file.sha256, {}, file.size};
    copy.progress = [&](uint64_t done, uint64_t) {
      if (job.progress) job.progress(before + done, total);
      host.breathe();
    };
    ATTUNE_TRY(RemoteFiles *const files, host.files());
    ATTUNE_CHECK(download(*files, host.runner(), copy, job.stop));
    std::error_code ignored;
    if (const Status good = endsWith(path, ".safetensors") ? checkSafetensors(to) : Status(); !good.ok()) {
      fs::rename(to, to + ".damaged", ignored); // as it is there, and no result
      return good;
    }
    before += file.size;
  }
  if (job.progress) job.progress(total, total);
  const auto theirs = readText(host, job.remoteFolder + "/run/run.json");
  if (theirs.ok()) return adoptRecord(job.runFolder, *theirs);
  return theirs.error().fault == "FILE-MISSING" ? Status() : Status(theirs.error());
}

} // namespace attune::remote
