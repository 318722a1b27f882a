#include "core/nn/kernels/parallel.h"

#include <ATen/Parallel.h>
#include <ATen/TensorIterator.h>
#include <algorithm>
#include <atomic>
#include <map>

namespace attune::core {

int64_t partCount(int64_t count, int64_t grain) {
  if (count <= 0) return 0;
  if (at::in_parallel_region()) return 1;
  const int64_t wanted = (count + grain - 1) / std::max<int64_t>(grain, 1);
  return std::max<int64_t>(1, std::min<int64_t>(at::get_num_threads(), wanted));
}

void runParts(int64_t parts, c10::function_ref<void(int64_t part)> body) {
  if (parts <= 1 || at::in_parallel_region()) {
    for (int64_t part = 0; part < parts; ++part) body(part);
    return;
  }
  // One byte a part; which byte the loop is given tells which part it is. Building the iterator takes a microsecond or
  // two, which counts in decoding, so each thread keeps its own, one a size.
  struct Marks {
    Tensor bytes;
    at::TensorIterator iterator;
  };
  thread_local std::map<int64_t, Marks> cache;
  auto found = cache.find(parts);
  if (found == cache.end()) {
    at::NoGradGuard guard;
    Tensor bytes = at::zeros({parts}, at::kByte);
    auto iterator = at::TensorIteratorConfig().check_all_same_dtype(false).resize_outputs(false).add_output(bytes).build();
    found = cache.emplace(parts, Marks{bytes, std::move(iterator)}).first;
  }
  const char *base = static_cast<const char *>(found->second.bytes.data_ptr());
  found->second.iterator.for_each(
      [&](char **data, const int64_t *strides, int64_t count) {
        for (int64_t i = 0; i < count; ++i) body((data[0] - base) + i * strides[0]);
      },
      1);
}

void parallelRanges(int64_t count, int64_t grain, c10::function_ref<void(int64_t begin, int64_t end)> body) {
  const int64_t parts = partCount(count, grain);
  runParts(parts, [&](int64_t part) { body(count * part / parts, count * (part + 1) / parts); });
}

void parallelItems(int64_t count, c10::function_ref<void(int64_t item, int64_t worker)> body) {
  std::atomic<int64_t> next{0};
  runParts(partCount(count, 1), [&](int64_t worker) {
    for (int64_t item = next++; item < count; item = next++) body(item, worker);
  });
}

} // namespace attune::core
