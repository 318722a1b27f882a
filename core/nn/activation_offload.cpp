#include "core/nn/activation_offload.h"

#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <vector>

namespace attune::core {

namespace {

struct Stored {
  Tensor host;   // pinned; undefined once it is back
  Tensor device; // on its way back, or what never left
  std::unique_ptr<c10::Event> back;
};

} // namespace

struct ActivationOffload::State {
  explicit State(const at::Device &where)
      : device(where), guard(where.type()), copies(guard.getStreamFromGlobalPool(where, /*isHighPriority=*/false)) {}

  void fetch(Stored &one) {
    if (!one.host.defined()) return;
    {
      const c10::StreamGuard onCopies(copies);
      one.device = one.host.to(device, /*non_blocking=*/true);
      one.back = std::make_unique<c10::Event>(device.type());
      one.back->record(copies);
    }
    one.host = Tensor(); // the allocator of pinned memory waits for the copy before it reuses it
  }

  at::Device device;
  c10::impl::VirtualGuardImpl guard;
  c10::Stream copies;
  std::vector<Stored> stored;
};

ActivationOffload::ActivationOffload(const at::Device &device) {
  if (device.is_cuda()) m_state = std::make_unique<State>(device);
}

ActivationOffload::~ActivationOffload() = default;

int64_t ActivationOffload::store(const Tensor &tensor) {
  State &s = *m_state;
  c10::Event ready(s.device.type());
  ready.record(s.guard.getStream(s.device));
  ready.block(s.copies); // the values first
  Stored stored;
  {
    const c10::StreamGuard onCopies(s.copies);
    stored.host = at::empty(tensor.sizes(), tensor.options().device(at::kCPU).pinned_memory(true).requires_grad(false));
    stored.host.copy_(tensor, /*non_blocking=*/true);
  }
  tensor.record_stream(s.copies); // its memory is not given away before the copy is done
  s.stored.push_back(std::move(stored));
  return static_cast<int64_t>(s.stored.size()) - 1;
}

Tensor ActivationOffload::take(int64_t number) {
  State &s = *m_state;
  Stored &stored = s.stored[static_cast<size_t>(number)];
  s.fetch(stored);
  const c10::Stream computes = s.guard.getStream(s.device);
  stored.back->block(computes);
  Tensor tensor = std::move(stored.device);
  stored.device = Tensor();
  tensor.record_stream(computes);
  if (number > 0) s.fetch(s.stored[static_cast<size_t>(number - 1)]);
  return tensor;
}

} // namespace attune::core
