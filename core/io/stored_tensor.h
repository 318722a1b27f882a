// A tensor as it lies in a file of weights, safetensors or torch's, and how to read it. Plain values that keep their file
// mapped; any thread.
#pragma once

#include "core/base/bytes.h"
#include "core/base/mapped_file.h"
#include "core/base/result.h"
#include "core/io/weight_source.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace attune::io {

struct StoredTensor {
  std::string name;
  std::string dtype;         // as it is called, "BF16"
  std::optional<DType> type; // nothing for types that exist but are not read here
  std::vector<int64_t> shape;
  std::vector<int64_t> strides;           // in elements; empty = row after row without gaps
  ByteView bytes;                         // from the first element to the last in memory
  std::string where;                      // the file's path
  std::shared_ptr<const MappedFile> file; // holds the bytes; null when they were parsed from memory

  /// Rows [begin, end) as float32 (1-D tensors: elements count as rows). The rows must exist; false for a type without floats.
  bool readRows(int64_t begin, int64_t end, float *out) const;
  /// Its pages are not needed any more.
  void release() const;
};

/// The tensors of a file: safetensors by its name's ending, otherwise one of torch.save, whose pickle is read without running
/// anything. FileNotFound / IoFailed from the system, MalformedFile and UnsupportedFormat from the formats.
Result<std::vector<StoredTensor>> openTensorFile(const std::string &path);

} // namespace attune::io
