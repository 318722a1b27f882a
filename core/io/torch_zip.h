// The zip archive that torch.save writes: stored entries only, zip64 too, found through the central directory.
// Pure function, any thread. MalformedFile for anything that contradicts itself, overlaps or is compressed.
#pragma once

#include "core/base/bytes.h"
#include "core/base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace attune::io {

struct ZipRecord {
  std::string_view name; // lies in the archive's own bytes
  uint64_t offset = 0;   // of the data, from the start of the archive
  uint64_t bytes = 0;
};

/// All files of the archive, sorted by name. `where` names it in errors.
Result<std::vector<ZipRecord>> readStoredZip(ByteView archive, const std::string &where);

} // namespace attune::io
