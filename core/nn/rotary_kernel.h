// The rotation itself, without gradients; shared by applyRotary and by attention on packed q|k|v.
#pragma once

#include "core/nn/rotary.h"

namespace attune::core {

/// x [N, heads, D] rotated by the angles at positions [N] (by the negative angles when `inverse`), contiguous.
Tensor rotate(const Tensor &x, const Tensor &positions, const RotaryTables &tables, bool interleaved, bool inverse);

/// The same into `out`, a view of that shape.
void rotateInto(Tensor out, const Tensor &x, const Tensor &positions, const RotaryTables &tables, bool interleaved, bool inverse);

/// The same, written over x.
void rotateInPlace(Tensor x, const Tensor &positions, const RotaryTables &tables, bool interleaved, bool inverse);

} // namespace attune::core
