#include "core/io/model_limits.h"

#include <algorithm>

namespace attune::io {

namespace {

/// What is wrong with a set of rotary settings; empty when nothing is.
std::string ropeProblem(const RopeConfig &rope, int64_t headDim) {
  if (!(rope.theta >= 1 && rope.theta <= 1e15)) return "The rotary base is not between 1 and 1e15.";
  if (!(rope.factor > 0 && rope.factor <= 1e6)) return "The factor of the rotary scaling is not above 0 and at most 1e6.";
  if (!(rope.attentionFactor > 0 && rope.attentionFactor <= 1e4)) return "The attention factor of the rotary scaling is out of range.";
  const int64_t dims = rope.rotaryDims > 0 ? rope.rotaryDims : headDim;
  if (rope.rotaryDims < 0 || dims > headDim || dims % 2 != 0)
    return "The head dimension is odd, or its rotary part is, so rotary positions cannot pair it.";
  const bool needsOriginal = rope.scaling != "none" && rope.scaling != "linear" && rope.scaling != "divisors";
  if (needsOriginal && (rope.originalContext < 1 || rope.originalContext > (int64_t(1) << 31)))
    return "The original context of the rotary scaling is not between 1 and 2147483648.";
  if (rope.scaling == "llama3" &&
      !(rope.lowFrequencyFactor > 0 && rope.highFrequencyFactor > rope.lowFrequencyFactor && rope.highFrequencyFactor <= 1e6))
    return "The settings of the llama3 rotary scaling contradict each other.";
  if (rope.scaling == "yarn" && !(rope.betaFast > 0 && rope.betaSlow > 0 && rope.betaFast <= 1e6 && rope.betaSlow <= 1e6))
    return "The settings of the yarn rotary scaling contradict each other.";
  if (rope.scaling == "yarn" && !(rope.theta > 1)) return "The yarn rotary scaling needs a base above 1.";
  if (rope.scaling == "dynamic" && dims < 4) return "The dynamic rotary scaling needs at least four rotary dimensions.";
  for (const std::vector<float> *table : {&rope.divisors, &rope.longDivisors}) {
    if (std::any_of(table->begin(), table->end(), [](float divisor) { return !(divisor > 0 && divisor <= 1e6f); }))
      return "The divisors of the rotary frequencies are not between 0 and 1e6.";
  }
  return "";
}

} // namespace

Status checkModelLimits(const ModelConfig &model, const std::string &where) {
  const auto malformed = [&](const std::string &message) {
    return Error{ErrorCode::MalformedFile, message, where, "The model's settings are damaged or not meant for this program."};
  };
  struct Bound {
    const char *what;
    int64_t value;
    int64_t most;
  };
  const Bound bounds[] = {
      {"hidden size", model.hidden, int64_t(1) << 20},
      {"intermediate size", model.intermediate, int64_t(1) << 22},
      {"number of layers", model.layers, 4096},
      {"number of attention heads", model.heads, 1 << 16},
      {"number of key-value heads", model.kvHeads, 1 << 16},
      {"head dimension", model.headDim, 1 << 13},
      {"vocabulary size", model.vocab, int64_t(1) << 24},
      {"context length", model.context, int64_t(1) << 31},
      {"attention width", model.heads > (1 << 16) || model.headDim > (1 << 13) ? 0 : model.qRows(), int64_t(1) << 22},
  };
  for (const Bound &bound : bounds) {
    if (bound.value < 1 || bound.value > bound.most) {
      return malformed("The model's " + std::string(bound.what) + " of " + std::to_string(bound.value) + " is not between 1 and " +
                       std::to_string(bound.most) + ".");
    }
  }
  if (model.heads % model.kvHeads != 0)
    return malformed("The number of attention heads is not a multiple of the number of key-value heads.");
  if (!(model.normEps > 0 && model.normEps < 1)) return malformed("The epsilon of the norms is not between 0 and 1.");
  if (model.position == PositionKind::Rope) {
    for (const RopeConfig *rope : {&model.rope, &model.localRope}) {
      const std::string problem = ropeProblem(*rope, model.headDim);
      if (!problem.empty()) return malformed(problem);
    }
  }
  for (int64_t layer = 0; layer < model.layers; ++layer) {
    if (model.layerKind(layer).window < 0) return malformed("The sliding window of a layer is negative.");
  }
  for (const double value : {model.attentionScale, model.attentionSoftcap, model.finalSoftcap, model.embedScale}) {
    if (!(value >= 0 && value <= 1e9)) return malformed("A scale or soft cap of the model is out of range.");
  }
  return {};
}

} // namespace attune::io
