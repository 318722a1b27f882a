// What Gemma 2 and 3 share. Pure functions, any thread.
#pragma once

#include "core/model/families/model_family.h"

namespace attune::core {

io::ModelConfig gemmaDefaults();
void nameGemmaNorms(ModelFamily &family);
/// Scales, soft caps, window and biases; the layers' kinds are left to the families.
void readGemma(io::ConfigReader &config, io::ModelConfig &model);

} // namespace attune::core
