#include "core/train/update_in_pass.h"

#include "core/device/torch_guard.h"

namespace attune::core {

namespace {

void updateUntilItFits(Optimizer &optimizer, size_t parameter, const std::function<bool()> &madeRoom) {
  for (;;) {
    try {
      return optimizer.update(parameter);
    } catch (const std::exception &error) {
      if (!isOutOfMemory(error) || !madeRoom || !madeRoom()) throw;
    }
  }
}

} // namespace

double passAndUpdate(TrainableModel &model, Optimizer *optimizer, double lr, const data::MicroBatch &batch, double gradScale,
                     const PassSeed &seed, const std::function<bool()> &madeRoom) {
  if (!optimizer || !model.updatesInPass()) return model.forwardBackward(batch, gradScale, seed);
  struct Telling {
    TrainableModel &model;
    ~Telling() { model.whenGradientIsWhole(nullptr); }
  } const telling{model};
  optimizer->beginStep(lr);
  model.whenGradientIsWhole([&](size_t parameter) { updateUntilItFits(*optimizer, parameter, madeRoom); });
  return model.forwardBackward(batch, gradScale, seed);
}

} // namespace attune::core
