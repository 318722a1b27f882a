// GGUF files: header, metadata reads, and every tensor of a model that opens.
#include "core/io/gguf_model.h"

#include <cstddef>
#include <cstdint>
#include <vector>

using namespace attune;
using namespace attune::io;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const auto parsed = GgufFile::parse({data, size}, "fuzz.gguf");
  if (!parsed.ok()) return 0;
  const GgufFile &file = **parsed;
  for (const std::string &key : file.keys()) {
    (void)file.text(key);
    (void)file.integer(key);
    (void)file.number(key);
    (void)file.flag(key);
    (void)file.texts(key);
    (void)file.integers(key);
    (void)file.numbers(key);
  }
  const auto source = ggufWeightSource(*parsed, false);
  if (!source.ok()) return 0;
  for (const TensorInfo &tensor : (*source)->tensors()) {
    const int64_t rows = tensor.shape.empty() ? 1 : tensor.shape.front();
    if (tensor.elements() > (1 << 20)) continue;
    std::vector<float> values(static_cast<size_t>(tensor.elements()) + 1);
    const Status whole = (*source)->readFloat(tensor.name, 0, rows, values.data());
    const Status last = rows > 0 ? (*source)->readFloat(tensor.name, rows - 1, rows, values.data()) : Status();
    if (!whole.ok() || !last.ok()) continue;
  }
  return 0;
}
