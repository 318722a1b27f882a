// Weights that live in host memory while a card computes with them: a layer is copied to one of two buffers on the card while the
// layer before it computes, and the gradients of those that train go back as they come, on streams of their own. Pinned memory, so
// that no copy holds the processor up. Job thread and its backward thread; a model owns its stream, passes share it.
#pragma once

#include "core/nn/decoder_weights.h"

#include <memory>

namespace attune::core {

class LayerStream {
public:
  /// On the CPU (tests) the copies are made where they are asked for; everything else is the same.
  explicit LayerStream(const at::Device &device);
  ~LayerStream();
  LayerStream(const LayerStream &) = delete;
  LayerStream &operator=(const LayerStream &) = delete;

  const at::Device &device() const;
  /// Puts the tensors of `weights`, which are on the host, into pinned memory; makes the buffers. Once, before anything else.
  void adopt(DecoderWeights &weights);
  /// `host` (a trained leaf) as a function of itself: its gradient, sent by what layer() gave, has arrived on the host when it
  /// reaches the leaf. One for each use in a pass.
  Tensor outlet(const Tensor &host) const;
  /// Layer `index` of `weights` on the device, until the next call; where gradients are recorded, its trained tensors are functions
  /// of those on the host. Begins to copy the layer that is due next: the one above, or `downwards` the one below.
  LayerWeights layer(const DecoderWeights &weights, size_t index, bool downwards);
  /// One tensor on the device, copied now; a function of `host` where that trains.
  Tensor bring(const Tensor &host);
  /// What the buffers hold is no longer what the host holds.
  void weightsChanged();

  /// The time of one backward pass: gradients that were on their way when it failed are forgotten.
  class Pass {
  public:
    explicit Pass(LayerStream *stream); // null = none
    ~Pass();
    Pass(const Pass &) = delete;
    Pass &operator=(const Pass &) = delete;

  private:
    LayerStream *m_stream;
  };

  struct State;

private:
  std::shared_ptr<State> m_state;
};

/// Where these weights compute.
at::Device deviceOf(const DecoderWeights &weights);
/// A tensor outside the layers, where the weights compute.
Tensor whereComputed(const DecoderWeights &weights, const Tensor &tensor);

} // namespace attune::core
