#include "remote/ssh/shell_files.h"

#include "remote/ssh/file_fault.h"
#include "remote/ssh/file_stream.h"

#include <charconv>

namespace attune::remote {
namespace {

const char *const kHome = "cd && pwd -P";
const char *const kStat = "LC_ALL=C stat -L -c '%f %s %Y' -- \"$1\"";
const char *const kStatLink = "LC_ALL=C stat -c '%f %s %Y' -- \"$1\"";
const char *const kSpace = "LC_ALL=C stat -f -c '%a %S' -- \"$1\"";
// Type, permissions, size and time of each entry, then its name, each ended by a zero byte. $2 is how many are wanted at most.
const char *const kList = R"sh(
export LC_ALL=C
find "$1/" -maxdepth 1 -mindepth 1 -printf '%y %m %s %T@ %f\0' | head -z -n "$2"
)sh";

/// Takes a number off the front.
template <typename Number> bool take(std::string_view &text, Number &number, int base = 10) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (problem != std::errc()) return false;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return true;
}

bool skip(std::string_view &text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

/// An entry of kList.
bool takeEntry(std::string_view text, RemoteList &list) {
  RemoteFile file;
  if (text.size() < 2) return false;
  const char type = text.front();
  text.remove_prefix(1);
  if (!skip(text, ' ') || !take(text, file.mode, 8) || !skip(text, ' ') || !take(text, file.size) || !skip(text, ' ')) return false;
  if (!take(text, file.changedAt)) return false;
  const size_t name = text.find(' '); // behind the fractions of the second
  if (name == std::string_view::npos) return false;
  using Kind = RemoteFile::Kind;
  file.kind = type == 'f' ? Kind::File : type == 'd' ? Kind::Folder : type == 'l' ? Kind::Link : Kind::Other;
  file.mode &= 07777;
  list.add(std::move(file), std::string(text.substr(name + 1)));
  return true;
}

} // namespace

Result<std::unique_ptr<ShellFiles>> ShellFiles::open(SshSession &session, CommandRunner &runner, const StopToken &stop) {
  std::unique_ptr<ShellFiles> files(new ShellFiles(session, runner));
  ATTUNE_TRY(const CommandResult result, runner.run(plainCommand(kHome), stop));
  files->m_home = result.out.substr(0, result.out.find('\n'));
  if (result.code == 0 && files->m_home.size() < result.out.size() && files->m_home[0] == '/') return files;
  return fault("FILE-FAILED", "Your home folder on " + session.options().host + " cannot be entered.", session.name(),
               "Ask the centre to look at it.");
}

Result<std::string> ShellFiles::ask(const char *script, const std::string &path, const std::string &word) {
  ATTUNE_CHECK(checkPath(path));
  ATTUNE_TRY(CommandResult result, m_runner.run(plainCommand(script, {absolute(path), word})));
  if (result.code == 0 && (!result.out.empty() || result.err.empty())) return std::move(result.out);
  return fileFault(result.err, "A file on the cluster cannot be looked at", where(path));
}

Error ShellFiles::notGnu(const std::string &tool, const std::string &path) const {
  return fault("FILE-FAILED", "The " + tool + " of " + m_session.options().host + " answers in another way than GNU's.", where(path),
               "Ask the centre to switch SFTP on.");
}

Result<RemoteFile> ShellFiles::stat(const std::string &path, bool ofLink) {
  ATTUNE_TRY(const std::string text, ask(ofLink ? kStatLink : kStat, path));
  std::string_view left = text;
  uint32_t mode = 0;
  uint64_t size = 0, changedAt = 0;
  if (take(left, mode, 16) && skip(left, ' ') && take(left, size) && skip(left, ' ') && take(left, changedAt))
    return remoteFile(mode, size, changedAt);
  return notGnu("stat", path);
}

Result<RemoteList> ShellFiles::entries(const std::string &folder, size_t most) {
  ATTUNE_TRY(const std::string text, ask(kList, folder, std::to_string(most + 1)));
  RemoteList list;
  size_t entries = 0;
  for (std::string_view left = text; !left.empty(); ++entries) {
    const size_t end = left.find('\0');
    if (entries == most) {
      list.complete = false;
      break;
    }
    if (end == std::string_view::npos || !takeEntry(left.substr(0, end), list)) return notGnu("find", folder);
    left.remove_prefix(end + 1);
  }
  return list;
}

Result<uint64_t> ShellFiles::freeBytes(const std::string &path) {
  ATTUNE_TRY(const std::string text, ask(kSpace, path));
  std::string_view left = text;
  uint64_t blocks = 0, size = 0;
  if (!take(left, blocks) || !skip(left, ' ') || !take(left, size)) return UINT64_MAX; // a file system that does not tell
  return size && blocks > UINT64_MAX / size ? UINT64_MAX : blocks * size;
}

Result<uint64_t> ShellFiles::read(const std::string &path, uint64_t offset, uint64_t length, const std::function<Status(ByteView)> &sink,
                                  const StopToken &stop) {
  ATTUNE_CHECK(checkPath(path));
  if (length == 0) return uint64_t(0);
  uint64_t done = 0;
  const auto count = [&](ByteView bytes) -> Status {
    done += bytes.size;
    return bytes.size ? sink(bytes) : Status();
  };
  const auto got = streamDown(m_runner, absolute(path), offset, length, false, count, stop);
  return got.ok() ? Result<uint64_t>(done) : got.error();
}

Status ShellFiles::write(const std::string &path, uint64_t offset, const std::function<Result<size_t>(char *, size_t)> &source,
                         const StopToken &stop) {
  ATTUNE_CHECK(checkPath(path));
  const auto written = streamUp(m_runner, absolute(path), offset, source, stop);
  return written.ok() ? Status() : Status(written.error());
}

} // namespace attune::remote
