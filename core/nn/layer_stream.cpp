#include "core/nn/layer_stream.h"

#include "core/device/tensor_memory.h"

#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <vector>

namespace attune::core {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t kAlign = 256;             // of a tensor in a buffer: what the fastest copies and products want
constexpr int64_t kSlab = int64_t(1) << 30; // libtorch rounds each pinned block up to a power of two

int64_t alignedBytes(const Tensor &tensor) { return (static_cast<int64_t>(tensor.nbytes()) + kAlign - 1) / kAlign * kAlign; }

/// A card's streams for copies in either direction.
struct Card {
  explicit Card(const at::Device &device)
      : guard(device.type()), in(guard.getStreamFromGlobalPool(device, false)), out(guard.getStreamFromGlobalPool(device, false)) {}
  c10::impl::VirtualGuardImpl guard;
  c10::Stream in, out;
};

struct Buffer {
  Tensor bytes;
  int64_t layer = -1; // that it holds; -1 = none
  std::vector<Tensor> tensors;
  std::unique_ptr<c10::Event> filled;
};

/// Pinned memory in slabs, cut into tensors that keep theirs alive.
class PinnedMemory {
public:
  Tensor copyOf(const Tensor &tensor, int64_t stillToCome) {
    const int64_t bytes = alignedBytes(tensor);
    if (!m_slab.defined() || m_used + bytes > m_slab.numel()) {
      const int64_t size = std::max(bytes, std::min(kSlab, stillToCome));
      m_slab = at::empty({size}, at::TensorOptions().dtype(at::kByte).pinned_memory(true));
      m_used = 0;
    }
    auto *place = static_cast<uint8_t *>(m_slab.mutable_data_ptr()) + m_used;
    m_used += bytes;
    Tensor copy = at::from_blob(
        place, tensor.sizes(), [slab = m_slab](void *) {}, tensor.options().requires_grad(false));
    copy.copy_(tensor);
    return copy;
  }

private:
  Tensor m_slab;
  int64_t m_used = 0;
};

} // namespace

struct LayerStream::State {
  explicit State(const at::Device &where) : device(where) {
    if (!device.is_cuda()) return;
    if (!device.has_index()) device = c10::impl::VirtualGuardImpl(device.type()).getDevice();
    card.emplace(device);
  }

  void fill(Buffer &buffer, const LayerWeights &host, int64_t index) {
    const at::NoGradGuard noGrad;
    std::optional<c10::StreamGuard> onCopies;
    if (card) {
      c10::Event free(device.type()); // what was asked of the buffer's last layer is done by then
      free.record(card->guard.getStream(device));
      free.block(card->in);
      onCopies.emplace(card->in);
    }
    buffer.tensors.clear();
    int64_t offset = 0;
    LayerWeights from = host;
    forEachTensor(from, [&](Tensor &tensor) {
      const Tensor place =
          buffer.bytes.narrow(0, offset, static_cast<int64_t>(tensor.nbytes())).view(tensor.scalar_type()).view(tensor.sizes());
      place.copy_(tensor.detach(), /*non_blocking=*/true);
      offset += alignedBytes(tensor);
      buffer.tensors.push_back(place);
    });
    if (card) {
      buffer.filled = std::make_unique<c10::Event>(device.type());
      buffer.filled->record(card->in);
    }
    buffer.layer = index;
  }

  /// Begins to copy a gradient to the host.
  Tensor send(const Tensor &gradient, at::ScalarType type) {
    const Tensor whole = gradient.to(type).contiguous();
    if (!card) return whole.clone();
    Tensor host = at::empty(whole.sizes(), whole.options().device(at::kCPU).pinned_memory(true));
    c10::Event ready(device.type());
    ready.record(card->guard.getStream(device));
    ready.block(card->out);
    {
      const c10::StreamGuard onCopies(card->out);
      host.copy_(whole, /*non_blocking=*/true);
    }
    whole.record_stream(card->out);
    auto arrived = std::make_unique<c10::Event>(device.type());
    arrived->record(card->out);
    const std::lock_guard<std::mutex> hold(mutex);
    onTheWay[host.const_data_ptr()] = std::move(arrived);
    return host;
  }

  /// Returns when the gradient is on the host.
  void await(const Tensor &gradient) {
    std::unique_ptr<c10::Event> arrived;
    {
      const std::lock_guard<std::mutex> hold(mutex);
      const auto found = onTheWay.find(gradient.const_data_ptr());
      if (found == onTheWay.end()) return;
      arrived = std::move(found->second);
      onTheWay.erase(found);
    }
    changed.notify_all();
    while (!arrived->query()) std::this_thread::sleep_for(std::chrono::microseconds(20)); // 2.1's events know no other waiting
  }

  /// Holds the backward pass while more than a layer's gradients wait to be taken: memory for them is to stay small.
  void keepPace(size_t layerTensors) {
    std::unique_lock<std::mutex> hold(mutex);
    changed.wait(hold, [&] { return abandoned || onTheWay.size() <= layerTensors; });
  }

  at::Device device;
  std::optional<Card> card;
  std::array<Buffer, 2> buffers;

  std::mutex mutex;
  std::condition_variable changed;
  std::unordered_map<const void *, std::unique_ptr<c10::Event>> onTheWay; // gradients, by where they arrive
  bool abandoned = false;
};

namespace {

using Shared = std::shared_ptr<LayerStream::State>;

struct Holder : torch::CustomClassHolder {
  explicit Holder(Shared shared) : state(std::move(shared)) {}
  Shared state;
};

const Shared &stateOf(const c10::intrusive_ptr<torch::CustomClassHolder> &holder) { return static_cast<const Holder &>(*holder).state; }

/// A tensor on the device as a function of that on the host.
struct BringFunction : torch::autograd::Function<BringFunction> {
  static Tensor forward(AutogradContext *ctx, const Tensor &host, const Tensor *copy, const Shared *state) {
    ctx->saved_data["state"] = c10::IValue::make_capsule(c10::make_intrusive<Holder>(*state));
    ctx->saved_data["type"] = static_cast<int64_t>(host.scalar_type());
    return copy->detach();
  }
  static variable_list backward(AutogradContext *ctx, variable_list grads) {
    if (!grads[0].defined()) return {Tensor(), Tensor(), Tensor()};
    const auto holder = ctx->saved_data["state"].toCapsule();
    return {stateOf(holder)->send(grads[0], static_cast<at::ScalarType>(ctx->saved_data["type"].toInt())), Tensor(), Tensor()};
  }
};

/// Lies on the host, so that libtorch's thread of the host runs its backward: that may wait while the card goes on.
struct OutletFunction : torch::autograd::Function<OutletFunction> {
  static Tensor forward(AutogradContext *ctx, const Tensor &host, const Shared *state) {
    ctx->saved_data["state"] = c10::IValue::make_capsule(c10::make_intrusive<Holder>(*state));
    return host.detach();
  }
  static variable_list backward(AutogradContext *ctx, variable_list grads) {
    const auto holder = ctx->saved_data["state"].toCapsule();
    if (grads[0].defined()) stateOf(holder)->await(grads[0]);
    return {grads[0], Tensor()};
  }
};

} // namespace

LayerStream::LayerStream(const at::Device &device) : m_state(std::make_shared<State>(device)) {}
LayerStream::~LayerStream() = default;

const at::Device &LayerStream::device() const { return m_state->device; }

void LayerStream::adopt(DecoderWeights &weights) {
  const at::NoGradGuard noGrad;
  int64_t largest = 0, left = 0;
  for (LayerWeights &layer : weights.layers) {
    int64_t bytes = 0;
    forEachTensor(layer, [&](Tensor &tensor) { bytes += alignedBytes(tensor); });
    largest = std::max(largest, bytes);
  }
  for (Buffer &buffer : m_state->buffers) buffer.bytes = at::empty({largest}, at::TensorOptions().dtype(at::kByte).device(m_state->device));
  if (!m_state->card) return;
  forEachTensor(weights, [&](Tensor &tensor) { left += alignedBytes(tensor); });
  PinnedMemory pinned;
  std::unordered_map<const void *, Tensor> moved; // a tied head stays the embedding
  forEachTensor(weights, [&](Tensor &tensor) {
    Tensor &copy = moved[tensor.const_data_ptr()];
    if (!copy.defined()) copy = pinned.copyOf(tensor, left);
    left -= alignedBytes(tensor);
    tensor = copy;
    releaseTensorMemory(); // or the host would hold everything twice
  });
}

Tensor LayerStream::outlet(const Tensor &host) const { return OutletFunction::apply(host, &m_state); }

LayerWeights LayerStream::layer(const DecoderWeights &weights, size_t index, bool downwards) {
  State &s = *m_state;
  const auto wanted = static_cast<int64_t>(index), count = static_cast<int64_t>(weights.layers.size());
  Buffer &here = s.buffers[0].layer == wanted || s.buffers[1].layer != wanted ? s.buffers[0] : s.buffers[1];
  Buffer &other = &here == s.buffers.data() ? s.buffers[1] : s.buffers[0];
  if (here.layer != wanted) s.fill(here, weights.layers[index], wanted);
  const int64_t next = downwards ? wanted - 1 : wanted + 1;
  if (next >= 0 && next < count && other.layer != next) s.fill(other, weights.layers[static_cast<size_t>(next)], next);
  if (s.card) {
    here.filled->block(s.card->guard.getStream(s.device));
    if (downwards) s.keepPace(here.tensors.size());
  }
  LayerWeights result = weights.layers[index];
  auto copy = here.tensors.begin();
  forEachTensor(result, [&](Tensor &tensor) {
    const bool records = tensor.requires_grad() && at::GradMode::is_enabled();
    tensor = records ? BringFunction::apply(tensor, &*copy, &m_state) : *copy;
    ++copy;
  });
  return result;
}

Tensor LayerStream::bring(const Tensor &host) {
  const Tensor copy = host.detach().to(m_state->device, /*non_blocking=*/true, /*copy=*/true);
  if (!host.requires_grad() || !at::GradMode::is_enabled()) return copy;
  return BringFunction::apply(outlet(host), &copy, &m_state);
}

void LayerStream::weightsChanged() {
  for (Buffer &buffer : m_state->buffers) buffer.layer = -1;
}

LayerStream::Pass::Pass(LayerStream *stream) : m_stream(stream) {
  if (!m_stream) return;
  const std::lock_guard<std::mutex> hold(m_stream->m_state->mutex);
  m_stream->m_state->abandoned = false;
  m_stream->m_state->onTheWay.clear();
}

LayerStream::Pass::~Pass() {
  if (!m_stream) return;
  {
    const std::lock_guard<std::mutex> hold(m_stream->m_state->mutex);
    m_stream->m_state->abandoned = true;
  }
  m_stream->m_state->changed.notify_all();
}

at::Device deviceOf(const DecoderWeights &weights) { return weights.stream ? weights.stream->device() : weights.finalNorm.device(); }

Tensor whereComputed(const DecoderWeights &weights, const Tensor &tensor) {
  return weights.stream ? weights.stream->bring(tensor) : tensor;
}

} // namespace attune::core
