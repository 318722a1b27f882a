// The files that torch.save writes since PyTorch 1.6 (pytorch_model.bin, adapter_model.bin): a zip archive of a pickle and raw
// storages. Read where they lie; nothing of the pickle is run. Pure function, any thread.
#pragma once

#include "core/io/stored_tensor.h"

namespace attune::io {

/// The tensors of such a file, views on `bytes`. MalformedFile when anything contradicts itself or is no part of weights,
/// UnsupportedFormat for the older layout, TorchScript and big-endian files.
Result<std::vector<StoredTensor>> parseTorchFile(ByteView bytes, const std::string &where);

} // namespace attune::io
