// Trained parameters, their gradients and the state of their update rule, which is kept in checkpoints bit for bit.
// An update happens at once (step), or parameter by parameter in the middle of a backward pass (beginStep, update, step).
// Job thread; owned by the trainer.
#pragma once

#include "core/api/run_config.h"
#include "core/base/result.h"
#include "core/train/update_rule.h"

#include <memory>
#include <string>
#include <vector>

namespace attune::core {

class Optimizer {
public:
  /// Decay applies where NamedParameter::decays; `plusRatio` multiplies the rate of LoRA's B matrices (LoRA+); `seed` is that of
  /// the rounding of 16-bit parameters.
  Optimizer(std::vector<NamedParameter> parameters, const api::OptimizerConfig &options, double plusRatio = 1.0, uint64_t seed = 0);

  /// One update with rate `lr` from the gradients in place; parameters without a gradient are left alone. Ends a begun step. When
  /// memory runs out on the way, the next call with the same gradients goes on where this one ended.
  void step(double lr);
  /// Begins a step whose parameters are updated one by one, as their gradients come.
  void beginStep(double lr);
  /// Updates parameter `index` by its gradient and drops that. Once a gradient was not finite, gradients are dropped only.
  void update(size_t index);
  /// Takes a begun step back; false when it has changed parameters already.
  bool abandonStep();

  /// Drops all gradients, which frees their memory until the next backward pass.
  void clearGradients();
  /// Whether every trained weight is a finite number.
  bool weightsAreFinite() const;
  /// Global L2 norm of this step's gradients, accumulated in fp64; exact even where squares overflow fp32. 0 without gradients.
  double gradientNorm() const;
  /// Multiplies all gradients; those in 16 bits as they are used, so that none becomes too small for them.
  void scaleGradients(double factor);

  int64_t updates() const { return m_updates; }
  int64_t trainedElements() const;

  /// Writes state and update count as safetensors ("<name>.exp_avg").
  Status save(const std::string &path) const;
  /// Reads them back bit for bit; MalformedFile when a tensor is missing, has another shape, or is another rule's.
  Status load(const std::string &path);

private:
  void allocate(UpdateSlot &slot) const;
  void apply(const std::vector<UpdateSlot *> &slots);

  std::vector<UpdateSlot> m_slots;
  std::string m_ruleName;
  std::unique_ptr<UpdateRule> m_rule;
  double m_weightDecay, m_plusRatio;
  uint64_t m_seed;
  int64_t m_updates = 0;

  bool m_begun = false;
  double m_lr = 0.0;
  double m_factor = 1.0; // of 16-bit gradients
  UpdateProgress m_progress;
  std::vector<double> m_norms; // of the gradients that this step has dropped, by slot; -1 = none
};

} // namespace attune::core
