// The GGUF architectures that are read: which family each is, what its metadata means, what its tensors are called in
// Hugging Face's words. Immutable tables and pure functions, any thread.
#pragma once

#include "core/io/gguf_file.h"
#include "core/io/model_config.h"

#include <string>

namespace attune::io {

struct GgufArchitecture {
  const char *name;   // general.architecture
  const char *family; // core::ModelFamily::name
  bool permuted;      // q and k rows lie in pairs for interleaved rotation
  bool normsPlusOne;  // the norms' weights have 1 added
};

/// Null when it is not read.
const GgufArchitecture *findGgufArchitecture(const std::string &name);

/// The settings that the metadata gives. UnsupportedModel names what does not fit.
Result<ModelConfig> readGgufConfig(const GgufFile &file, const GgufArchitecture &architecture);

/// Which part of a model a tensor is: a Hugging Face name, or one of q, k, v of a matrix that the family keeps as one.
struct GgufPlace {
  std::string name; // empty = of no supported model
  int part = -1;    // 0, 1, 2 = q, k, v rows of `name`
};
GgufPlace placeOfGgufTensor(const std::string &ggufName, const ModelConfig &config);

} // namespace attune::io
