#include "core/model/model_registry.h"

#include "core/model/families/llama.h"

namespace attune::core {
namespace {

Status checkSettings(const io::ModelConfig &config) {
  auto refuse = [&](const std::string &what) {
    return Error{ErrorCode::UnsupportedModel, "This model uses " + what + ", which Attune cannot run yet.", config.architecture,
                 "Choose a model of the Llama family."};
  };
  if (config.position == io::PositionKind::Alibi) return refuse("ALiBi positions");
  if (config.layout == io::AttentionLayout::WPack) return refuse("a packed W_pack projection");
  if (config.headNorm) return refuse("a normalised output head");
  if (config.rope.scaling == "dynamic") return refuse("dynamic RoPE scaling");
  if (config.layers < 1) return refuse("no layers");
  return {};
}

} // namespace

Result<const ModelFamily *> familyOf(const io::ModelConfig &config) {
  static const ModelFamily *const families[] = {&llamaFamily()};
  for (const ModelFamily *family : families)
    if (family->name == config.family || (config.family == "mistral" && family->name == "llama")) {
      ATTUNE_CHECK(checkSettings(config));
      return family;
    }
  return Error{ErrorCode::UnsupportedModel, "The architecture " + config.architecture + " is not supported.", "",
               "Choose a model of the Llama family."};
}

std::vector<LinearModule> linearModules(const io::ModelConfig &config, const ModelFamily &family) {
  std::vector<LinearModule> modules;
  const int64_t q = config.qRows(), kv = config.kvRows(), f = config.intermediate, h = config.hidden;
  for (int64_t layer = 0; layer < config.layers; ++layer) {
    const std::string prefix = family.layers + std::to_string(layer) + ".";
    auto add = [&](const std::string &name, PackedMatrix matrix, int64_t begin, int64_t rows, int64_t inputs, bool bias) {
      modules.push_back({prefix + name, layer, matrix, begin, begin + rows, inputs, bias});
    };
    add(family.q, PackedMatrix::Qkv, 0, q, h, config.qkvBias);
    add(family.k, PackedMatrix::Qkv, q, kv, h, config.qkvBias);
    add(family.v, PackedMatrix::Qkv, q + kv, kv, h, config.qkvBias);
    add(family.output, PackedMatrix::Output, 0, h, q, config.outputBias);
    add(family.gate, PackedMatrix::GateUp, 0, f, h, config.mlpBias);
    add(family.up, PackedMatrix::GateUp, f, f, h, config.mlpBias);
    add(family.down, PackedMatrix::Down, 0, h, f, config.mlpBias);
  }
  return modules;
}

} // namespace attune::core
