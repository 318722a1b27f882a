// The pickle of a file of torch.save, on its own: no zip around it, so that every input reaches the instructions.
#include "core/io/safetensors.h"
#include "core/io/unpickler.h"

#include <cstddef>
#include <cstdint>

using namespace attune::io;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const auto tensors = unpickleTensors({data, size}, "fuzz.pkl");
  if (!tensors.ok()) return 0;
  for (const PickledTensor &tensor : *tensors) {
    const uint64_t elements = tensor.storageBytes / elementBytes(tensor.type);
    if (tensor.offset > elements || tensor.extent > elements - tensor.offset) __builtin_trap(); // out of its storage
    if (tensor.shape.size() != tensor.strides.size()) __builtin_trap();
  }
  return 0;
}
