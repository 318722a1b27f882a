// Dequantisation of GGUF blocks to float32, bit for bit as the reference package computes it.
// Pure functions, any thread; the caller guarantees whole blocks and enough room.
#pragma once

#include "core/io/weight_source.h"

#include <cstdint>
#include <optional>

namespace attune::io {

/// The readable type behind a ggml type number; nothing for types without a decoder here.
std::optional<DType> dtypeOfGgml(uint32_t ggmlType);

/// Decodes `elements` (a whole number of blocks) from `data` into `out`. The type must come from dtypeOfGgml().
void dequantize(DType type, const uint8_t *data, uint64_t elements, float *out);

} // namespace attune::io
