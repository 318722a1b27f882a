// The settings of a PEFT adapter, as adapter_config.json gives them, with PEFT's own rules for which modules they mean. What
// PEFT can do and Attune cannot (DoRA, trained biases, ...) is refused by name, never ignored. Plain data; any thread.
#pragma once

#include "core/api/run_config.h"
#include "core/base/result.h"
#include "core/io/name_pattern.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace attune::io {

constexpr int64_t kMaxAdapterRank = 65536;

/// A rank or an alpha of its own for the modules that a pattern matches, in the file's order: the first counts, as in PEFT.
template <typename Value> using AdapterPatterns = std::vector<std::pair<NamePattern, Value>>;

/// Module names or their last parts, or one regular expression on whole names.
struct ModuleNames {
  std::vector<std::string> list;
  std::optional<NamePattern> pattern;
};

/// Settings that change the numbers.
struct AdapterConfig {
  api::LoraConfig lora; // targets: as listed; "all-linear" where the file has a regular expression or none
  bool knowsTargets = false;
  ModuleNames targets, excluded;
  AdapterPatterns<int64_t> ranks;
  AdapterPatterns<double> alphas;
  std::optional<std::vector<int64_t>> layers; // layers_to_transform
  std::vector<NamePattern> layerPatterns;
  std::vector<std::string> savedModules; // modules_to_save: trained whole
  std::vector<NamePattern> insideSaved;  // what belongs to them, which carries no LoRA
  bool tiesWeights = false;              // ensure_weight_tying

  /// Of the module with this full name. MalformedFile for a pattern that takes too long, as with promises().
  Result<int64_t> rankOf(const std::string &module) const;
  Result<double> alphaOf(const std::string &module) const;
  /// Whether PEFT puts LoRA on this module; where the file has no targets, it does on none. `inBlocks`: a linear layer of the
  /// blocks, which "all-linear" means.
  Result<bool> promises(const std::string &module, bool inBlocks = true) const;
  /// Whether PEFT trains this module whole.
  bool saves(const std::string &module) const;
};

/// Reads `folder`/adapter_config.json. FileNotFound without the folder, MissingInFolder without a file that can be read in
/// it, MalformedFile for impossible values, UnsupportedFormat for a PEFT feature we lack.
Result<AdapterConfig> readAdapterConfig(const std::string &folder);

/// The same from the file's text; `where` names it in errors.
Result<AdapterConfig> parseAdapterConfig(const std::string &json, const std::string &where);

/// `folder`/adapter_model.safetensors, or adapter_model.bin where there is only that, as PEFT chooses.
std::string adapterWeightsPath(const std::string &folder);

/// What Attune cannot do with an adapter (UnsupportedFormat), and what no adapter says (MalformedFile).
Error adapterRefused(const std::string &what, const std::string &where);
Error adapterMalformed(const std::string &message, const std::string &where);

} // namespace attune::io
