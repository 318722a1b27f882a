// Follows one growing file of the cluster by byte offset; what it read is kept by a TailStore, whose length is the
// offset, so that nothing is lost or doubled by a dropped line or a killed program. A file that was cut, rewritten or replaced
// is told by its first bytes and by those before the offset, and begins anew in the store. On the session's thread.
// Fails as remote_files.h says, and with LOCAL-FULL when the store cannot keep what came (the offset then stays).
#pragma once

#include "remote/ssh/remote_files.h"

#include <string>

namespace attune::remote {

/// The bytes of the file as it is there now, as far as they lie here.
class TailStore {
public:
  virtual ~TailStore() = default;
  virtual uint64_t offset() const = 0;
  /// [from, from + length) before offset(); empty where they are no longer at hand.
  virtual std::string stored(uint64_t from, size_t length) const = 0;
  /// Where the line begins that has no end yet; offset() without one.
  virtual uint64_t lineStart() const = 0;
  /// How many more bytes it keeps.
  virtual uint64_t room() const { return UINT64_MAX; }
  virtual Status append(ByteView bytes) = 0;
  /// Forgets the line that has no end.
  virtual Status rewind() = 0;
  /// The file began anew: what lies here is kept, offset() becomes 0.
  virtual Status restart() = 0;
};

class FileTail {
public:
  FileTail(TailStore &store, std::string path) : m_store(store), m_path(std::move(path)) {}

  /// Takes at most `most` of the bytes that are new; true when some came. `now` in steady seconds. A missing file is no error.
  Result<bool> poll(RemoteFiles &files, double now, uint64_t most, const StopToken &stop);
  /// The next poll compares what lies here with the file, as after a reconnect.
  void distrust() { m_compareAt = 0; }

  bool missing() const { return m_missing; }
  /// Whether all lies here that there was at the last look, or that the store keeps.
  bool level() const { return m_store.offset() == m_size || m_store.room() == 0; }
  int restarts() const { return m_restarts; }

private:
  Result<bool> same(RemoteFiles &files, uint64_t from, uint64_t to, const StopToken &stop);
  Result<bool> unchanged(RemoteFiles &files, uint64_t end, const StopToken &stop);
  Status resume(RemoteFiles &files, const StopToken &stop);
  Status restart();

  TailStore &m_store;
  const std::string m_path;
  double m_compareAt = 0;
  bool m_missing = true;
  uint64_t m_size = 0;
  int m_restarts = 0;
};

} // namespace attune::remote
