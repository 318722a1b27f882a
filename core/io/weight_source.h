// One way to read a model's tensors, whatever the file: names are the Hugging Face ones
// ("model.layers.0.self_attn.q_proj.weight"), rows in Hugging Face order (GGUF's q/k permutation undone).
// Thread-safe for concurrent reads. Nothing is loaded until read().
#pragma once

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/io/model_config.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace attune::io {

enum class DType {
  F32,
  F16,
  BF16,
  F64,
  I8,
  U8,
  I16,
  U16,
  I32,
  U32,
  I64,
  U64,
  Bool,
  F8E4M3,
  F8E5M2,
  Q4_0,
  Q4_1,
  Q5_0,
  Q5_1,
  Q8_0,
  Q4_K,
  Q5_K,
  Q6_K,
  NF4 // bitsandbytes'
};

const char *dtypeName(DType type); // "F32", "Q4_1"

struct TensorInfo {
  std::string name;
  DType type = DType::F32;
  std::vector<int64_t> shape; // row-major, torch order
  uint64_t bytes = 0;         // as stored
  std::string file;
  int64_t elements() const;
};

struct Nf4Tensor;

class WeightSource {
public:
  virtual ~WeightSource() = default;
  virtual const ModelConfig &config() const = 0;
  virtual const std::vector<TensorInfo> &tensors() const = 0;
  virtual const TensorInfo *find(const std::string &name) const = 0; // null when absent
  /// Writes rows [rowBegin, rowEnd) of a tensor as float32 into `out` (1-D tensors: elements count as rows).
  /// Dequantises and un-permutes as needed.
  virtual Status readFloat(const std::string &name, int64_t rowBegin, int64_t rowEnd, float *out) const = 0;
  /// The stored bytes when they can be used as they lie (F32, F16, BF16, no permutation); empty view otherwise.
  virtual ByteView rawBytes(const std::string &name) const = 0;
  /// A matrix that is stored in NF4, as it lies; null for others.
  virtual const Nf4Tensor *nf4(const std::string &) const { return nullptr; }
  /// Tells the source that a tensor's pages are not needed any more (bounds resident memory while loading).
  virtual void release(const std::string &name) const = 0;
};

/// Whether bitsandbytes stored some of its matrices in NF4.
bool holdsNf4(const WeightSource &source);

/// Opens a Hugging Face folder or a .gguf file. FileNotFound when the path is missing, MissingInFolder when a
/// folder lacks config.json or weights, MalformedFile / UnsupportedModel / UnsupportedFormat otherwise.
/// With `headerOnly`, weights may be absent (plan needs only config.json or a GGUF header).
Result<std::unique_ptr<WeightSource>> openModel(const std::string &path, bool headerOnly = false);

} // namespace attune::io
