#include "core/generate/scorer.h"

#include <ATen/ops/logsumexp.h>

#include <algorithm>

namespace attune::core {

Result<std::vector<double>> tokenLogProbs(Transformer &transformer, const DecoderWeights &weights,
                                          const DecoderAdapters *adapters, const std::vector<int32_t> &ids,
                                          const LogitsSink &sink) {
  const io::ModelConfig &config = transformer.config();
  const int64_t length = static_cast<int64_t>(ids.size());
  if (ids.empty()) return Error{ErrorCode::InvalidData, "There are no tokens to score.", "", ""};
  if (length > config.context)
    return Error{ErrorCode::InvalidData, "The text has " + std::to_string(length) + " tokens, more than the model can see.", "",
                 "Keep it within " + std::to_string(config.context) + " tokens."};
  data::MicroBatch batch;
  batch.segmentStarts = {0, length};
  for (int64_t i = 0; i < length; ++i) {
    const int32_t id = ids[static_cast<size_t>(i)];
    if (id < 0 || id >= config.vocab)
      return Error{ErrorCode::InvalidData, "Token " + std::to_string(id) + " is outside the vocabulary.", "",
                   "Ids run from 0 to " + std::to_string(config.vocab - 1) + "."};
    batch.ids.push_back(id);
    batch.positions.push_back(i);
  }
  const Tensor hidden = transformer.hidden(weights, adapters, batch);
  constexpr int64_t kRows = 64;
  std::vector<double> logProbs(ids.size(), 0.0);
  for (int64_t begin = 0; begin < length; begin += kRows) {
    const int64_t rows = std::min(kRows, length - begin);
    const Tensor logits = transformer.logits(weights, hidden.narrow(0, begin, rows)).cpu().contiguous();
    const Tensor totals = at::logsumexp(logits, {1});
    const float *values = logits.data_ptr<float>(), *sums = totals.data_ptr<float>();
    for (int64_t row = 0; row < rows && begin + row + 1 < length; ++row) {
      const auto next = static_cast<size_t>(begin + row + 1);
      logProbs[next] = static_cast<double>(values[row * config.vocab + ids[next]]) - static_cast<double>(sums[row]);
    }
    if (sink) ATTUNE_CHECK(sink(values, rows));
  }
  return logProbs;
}

} // namespace attune::core
