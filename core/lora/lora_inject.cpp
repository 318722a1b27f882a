#include "core/lora/lora_inject.h"

#include "core/base/rng.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace attune::core {
namespace {

bool targets(const std::string &target, const std::string &module) {
  if (target == "all-linear" || target == module) return true;
  return module.size() > target.size() && module.compare(module.size() - target.size(), target.size(), target) == 0 &&
         module[module.size() - target.size() - 1] == '.';
}

/// FNV-1a: a stream number from a name that does not depend on the machine.
uint64_t nameHash(const std::string &name) {
  uint64_t hash = 14695981039346656037ull;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ull;
  return hash;
}

} // namespace

double loraScale(double alpha, int64_t rank, bool rslora) {
  const double r = static_cast<double>(rank);
  return alpha / (rslora ? std::sqrt(r) : r);
}

Result<std::vector<LinearModule>> selectTargets(const std::vector<LinearModule> &modules, const std::vector<std::string> &names) {
  for (const std::string &name : names) {
    if (!name.empty() && std::any_of(modules.begin(), modules.end(), [&](const LinearModule &m) { return targets(name, m.name); }))
      continue;
    std::set<std::string> known;
    for (const LinearModule &module : modules) known.insert(module.name.substr(module.name.rfind('.') + 1));
    std::string list = "all-linear";
    for (const std::string &one : known) list += ", " + one;
    return Error{ErrorCode::InvalidConfig, "The LoRA target \"" + name + "\" names no linear layer of this model.", "lora.targets",
                 "This model has: " + list + "."};
  }
  std::vector<LinearModule> chosen;
  for (const LinearModule &module : modules)
    if (std::any_of(names.begin(), names.end(), [&](const std::string &name) { return targets(name, module.name); }))
      chosen.push_back(module);
  if (chosen.empty()) return Error{ErrorCode::InvalidConfig, "No LoRA target is given.", "lora.targets", "Use [\"all-linear\"]."};
  return chosen;
}

void drawLora(const Tensor &matrix, const std::string &name, uint64_t seed, double factor) {
  CounterRng rng(seed, nameHash(name));
  const double bound = 1.0 / std::sqrt(static_cast<double>(matrix.size(1)));
  float *values = matrix.data_ptr<float>();
  for (int64_t i = 0; i < matrix.numel(); ++i)
    values[i] = static_cast<float>((2.0 * rng.uniform() - 1.0) * bound) * static_cast<float>(factor);
}

Result<LoraAdapter> makeLora(const api::LoraConfig &config, const std::vector<LinearModule> &modules, uint64_t seed) {
  if (config.rank < 1) return Error{ErrorCode::InvalidConfig, "The LoRA rank must be at least 1.", "lora.rank", "Use 8, for example."};
  ATTUNE_TRY(const std::vector<LinearModule> chosen, selectTargets(modules, config.targets));
  LoraAdapter adapter;
  adapter.config = config;
  for (const LinearModule &place : chosen) {
    LoraModule module;
    module.place = place;
    module.alpha = config.alpha;
    module.scale = loraScale(config.alpha, config.rank, config.rslora);
    module.a = at::empty({config.rank, place.inputs}, at::TensorOptions().dtype(at::kFloat));
    module.b = at::zeros({place.outputs(), config.rank}, at::TensorOptions().dtype(at::kFloat));
    drawLora(module.a, place.name, seed);
    adapter.modules.push_back(std::move(module));
  }
  return adapter;
}

void toDevice(LoraAdapter &adapter, const at::Device &device) {
  for (LoraModule &module : adapter.modules) {
    module.a = module.a.to(device);
    module.b = module.b.to(device);
  }
}

DecoderAdapters bindAdapter(const LoraAdapter &adapter, int64_t layers, at::ScalarType type) {
  DecoderAdapters bound(static_cast<size_t>(layers));
  for (const LoraModule &module : adapter.modules) {
    LayerAdapters &layer = bound[static_cast<size_t>(module.place.layer)];
    std::vector<LoraSlice> *const lists[] = {&layer.qkv, &layer.output, &layer.gateUp, &layer.down};
    const Tensor a = type == at::kFloat ? module.a : module.a.detach().to(type);
    const Tensor b = type == at::kFloat ? module.b : module.b.detach().to(type);
    lists[static_cast<size_t>(module.place.matrix)]->push_back({a, b, module.scale, module.place.rowBegin, module.place.rowEnd});
  }
  return bound;
}

} // namespace attune::core
