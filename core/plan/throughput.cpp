#include "core/plan/throughput.h"

#include "core/plan/step_memory.h"

#include <algorithm>

namespace attune::core {

namespace {

// What a step reaches of the rates. Twelve cells of Baichuan2-7B's shape on an H200, 512x4 to 8192x1, in 16 bits, NF4 and int8: forecast
// over measured from 0.91 to 1.16, ten of them within 7 %.
constexpr double kProductShare = 0.8;            // of a large product's rate
constexpr double kCopyShare = 0.7;               // of a copy's
constexpr double kAttentionShare = 0.6;          // of a large product's: short products and the softmax between them
constexpr double kLaunch = 5e-6, kLaunches = 55; // on a card, seconds each and a layer there and back
constexpr double kHostMemory = 5e10;             // bytes a second that updates beside a card read and write
constexpr DeviceRates kUsualCpu = {2e11, 2e11, 0, 2e10, 0}, kUsualCard = {5e13, 2e14, 2e14, 1e12, 2e10};

struct Work {
  double flop = 0, attentionFlop = 0, bytes = 0, linkBytes = 0, hostBytes = 0, launches = 0;
};

class Step {
public:
  Step(const io::ModelConfig &model, const api::RunConfig &config, const PlanContext &context)
      : m(model), m_config(config), m_host(context.computeOnHost), m_half(computesNarrow(config, context)), m_element(m_half ? 2 : 4),
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
    work.bytes = m_tokens * m_element * passes + m_tokens * double(m.vocab) * (m_host ? 16 : 3 * m_element);
    if (m_config.quantization != api::Quantization::None) work.bytes += 2 * layers * matrices * (m_element + 1); // decoded twice
    work.bytes += double(trainedParameters(m, m_config)) * 4 * 8 / double(std::max<int64_t>(1, m_config.accumulation));
    if (!m_host) {
      work.launches = kLaunches * (layers + trained + (whole ? 0.7 * trained : 0));
      if (m_config.offload.checkpoints && whole) work.linkBytes = 2 * m_tokens * layers * wide * m_element;
      if (m_config.offload.layers) { // there and back again, the gradients out, and the host's update of them
        work.linkBytes += (2 * layers + (trainsMatrices ? trained : 0)) * matrices * m_element;
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
  bool m_half;
  double m_element;
  double m_tokens;
};

double rateOf(const DeviceRates &rates, const api::RunConfig &config, const PlanContext &context) {
  if (!computesNarrow(config, context)) return rates.fp32;
  return computesFp16(config, context) && rates.fp16 > 0 ? rates.fp16 : rates.bf16;
}

double secondsAt(const Work &work, const DeviceRates &rates, double productRate) {
  const double products = work.flop / (kProductShare * productRate) + work.attentionFlop / (kAttentionShare * productRate);
  const double computing = std::max(products + work.bytes / (kCopyShare * rates.memory), work.launches * kLaunch);
  if (rates.hostLink <= 0) return computing;
  return std::max({computing, work.linkBytes / (kCopyShare * rates.hostLink), work.hostBytes / kHostMemory}); // beside each other
}

} // namespace

double secondsPerMicroBatch(const io::ModelConfig &model, const api::RunConfig &config, const PlanContext &context) {
  const DeviceRates &usual = context.computeOnHost ? kUsualCpu : kUsualCard;
  const bool known = rateOf(context.rates, config, context) > 0 && context.rates.memory > 0;
  const DeviceRates &rates = known ? context.rates : usual;
  return secondsAt(Step(model, config, context).work(), rates, rateOf(rates, config, context));
}

double tokensPerSecond(const io::ModelConfig &model, const api::RunConfig &config, const PlanContext &context) {
  if (rateOf(context.rates, config, context) <= 0 || context.rates.memory <= 0) return 0;
  const double seconds = secondsPerMicroBatch(model, config, context);
  return seconds > 0 ? Step(model, config, context).tokens() / seconds : 0;
}

} // namespace attune::core
