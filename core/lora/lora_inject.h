// Makes a fresh adapter: picks the target layers by name and draws the initial matrices as PEFT does.
// Pure functions, job thread.
#pragma once

#include "core/lora/lora_adapter.h"

namespace attune::core {

/// The modules that `targets` name: "all-linear", a full module name, or a suffix at a dot ("q_proj", "self_attn.q_proj").
/// InvalidConfig for a target that fits nothing, with the names that would.
Result<std::vector<LinearModule>> selectTargets(const std::vector<LinearModule> &modules, const std::vector<std::string> &targets);

/// Fills `matrix` [rows, columns] with numbers uniform in +-factor/sqrt(columns), a function of seed and name alone.
void drawLora(const Tensor &matrix, const std::string &name, uint64_t seed, double factor = 1.0);

/// A fresh adapter: A uniform in +-1/sqrt(in), a function of seed and module name alone; B zero.
Result<LoraAdapter> makeLora(const api::LoraConfig &config, const std::vector<LinearModule> &modules, uint64_t seed);

/// Moves A and B to where the model computes.
void toDevice(LoraAdapter &adapter, const at::Device &device);

} // namespace attune::core
