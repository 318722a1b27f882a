// The bytes of a file of the other side as the input or output of one command there: a stream has as many bytes under way as the line
// holds, where SFTP waits for answers, and the file is hashed meanwhile. On the session's thread. Fails as command_runner.h says, with
// what file_fault.h makes of the command's words when it could not, and with what the source or the sink says. Paths are absolute.
#pragma once

#include "core/base/bytes.h"
#include "remote/ssh/command_runner.h"

#include <cstdint>
#include <functional>
#include <string>

namespace attune::remote {

/// Whether it was the stream that failed, so that SFTP may still do it, or say better why not.
bool isStreamRefused(const Error &error);

/// Hands [offset, offset + length) to `sink` in order, as far as the file goes. The sha256 of all of it where `hashed`, else nothing.
Result<std::string> streamDown(CommandRunner &runner, const std::string &path, uint64_t offset, uint64_t length, bool hashed,
                               const std::function<Status(ByteView)> &sink, const StopToken &stop);

/// The file is its first `offset` bytes and what `source` puts into its buffer until it puts nothing, flushed; its sha256. Made with 0600.
Result<std::string> streamUp(CommandRunner &runner, const std::string &path, uint64_t offset,
                             const std::function<Result<size_t>(char *, size_t)> &source, const StopToken &stop);

/// The sha256 of a file there.
Result<std::string> hashThere(CommandRunner &runner, const std::string &path, const StopToken &stop);

} // namespace attune::remote
