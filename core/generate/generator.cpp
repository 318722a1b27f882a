#include "core/generate/generator.h"

#include "core/generate/finite_logits.h"

#include <algorithm>
#include <chrono>

namespace attune::core {
namespace {

double secondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Status checkPrompt(const io::ModelConfig &config, const std::vector<int32_t> &prompt) {
  if (prompt.empty()) return Error{ErrorCode::InvalidData, "The prompt has no tokens.", "", "Write something to answer."};
  for (const int32_t id : prompt)
    if (id < 0 || id >= config.vocab)
      return Error{ErrorCode::InvalidData, "Token " + std::to_string(id) + " is outside the vocabulary.", "",
                   "Ids run from 0 to " + std::to_string(config.vocab - 1) + "."};
  if (static_cast<int64_t>(prompt.size()) >= config.context)
    return Error{ErrorCode::InvalidData,
                 "The prompt has " + std::to_string(prompt.size()) + " tokens, as many as the model can see or more.", "",
                 "Keep it below " + std::to_string(config.context) + " tokens."};
  return {};
}

} // namespace

double GenerateResult::tokensPerSecond() const {
  const auto made = static_cast<double>(ids.size() + (ended ? 1 : 0)) - 1.0;
  return made > 0.0 && seconds > 0.0 ? made / seconds : 0.0;
}

Result<GenerateResult> generate(Transformer &transformer, const DecoderWeights &weights, const DecoderAdapters *adapters,
                                const std::vector<int32_t> &prompt, const GenerateOptions &options) {
  const io::ModelConfig &config = transformer.config();
  ATTUNE_CHECK(checkPrompt(config, prompt));
  const int64_t length = static_cast<int64_t>(prompt.size());
  const int64_t budget = std::min(options.maxNewTokens, config.context - length);
  GenerateResult result;
  if (budget <= 0) return result;

  const auto interrupted = [] { return Error{ErrorCode::Interrupted, "The answer was stopped.", "", ""}; };
  auto clock = std::chrono::steady_clock::now();
  KvCache cache(config, length + budget, weights.embedding.options());
  Tensor hidden;
  for (int64_t begin = 0; begin < length; begin += options.prefillChunk) {
    if (options.stop.stopRequested()) return interrupted();
    const int64_t end = std::min(length, begin + options.prefillChunk);
    hidden = transformer.advance(weights, adapters, std::vector<int64_t>(prompt.begin() + begin, prompt.begin() + end), cache);
  }

  Sampler sampler(options.sampling);
  std::vector<int32_t> seen = prompt;
  for (;;) {
    const Tensor logits = transformer.logits(weights, hidden).cpu();
    ATTUNE_CHECK(checkFinite(logits.data_ptr<float>(), logits.numel()));
    const int32_t id = sampler.choose(logits.data_ptr<float>(), logits.numel(), seen);
    if (seen.size() == prompt.size()) {
      result.promptSeconds = secondsSince(clock);
      clock = std::chrono::steady_clock::now();
    }
    seen.push_back(id);
    if (std::find(options.endTokens.begin(), options.endTokens.end(), id) != options.endTokens.end()) {
      result.ended = true;
      break;
    }
    result.ids.push_back(id);
    if (options.onToken) options.onToken(id);
    if (static_cast<int64_t>(result.ids.size()) >= budget) break;
    if (options.stop.stopRequested()) return interrupted();
    hidden = transformer.advance(weights, adapters, {id}, cache);
  }
  result.seconds = secondsSince(clock);
  return result;
}

} // namespace attune::core
