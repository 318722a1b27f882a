// XXH64 (Collet, xxHash specification r42): a fast 64-bit hash that tells whether bytes changed. Not for security.
// Pure function, any thread.
#pragma once

#include "core/base/bytes.h"

namespace attune {

uint64_t fastHash(ByteView bytes, uint64_t seed = 0);

} // namespace attune
