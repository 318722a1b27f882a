#include "remote/run/file_tail.h"

#include <algorithm>

namespace attune::remote {
namespace {

constexpr uint64_t kHead = 4096, kOverlap = 256;
constexpr double kCompareGrowing = 2, kCompareIdle = 30;

} // namespace

Result<bool> FileTail::same(RemoteFiles &files, uint64_t from, uint64_t to, const StopToken &stop) {
  const std::string here = m_store.stored(from, static_cast<size_t>(to - from));
  if (here.empty()) return true;
  std::string there;
  const auto keep = [&](ByteView bytes) -> Status {
    there.append(reinterpret_cast<const char *>(bytes.data), bytes.size);
    return {};
  };
  ATTUNE_TRY(const uint64_t length, files.read(m_path, from, here.size(), keep, stop));
  static_cast<void>(length);
  return there == here;
}

/// Whether the file still begins as what lies here, and holds the same before `end`.
Result<bool> FileTail::unchanged(RemoteFiles &files, uint64_t end, const StopToken &stop) {
  ATTUNE_TRY(const bool head, same(files, 0, std::min(end, kHead), stop));
  if (!head || end <= kHead) return head;
  return same(files, end - kOverlap, end, stop);
}

Status FileTail::restart() {
  ATTUNE_CHECK(m_store.restart());
  ++m_restarts;
  return {};
}

/// After the file turned out to be another than thought: goes on from the last whole line where that is still there.
Status FileTail::resume(RemoteFiles &files, const StopToken &stop) {
  const uint64_t whole = m_store.lineStart();
  if (whole > 0 && whole < m_store.offset() && whole <= m_size) {
    ATTUNE_TRY(const bool good, unchanged(files, whole, stop));
    if (good) return m_store.rewind(); // whoever writes it cut a torn line
  }
  return restart();
}

Result<bool> FileTail::poll(RemoteFiles &files, double now, uint64_t most, const StopToken &stop) {
  ATTUNE_TRY(const auto info, files.find(m_path));
  m_missing = !info || info->kind != RemoteFile::Kind::File;
  if (m_missing) {
    m_compareAt = 0; // what comes in its place is another file
    return false;
  }
  m_size = info->size;
  const bool grew = m_size > m_store.offset();
  if (m_size == m_store.offset() && now < m_compareAt) return false;
  if (m_size < m_store.offset()) {
    ATTUNE_CHECK(resume(files, stop));
  } else if (now >= m_compareAt) {
    const uint64_t end = m_store.offset(); // what stands before it is read below, when there is more
    ATTUNE_TRY(const bool good, grew ? same(files, 0, std::min(end, kHead), stop) : unchanged(files, end, stop));
    if (!good) ATTUNE_CHECK(resume(files, stop));
  }
  m_compareAt = now + (grew ? kCompareGrowing : kCompareIdle);
  // The bytes before the new ones come along, to be known again.
  const uint64_t at = m_store.offset(), before = std::min(at, kOverlap);
  if (m_size == at || m_store.room() == 0) return false;
  const std::string known = m_store.stored(at - before, static_cast<size_t>(before));
  std::string seen;
  bool differs = false;
  const auto take = [&](ByteView bytes) -> Status {
    const size_t check = std::min(bytes.size, known.size() - seen.size());
    seen.append(reinterpret_cast<const char *>(bytes.data), check);
    differs = known.compare(0, seen.size(), seen) != 0;
    if (differs) return Error{ErrorCode::Interrupted, "", "", ""};
    return check < bytes.size ? m_store.append(bytes.sub(check, bytes.size - check)) : Status();
  };
  const auto got = files.read(m_path, at - known.size(), known.size() + std::min({most, m_size - at, m_store.room()}), take, stop);
  if (differs) {
    ATTUNE_CHECK(resume(files, stop));
    return true; // the next poll reads on
  }
  if (!got.ok()) return got.error();
  return m_store.offset() != at;
}

} // namespace attune::remote
