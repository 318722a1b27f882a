#include "core/train/optimizer.h"

#include "core/io/safetensors.h"
#include "core/train/host_slot.h"

#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/stack.h>

#include <algorithm>
#include <cmath>

namespace attune::core {

namespace {

/// Least and greatest element, NaN where there is one; read in place, as a copy of an embedding would take gigabytes.
std::pair<double, double> extremes(const Tensor &tensor) {
  if (tensor.numel() == 0) return {0.0, 0.0};
  return {tensor.min().item<double>(), tensor.max().item<double>()};
}

bool areFinite(const std::pair<double, double> &range) { return std::isfinite(range.first) && std::isfinite(range.second); }

ByteView bytesOf(const Tensor &tensor) {
  return {static_cast<const uint8_t *>(tensor.const_data_ptr()), static_cast<size_t>(tensor.nbytes())};
}

io::DType fileType(at::ScalarType type) { return type == at::kByte ? io::DType::U8 : io::DType::F32; }

double rootOfSquares(const std::vector<Tensor> &norms) {
  const Tensor all = at::stack(norms).to(at::kDouble);
  return all.mul(all).sum().sqrt().item<double>();
}

double normByOperators(const std::vector<Tensor> &gradients) {
  std::vector<Tensor> slices, norms;
  for (const Tensor &gradient : gradients) {
    forSlices(gradient.numel(), sliceOf(gradient), [&](int64_t offset, int64_t length) {
      const Tensor slice = stretchOf(gradient.detach().contiguous(), offset, length);
      if (slice.scalar_type() == at::kFloat)
        slices.push_back(slice);
      else
        norms.push_back(slice.to(at::kFloat).norm()); // of 16-bit numbers at::_foreach_norm gives one in 16 bits
    });
  }
  if (!slices.empty()) {
    std::vector<Tensor> more = at::_foreach_norm(slices, 2);
    norms.insert(norms.end(), more.begin(), more.end());
  }
  if (norms.empty()) return 0.0;
  const double fast = rootOfSquares(norms);
  if (std::isfinite(fast)) return fast;
  norms.clear(); // either a gradient is not finite, or a square overflowed fp32: fp64 tells which
  for (const Tensor &gradient : gradients) norms.push_back(gradient.detach().to(at::kDouble).norm());
  return rootOfSquares(norms);
}

/// The norm of gradients together.
double normOf(const std::vector<Tensor> &gradients) {
  std::vector<Tensor> others;
  double squares = 0.0;
  for (const Tensor &gradient : gradients) {
    if (loopsRead(gradient))
      squares += sumOfSquaresOnHost(gradient.detach());
    else
      others.push_back(gradient);
  }
  return others.empty() ? std::sqrt(squares) : std::hypot(std::sqrt(squares), normByOperators(others));
}

} // namespace

Optimizer::Optimizer(std::vector<NamedParameter> parameters, const api::OptimizerConfig &options, double plusRatio, uint64_t seed)
    : m_ruleName(options.name), m_rule(makeUpdateRule(options)), m_weightDecay(options.weightDecay), m_plusRatio(plusRatio), m_seed(seed) {
  for (NamedParameter &parameter : parameters) m_slots.push_back({std::move(parameter), {}});
  m_norms.assign(m_slots.size(), -1.0);
}

int64_t Optimizer::trainedElements() const {
  int64_t total = 0;
  for (const UpdateSlot &slot : m_slots) total += slot.parameter.tensor.numel();
  return total;
}

void Optimizer::clearGradients() {
  for (UpdateSlot &slot : m_slots) slot.parameter.tensor.mutable_grad() = Tensor();
  m_factor = 1.0;
}

void Optimizer::allocate(UpdateSlot &slot) const {
  const auto device = slot.parameter.tensor.device();
  std::vector<Tensor> state; // all or nothing
  for (const StateSpec &spec : m_rule->stateOf(slot.parameter))
    state.push_back(at::zeros(spec.shape, at::TensorOptions().dtype(spec.type).device(device)));
  slot.state = std::move(state);
}

/// Updates slots of equal rate and decay.
void Optimizer::apply(const std::vector<UpdateSlot *> &slots) {
  if (slots.empty()) return;
  const NamedParameter &first = slots.front()->parameter;
  for (UpdateSlot *slot : slots)
    if (slot->state.empty()) allocate(*slot);
  m_rule->update(slots, {first.isLoraB ? m_lr * m_plusRatio : m_lr, first.decays ? m_weightDecay : 0.0, m_updates, m_seed, m_factor},
                 m_progress);
}

void Optimizer::beginStep(double lr) {
  m_begun = true;
  m_progress.finish();
  m_lr = lr;
  ++m_updates;
  m_norms.assign(m_slots.size(), -1.0);
}

void Optimizer::update(size_t index) {
  const at::NoGradGuard noGradients;
  UpdateSlot &slot = m_slots[index];
  m_progress.again();
  const double norm = normOf({slot.parameter.tensor.grad()});
  const bool wasFinite = std::all_of(m_norms.begin(), m_norms.end(), [](double n) { return std::isfinite(n); });
  m_norms[index] = norm;
  if (wasFinite && std::isfinite(norm)) apply({&slot});
  m_progress.finish();
  slot.parameter.tensor.mutable_grad() = Tensor();
}

bool Optimizer::abandonStep() {
  if (!m_begun) return true;
  if (std::any_of(m_norms.begin(), m_norms.end(), [](double n) { return n >= 0.0; })) return false;
  m_begun = false;
  --m_updates;
  return true;
}

void Optimizer::step(double lr) {
  const at::NoGradGuard noGradients;
  if (!m_begun) beginStep(lr);
  m_progress.again();
  for (const bool decays : {true, false}) {
    for (const bool isB : {false, true}) {
      std::vector<UpdateSlot *> slots;
      for (UpdateSlot &slot : m_slots) {
        const NamedParameter &p = slot.parameter;
        if (p.decays == decays && p.isLoraB == isB && p.tensor.grad().defined()) slots.push_back(&slot);
      }
      apply(slots);
    }
  }
  m_progress.finish();
  m_begun = false;
}

bool Optimizer::weightsAreFinite() const {
  const at::NoGradGuard noGradients;
  return std::all_of(m_slots.begin(), m_slots.end(), [](const UpdateSlot &slot) { return areFinite(extremes(slot.parameter.tensor)); });
}

double Optimizer::gradientNorm() const {
  const at::NoGradGuard noGradients;
  std::vector<Tensor> wide, narrow;
  double squares = 0.0; // of what was dropped, in the order of the parameters
  for (size_t i = 0; i < m_slots.size(); ++i) {
    const Tensor &gradient = m_slots[i].parameter.tensor.grad();
    if (gradient.defined())
      (gradient.scalar_type() == at::kFloat ? wide : narrow).push_back(gradient);
    else if (m_begun && m_norms[i] != -1.0)
      squares += m_norms[i] * m_norms[i];
  }
  const double ofWide = normOf(wide);
  if (narrow.empty() && squares == 0.0) return ofWide;
  const double ofNarrow = normOf(narrow) * m_factor;
  return std::sqrt(squares + ofWide * ofWide + ofNarrow * ofNarrow);
}

void Optimizer::scaleGradients(double factor) {
  const at::NoGradGuard noGradients;
  std::vector<Tensor> gradients;
  for (const UpdateSlot &slot : m_slots) {
    const Tensor &gradient = slot.parameter.tensor.grad();
    if (gradient.defined() && gradient.scalar_type() == at::kFloat) gradients.push_back(slot.parameter.tensor.mutable_grad());
  }
  if (!gradients.empty()) at::_foreach_mul_(gradients, factor);
  m_factor *= factor;
}

Status Optimizer::save(const std::string &path) const {
  std::vector<io::SafetensorsSpec> specs;
  std::vector<Tensor> tensors;
  for (const UpdateSlot &slot : m_slots) {
    if (slot.state.empty()) continue;
    const std::vector<StateSpec> state = m_rule->stateOf(slot.parameter);
    for (size_t i = 0; i < state.size(); ++i) {
      specs.push_back({slot.parameter.name + "." + state[i].suffix, fileType(state[i].type), state[i].shape});
      tensors.push_back(slot.state[i]);
    }
  }
  ATTUNE_TRY(auto writer,
             io::SafetensorsWriter::create(path, specs, {{"format", "pt"}, {"rule", m_ruleName}, {"updates", std::to_string(m_updates)}}));
  for (const Tensor &tensor : tensors) ATTUNE_CHECK(writer.write(bytesOf(tensor.cpu())));
  return writer.commit();
}

Status Optimizer::load(const std::string &path) {
  const at::NoGradGuard noGradients;
  ATTUNE_TRY(const auto file, io::SafetensorsFile::open(path));
  const auto updates = file->metadata().find("updates"), rule = file->metadata().find("rule");
  if (updates == file->metadata().end() || updates->second.empty() || updates->second.size() > 18 ||
      updates->second.find_first_not_of("0123456789") != std::string::npos) {
    return Error{ErrorCode::MalformedFile, "The optimizer's state does not say how many updates it holds.", path, ""};
  }
  if (rule != file->metadata().end() && rule->second != m_ruleName) // older files are AdamW's and do not say so
    return Error{ErrorCode::MalformedFile, "The optimizer's state is not of " + m_ruleName + ".", path,
                 "Resume with the run's own optimizer."};
  m_updates = std::stoll(updates->second);
  const auto read = [&](const std::string &name, const StateSpec &spec, const at::Device &device, Tensor &out) -> Status {
    const io::SafetensorsEntry *entry = file->find(name);
    if (!entry || entry->type != fileType(spec.type) || entry->shape != spec.shape) {
      return Error{ErrorCode::MalformedFile, "The optimizer's state lacks \"" + name + "\" or has it in another shape.", path,
                   "Resume from an earlier checkpoint, or start the run again."};
    }
    const ByteView bytes = file->bytes(*entry);
    Tensor copy = at::empty(entry->shape, at::TensorOptions().dtype(spec.type));
    std::copy_n(bytes.data, bytes.size, static_cast<uint8_t *>(copy.mutable_data_ptr()));
    file->release(*entry);
    const auto range = extremes(copy);
    if (!areFinite(range) || (!spec.negative && range.first < 0))
      return Error{ErrorCode::MalformedFile, "The optimizer's state \"" + name + "\" holds impossible values.", path,
                   "Resume from an earlier checkpoint, or start the run again."};
    out = copy.to(device);
    return {};
  };
  size_t found = 0;
  for (UpdateSlot &slot : m_slots) {
    slot.state.clear();
    const std::string prefix = slot.parameter.name + ".";
    const std::vector<StateSpec> state = m_rule->stateOf(slot.parameter);
    if (m_updates == 0 || state.empty() || !file->find(prefix + state[0].suffix)) continue; // never had a gradient
    found += state.size();
    slot.state.resize(state.size());
    for (size_t i = 0; i < state.size(); ++i)
      ATTUNE_CHECK(read(prefix + state[i].suffix, state[i], slot.parameter.tensor.device(), slot.state[i]));
  }
  if (m_updates > 0 && found != file->entries().size())
    return Error{ErrorCode::MalformedFile, "The optimizer's state holds tensors of other names than this run's.", path,
                 "Resume from an earlier checkpoint, or start the run again."};
  return {};
}

} // namespace attune::core
