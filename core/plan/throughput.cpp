#include "core/plan/throughput.h"

#include "core/nn/loss_chunk.h"
#include "core/plan/step_memory.h"

#include <algorithm>
#include <cmath>

namespace attune::core {

namespace {

/// What a step reaches of the rates.
struct Shares {
  double product;   // of a large product's
  double attention; // of a large product's, on the CPU of one in fp32: short products and the softmax between them
  double memory;    // on a card of a copy's
};
// Twelve cells of Baichuan2-7B's shape on an H200, 512x4 to 8192x1, in 16 bits, NF4 and int8: forecast over measured from 0.91 to
// 1.16, ten of them within 7 %.
constexpr Shares kCardShares = {0.8, 0.6, 0.7};
// 22 cells of small models on two threads of a Xeon, 1x256 to 4x512, fp32 and bf16, NF4 and int8: 21 from 0.84 to 1.27, one 2.1 that
// was as slow as fp32. A step's rows come from memory, while the trial's stay in the caches.
constexpr Shares kCpuShares = {0.8, 0.8, 0.2};
constexpr double kCpuUpdatePasses = 13, kCpuNarrowPasses = 9; // over an fp32 weight that trains: the update's, a 16-bit gradient's
constexpr double kLaunch = 5e-6, kLaunches = 55;              // on a card, seconds each and a layer there and back
constexpr double kHostMemory = 5e10;                          // bytes a second that updates beside a card read and write
constexpr DeviceRates kUsualCpu = {2e11, 2e11, 0, 2e10, 0}, kUsualCard = {5e13, 2e14, 2e14, 1e12, 2e10};

struct Work {
  double flop = 0, attentionFlop = 0, bytes = 0, linkBytes = 0, hostBytes = 0, launches = 0;
};

class Step {
public:
  Step(const io::ModelConfig &model, const api::RunConfig &config, const PlanContext &context)
      : m(model), m_config(config), m_host(context.computeOnHost), m_weight(computesNarrow(config, context) ? 2 : 4),
        m_element(m_host ? 4 : m_weight), // our loops on the CPU take as long for either
        m_tokens(double(microBatchTokens(config, context).value())) {}

  double tokens() const { return m_tokens; }

  Work work() const {
    Work work;
    const double layers = double(m.layers), trained = trainedLayers();
    const double matrices = double(m.hidden) * double(2 * m.qRows() + 2 * m.kvRows()) + 3.0 * double(m.hidden) * double(m.intermediate);
    const bool whole = m_config.checkpointing == api::Checkpointing::Full || m_config.offload.layers;
    const bool half = m_config.checkpointing == api::Checkpointing::Selective;
    const bool trainsMatrices = m_config.method != api::Method::Lora;
    // Forward, gradients of inputs, of weights; what is recomputed leaves out the last product of its segment.
    const double feedForward = 3.0 * double(m.hidden) * double(m.intermediate);
    const double last = double(m.hidden) * double(m.intermediate);
    double products = layers * matrices + trained * matrices * (trainsMatrices ? 2 : 1);
    if (whole) products += trained * (matrices - last);
    if (half) products += trained * (feedForward - last);
    const double head = double(m.vocab) * double(m.hidden) * (m_config.method == api::Method::Full ? 3 : 2);
    work.flop = 2 * m_tokens * (products + head);
    if (m_host) work.bytes = m_weight * (products + head); // on a card beside the products

    const double length = double(std::max<int64_t>(1, m_config.maxLength));
    const double scores = 2 * m_tokens * length * double(m.qRows()); // q.kᵀ and p.v of a causal half
    work.attentionFlop = scores * (layers + trained * 2.5 + (whole ? trained : 0));

    // Element-wise passes, there and back, in elements a token.
    const double wide = double(m.hidden), inner = double(m.intermediate), mixed = double(2 * m.qRows() + 2 * m.kvRows());
    const double forward = 8 * wide + 3 * mixed + 4 * inner;
    double passes = layers * forward + trained * 1.6 * forward;
    if (whole) passes += trained * forward;
    if (half) passes += trained * 4 * inner;
    if (!trainsMatrices) passes += trained * 2.5 * (3 * wide + mixed + 4 * inner); // adapters read what the products read
    work.bytes += m_tokens * m_element * passes + m_tokens * double(m.vocab) * (m_host ? 16 : 3 * m_element);
    if (m_config.quantization != api::Quantization::None) work.bytes += 2 * layers * matrices * (m_weight + 1); // decoded twice
    if (m_config.quantizeEmbeddings) // and the head for each chunk of rows
      work.bytes += 2 * std::ceil(m_tokens / double(lossChunkRows(m.vocab, !m_host, true))) * double(m.vocab) * wide * (m_weight + 1);
    const double parameters = double(trainedParameters(m, m_config));
    work.bytes += parameters * 4 * (m_host ? kCpuUpdatePasses : 8) / double(std::max<int64_t>(1, m_config.accumulation));
    if (m_host && trainsMatrices && m_weight < 4) work.bytes += parameters * 4 * kCpuNarrowPasses;
    if (!m_host) {
      work.launches = kLaunches * (layers + trained + (whole ? 0.7 * trained : 0));
      if (m_config.offload.checkpoints && whole) work.linkBytes = 2 * m_tokens * layers * wide * m_element;
      if (m_config.offload.layers) { // there and back again, the gradients out, and the host's update of them
        work.linkBytes += (2 * layers + (trainsMatrices ? trained : 0)) * matrices * m_weight;
        if (trainsMatrices) work.hostBytes = trained * matrices * 24 / double(std::max<int64_t>(1, m_config.accumulation));
      }
      if (m_config.offload.embeddings) work.bytes += m_tokens * wide * m_element;
    }
    return work;
  }

private:
  double trainedLayers() const {
    return double(m_config.method == api::Method::Freeze ? std::min(std::max<int64_t>(0, m_config.freezeLayers), m.layers) : m.layers);
  }

  const io::ModelConfig &m;
  const api::RunConfig &m_config;
  bool m_host;
  double m_weight;  // bytes of one
  double m_element; // bytes of an activation
  double m_tokens;
};

double rateOf(const DeviceRates &rates, const api::RunConfig &config, const PlanContext &context) {
  if (!computesNarrow(config, context)) return rates.fp32;
  return computesFp16(config, context) && rates.fp16 > 0 ? rates.fp16 : rates.bf16;
}

double secondsAt(const Work &work, const DeviceRates &rates, double productRate, bool onHost) {
  const Shares &shares = onHost ? kCpuShares : kCardShares;
  const double attentionRate = onHost && rates.fp32 > 0 ? std::min(productRate, rates.fp32) : productRate; // our loops compute in fp32
  const double products = work.flop / (shares.product * productRate) + work.attentionFlop / (shares.attention * attentionRate);
  const double computing = std::max(products + work.bytes / (shares.memory * rates.memory), work.launches * kLaunch);
  if (rates.hostLink <= 0) return computing;
  return std::max({computing, work.linkBytes / (shares.memory * rates.hostLink), work.hostBytes / kHostMemory}); // beside each other
}

} // namespace

double secondsPerMicroBatch(const io::ModelConfig &model, const api::RunConfig &config, const PlanContext &context) {
  const DeviceRates &usual = context.computeOnHost ? kUsualCpu : kUsualCard;
  const bool known = rateOf(context.rates, config, context) > 0 && context.rates.memory > 0;
  const DeviceRates &rates = known ? context.rates : usual;
  return secondsAt(Step(model, config, context).work(), rates, rateOf(rates, config, context), context.computeOnHost);
}

double tokensPerSecond(const io::ModelConfig &model, const api::RunConfig &config, const PlanContext &context) {
  if (rateOf(context.rates, config, context) <= 0 || context.rates.memory <= 0) return 0;
  const double seconds = secondsPerMicroBatch(model, config, context);
  return seconds > 0 ? Step(model, config, context).tokens() / seconds : 0;
}

} // namespace attune::core
