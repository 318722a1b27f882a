#include "core/generate/sampler.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_set>

namespace attune::core {

int32_t Sampler::choose(float *logits, int64_t size, const std::vector<int32_t> &seen) {
  if (m_options.repetitionPenalty != 1.0) {
    const float penalty = static_cast<float>(m_options.repetitionPenalty);
    for (const int32_t id : std::unordered_set<int32_t>(seen.begin(), seen.end()))
      if (id >= 0 && id < size) logits[id] = logits[id] < 0.0f ? logits[id] * penalty : logits[id] / penalty;
  }
  if (m_options.greedy || m_options.temperature <= 0.0) return static_cast<int32_t>(std::max_element(logits, logits + size) - logits);

  auto &order = m_order;
  order.resize(static_cast<size_t>(size));
  std::iota(order.begin(), order.end(), 0);
  const auto higher = [logits](int32_t x, int32_t y) { return logits[x] != logits[y] ? logits[x] > logits[y] : x < y; };
  if (m_options.topK > 0 && m_options.topK < size) {
    std::nth_element(order.begin(), order.begin() + (m_options.topK - 1), order.end(), higher);
    const float lowest = logits[order[static_cast<size_t>(m_options.topK - 1)]];
    // As transformers does: everything as high as the k-th stays, so ties may keep more than k.
    order.erase(std::remove_if(order.begin(), order.end(), [&](int32_t id) { return logits[id] < lowest; }), order.end());
  }
  std::sort(order.begin(), order.end(), higher);

  const double top = logits[order.front()];
  std::vector<double> weights(order.size());
  for (size_t i = 0; i < order.size(); ++i) weights[i] = std::exp((logits[order[i]] - top) / m_options.temperature);
  if (m_options.topP < 1.0) {
    const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
    double before = 0.0;
    size_t kept = 0;
    // A token stays while the mass above it is below top-p; the first always stays.
    for (; kept < weights.size() && (kept == 0 || before < m_options.topP * total); ++kept) before += weights[kept];
    weights.resize(kept);
  }
  if (m_options.minP > 0.0)
    while (weights.size() > 1 && weights.back() < m_options.minP * weights.front()) weights.pop_back();

  double point = m_rng.uniform() * std::accumulate(weights.begin(), weights.end(), 0.0);
  for (size_t i = 0; i < weights.size(); ++i) {
    point -= weights[i];
    if (point < 0.0) return order[i];
  }
  return order[weights.size() - 1];
}

} // namespace attune::core
