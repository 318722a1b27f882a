// How trained tensors move by their gradients: one class a rule of optimizer.name, without the keeping of gradients and files,
// which is Optimizer's. Rules hold settings alone; state lies in the slots. Works on every device. The thread that updates.
#pragma once

#include "core/api/run_config.h"
#include "core/model/trainable_model.h"
#include "core/train/stochastic_rounding.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace attune::core {

/// One tensor of a parameter's state, as a checkpoint holds it under "<name>.<suffix>".
struct StateSpec {
  std::string suffix;
  at::ScalarType type = at::kFloat; // or kByte
  std::vector<int64_t> shape;
  bool negative = false; // whether its values may be
};

/// A parameter and its state, in the order of UpdateRule::stateOf; empty before the first update.
struct UpdateSlot {
  NamedParameter parameter;
  std::vector<Tensor> state;
};

struct UpdateTerms {
  double lr = 0.0;
  double decay = 0.0;          // weights shrink by lr * decay first
  int64_t updates = 1;         // this one counted
  uint64_t seed = 0;           // of the rounding of 16-bit weights
  double gradientFactor = 1.0; // of 16-bit gradients, which lose nothing that way; fp32 ones are scaled already
};

/// What an update that ran out of memory has behind it, so that the same update goes on there. A piece of work takes its memory
/// before it changes anything: it has happened or it has not.
class UpdateProgress {
public:
  template <typename Work> void once(Work work) {
    if (m_next++ < m_done) return;
    work();
    m_done = m_next;
  }
  void again() { m_next = 0; }
  void finish() { m_done = m_next = 0; }

private:
  int64_t m_done = 0, m_next = 0;
};

class UpdateRule {
public:
  virtual ~UpdateRule() = default;
  /// What a parameter's state consists of; zeros before the first update.
  virtual std::vector<StateSpec> stateOf(const NamedParameter &parameter) const = 0;
  /// One update of parameters that have a gradient and all their state, in pieces of `progress`.
  virtual void update(const std::vector<UpdateSlot *> &slots, const UpdateTerms &terms, UpdateProgress &progress) const = 0;
};

/// The rule of that name; `options.name` is one of the field table's choices.
std::unique_ptr<UpdateRule> makeUpdateRule(const api::OptimizerConfig &options);

/// Elements worked on at a time: on the CPU parameter, gradient and state of a thread's share fit a second-level cache; an accelerator
/// takes as much in one go as its copies of it may take of memory. A multiple of 256.
int64_t sliceOf(const Tensor &tensor);

/// Calls `use(offset, length)` for the slices of a tensor of `elements`.
template <typename Use> void forSlices(int64_t elements, int64_t slice, Use use) {
  for (int64_t offset = 0; offset < elements; offset += slice) use(offset, std::min(slice, elements - offset));
}

/// Elements [offset, offset + length) of a contiguous tensor: flat, or in its own shape where that is all of it, which costs no call.
inline Tensor stretchOf(const Tensor &tensor, int64_t offset, int64_t length) {
  return length == tensor.numel() && tensor.is_contiguous() ? tensor : tensor.view({-1}).narrow(0, offset, length);
}

/// A stretch of a parameter in fp32 while it changes: the weights themselves, or of 16-bit ones a copy that store() rounds back.
class WideSlice {
public:
  WideSlice(const UpdateSlot &slot, const UpdateTerms &terms, int64_t offset, int64_t length)
      : m_weights(stretchOf(slot.parameter.tensor.detach(), offset, length)), m_values(m_weights.to(at::kFloat)), m_offset(offset) {
    if (!m_values.is_same(m_weights)) m_key = roundingKey(terms.seed, terms.updates, slot.parameter.name);
  }
  Tensor &values() { return m_values; }
  void store() {
    if (!m_values.is_same(m_weights)) roundStochastically(m_weights, m_values, m_key, m_offset);
  }

private:
  Tensor m_weights, m_values;
  RoundingKey m_key;
  int64_t m_offset;
};

/// The same stretch of the gradient in fp32.
inline Tensor wideGradient(const UpdateSlot &slot, const UpdateTerms &terms, int64_t offset, int64_t length) {
  const Tensor gradient = stretchOf(slot.parameter.tensor.grad().contiguous(), offset, length);
  if (gradient.scalar_type() == at::kFloat) return gradient;
  Tensor wide = gradient.to(at::kFloat);
  return terms.gradientFactor == 1.0 ? wide : wide.mul_(terms.gradientFactor);
}

} // namespace attune::core
