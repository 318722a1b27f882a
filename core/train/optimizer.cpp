#include "core/train/optimizer.h"

#include "core/io/safetensors.h"

#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_addcdiv.h>
#include <ATen/ops/_foreach_addcmul.h>
#include <ATen/ops/_foreach_div.h>
#include <ATen/ops/_foreach_lerp.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/_foreach_sqrt.h>
#include <ATen/ops/stack.h>

#include <algorithm>
#include <cmath>

namespace attune::core {

namespace {

/// Elements worked on at a time: on the CPU parameter, gradient and state of a slice fit a second-level cache; an accelerator
/// takes as much in one go as its copies of it may take of memory.
int64_t sliceOf(const Tensor &tensor) { return tensor.is_cpu() ? int64_t(1) << 18 : int64_t(1) << 25; }

/// Calls `use(offset, length)` for the slices of a tensor of `elements`.
template <typename Use> void forSlices(int64_t elements, int64_t slice, Use use) {
  for (int64_t offset = 0; offset < elements; offset += slice) use(offset, std::min(slice, elements - offset));
}

Tensor flat(const Tensor &tensor) { return tensor.reshape({-1}); }

/// Least and greatest element, NaN where there is one; read in place, as a copy of an embedding would take gigabytes.
std::pair<double, double> extremes(const Tensor &tensor) {
  if (tensor.numel() == 0) return {0.0, 0.0};
  return {tensor.min().item<double>(), tensor.max().item<double>()};
}

bool areFinite(const std::pair<double, double> &range) { return std::isfinite(range.first) && std::isfinite(range.second); }

ByteView bytesOf(const Tensor &tensor) {
  return {static_cast<const uint8_t *>(tensor.const_data_ptr()), static_cast<size_t>(tensor.nbytes())};
}

} // namespace

AdamW::AdamW(std::vector<NamedParameter> parameters, const api::OptimizerConfig &options, double plusRatio)
    : m_options(options), m_plusRatio(plusRatio) {
  for (NamedParameter &parameter : parameters) m_slots.push_back({std::move(parameter), {}, {}});
}

int64_t AdamW::trainedElements() const {
  int64_t total = 0;
  for (const Slot &slot : m_slots) total += slot.parameter.tensor.numel();
  return total;
}

void AdamW::clearGradients() {
  for (Slot &slot : m_slots) slot.parameter.tensor.mutable_grad() = Tensor();
}

// Each half takes its memory before it changes anything, so that it has either happened or not.
void AdamW::updateMoments(const Group &group) const {
  if (group.decay != 0.0) at::_foreach_mul_(group.parameters, 1.0 - group.lr * group.decay);
  at::_foreach_lerp_(group.means, group.gradients, 1.0 - m_options.beta1);
  at::_foreach_mul_(group.squares, m_options.beta2);
  at::_foreach_addcmul_(group.squares, group.gradients, group.gradients, 1.0 - m_options.beta2);
}

void AdamW::updateWeights(const Group &group) const {
  const auto count = static_cast<double>(m_updates);
  const double correction1 = 1.0 - std::pow(m_options.beta1, count);
  const double correction2 = std::sqrt(1.0 - std::pow(m_options.beta2, count));
  std::vector<Tensor> denominators = at::_foreach_sqrt(group.squares);
  at::_foreach_div_(denominators, correction2);
  at::_foreach_add_(denominators, m_options.eps);
  at::_foreach_addcdiv_(group.parameters, group.means, denominators, -(group.lr / correction1));
}

void AdamW::step(double lr) {
  const at::NoGradGuard noGradients;
  if (m_done < 0) {
    ++m_updates;
    m_done = 0;
  }
  int64_t half = 0;
  const auto once = [&](void (AdamW::*update)(const Group &) const, const Group &group) {
    if (half++ < m_done) return;
    (this->*update)(group);
    m_done = half;
  };
  // Slices of equal rate and decay gather until they fill one cache-sized group.
  for (const bool decays : {true, false}) {
    for (const bool isB : {false, true}) {
      const Group empty = {isB ? lr * m_plusRatio : lr, decays ? m_options.weightDecay : 0.0, {}, {}, {}, {}};
      Group group = empty;
      int64_t gathered = 0;
      const auto flush = [&] {
        if (gathered > 0) {
          once(&AdamW::updateMoments, group);
          once(&AdamW::updateWeights, group);
        }
        group = empty;
        gathered = 0;
      };
      for (Slot &slot : m_slots) {
        NamedParameter &p = slot.parameter;
        if (p.decays != decays || p.isLoraB != isB || !p.tensor.grad().defined()) continue;
        if (!slot.square.defined()) {
          slot.mean = at::zeros_like(p.tensor, at::MemoryFormat::Contiguous).detach();
          slot.square = at::zeros_like(p.tensor, at::MemoryFormat::Contiguous).detach();
        }
        const Tensor weight = p.tensor.detach().view({-1});
        const Tensor gradient = flat(p.tensor.grad().detach());
        const Tensor mean = slot.mean.view({-1}), square = slot.square.view({-1});
        const int64_t slice = sliceOf(weight);
        forSlices(weight.numel(), slice, [&](int64_t offset, int64_t length) {
          if (gathered + length > slice) flush();
          group.parameters.push_back(weight.narrow(0, offset, length));
          group.gradients.push_back(gradient.narrow(0, offset, length));
          group.means.push_back(mean.narrow(0, offset, length));
          group.squares.push_back(square.narrow(0, offset, length));
          gathered += length;
        });
      }
      flush();
    }
  }
  m_done = -1;
}

bool AdamW::weightsAreFinite() const {
  const at::NoGradGuard noGradients;
  return std::all_of(m_slots.begin(), m_slots.end(), [](const Slot &slot) { return areFinite(extremes(slot.parameter.tensor)); });
}

double AdamW::gradientNorm() const {
  const at::NoGradGuard noGradients;
  std::vector<Tensor> slices;
  for (const Slot &slot : m_slots) {
    if (!slot.parameter.tensor.grad().defined()) continue;
    const Tensor gradient = flat(slot.parameter.tensor.grad().detach());
    forSlices(gradient.numel(), sliceOf(gradient),
              [&](int64_t offset, int64_t length) { slices.push_back(gradient.narrow(0, offset, length)); });
  }
  if (slices.empty()) return 0.0;
  const auto total = [](const std::vector<Tensor> &norms) {
    const Tensor all = at::stack(norms).to(at::kDouble);
    return all.mul(all).sum().sqrt().item<double>();
  };
  const double fast = total(at::_foreach_norm(slices, 2));
  if (std::isfinite(fast)) return fast;
  std::vector<Tensor> norms; // either a gradient is not finite, or a square overflowed fp32: fp64 tells which
  for (const Tensor &slice : slices) norms.push_back(slice.to(at::kDouble).norm());
  return total(norms);
}

void AdamW::scaleGradients(double factor) {
  const at::NoGradGuard noGradients;
  std::vector<Tensor> gradients;
  for (Slot &slot : m_slots) {
    if (slot.parameter.tensor.grad().defined()) gradients.push_back(slot.parameter.tensor.mutable_grad());
  }
  if (!gradients.empty()) at::_foreach_mul_(gradients, factor);
}

Status AdamW::save(const std::string &path) const {
  std::vector<io::SafetensorsSpec> specs;
  std::vector<Tensor> tensors;
  for (const Slot &slot : m_slots) {
    if (!slot.mean.defined()) continue;
    const std::vector<int64_t> shape = slot.mean.sizes().vec();
    specs.push_back({slot.parameter.name + ".exp_avg", io::DType::F32, shape});
    specs.push_back({slot.parameter.name + ".exp_avg_sq", io::DType::F32, shape});
    tensors.push_back(slot.mean);
    tensors.push_back(slot.square);
  }
  ATTUNE_TRY(auto writer, io::SafetensorsWriter::create(path, specs, {{"format", "pt"}, {"updates", std::to_string(m_updates)}}));
  for (const Tensor &tensor : tensors) ATTUNE_CHECK(writer.write(bytesOf(tensor.cpu())));
  return writer.commit();
}

Status AdamW::load(const std::string &path) {
  const at::NoGradGuard noGradients;
  ATTUNE_TRY(const auto file, io::SafetensorsFile::open(path));
  const auto updates = file->metadata().find("updates");
  if (updates == file->metadata().end() || updates->second.empty() || updates->second.size() > 18 ||
      updates->second.find_first_not_of("0123456789") != std::string::npos) {
    return Error{ErrorCode::MalformedFile, "The optimizer's state does not say how many updates it holds.", path, ""};
  }
  m_updates = std::stoll(updates->second);
  const auto read = [&](const std::string &name, const Tensor &like, Tensor &out) -> Status {
    const io::SafetensorsEntry *entry = file->find(name);
    if (!entry || entry->type != io::DType::F32 || entry->shape != like.sizes().vec()) {
      return Error{ErrorCode::MalformedFile, "The optimizer's state lacks \"" + name + "\" or has it in another shape.", path,
                   "Resume from an earlier checkpoint, or start the run again."};
    }
    const ByteView bytes = file->bytes(*entry);
    Tensor copy = at::empty(entry->shape, at::TensorOptions().dtype(at::kFloat));
    std::copy_n(bytes.data, bytes.size, static_cast<uint8_t *>(copy.mutable_data_ptr()));
    file->release(*entry);
    const bool square = name.size() > 3 && name.compare(name.size() - 3, 3, "_sq") == 0;
    const auto range = extremes(copy);
    if (!areFinite(range) || (square && range.first < 0))
      return Error{ErrorCode::MalformedFile, "The optimizer's state \"" + name + "\" holds impossible values.", path,
                   "Resume from an earlier checkpoint, or start the run again."};
    out = copy.to(like.device());
    return {};
  };
  for (Slot &slot : m_slots) {
    const std::string &name = slot.parameter.name;
    if (m_updates == 0 || !file->find(name + ".exp_avg")) {
      slot.mean = slot.square = Tensor(); // a parameter that never had a gradient has no state
      continue;
    }
    ATTUNE_CHECK(read(name + ".exp_avg", slot.parameter.tensor, slot.mean));
    ATTUNE_CHECK(read(name + ".exp_avg_sq", slot.parameter.tensor, slot.square));
  }
  return {};
}

} // namespace attune::core
