// Causal attention over rows laid end to end: every segment attends to itself alone; grouped heads without copies.
// Three implementations, tested against each other: libtorch's kernel for packed rows on an accelerator (flash_attention), its
// fused SDPA per segment, and our own sliced one (blocks of queries, log-sum-exp kept, scores recomputed in backward).
#pragma once

#include "core/nn/rotary.h"
#include "core/nn/tensor.h"

#include <cmath>
#include <vector>

namespace attune::core {

enum class AttentionKind { Auto, Fused, Sliced };

struct AttentionSpec {
  std::vector<int64_t> segmentStarts; // [S + 1], last = N
  double scale = 0.0;                 // 0 = 1/sqrt(D)
  double softcap = 0.0;               // 0 = none; Sliced only
  int64_t window = 0;                 // 0 = none: key j visible to query i when i - j < window; Sliced only
  std::vector<float> alibiSlopes;     // one a head, empty = none; Sliced only
  AttentionKind kind = AttentionKind::Auto;
  double scaleFor(int64_t headDim) const { return scale != 0.0 ? scale : 1.0 / std::sqrt(static_cast<double>(headDim)); }
  Tensor starts; // segmentStarts as int32 beside q, made once a pass for kernels that want them there; undefined = made when needed
};

/// q [N, a, D], k and v [N, kv, D] (strided views allowed, last dimension contiguous) -> [N, a, D] contiguous. Differentiable.
Tensor attention(const Tensor &q, const Tensor &k, const Tensor &v, const AttentionSpec &spec);

/// Decode and chunked prefill: q [T, a, D] at absolute positions `start .. start + T - 1` against cached keys and
/// values [kv, Tmax, D] of which the first start + T are valid -> [T, a, D]. No gradients.
Tensor attentionWithCache(const Tensor &q, const Tensor &keys, const Tensor &values, int64_t start, const AttentionSpec &spec);

/// Rotation and attention on packed rows: qkv [N, (a + 2 kv) D] (a query heads, then kv key heads, then kv value heads) ->
/// [N, a D]. The rotated q and k are written over qkv, which must not be used afterwards; one gradient buffer comes back.
/// Tables may be undefined (no rotation). Differentiable.
Tensor packedAttention(const Tensor &qkv, int64_t heads, int64_t kvHeads, const Tensor &positions, const RotaryTables &tables,
                       bool interleaved, const AttentionSpec &spec);

} // namespace attune::core
