// The body of a kernel file: the table of one instruction set. The file defines ATTUNE_ISA and ATTUNE_ISA_NAME first.
#pragma once

#include "core/nn/kernels/attention_loops.h"
#include "core/nn/kernels/product_loops.h"
#include "core/nn/kernels/quant_loops.h"
#include "core/nn/kernels/row_loops.h"
#include "core/nn/kernels/update_loops.h"

namespace attune::core::kernels::ATTUNE_ISA {

template <class S> constexpr TypedKernels<S> typedSet() {
  return {normForward<S>,   normBackward<S>,  rotate<S>,          gateForward<S>,  gateBackward<S>, crossEntropy<S>,
          lowRankReduce<S>, lowRankExpand<S>, lowRankGradient<S>, smallProduct<S>, dropout<S>,      toFloat<S>,
          fromFloat<S>,     decodeHead<S>,    nf4Decode<S>,       int8Decode<S>};
}

template <class S> constexpr StoredUpdateKernels<S> storedUpdates() { return {read<S>, roundByChance, sumOfSquares<S>}; }

static const KernelSet kSet{ATTUNE_ISA_NAME,
                            typedSet<float>(),
                            typedSet<Bf16>(),
                            {packedFloats, packTransposed, scratchFloats, forward, backward},
                            {nf4Encode, int8Encode},
                            {storedUpdates<float>(), storedUpdates<Bf16>(), storedUpdates<Half>(), decodeMoment, encodeMoment, adamW,
                             addSquares, sumOfScaledSquares, factored}};

} // namespace attune::core::kernels::ATTUNE_ISA
