// Activations that wait in pinned host memory between the forward and the backward pass, so that a long context does not fill
// a card. Copies run on a stream of their own beside the computation; the next one is fetched while a segment is recomputed.
// Job thread and its backward thread, never at once. On the CPU everything stays where it is.
#pragma once

#include "core/nn/tensor.h"

#include <memory>

namespace attune::core {

class ActivationOffload {
public:
  explicit ActivationOffload(const at::Device &device);
  ~ActivationOffload();
  ActivationOffload(const ActivationOffload &) = delete;
  ActivationOffload &operator=(const ActivationOffload &) = delete;

  /// Begins to copy `tensor` away and returns its number, counted from 0. The tensor may be dropped at once.
  int64_t store(const Tensor &tensor);
  /// The tensor on its device again; begins to fetch the one stored before it. Once for each.
  Tensor take(int64_t number);

private:
  struct State;
  std::unique_ptr<State> m_state;
};

} // namespace attune::core
