// What a model, adapter, GGUF or safetensors file is: its facts as JSON text, and what is wrong with it.
// Reads headers only. Any thread. A damaged file still gives its kind, with the Error beside it.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"

#include <optional>
#include <string>

namespace attune::io {

struct Description {
  Json facts = Json::object(); // "kind" and what belongs to it; "problems": [{"code","message","where"}]
  std::optional<Error> error;  // why the thing cannot be used at all

  /// Adds a problem that leaves the rest usable.
  void problem(const Error &what);
};

/// A folder with config.json: kind "model".
Description describeModelFolder(const std::string &path);
/// A folder with adapter_config.json: kind "adapter".
Description describeAdapterFolder(const std::string &path);
/// A .gguf file: kind "gguf".
Description describeGguf(const std::string &path);
/// A single .safetensors file: kind "safetensors".
Description describeSafetensors(const std::string &path);
/// A single file of torch.save: kind "torch".
Description describeTorchFile(const std::string &path);

} // namespace attune::io
