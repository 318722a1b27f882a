#include "core/model/families/model_family.h"

#include "core/model/families/families.h"

#include <algorithm>

namespace attune::core {

namespace {

const std::vector<const ModelFamily *> &families() {
  static const std::vector<const ModelFamily *> all = {
      &llamaFamily(), &mistralFamily(), &qwen2Family(), &qwen3Family(),     &gemma2Family(),  &gemma3TextFamily(), &gemma3Family(),
      &phi3Family(),  &glm4Family(),    &glmFamily(),   &internlm2Family(), &smollm3Family(), &baichuanFamily()};
  return all;
}

} // namespace

const ModelFamily *findFamily(const std::string &architecture) {
  for (const ModelFamily *family : families())
    if (std::find(family->architectures.begin(), family->architectures.end(), architecture) != family->architectures.end()) return family;
  return nullptr;
}

const ModelFamily *findFamilyByType(const std::string &modelType) {
  for (const ModelFamily *family : families())
    if (family->name == modelType) return family;
  return nullptr;
}

std::string supportedModels() {
  std::string text = "Supported here: ";
  for (const ModelFamily *family : families()) {
    if (family != families().front()) text += ", ";
    text += family->title + " (" + family->architectures.front() + ")";
  }
  return text + ".";
}

Result<const ModelFamily *> familyOf(const io::ModelConfig &config) {
  if (const ModelFamily *family = findFamilyByType(config.family)) return family;
  return Error{ErrorCode::UnsupportedModel, "The architecture " + config.architecture + " is not supported.", "", supportedModels()};
}

const ModelFamily &writtenFamily(const ModelFamily &family) {
  const ModelFamily *written = family.writtenAs.empty() ? nullptr : findFamilyByType(family.writtenAs);
  return written ? *written : family;
}

void readLayerTypes(io::ConfigReader &config, io::ModelConfig &model, bool (*slides)(const io::ModelConfig &model, int64_t layer)) {
  if (model.layers < 1 || model.layers > 4096) return; // refused by the limits
  std::vector<bool> sliding;
  if (config.has("layer_types")) {
    const Json &kinds = config.object().at("layer_types");
    if (!kinds.is_array() || static_cast<int64_t>(kinds.size()) != model.layers)
      return config.malformed("layer_types", "should list one kind for each layer");
    for (const Json &kind : kinds) {
      if (kind != "full_attention" && kind != "sliding_attention")
        return config.unsupportedText("layer_types", kind.is_string() ? kind.get<std::string>() : kind.dump());
      sliding.push_back(kind == "sliding_attention");
    }
  } else {
    for (int64_t layer = 0; layer < model.layers; ++layer) sliding.push_back(slides(model, layer));
  }
  model.layerKinds.clear();
  for (const bool slide : sliding) {
    if (slide && model.slidingWindow < 1) return config.malformed("sliding_window", "should be at least 1, since layer_types needs it");
    model.layerKinds.push_back({true, false, slide ? model.slidingWindow : 0});
  }
}

std::vector<LinearModule> linearModules(const io::ModelConfig &config, const ModelFamily &family) {
  std::vector<LinearModule> modules;
  const int64_t q = config.qRows(), kv = config.kvRows(), f = config.intermediate, h = config.hidden;
  const bool split = config.layout == io::AttentionLayout::Split, grouped = config.layout == io::AttentionLayout::Grouped;
  for (int64_t layer = 0; layer < config.layers; ++layer) {
    const std::string prefix = family.layers + std::to_string(layer) + ".";
    auto add = [&](const std::string &name, PackedMatrix matrix, int64_t begin, int64_t rows, int64_t inputs, bool bias) {
      modules.push_back({prefix + name, layer, matrix, begin, begin + rows, inputs, bias, grouped && matrix == PackedMatrix::Qkv});
    };
    if (split) {
      add(family.q, PackedMatrix::Qkv, 0, q, h, config.qkvBias);
      add(family.k, PackedMatrix::Qkv, q, kv, h, config.qkvBias);
      add(family.v, PackedMatrix::Qkv, q + kv, kv, h, config.qkvBias);
    } else {
      add(family.qkv, PackedMatrix::Qkv, 0, q + 2 * kv, h, config.qkvBias);
    }
    add(family.output, PackedMatrix::Output, 0, h, q, config.outputBias);
    if (config.fusedGateUp) {
      add(family.gateUp, PackedMatrix::GateUp, 0, 2 * f, h, config.mlpBias);
    } else {
      add(family.gate, PackedMatrix::GateUp, 0, f, h, config.mlpBias);
      add(family.up, PackedMatrix::GateUp, f, f, h, config.mlpBias);
    }
    add(family.down, PackedMatrix::Down, 0, h, f, config.mlpBias);
  }
  return modules;
}

} // namespace attune::core
