// libtorch's own kernel for rows laid end to end (what its SDPA runs for equal rows), as one call for all segments: windows and
// grouped heads without copies, ALiBi as further columns of queries and keys. Called through the dispatcher by argument names,
// which libtorch 2.1 to the newest share. Whether it serves a device, type and head size is found by a trial. Job thread.
#pragma once

#include "core/nn/attention.h"

#include <array>

namespace attune::core {

/// What forward leaves for backward beside q, k and v.
struct FlashResult {
  Tensor out; // [N, a, D]
  Tensor lse; // in a layout of the kernel's own
  Tensor seed, offset;
};

/// Whether flashForward() takes this: fp16 and bf16 on an accelerator where a small trial gave the right numbers.
bool flashServes(const Tensor &q, int64_t kvHeads, const AttentionSpec &spec);

/// q [N, a, D], k and v [N, kv, D]; strided views, last dimension contiguous.
FlashResult flashForward(const Tensor &q, const Tensor &k, const Tensor &v, const AttentionSpec &spec);

/// The gradients of q, k and v.
std::array<Tensor, 3> flashBackward(const Tensor &grad, const Tensor &q, const Tensor &k, const Tensor &v, const FlashResult &forward,
                                    const AttentionSpec &spec);

} // namespace attune::core
