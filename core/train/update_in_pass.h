// Forward and backward of a micro-batch, with the update of each parameter in the middle of it where the model allows that: the
// gradients of a layer are gone before those of the next exist (Lv et al. 2023, LOMO). Job thread.
#pragma once

#include "core/train/optimizer.h"

#include <functional>

namespace attune::core {

/// As model.forwardBackward. With an optimizer, and a model whose parameters may change in a pass, the optimizer's step of rate
/// `lr` is begun and done with every gradient; Optimizer::step then ends it. An update that runs out of memory goes on from where it
/// ended as long as `madeRoom` says so; a pass that does so between updates cannot, since some weights are new already.
double passAndUpdate(TrainableModel &model, Optimizer *optimizer, double lr, const data::MicroBatch &batch, double gradScale,
                     const PassSeed &seed, const std::function<bool()> &madeRoom = {});

} // namespace attune::core
