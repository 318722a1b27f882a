// Llama 2 and 3, Mistral, SmolLM2 and all that share their layer: the names every field of ModelFamily defaults to.
#pragma once

#include "core/model/model_registry.h"

namespace attune::core {

const ModelFamily &llamaFamily();

} // namespace attune::core
