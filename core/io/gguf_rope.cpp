#include "core/io/gguf_rope.h"

#include "core/io/gguf_dequant.h"
#include "core/io/safetensors.h"

#include <algorithm>
#include <cmath>

namespace attune::io {

namespace {

/// Llama 3 files carry their frequency scaling only as a table of divisors. Where it is the published rule, the rule is
/// rebuilt from the table's largest divisor and gives the same table; other tables are used as they are.
bool recogniseLlama3(const std::vector<float> &factors, ModelConfig &config) {
  RopeConfig rope = config.rope;
  rope.scaling = "llama3";
  rope.factor = *std::max_element(factors.begin(), factors.end());
  rope.lowFrequencyFactor = 1.0;
  rope.highFrequencyFactor = 4.0;
  rope.originalContext = 8192;
  if (!(rope.factor >= 1.0) || !(rope.factor <= 1e6)) return false;
  const double original = static_cast<double>(rope.originalContext);
  for (size_t i = 0; i < factors.size(); ++i) {
    const double wavelength =
        2 * 3.14159265358979323846 * std::pow(rope.theta, 2.0 * static_cast<double>(i) / static_cast<double>(config.headDim));
    double expected = 1.0;
    if (wavelength > original / rope.lowFrequencyFactor) {
      expected = rope.factor;
    } else if (wavelength > original / rope.highFrequencyFactor) {
      const double smooth = (original / wavelength - rope.lowFrequencyFactor) / (rope.highFrequencyFactor - rope.lowFrequencyFactor);
      expected = 1.0 / ((1.0 - smooth) / rope.factor + smooth);
    }
    if (!(std::abs(factors[i] - expected) <= 1e-3 * expected)) return false;
  }
  config.rope = rope;
  return true;
}

/// A table with a divisor for each frequency; empty when the tensor is not one.
std::vector<float> readTable(const GgufFile &file, const GgufTensor &tensor, int64_t pairs) {
  const auto type = dtypeOfGgml(tensor.type);
  if (!type || tensor.shape != std::vector<int64_t>{pairs}) return {};
  std::vector<float> factors(static_cast<size_t>(pairs));
  if (!convertToFloat(*type, file.tensorBytes(tensor).data, factors.size(), factors.data())) return {};
  if (std::any_of(factors.begin(), factors.end(), [](float factor) { return !(factor > 0 && factor <= 1e6f); })) return {};
  return factors;
}

Error refusedTable(const GgufFile &file, const std::string &name) {
  return {ErrorCode::UnsupportedModel, "The table " + name + " does not hold a divisor for each frequency.", file.where(), ggufSupported()};
}

int64_t pairsOf(const ModelConfig &config) { return (config.rope.rotaryDims > 0 ? config.rope.rotaryDims : config.headDim) / 2; }

} // namespace

void readGgufRope(MetadataReader &metadata, ModelConfig &config) {
  RopeConfig &rope = config.rope;
  rope.theta = metadata.number("rope.freq_base", 10000.0);
  rope.originalContext = metadata.integer("rope.scaling.original_context_length", config.context);
  // As llama.cpp reads them: linear where no type is given, its factor also under the older name.
  rope.scaling = metadata.text("rope.scaling.type", "linear");
  if (rope.scaling == "linear" || rope.scaling == "yarn") {
    rope.factor = metadata.number("rope.scaling.factor", metadata.number("rope.scale_linear", 1.0));
    if (rope.factor == 0.0) rope.factor = 1.0;
  }
  if (rope.scaling == "linear" && rope.factor == 1.0) rope.scaling = "none";
  const bool reaches = rope.scaling == "yarn" || (rope.scaling == "linear" && config.family != "gemma3_text"); // beyond context_length
  if (reaches && rope.factor > 1.0 && rope.factor < 1e6)
    config.context = std::max(
        config.context, static_cast<int64_t>(static_cast<double>(std::min<int64_t>(rope.originalContext, int64_t(1) << 31)) * rope.factor));
  if (rope.scaling == "yarn") {
    const double natural = rope.factor > 1.0 ? 0.1 * std::log(rope.factor) + 1.0 : 1.0;
    rope.attentionFactor = metadata.number("rope.scaling.yarn_attn_factor", natural);
    rope.betaFast = metadata.number("rope.scaling.yarn_beta_fast", 32.0);
    rope.betaSlow = metadata.number("rope.scaling.yarn_beta_slow", 1.0);
  } else if (rope.scaling == "longrope") {
    rope.scaling = "none"; // until the tables are read
  } else if (rope.scaling != "none" && rope.scaling != "linear") {
    metadata.unsupported("rope.scaling.type", "\"" + rope.scaling.substr(0, 40) + "\"");
  }
}

Status readGgufRopeTables(const GgufFile &file, ModelConfig &config) {
  const GgufTensor *shorter = file.findTensor("rope_factors_short.weight"), *longer = file.findTensor("rope_factors_long.weight");
  if (shorter && longer) {
    RopeConfig &rope = config.rope;
    rope.divisors = readTable(file, *shorter, pairsOf(config));
    rope.longDivisors = readTable(file, *longer, pairsOf(config));
    if (rope.divisors.empty() || rope.longDivisors.empty())
      return refusedTable(file, "rope_factors_short.weight or rope_factors_long.weight");
    rope.scaling = "longrope";
    rope.factor = std::max(1.0, static_cast<double>(config.context) / static_cast<double>(std::max<int64_t>(1, rope.originalContext)));
    const double natural =
        std::sqrt(1.0 + std::log(rope.factor) / std::log(static_cast<double>(std::max<int64_t>(2, rope.originalContext))));
    const auto stored = file.number(std::string(file.text("general.architecture").value_or("")) + ".rope.scaling.attn_factor");
    rope.attentionFactor = stored.value_or(natural);
    return {};
  }
  const GgufTensor *tensor = file.findTensor("rope_freqs.weight");
  if (!tensor) return {};
  std::vector<float> factors = readTable(file, *tensor, pairsOf(config));
  if (factors.empty()) return refusedTable(file, "rope_freqs.weight");
  if (config.rope.scaling == "linear") { // llama.cpp divides by both
    for (float &factor : factors) factor *= static_cast<float>(config.rope.factor);
    config.rope.factor = 1.0;
    config.rope.scaling = "none";
  }
  if (recogniseLlama3(factors, config)) return {};
  config.rope.scaling = "divisors";
  config.rope.divisors = std::move(factors);
  return {};
}

} // namespace attune::io
