// What a model, adapter, GGUF or safetensors file is: its facts, also as JSON for `inspect`, and what is wrong with it.
// Reads headers only. Any thread. A damaged file still gives its kind, with the Error beside it.
#pragma once

#include "core/api/model_library.h"
#include "core/base/json.h"
#include "core/base/result.h"
#include "core/io/model_config.h"

#include <optional>
#include <string>

namespace attune::io {

/// What a model is, as far as it can be read.
struct ModelFacts {
  std::string format; // "huggingface", "gguf"
  std::optional<ModelConfig> config;
  api::ModelSizes sizes;
  std::vector<api::ModelFile> files; // of a folder, weights first, perhaps not all
  int64_t fileCount = 0, fileBytes = 0;
  bool moreFiles = false; // than were counted
  bool hasWeights = false;
  std::string tokenizer;    // the file or the kind; "none"
  std::string chatTemplate; // the template in use
  std::string license, licenseText;
};

struct Description {
  Json facts = Json::object(); // for `inspect`: "kind" and what belongs to it; "problems": [{"code","message","where"}]
  ModelFacts model;            // of a model
  std::vector<Error> problems; // that leave the rest usable
  std::optional<Error> error;  // why the thing cannot be used at all

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
