// What Qwen2 and Qwen3 share. Pure functions, any thread.
#pragma once

#include "core/model/families/model_family.h"

namespace attune::core {

/// use_sliding_window, max_window_layers and layer_types.
void readQwenWindows(io::ConfigReader &config, io::ModelConfig &model);

} // namespace attune::core
