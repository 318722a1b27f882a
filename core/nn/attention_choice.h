// Which attention is taken, and libtorch's by itself: for those who ask or try, beside attention.h for those who use it.
#pragma once

#include "core/nn/attention.h"

namespace attune::core {

/// Whether queries [N, a, D] are mixed by our sliced attention and by no kernel of libtorch: because the spec or a limit asks for
/// it, or because a trial on the device says so.
bool picksSliced(const Tensor &q, int64_t kvHeads, const AttentionSpec &spec);

/// libtorch's fused SDPA, a call a segment or one for all; grouped heads as a broadcast (stride 0) of the keys and values. Shapes
/// as for attention(); differentiable.
Tensor fusedAttention(const Tensor &q, const Tensor &k, const Tensor &v, const AttentionSpec &spec);

} // namespace attune::core
