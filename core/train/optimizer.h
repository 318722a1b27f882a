// AdamW with decoupled weight decay (Loshchilov & Hutter 2019), equal to torch.optim.AdamW, and the gradients' norm.
// State is fp32. Works through slices that stay in the processor's cache. Job thread; owned by the trainer.
#pragma once

#include "core/api/run_config.h"
#include "core/base/result.h"
#include "core/model/trainable_model.h"

#include <string>
#include <vector>

namespace attune::core {

class AdamW {
public:
  /// Decay applies where NamedParameter::decays; `plusRatio` multiplies the rate of LoRA's B matrices (LoRA+).
  AdamW(std::vector<NamedParameter> parameters, const api::OptimizerConfig &options, double plusRatio = 1.0);

  /// One update with rate `lr` from the gradients in place; parameters without a gradient are left alone. When memory runs out on the
  /// way, the next call with the same gradients and rate goes on where this one ended.
  void step(double lr);
  /// Drops all gradients, which frees their memory until the next backward pass.
  void clearGradients();
  /// Whether every trained weight is a finite number.
  bool weightsAreFinite() const;
  /// Global L2 norm of all gradients, accumulated in fp64; exact even where squares overflow fp32. 0 without gradients.
  double gradientNorm() const;
  /// Multiplies all gradients.
  void scaleGradients(double factor);

  int64_t updates() const { return m_updates; }
  int64_t trainedElements() const;

  /// Writes moments and update count as safetensors ("<name>.exp_avg", "<name>.exp_avg_sq").
  Status save(const std::string &path) const;
  /// Reads them back bit for bit; MalformedFile when a tensor is missing or has another shape.
  Status load(const std::string &path);

private:
  struct Slot {
    NamedParameter parameter;
    Tensor mean;   // exp_avg
    Tensor square; // exp_avg_sq
  };
  /// Slices updated together, side by side.
  struct Group {
    double lr = 0, decay = 0;
    std::vector<Tensor> parameters, gradients, means, squares;
  };
  void updateMoments(const Group &group) const;
  void updateWeights(const Group &group) const;

  std::vector<Slot> m_slots;
  api::OptimizerConfig m_options;
  double m_plusRatio;
  int64_t m_updates = 0;
  int64_t m_done = -1; // halves of groups that an update cut short has behind it; -1 = none was
};

} // namespace attune::core
