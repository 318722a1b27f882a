// The table of each family, one file each.
#pragma once

#include "core/model/families/model_family.h"

namespace attune::core {

const ModelFamily &llamaFamily();
const ModelFamily &mistralFamily();
const ModelFamily &qwen2Family();
const ModelFamily &qwen3Family();
const ModelFamily &gemma2Family();
const ModelFamily &gemma3TextFamily();
const ModelFamily &gemma3Family(); // the text part of the model that also sees pictures
const ModelFamily &phi3Family();
const ModelFamily &glmFamily();
const ModelFamily &glm4Family();
const ModelFamily &internlm2Family();
const ModelFamily &smollm3Family();
const ModelFamily &baichuanFamily();

} // namespace attune::core
