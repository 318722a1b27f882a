// What the trainer needs of a model, and nothing more. Job thread only. Two implementations: TransformerModel
// and the tiny fake of the trainer's tests.
#pragma once

#include "core/base/result.h"
#include "core/data/sample.h"
#include "core/nn/tensor.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace attune::core {

/// A trainable leaf with requires_grad. `tensor` is the fp32 master, or the weight itself: in full fp32 training, and in 16 bits
/// where weights train without a master.
struct NamedParameter {
  std::string name; // Hugging Face / PEFT name without ".weight"
  Tensor tensor;
  bool decays = true;   // weight decay applies (matrices, LoRA's too; never norms and biases)
  bool isLoraB = false; // LoRA+ raises its learning rate
  bool embedding = false;
  std::vector<int64_t> parts = {}; // rows of the matrices packed below each other in this one; empty = it is one
};

/// Identifies the random numbers of one pass (dropout, NEFTune): a pure function of these, so recompute, resume and
/// repetition give the same noise.
struct PassSeed {
  uint64_t seed = 0;
  uint64_t step = 0;
  uint64_t microBatch = 0;
  int64_t firstToken = 0; // of the pass within its micro-batch, where that is computed in parts
};

class TrainableModel {
public:
  virtual ~TrainableModel() = default;

  /// Trainable leaves in a stable order.
  virtual std::vector<NamedParameter> parameters() = 0;
  /// Forward and backward of one micro-batch: adds gradScale * d(sum of token cross-entropies) to the gradients and
  /// returns the sum (nats, accumulated in fp32 or better). gradScale is 1 / trained tokens of the whole step.
  virtual double forwardBackward(const data::MicroBatch &batch, double gradScale, const PassSeed &seed) = 0;
  /// Whether a parameter may change as soon as its gradient is whole, in the middle of a backward pass, because nothing reads it
  /// any more before the next.
  virtual bool updatesInPass() const { return false; }
  /// Told, on the thread of forwardBackward, of each parameter (its place in parameters()) whose gradient is whole; empty = no one
  /// is told. A pass whose loss is not finite then has no backward. Only where updatesInPass().
  virtual void whenGradientIsWhole(std::function<void(size_t parameter)> /*told*/) {}
  /// Sum of token cross-entropies, no gradients, no dropout.
  virtual double evaluate(const data::MicroBatch &batch) = 0;
  /// Keeps less of a forward pass from now on and computes it again in the backward pass, with the same results; false when nothing
  /// more can be saved so.
  virtual bool recomputeAll() { return false; }
  /// Called after every optimizer step and after parameters were loaded: refreshes copies in the compute type.
  virtual void parametersChanged() = 0;
  /// Writes the trained part in its final layout into `runFolder`/adapter (LoRA) or `runFolder`/model (full, freeze).
  virtual Status save(const std::string &runFolder) = 0;
  /// Reads back what save() wrote, bit for bit.
  virtual Status load(const std::string &runFolder) = 0;
};

} // namespace attune::core
