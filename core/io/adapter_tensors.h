// The tensors of a PEFT adapter by what they do, checked against its settings: all that can be said without the model they are
// for. Plain data, any thread. MalformedFile for what no adapter has, UnsupportedFormat for what Attune cannot do.
#pragma once

#include "core/io/adapter_config.h"
#include "core/io/stored_tensor.h"

#include <map>

namespace attune::io {

/// Both are there and of one rank: [r, in] and [out, r]; of an embedding [r, V] and [H, r].
struct AdapterPair {
  StoredTensor a, b;
  bool ofEmbedding = false;
};

/// A tensor that takes the place of the model's: of the tuned model alone, or of the base that LoRA goes on, too.
struct AdapterReplacement {
  StoredTensor tensor;
  bool ofBase = false;
};

struct AdapterTensors {
  std::map<std::string, AdapterPair> pairs;               // by module
  std::map<std::string, AdapterReplacement> replacements; // by the model's tensor
};

/// `path` is the file that `stored` come from.
Result<AdapterTensors> sortAdapterTensors(const AdapterConfig &config, const std::string &path, const std::vector<StoredTensor> &stored);

/// That the settings name a module which has matrices, as AdapterConfig::promises() says.
Status checkPromised(const AdapterConfig &config, const std::string &path, const std::string &module, bool inBlocks);

/// The refusal of a tensor that means nothing to Attune.
Error adapterTensorRefused(const StoredTensor &tensor);

} // namespace attune::io
