// A whole file of torch.save: the archive, then every row of every tensor.
#include "core/io/torch_file.h"
#include "core/io/torch_zip.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

using namespace attune::io;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const auto records = readStoredZip({data, size}, "fuzz.bin");
  if (!records.ok()) return 0;
  uint64_t total = 0;
  for (const ZipRecord &record : *records) {
    if (record.offset > size || record.bytes > size - record.offset) __builtin_trap();
    total += record.bytes;
  }
  if (total > size) __builtin_trap(); // entries overlap
  const auto tensors = parseTorchFile({data, size}, "fuzz.bin");
  if (!tensors.ok()) return 0;
  for (const StoredTensor &tensor : *tensors) {
    uint64_t elements = 1;
    for (const int64_t one : tensor.shape) elements *= static_cast<uint64_t>(one);
    if (elements == 0 || elements > 1 << 20) continue;
    std::vector<float> values(elements);
    (void)tensor.readRows(0, tensor.shape.empty() ? 1 : tensor.shape[0], values.data());
  }
  return 0;
}
