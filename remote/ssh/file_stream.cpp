#include "remote/ssh/file_stream.h"

#include "remote/ssh/file_fault.h"

namespace attune::remote {
namespace {

constexpr double kSeconds = 600; // a big file on a busy disk

// Before each of the others: $hash reads stdin. openssl is several times as fast as most sha256sum, where it is there and works.
const char *const kHash = R"sh(
export LC_ALL=C
hash=sha256sum
case "$(openssl dgst -sha256 -r </dev/null 2>/dev/null)" in
e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\ *) hash='openssl dgst -sha256 -r' ;;
esac
)sh";

const char *const kWhole = R"sh(
$hash <"$1"
)sh";

// $1 the file, $2 where to begin, $3 how many bytes, $4 whether its hash is wanted, which goes to stderr.
const char *const kDown = R"sh(
if [ -e "$1" ] && [ ! -f "$1" ]; then # to open a pipe would never end
  echo 'This is no file.' >&2
  exit 1
fi
if [ "$4" = yes ]; then
  $hash <"$1" >&2 &
fi
dd if="$1" bs=256k iflag=skip_bytes,count_bytes skip="$2" count="$3" status=none || {
  code=$?
  kill $! 2>/dev/null
  exit $code
}
wait $!
)sh";

// $1 the file, $2 how many of its bytes stay: it is cut there. What came is read again and hashed while the next piece comes; a tee
// costs several times as much. As each piece has its place, an earlier one of these that has not noticed that its line is gone does no
// harm.
const char *const kUp = R"sh(
umask 077
set -o pipefail
exec 3<&0
at=$2
if [ "$at" = 0 ]; then # in a shared folder another user may have put a link there
  rm -f -- "$1" && dd if=/dev/null of="$1" conv=excl status=none || exit
elif [ -L "$1" ] || [ ! -O "$1" ] || [ "$(stat -c %h -- "$1")" != 1 ]; then
  echo 'Permission denied: what is there is not of this user alone' >&2
  exit 1
else
  dd if=/dev/null of="$1" oflag=seek_bytes seek="$at" status=none || exit
fi
{
  dd if="$1" bs=256k iflag=count_bytes count="$at" status=none &
  while
    dd bs=256k iflag=fullblock,count_bytes count=32M of="$1" oflag=seek_bytes seek="$at" conv=notrunc status=none <&3 || exit
    size=$(stat -c %s -- "$1") && [ "$size" -gt "$at" ]
  do
    wait $!
    dd if="$1" bs=256k iflag=skip_bytes,count_bytes skip="$at" count=$((size - at)) status=none &
    at=$size
  done
  dd if=/dev/null of="$1" conv=notrunc,fsync status=none || exit
  wait $!
} | $hash
)sh";

/// The hash that the script prints at the beginning of its last line; nothing where none is wanted.
Result<std::string> hashFrom(CommandRunner &runner, const Command &command, const StopToken &stop, bool hashed = true) {
  ATTUNE_TRY(const CommandResult result, runner.run(command, stop));
  const std::string &text = command.output ? result.err : result.out;
  const std::string line = text.substr(text.size() < 2 ? 0 : text.rfind('\n', text.size() - 2) + 1);
  const std::string hash = hashed ? line.substr(0, line.find_first_not_of("0123456789abcdef")) : "";
  if (result.code == 0 && (hash.size() == 64 || !hashed)) return hash;
  return fileFault(result.err, "A file on the cluster cannot be read, written or checked", command.arguments.front());
}

Command commandFor(const char *script, std::vector<std::string> arguments) {
  Command command = plainCommand(std::string(kHash) + script, std::move(arguments));
  command.seconds = kSeconds;
  return command;
}

} // namespace

bool isStreamRefused(const Error &error) {
  return error.fault.rfind("CMD-", 0) == 0 || error.fault == "CHANNEL-REFUSED" || error.fault == "FILE-FAILED";
}

Result<std::string> streamDown(CommandRunner &runner, const std::string &path, uint64_t offset, uint64_t length, bool hashed,
                               const std::function<Status(ByteView)> &sink, const StopToken &stop) {
  Command command = commandFor(kDown, {path, std::to_string(offset), std::to_string(length), hashed ? "yes" : "no"});
  command.output = sink;
  return hashFrom(runner, command, stop, hashed);
}

Result<std::string> streamUp(CommandRunner &runner, const std::string &path, uint64_t offset,
                             const std::function<Result<size_t>(char *, size_t)> &source, const StopToken &stop) {
  Command command = commandFor(kUp, {path, std::to_string(offset)});
  command.input = source;
  return hashFrom(runner, command, stop);
}

Result<std::string> hashThere(CommandRunner &runner, const std::string &path, const StopToken &stop) {
  return hashFrom(runner, commandFor(kWhole, {path}), stop);
}

} // namespace attune::remote
