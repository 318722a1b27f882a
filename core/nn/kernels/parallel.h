// Runs our loops on libtorch's own threads. at::parallel_for would need its OpenMP compiled into our files (a second
// runtime whose spinning threads fight the first); TensorIterator's loop is compiled into libtorch and calls back.
#pragma once

#include "core/nn/kernels/kernel_table.h"
#include "core/nn/tensor.h"

#include <c10/util/FunctionRef.h>

namespace attune::core {

/// How many parts `count` items of work make when a part should hold at least `grain` of them (1 inside a parallel region).
int64_t partCount(int64_t count, int64_t grain);

/// body(part) for every part in [0, parts), each on its own thread where there are enough.
void runParts(int64_t parts, c10::function_ref<void(int64_t part)> body);

/// body(begin, end) over [0, count) in equal contiguous ranges.
void parallelRanges(int64_t count, int64_t grain, c10::function_ref<void(int64_t begin, int64_t end)> body);

/// body(item, worker) over uneven items, taken one by one in order; worker < partCount(count, 1).
void parallelItems(int64_t count, c10::function_ref<void(int64_t item, int64_t worker)> body);

template <class S> struct Storage;
template <> struct Storage<float> { static constexpr at::ScalarType kType = at::kFloat; };
template <> struct Storage<kernels::Bf16> { static constexpr at::ScalarType kType = at::kBFloat16; };

/// The elements of a tensor of type S (fp32 or bf16).
template <class S> S *elements(const Tensor &t) { return t.defined() ? static_cast<S *>(t.data_ptr()) : nullptr; }

/// body(S{}) with the storage type of `type`, which must be fp32 or bf16.
template <class Body> void withStorage(at::ScalarType type, const Body &body) {
  if (type == at::kFloat) {
    body(float{});
  } else {
    body(kernels::Bf16{});
  }
}

} // namespace attune::core
