#include "core/io/stored_tensor.h"

#include "core/base/ending.h"
#include "core/io/safetensors.h"
#include "core/io/torch_file.h"

#include <algorithm>
#include <cstring>

namespace attune::io {

namespace {

/// Calls read(offset of a run, its elements, their step) for each innermost run of one row, in order.
template <typename Read> bool forEachRun(const StoredTensor &tensor, int64_t row, Read read) {
  const size_t dims = tensor.shape.size();
  std::vector<int64_t> index(dims, 0);
  int64_t offset = dims > 1 ? row * tensor.strides[0] : 0;
  if (dims == 1) return read(row * tensor.strides[0], int64_t(1), int64_t(1));
  for (;;) {
    if (!read(offset, tensor.shape[dims - 1], tensor.strides[dims - 1])) return false;
    size_t dim = dims - 1;
    while (--dim > 0) { // counts up all dimensions but the first and the last
      offset += tensor.strides[dim];
      if (++index[dim] < tensor.shape[dim]) break;
      offset -= tensor.shape[dim] * tensor.strides[dim];
      index[dim] = 0;
    }
    if (dim == 0) return true;
  }
}

} // namespace

bool StoredTensor::readRows(int64_t begin, int64_t end, float *out) const {
  if (!type) return false;
  const uint64_t size = elementBytes(*type);
  if (strides.empty()) {
    uint64_t width = 1;
    for (size_t i = 1; i < shape.size(); ++i) width *= static_cast<uint64_t>(shape[i]);
    return convertToFloat(*type, bytes.data + static_cast<uint64_t>(begin) * width * size, static_cast<uint64_t>(end - begin) * width, out);
  }
  for (int64_t row = begin; row < end; ++row) {
    const bool read = forEachRun(*this, row, [&](int64_t offset, int64_t count, int64_t step) {
      const uint8_t *from = bytes.data + static_cast<uint64_t>(offset) * size;
      if (step == 1) {
        out += count;
        return convertToFloat(*type, from, static_cast<uint64_t>(count), out - count);
      }
      for (int64_t i = 0; i < count; ++i)
        if (!convertToFloat(*type, from + static_cast<uint64_t>(i * step) * size, 1, out++)) return false;
      return true;
    });
    if (!read) return false;
  }
  return true;
}

void StoredTensor::release() const {
  if (file) file->release(static_cast<size_t>(bytes.data - file->bytes().data), bytes.size);
}

Result<std::vector<StoredTensor>> openTensorFile(const std::string &path) {
  if (endsWith(path, ".safetensors")) {
    ATTUNE_TRY(const auto file, SafetensorsFile::open(path));
    std::vector<StoredTensor> tensors;
    for (const SafetensorsEntry &entry : file->entries())
      tensors.push_back({entry.name, entry.dtype, entry.type, entry.shape, {}, file->bytes(entry), path, file->file()});
    return tensors;
  }
  ATTUNE_TRY(auto mapped, MappedFile::open(path));
  ATTUNE_TRY(auto tensors, parseTorchFile(mapped->bytes(), path));
  for (StoredTensor &tensor : tensors) tensor.file = mapped;
  return tensors;
}

} // namespace attune::io
