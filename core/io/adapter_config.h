// The settings of a PEFT adapter, as adapter_config.json gives them. What PEFT can do and Attune cannot (DoRA, trained whole
// modules, ...) is refused by name, never ignored. Plain data; any thread.
#pragma once

#include "core/api/run_config.h"
#include "core/base/result.h"

#include <optional>
#include <string>
#include <vector>

namespace attune::io {

constexpr int64_t kMaxAdapterRank = 65536;

/// A rank or an alpha of its own for some modules, in the file's order: the first that matches counts, as in PEFT.
template <typename Value> struct AdapterPattern {
  std::string name; // of a module, or its last parts
  bool whole;       // the module's full name
  Value value;
};
template <typename Value> using AdapterPatterns = std::vector<AdapterPattern<Value>>;

/// Settings that change the numbers.
struct AdapterConfig {
  api::LoraConfig lora; // targets: as listed; "all-linear" where the file has a regular expression or none
  bool listsTargets = false;
  AdapterPatterns<int64_t> ranks;
  AdapterPatterns<double> alphas;
  std::vector<int64_t> layers; // layers_to_transform; empty = all
  std::vector<std::string> excluded;

  /// Of the module with this full name.
  int64_t rankOf(const std::string &module) const;
  double alphaOf(const std::string &module) const;
  /// Whether the file promises matrices for this module of layer `layer`. A regular expression is not judged.
  bool promises(const std::string &module, int64_t layer) const;
};

/// Reads `folder`/adapter_config.json. FileNotFound without the folder, MissingInFolder without a file that can be read in
/// it, MalformedFile for impossible values, UnsupportedFormat for a PEFT feature we lack.
Result<AdapterConfig> readAdapterConfig(const std::string &folder);

/// `folder`/adapter_model.safetensors, or adapter_model.bin where there is only that, as PEFT chooses.
std::string adapterWeightsPath(const std::string &folder);

/// What Attune cannot do with an adapter (UnsupportedFormat), and what no adapter says (MalformedFile).
Error adapterRefused(const std::string &what, const std::string &where);
Error adapterMalformed(const std::string &message, const std::string &where);

} // namespace attune::io
