#include "core/plan/step_memory.h"

#include "core/nn/loss_chunk.h"

#include <algorithm>
#include <initializer_list>

namespace attune::core {

namespace {

// Large tensors on the host lie in blocks of these (BlockCache), smaller ones where the C library likes.
constexpr int64_t kGrain = int64_t(64) << 10, kLarge = int64_t(128) << 10;

/// One moment of a step, in bytes.
struct Moment {
  Bytes activations, attention, decoded, logits, gradients;
  Bytes sum() const { return activations + attention + decoded + logits + gradients; }
};

Bytes largest(std::initializer_list<Bytes> sizes) {
  Bytes most;
  for (const Bytes &size : sizes) most = std::max(most.value(), size.value());
  return most;
}

Bytes less(Bytes from, Bytes taken) { return from.value() - std::min(from.value(), taken.value()); }

class Step {
public:
  Step(const io::ModelConfig &model, const api::RunConfig &config, const PlanContext &context, const TrainedParts &parts, bool narrow)
      : m(model), m_config(config), m_context(context), m_parts(parts), m_host(context.computeOnHost), m_narrow(narrow && m_host),
        e(narrow ? 2 : 4), m_tokens(microBatchTokens(config, context)), m_lora(config.method == api::Method::Lora),
        m_recomputed(config.checkpointing == api::Checkpointing::Full),
        m_quantisedHead(config.quantizeEmbeddings && m_lora && config.quantization != api::Quantization::None) {}

  StepMemory peak() const {
    const Moment moments[] = {lossMoment(), headMoment(),    downMoment(),      gateMoment(),
                              upMoment(),   waitingMoment(), attentionMoment(), lastMoment()};
    const Moment &most = *std::max_element(std::begin(moments), std::end(moments),
                                           [](const Moment &a, const Moment &b) { return a.sum().value() < b.sum().value(); });
    // What is decoded and whatever of the gradients comes later is shown all the same, and the activations with what they take beyond.
    StepMemory result;
    Bytes left = most.sum();
    const auto take = [&](Bytes &item, Bytes wanted) {
      item = std::min(left.value(), wanted.value());
      left = less(left, item);
    };
    take(result.decoded, m_parts.decoded * e);
    take(result.gradients, Bytes(4) * m_parts.parameters);
    take(result.attention, most.attention);
    take(result.logits, most.logits);
    result.activations = left;
    return result;
  }

private:
  /// A tensor with so many elements a token.
  Bytes each(Bytes elements) const {
    const Bytes bytes = m_tokens * e * elements;
    if (!m_host || bytes.value() < kLarge || bytes.value() > INT64_MAX - kGrain) return bytes;
    return (bytes.value() + kGrain - 1) / kGrain * kGrain;
  }

  /// A sum of the layers so far, which fp16 keeps in fp32.
  Bytes residual() const { return each(computesFp16(m_config, m_context) ? Bytes(2) * m.hidden : Bytes(m.hidden)); }

  // Saved for backward by one layer.
  Bytes attentionHalf() const { // two sums, two norms, q|k|v (once more where they are normalised), the mixed heads
    const Bytes packed = each(m.qRows() + 2 * m.kvRows());
    // In fp32 a card's fused attention takes keys and values once for each head.
    const bool copiesHeads = !m_host && e.value() == 4 && m.kvRows() < m.qRows();
    return Bytes(2) * (each(m.hidden) + residual()) + packed + (m.qkNorm ? packed : Bytes(0)) + each(m.qRows()) + beforeNorm() +
           (copiesHeads ? Bytes(2) * each(m.qRows()) : Bytes(0)) + m_tokens * 8;
  }
  Bytes feedForward() const { // gate|up and their product
    return inTile(Bytes(2) * m.intermediate) + (gatesAgain() ? Bytes(0) : inTile(m.intermediate)) + beforeNorm();
  }
  /// Of a feed-forward block, which is computed in tiles where it is computed again.
  Bytes inTile(Bytes elements) const {
    const bool tiles = recomputesFeedForward() && !m_parts.streamed;
    return tiles && m_tokens.value() > kFeedForwardRows ? Bytes(kFeedForwardRows) * e * elements : each(elements);
  }
  /// A product kept beside its norm.
  Bytes beforeNorm() const { return m.sandwichNorms ? each(m.hidden) : Bytes(0); }
  /// On an accelerator the gated product is made once more in backward where nothing else is (gatedLinear).
  bool gatesAgain() const { return !m_host && !recomputesFeedForward(); }
  bool recomputesFeedForward() const { return m_recomputed || m_config.checkpointing == api::Checkpointing::Selective; }
  /// LoRA's x.Aᵀ in one layer.
  Bytes reduced() const {
    if (m_parts.layers <= 0) return 0;
    return m_tokens * (m_host ? Bytes(4) : e) * (m_parts.reducedColumns.value() / m_parts.layers);
  }
  Bytes logSums() const { return m_tokens * 4 * m.heads; }

  /// Everything kept when the forward pass ends.
  Moment kept() const {
    const Bytes layers = m_parts.layers;
    Moment moment;
    switch (m_config.checkpointing) {
    case api::Checkpointing::Auto:
    case api::Checkpointing::None: moment.activations = layers * (attentionHalf() + feedForward() + reduced()); break;
    case api::Checkpointing::Selective: moment.activations = layers * (attentionHalf() + reduced()); break;
    case api::Checkpointing::Full:
      moment.activations = Bytes(movesInputs() ? std::min<int64_t>(m_parts.layers, 3) : m_parts.layers) * residual();
      break;
    }
    if (!m_recomputed) moment.attention = layers * logSums();
    if (m_config.accumulation > 1) moment.gradients = Bytes(4) * m_parts.parameters; // of the micro-batches before
    return moment;
  }

  /// Inputs of recomputed segments go to the host; three are on the device at a time.
  bool movesInputs() const { return !m_host && m_config.offload.checkpoints; }

  Bytes head() const { return Bytes(4) * m.vocab * m.hidden; }
  Bytes narrowHead() const { return Bytes(2) * m.vocab * m.hidden; }
  /// A head with rows of length 1 is made in each pass from the one that trains, but where that trains in 16 bits itself.
  bool normalisesHead() const { return headTrains() && m.headNorm && !m_parts.inPlace; }
  /// The head itself, on a card where it comes from the host; in 16 bits the moments know it already.
  Bytes broughtHead() const { return m_parts.streamed && !m_host && e.value() == 4 ? head() : Bytes(0); }
  /// A block of a quantised head, decoded; on the CPU its product before it is among the logits; the hidden rows' gradient and its sum.
  Bytes headBlock(Bytes rows) const {
    const Bytes block = std::min(headBlockRows(m.hidden, !m_host), m.vocab);
    return block * m.hidden * e + (m_host ? rows * block * e : Bytes(0)) + rows * m.hidden * (e + 4);
  }
  bool headTrains() const { return m_config.method == api::Method::Full; }

  /// The last chunk's logits beside everything kept.
  Moment lossMoment() const {
    Moment moment = kept();
    moment.activations += Bytes(3) * each(m.hidden) + residual(); // the last delta, the rows with targets, their norm and its gradient
    const Bytes rows = std::min(lossChunkRows(m.vocab, !m_host, m_quantisedHead), m_tokens.value());
    moment.logits = rows * m.vocab * (m_host ? Bytes(4) : e);
    // A product in 16 bits; where the head trains, then a chunk's share of its gradient, and that in fp32.
    if (m_quantisedHead)
      moment.logits += headBlock(rows);
    else if (m_narrow)
      moment.logits += largest({rows * m.vocab * 2, headTrains() ? narrowHead() + head() : Bytes(0)});
    if (headTrains()) moment.logits += head() + broughtHead();
    if (normalisesHead()) moment.logits += head() + (e.value() == 2 ? narrowHead() : Bytes(0)); // anew in each pass
    return moment;
  }

  /// The head's gradient, scaled.
  Moment headMoment() const {
    Moment moment = kept();
    moment.activations += Bytes(3) * each(m.hidden);
    if (headTrains()) moment.logits = head() * 2 + (e.value() == 2 && !normalisesHead() ? narrowHead() : Bytes(0)) + broughtHead();
    return moment;
  }

  /// The last layer begins to go backward: everything kept, and what is recomputed of it.
  Moment backward() const {
    Moment moment = kept();
    if (m_recomputed) {
      moment.activations += attentionHalf() + feedForward() + reduced();
      moment.attention += logSums();
    } else if (m_config.checkpointing == api::Checkpointing::Selective) {
      moment.activations += feedForward();
    }
    if (headTrains()) moment.gradients = largest({moment.gradients, head()});
    if (!m_lora) moment.gradients = largest({moment.gradients, moment.gradients + m_parts.largestMatrix * (e.value() == 2 ? 6 : 4)});
    return moment;
  }

  /// What is decoded when the last product of the feed-forward goes backward: where nothing was recomputed that matrix alone, else
  /// all that the recomputation left.
  Bytes decodedAtDown() const {
    const Bytes down = Bytes(m.hidden) * m.intermediate;
    return gatesAgain() ? Bytes(std::min(m_parts.decoded.value(), down.value())) : m_parts.decoded;
  }

  Moment downMoment() const {
    Moment moment = backward();
    moment.decoded = decodedAtDown() * e;
    moment.activations += inTile(m.intermediate) + each(m.hidden);
    return moment;
  }

  /// Through the gate, when the last matrix is no longer needed: the gradients of gate|up beside that of their product, and where
  /// that was gated once more, itself.
  Moment gateMoment() const {
    Moment moment = backward();
    moment.decoded = less(decodedAtDown(), Bytes(m.hidden) * m.intermediate) * e;
    moment.activations += gatesAgain() ? each(Bytes(4) * m.intermediate) : inTile(Bytes(2) * m.intermediate);
    if (m_host || !m_recomputed) moment.activations += each(m.hidden);
    return moment;
  }

  /// On a card, through gate|up where nothing was recomputed: its matrix is decoded now.
  Moment upMoment() const {
    Moment moment = backward();
    if (!gatesAgain()) return moment;
    moment.decoded = m_parts.decoded * e;
    moment.activations += Bytes(2) * each(m.hidden);
    return moment;
  }

  /// The first layer's gate|up gives its gradient, in fp32 beside 16 bits; those of the layers above wait in 16 bits.
  Moment waitingMoment() const {
    if (m_lora || m_parts.inPlace || e.value() != 2 || m_parts.layers <= 0) return backward();
    Moment moment = kept();
    if (!m_recomputed) moment.activations = moment.attention = Bytes(0);
    moment.activations += attentionHalf() + each(Bytes(2) * m.intermediate) + Bytes(2) * each(m.hidden);
    // Where some of earlier micro-batches are there, those of this one are added when it is over.
    const int64_t waiting = m_config.accumulation > 1 ? m_parts.layers : m_parts.layers - 1;
    moment.gradients += Bytes(2) * waiting * m_parts.layer + Bytes(2) * m.hidden * m.intermediate + m_parts.largestMatrix * 6;
    return moment;
  }

  /// Through attention where it is ours: the feed-forward is over. On the host loops work with fp32 copies, and blocks of scores a
  /// thread; on a card with several copies of the scores of 256 queries, most of them in fp32.
  Moment attentionMoment() const {
    Moment moment = backward();
    const Bytes q = m.qRows(), packed = m.qRows() + 2 * m.kvRows();
    if (!m_host) {
      if (!m_context.slicedAttention) return moment;
      const Bytes segment = std::min(m_config.maxLength, m_tokens.value());
      moment.activations = less(moment.activations, feedForward()) + each(q) + each(packed) + each(m.hidden);
      moment.attention += Bytes(24) * m.heads * std::min<int64_t>(256, segment.value()) * segment + segment * 8 * m.kvRows();
      moment.decoded = m_recomputed ? less(m_parts.decoded, Bytes(3) * m.hidden * m.intermediate) * e : Bytes(0);
      return moment;
    }
    moment.activations = less(moment.activations, feedForward() + each(m.hidden)) + each(q) + each(packed);
    moment.attention +=
        m_tokens * 4 * (q + Bytes(4) * m.kvRows()) + Bytes(m_context.threads) * 2048 * std::min<int64_t>(m_config.maxLength, 1 << 20);
    if (m_narrow) moment.attention += m_tokens * 4 * (packed + Bytes(2) * q);
    return moment;
  }

  /// All gradients are there, the first layer's or the embedding's the last of them.
  Moment lastMoment() const {
    Moment moment;
    moment.gradients = Bytes(4) * m_parts.parameters;
    // The embedding's gradient in 16 bits, or later that of the normalised rows, whose own is made in blocks of rows. A matrix's of
    // the first layer where those do not train.
    const Bytes narrow = e.value() == 2 ? narrowHead() : Bytes(0);
    const Bytes ofRows = normalisesHead() ? head() + Bytes(20) * std::min<int64_t>(m.vocab, 8192) * m.hidden : Bytes(0);
    if (headTrains())
      moment.logits = (m.tiedEmbeddings ? head() : Bytes(0)) + largest({narrow, ofRows});
    else if (!m_lora && e.value() == 2)
      moment.gradients += Bytes(2) * m.hidden * (m.qRows() + 2 * m.kvRows());
    // Where a card recomputes, what the loss made of the head's gradient is still there (seen with libtorch 2.11).
    if (headTrains() && m_recomputed && !m_host && !m_parts.inPlace) moment.logits += head();
    // Packed rows and mixed heads stay with their node in the graph until all of it goes.
    const Bytes packed = each(m.qRows() + 2 * m.kvRows()) + each(m.qRows());
    moment.activations = Bytes(2) * each(m.hidden) + Bytes(m_recomputed ? 1 : m_parts.layers) * packed;
    moment.decoded = m_parts.decoded * e;
    return moment;
  }

  const io::ModelConfig &m;
  const api::RunConfig &m_config;
  const PlanContext &m_context;
  const TrainedParts &m_parts;
  bool m_host;
  bool m_narrow; // 16-bit products on the host, whose library works with fp32 copies
  Bytes e;
  Bytes m_tokens;
  bool m_lora;
  bool m_recomputed;
  bool m_quantisedHead;
};

} // namespace

StepMemory stepMemory(const io::ModelConfig &model, const api::RunConfig &config, const PlanContext &context, const TrainedParts &parts,
                      bool narrow) {
  return Step(model, config, context, parts, narrow).peak();
}

} // namespace attune::core
