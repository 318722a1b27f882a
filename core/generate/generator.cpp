#include "core/generate/generator.h"

#include "core/generate/finite_logits.h"
#include "core/nn/layer_stream.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/where.h>
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

Generation::Generation(Transformer &transformer, const DecoderWeights &weights, const DecoderAdapters *adapters,
                       std::vector<int32_t> prompt, GenerateOptions options, int64_t budget)
    : m_transformer(&transformer), m_weights(&weights), m_adapters(adapters), m_options(std::move(options)), m_budget(budget),
      m_sampler(m_options.sampling), m_seen(std::move(prompt)), m_done(budget <= 0) {}

Result<Generation> Generation::create(Transformer &transformer, const DecoderWeights &weights, const DecoderAdapters *adapters,
                                      std::vector<int32_t> prompt, GenerateOptions options) {
  ATTUNE_CHECK(checkPrompt(transformer.config(), prompt));
  const int64_t budget = std::min(options.maxNewTokens, transformer.config().context - static_cast<int64_t>(prompt.size()));
  return Generation(transformer, weights, adapters, std::move(prompt), std::move(options), budget);
}

Status Generation::step() {
  if (m_done) return {};
  const auto clock = std::chrono::steady_clock::now();
  const bool first = !m_cache;
  const Status status = advance();
  (first ? m_result.promptSeconds : m_result.seconds) += secondsSince(clock);
  return status;
}

/// Feeds what the cache does not hold yet, in chunks, and chooses the next token.
Status Generation::advance() {
  if (!m_cache)
    m_cache.emplace(m_transformer->config(), static_cast<int64_t>(m_seen.size()) + m_budget,
                    m_weights->finalNorm.options().device(deviceOf(*m_weights)).requires_grad(false));
  const auto length = static_cast<int64_t>(m_seen.size());
  if (m_transformer->outgrows(m_cache->length, length)) m_cache->length = 0; // transformers reads all anew there too
  Tensor hidden;
  for (auto begin = m_seen.begin() + m_cache->length; begin != m_seen.end();) {
    if (m_options.stop.stopRequested()) return Error{ErrorCode::Interrupted, "The answer was stopped.", "", ""};
    const auto end = begin + std::min<int64_t>(m_options.prefillChunk, m_seen.end() - begin);
    hidden = m_transformer->advance(*m_weights, m_adapters, std::vector<int64_t>(begin, end), *m_cache, length);
    begin = end;
  }
  ATTUNE_TRY(const int32_t id, choose(m_transformer->logits(*m_weights, hidden)));
  m_seen.push_back(id);
  if (std::find(m_options.endTokens.begin(), m_options.endTokens.end(), id) != m_options.endTokens.end()) {
    m_result.ended = m_done = true;
    return {};
  }
  m_result.ids.push_back(id);
  m_done = static_cast<int64_t>(m_result.ids.size()) >= m_budget;
  if (m_options.onToken) m_options.onToken(id);
  return {};
}

/// The next token by logits [1, V], wherever they are.
Result<int32_t> Generation::choose(const Tensor &logits) {
  if (!logits.is_cpu() && m_options.sampling.takesLargest()) { // one number comes back instead of all
    const at::NoGradGuard noGrad;
    const auto id = at::where(at::isfinite(logits).all(), at::argmax(logits), -1).item<int64_t>();
    if (id >= 0) return static_cast<int32_t>(id);
  }
  const Tensor host = logits.cpu();
  ATTUNE_CHECK(checkFinite(host.data_ptr<float>(), host.numel()));
  return m_sampler.choose(host.data_ptr<float>(), host.numel(), m_seen);
}

Result<GenerateResult> generate(Transformer &transformer, const DecoderWeights &weights, const DecoderAdapters *adapters,
                                const std::vector<int32_t> &prompt, const GenerateOptions &options) {
  ATTUNE_TRY(Generation generation, Generation::create(transformer, weights, adapters, prompt, options));
  while (!generation.done()) ATTUNE_CHECK(generation.step());
  return generation.result();
}

} // namespace attune::core
