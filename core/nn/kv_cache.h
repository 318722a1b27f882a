// Keys and values of one sequence, allocated once for its whole length. One owner, one thread.
#pragma once

#include "core/io/model_config.h"
#include "core/nn/tensor.h"

#include <vector>

namespace attune::core {

struct KvCache {
  std::vector<Tensor> keys;   // a layer: [kv, capacity, D]
  std::vector<Tensor> values; // a layer: [kv, capacity, D]
  int64_t capacity = 0;
  int64_t length = 0; // positions filled

  KvCache(const io::ModelConfig &config, int64_t positions, const at::TensorOptions &options) : capacity(positions) {
    for (int64_t layer = 0; layer < config.layers; ++layer) {
      keys.push_back(at::empty({config.kvHeads, positions, config.headDim}, options));
      values.push_back(at::empty({config.kvHeads, positions, config.headDim}, options));
    }
  }
};

} // namespace attune::core
