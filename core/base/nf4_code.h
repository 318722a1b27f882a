// The numbers of NF4 (Dettmers et al. 2023) and of the 8-bit map for its scales, as bitsandbytes has them. Constants; any thread.
#pragma once

#include <cstdint>

namespace attune {

constexpr int64_t kNf4Block = 64;    // weights that share a scale
constexpr int64_t kNf4Nested = 256;  // scales that share a scale of their own
constexpr float kNf4Least = 1e-38F;  // of a scale, where its reciprocal is taken
constexpr int64_t kNf4MapSize = 256; // entries of the scales' map

constexpr float kNf4Code[16] = {
    -0x1p+0F,       -0x1.647362p-1F, -0x1.0cd660p-1F, -0x1.946540p-2F, -0x1.23449ap-2F, -0x1.7a6a7ep-3F, -0x1.74f0e2p-4F, 0.0F,
    0x1.45f5fep-4F, 0x1.4995c6p-3F,  0x1.f809bap-3F,  0x1.5a0674p-2F,  0x1.c34970p-2F,  0x1.200f56p-1F,  0x1.722766p-1F,  0x1p+0F};

/// The 256 values of the scales' signed dynamic map (Dettmers et al. 2022), ascending.
const float *nf4ScaleMap();

} // namespace attune
