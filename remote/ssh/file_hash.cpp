#include "remote/ssh/file_hash.h"

#include "core/base/file_reader.h"
#include "core/base/sha256.h"
#include "remote/ssh/tcp.h"

#include <algorithm>
#include <vector>

namespace attune::remote {

Result<std::string> fileHash(const std::string &path, const StopToken &stop, const std::function<void()> &beat) {
  ATTUNE_TRY(const auto file, FileReader::open(path));
  Sha256 hash;
  std::vector<char> buffer(size_t(1) << 20);
  for (uint64_t at = 0; at < file->size();) {
    if (stop.stopRequested()) return interrupted();
    const size_t n = static_cast<size_t>(std::min<uint64_t>(buffer.size(), file->size() - at));
    ATTUNE_CHECK(file->read(at, buffer.data(), n));
    hash.update(std::string_view(buffer.data(), n));
    at += n;
    if (beat) beat();
  }
  return hash.hex();
}

} // namespace attune::remote
