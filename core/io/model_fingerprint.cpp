#include "core/io/model_fingerprint.h"

#include "core/base/sha256.h"

#include <vector>

namespace attune::io {

Result<std::string> modelFingerprint(const WeightSource &source) {
  Sha256 hash;
  std::vector<float> row;
  for (const TensorInfo &tensor : source.tensors()) {
    hash.update(tensor.name);
    hash.update(dtypeName(tensor.type));
    for (const int64_t size : tensor.shape) hash.update(std::to_string(size) + ",");
    if (tensor.elements() == 0 || tensor.shape.empty()) continue;
    const int64_t width = tensor.shape.size() == 1 ? 1 : tensor.elements() / tensor.shape[0];
    row.resize(static_cast<size_t>(width));
    ATTUNE_CHECK(source.readFloat(tensor.name, 0, 1, row.data()));
    hash.update(ByteView{reinterpret_cast<const uint8_t *>(row.data()), row.size() * sizeof(float)});
  }
  return hash.hex();
}

} // namespace attune::io
