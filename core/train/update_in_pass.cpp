#include "core/train/update_in_pass.h"

namespace attune::core {

double passAndUpdate(TrainableModel &model, Optimizer *optimizer, double lr, const data::MicroBatch &batch, double gradScale,
                     const PassSeed &seed) {
  if (!optimizer || !model.updatesInPass()) return model.forwardBackward(batch, gradScale, seed);
  struct Telling {
    TrainableModel &model;
    ~Telling() { model.whenGradientIsWhole(nullptr); }
  } const telling{model};
  optimizer->beginStep(lr);
  model.whenGradientIsWhole([optimizer](size_t parameter) { optimizer->update(parameter); });
  return model.forwardBackward(batch, gradScale, seed);
}

} // namespace attune::core
