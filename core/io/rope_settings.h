// The rotary settings of a config.json, in the spellings of transformers 4 (rope_theta, rope_scaling) and 5
// (rope_parameters). Pure functions, any thread; mistakes stay in the reader.
#pragma once

#include "core/io/config_reader.h"
#include "core/io/model_config.h"

namespace attune::io {

struct RopeRules {
  double theta = 10000.0;        // where the file has none
  double partial = 1.0;          // the same for partial_rotary_factor
  bool allowsPartial = false;    // whether the family can turn a part of each head only
  bool longIsSu = false;         // Phi-3 calls longrope "su" too
  int64_t originalContext = 0;   // the family's default of original_max_position_embeddings; 0 = the file's context
  bool contextIsOriginal = true; // linear and dynamic scaling reach beyond max_position_embeddings
};

/// Sets model.rope; raises model.context where the scaling reaches further. Reads model.context and model.headDim.
void readRope(ConfigReader &config, ModelConfig &model, const RopeRules &rules);

/// One set of settings: `nested` holds the new spelling, or is the old rope_scaling; `theta` counts where it has none.
RopeConfig readRopeObject(ConfigReader &config, const Json &nested, const std::string &key, const ModelConfig &model,
                          const RopeRules &rules, double theta);

} // namespace attune::io
