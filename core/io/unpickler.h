// Reads the pickled dictionary of tensors in a file of torch.save without being a pickle machine: it knows the instructions
// and the seven names that weights need, calls nothing, and refuses everything else by name. Bounded in time and memory by
// the pickle's size. Pure function, any thread. MalformedFile for all that is not such a dictionary.
#pragma once

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/io/weight_source.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace attune::io {

/// One tensor of the dictionary: a window on a storage, inside of which it is proved to lie. The texts lie in the pickle.
struct PickledTensor {
  std::string_view name;
  DType type = DType::F32;
  std::string_view storage;  // its key
  uint64_t storageBytes = 0; // as the pickle says
  uint64_t offset = 0;       // of the first element, in elements
  uint64_t extent = 0;       // elements from the first to the last in memory, both included; 0 for an empty tensor
  std::vector<int64_t> shape;
  std::vector<int64_t> strides; // in elements
};

/// The tensors of a state dict in its order; one that lies under "state_dict", "model" or "module" is looked up there.
/// Values that are no tensors are left out.
Result<std::vector<PickledTensor>> unpickleTensors(ByteView pickle, const std::string &where);

} // namespace attune::io
