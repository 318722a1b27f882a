// A matrix that bitsandbytes stored in NF4 (Dettmers et al. 2023), as its bytes lie in a file, and its values.
// Plain views of a mapped file; any thread. What is read from files has been checked by readNf4Tensor.
#pragma once

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/io/stored_tensor.h"

#include <functional>
#include <string>
#include <vector>

namespace attune::io {

struct Nf4Tensor {
  std::vector<int64_t> shape; // of the matrix
  ByteView packed;            // two codes a byte, the first in the high half
  int64_t block = 64;         // weights that share a scale
  ByteView scales;            // fp32 a block; without data: the next three stand for them
  ByteView scaleCodes;        // a byte a block
  ByteView nested;            // fp32, a scale for `nestedBlock` codes
  ByteView map;               // fp32 [256]: what the codes mean
  float offset = 0;
  int64_t nestedBlock = 256;

  int64_t elements() const { return shape[0] * shape[1]; }
  uint64_t bytes() const { return packed.size + scales.size + scaleCodes.size + nested.size; }
  /// Elements [first, first + count) of the matrix laid out in one line.
  void read(int64_t first, int64_t count, float *out) const;
};

/// The endings of the tensors that belong to NAME.weight, ".quant_state.bitsandbytes__nf4" first.
const std::vector<std::string> &nf4Companions();

/// Puts together what belongs to `name`; `find` gives a tensor of the file or null. MalformedFile for parts that are missing or
/// contradict each other, UnsupportedFormat for a code book or block size that bitsandbytes does not use for NF4.
Result<Nf4Tensor> readNf4Tensor(const std::string &name, const std::function<const StoredTensor *(const std::string &)> &find);

} // namespace attune::io
