#include "core/train/resume_settings.h"

#include "core/api/config_fields.h"
#include "core/nn/loss_chunk.h"

#include <algorithm>

namespace attune::core {

namespace {

/// The same files in the same use, wherever they lie now; their content is compared by hash later.
bool onlyMoved(const std::vector<api::DatasetRef> &a, const std::vector<api::DatasetRef> &b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const api::DatasetRef &left, const api::DatasetRef &right) {
    return left.format == right.format && left.weight == right.weight;
  });
}

} // namespace

std::string problemOnResume(const api::ConfigDifference &change, const api::RunConfig &before, const api::RunConfig &now) {
  const bool moved = change.key == "model" || (change.key == "dataset" && onlyMoved(before.dataset, now.dataset)) ||
                     (change.key == "validation.path" && change.from != "null" && change.to != "null");
  if (moved) return {};
  const api::ConfigField *field = api::findConfigField(change.key);
  if (!field || !field->changeableOnResume) return "This setting cannot change when a run is resumed.";
  // Streamed layers train other weights in 16 bits, and update in another order.
  if (change.key == "offload" && before.offload.layers != now.offload.layers)
    return "Layers cannot move to or from the host when a run is resumed: their weights may be of another type there.";
  if (change.key == "checkpointing" && recomputingRounds(before))
    return "This cannot change when a run of batch_size x max_length above " + std::to_string(kFeedForwardRows) +
           " tokens is resumed: its sums would round differently.";
  return {};
}

bool recomputingRounds(const api::RunConfig &config) { return config.batchSize * config.maxLength > kFeedForwardRows; }

} // namespace attune::core
