#include "core/nn/device_kernels.h"

#include "core/device/device_code.h"
#include "core/nn/kernel_policy.h"
#include "core/nn/kernels/device_source.h"
#include "core/quant/nf4.h"

#include <initializer_list>
#include <map>
#include <mutex>

namespace attune::core::device {

namespace {

constexpr int kThreads = 256;

struct Compiled {
  std::shared_ptr<const DeviceCode> code;
  std::string problem;
};

const Compiled &compiledFor(const at::Device &device, at::ScalarType type) {
  static std::mutex mutex;
  static auto *const known = new std::map<std::pair<int, at::ScalarType>, Compiled>; // outlives tensors in static storage
  const std::lock_guard<std::mutex> lock(mutex);
  const auto [entry, fresh] = known->emplace(std::pair(static_cast<int>(device.index()), type), Compiled());
  if (fresh) {
    const int number = type == at::kFloat ? 0 : type == at::kBFloat16 ? 1 : 2;
    entry->second.code = DeviceCode::compile(device, kernels::kDeviceSource, {"TYPE=" + std::to_string(number)}, entry->second.problem);
  }
  return entry->second;
}

/// The code for this tensor's type and device, or null.
const DeviceCode *codeFor(const Tensor &tensor) {
  if (!tensor.defined() || !tensor.is_cuda() || plainKernelsForced()) return nullptr;
  const auto type = tensor.scalar_type();
  if (type != at::kFloat && type != at::kBFloat16 && type != at::kHalf) return nullptr;
  return compiledFor(tensor.device(), type).code.get();
}

/// Contiguous [N, W] with rows of whole 16-byte packs, all of one type; undefined tensors pass.
bool packed(int64_t width, std::initializer_list<const Tensor *> tensors) {
  at::ScalarType type = at::ScalarType::Undefined;
  for (const Tensor *tensor : tensors) {
    if (!tensor->defined()) continue;
    if (type == at::ScalarType::Undefined) type = tensor->scalar_type();
    if (tensor->scalar_type() != type || !tensor->is_contiguous()) return false;
    if (reinterpret_cast<uintptr_t>(tensor->const_data_ptr()) % 16 != 0) return false;
    if (width % (16 / static_cast<int64_t>(tensor->element_size())) != 0) return false;
  }
  return true;
}

/// fp32 sums beside a 16-bit weight: the residual of fp16.
bool isWide(const Tensor &sum, const Tensor &weight) {
  return sum.scalar_type() == at::kFloat && weight.defined() && weight.scalar_type() != at::kFloat;
}

const void *read(const Tensor &tensor) { return tensor.defined() ? tensor.const_data_ptr() : nullptr; }

int64_t blocksFor(int64_t items) { return (items + kThreads - 1) / kThreads; }

int64_t packsIn(const Tensor &tensor) { return tensor.numel() * static_cast<int64_t>(tensor.element_size()) / 16; }

int kindOf(io::Activation activation) { return activation == io::Activation::Silu ? 0 : activation == io::Activation::GeluTanh ? 1 : 2; }

} // namespace

std::string problemWith(const at::Device &device, at::ScalarType type) { return compiledFor(device, type).problem; }

bool normForward(const Tensor &x, const Tensor &delta, const Tensor &weight, double eps, bool plusOne, Tensor &sum, Tensor &y,
                 Tensor &rstd) {
  const DeviceCode *code = codeFor(weight);
  const bool wide = isWide(x, weight);
  if (!code || x.dim() != 2 || x.size(0) == 0 || !packed(x.size(1), {&weight, &delta, wide ? &weight : &x}) || !packed(x.size(1), {&x}))
    return false;
  sum = delta.defined() ? at::empty(x.sizes(), x.options()) : x;
  y = at::empty(x.sizes(), weight.options().requires_grad(false));
  rstd = at::empty({x.size(0), 1}, x.options().dtype(at::kFloat));
  return code->launch(wide ? "normForwardWide" : "normForward", {x.size(0), kThreads}, read(x), read(delta), read(weight), sum.data_ptr(),
                      y.data_ptr(), rstd.data_ptr(), x.size(1), static_cast<float>(eps), static_cast<int>(plusOne));
}

bool normBackward(const Tensor &gradY, const Tensor &gradSum, const Tensor &sum, const Tensor &weight, const Tensor &rstd, bool plusOne,
                  Tensor &gradX) {
  const DeviceCode *code = codeFor(weight);
  const bool wide = isWide(sum, weight);
  if (!code || sum.dim() != 2 || sum.size(0) == 0 || !packed(sum.size(1), {&gradY, &weight, wide ? &weight : &sum}) ||
      !packed(sum.size(1), {&sum, &gradSum}))
    return false;
  gradX = at::empty(sum.sizes(), sum.options());
  return code->launch(wide ? "normBackwardWide" : "normBackward", {sum.size(0), kThreads}, read(gradY), read(gradSum), read(sum),
                      read(weight), read(rstd), gradX.data_ptr(), sum.size(1), static_cast<int>(plusOne));
}

bool gateForward(const Tensor &gateUp, io::Activation activation, Tensor &out) {
  const DeviceCode *code = codeFor(gateUp);
  if (!code || gateUp.dim() != 2 || gateUp.size(0) == 0 || !packed(gateUp.size(1) / 2, {&gateUp})) return false;
  const int64_t rows = gateUp.size(0), width = gateUp.size(1) / 2;
  out = at::empty({rows, width}, gateUp.options());
  return code->launch("gateForward", {blocksFor(packsIn(out)), kThreads}, read(gateUp), out.data_ptr(), rows, width, kindOf(activation));
}

bool gateBackward(const Tensor &grad, const Tensor &gateUp, io::Activation activation, Tensor &out) {
  const DeviceCode *code = codeFor(gateUp);
  if (!code || gateUp.dim() != 2 || gateUp.size(0) == 0 || !packed(gateUp.size(1) / 2, {&gateUp, &grad})) return false;
  const int64_t rows = gateUp.size(0), width = gateUp.size(1) / 2;
  out = at::empty(gateUp.sizes(), gateUp.options());
  void *const noProduct = nullptr;
  return code->launch("gateBackward", {blocksFor(packsIn(grad)), kThreads}, read(grad), read(gateUp), out.data_ptr(), noProduct, rows,
                      width, kindOf(activation));
}

bool rotate(const Tensor &x, Tensor out, const Tensor &positions, const Tensor &cos, const Tensor &sin, bool interleaved, bool inverse) {
  const DeviceCode *code = codeFor(x);
  if (!code || x.dim() != 3 || x.numel() == 0 || x.stride(2) != 1 || out.stride(2) != 1 || out.scalar_type() != x.scalar_type())
    return false;
  if (cos.scalar_type() != at::kFloat || !cos.is_contiguous() || !sin.is_contiguous() || !positions.is_contiguous()) return false;
  const int64_t rows = x.size(0), heads = x.size(1), dim = x.size(2), half = cos.size(1);
  const int64_t pack = 16 / static_cast<int64_t>(x.element_size());
  bool whole = !interleaved && 2 * half == dim && half % pack == 0;
  for (const Tensor *tensor : {&x, static_cast<const Tensor *>(&out)})
    whole = whole && tensor->stride(0) % pack == 0 && tensor->stride(1) % pack == 0 &&
            reinterpret_cast<uintptr_t>(tensor->const_data_ptr()) % 16 == 0;
  if (whole)
    return code->launch("rotateHalves", {blocksFor(rows * heads * half / pack), kThreads}, read(x), out.data_ptr(), read(positions),
                        read(cos), read(sin), rows, heads, half, x.stride(0), x.stride(1), out.stride(0), out.stride(1),
                        static_cast<int>(inverse));
  return code->launch("rotate", {blocksFor(rows * heads * (dim - half)), kThreads}, read(x), out.data_ptr(), read(positions), read(cos),
                      read(sin), rows, heads, dim, half, x.stride(0), x.stride(1), out.stride(0), out.stride(1),
                      static_cast<int>(interleaved), static_cast<int>(inverse));
}

bool storeKeysValues(const Tensor &qkv, Tensor keys, Tensor values, int64_t heads, int64_t at) {
  const DeviceCode *code = codeFor(qkv);
  if (!code || qkv.size(0) != 1 || !packed(keys.size(2), {&qkv, &keys, &values})) return false;
  const int64_t kvHeads = keys.size(0), packs = 2 * kvHeads * keys.size(2) * static_cast<int64_t>(qkv.element_size()) / 16;
  return code->launch("storeKeysValues", {blocksFor(packs), kThreads}, read(qkv), keys.data_ptr(), values.data_ptr(), keys.stride(0), at,
                      static_cast<int>(heads), static_cast<int>(kvHeads), static_cast<int>(keys.size(2)));
}

bool decodeAttention(const Tensor &q, const Tensor &keys, const Tensor &values, const DecodeShape &shape, Tensor &out) {
  constexpr int64_t kShared = 48 * 1024; // bytes that every card gives a block without asking
  const DeviceCode *code = codeFor(q);
  if (!code || q.dim() != 3 || q.size(0) != 1 || keys.scalar_type() != q.scalar_type() || keys.stride(2) != 1 ||
      keys.stride(1) != keys.size(2) || values.strides() != keys.strides() || !packed(q.size(2), {&q}))
    return false;
  const int64_t heads = q.size(1), dim = q.size(2), pack = 16 / static_cast<int64_t>(q.element_size());
  const int64_t shared = (shape.length - shape.first + kThreads * pack) * 4;
  if (dim / pack > kThreads || shared > kShared - 2048 * 2) return false;
  out = at::empty(q.sizes(), q.options());
  return code->launch("decodeAttention", {heads, kThreads, static_cast<int>(shared)}, read(q), read(keys), read(values), out.data_ptr(),
                      keys.stride(0), shape.first, shape.length, static_cast<int>(heads / keys.size(0)), static_cast<int>(dim),
                      static_cast<float>(shape.scale), static_cast<float>(shape.softcap), read(shape.slopes));
}

namespace {

/// The exponent of a power of two, -1 for anything else.
int shiftOf(int64_t value) {
  int shift = 0;
  while (shift < 62 && (int64_t(1) << shift) < value) ++shift;
  return (int64_t(1) << shift) == value ? shift : -1;
}

} // namespace

bool nf4Decode(const Nf4Parts &parts, Tensor out) {
  const DeviceCode *code = codeFor(out);
  if (!code || out.numel() == 0 || out.numel() % 8 != 0 || !packed(8, {&out})) return false;
  const int block = shiftOf(parts.block), nested = shiftOf(parts.nestedBlock);
  if (block < 3 || nested < 0) return false;
  return code->launch("nf4Decode", {(blocksFor(out.numel() / 8) + 3) / 4, kThreads}, read(parts.packed), read(parts.scales),
                      read(parts.scaleCodes), read(parts.map), read(parts.nested), parts.offset, block, nested, out.numel(),
                      out.data_ptr());
}

bool int8Decode(const Tensor &codes, const Tensor &scales, Tensor out) {
  const DeviceCode *code = codeFor(out);
  if (!code || out.numel() == 0 || out.size(1) % 8 != 0 || !packed(8, {&out})) return false;
  return code->launch("int8Decode", {blocksFor(out.numel() / 8), kThreads}, read(codes), read(scales), out.size(0), out.size(1),
                      out.data_ptr());
}

bool nf4Product(const Tensor &x, const Nf4Parts &parts, Tensor out) {
  const DeviceCode *code = codeFor(x);
  const int64_t columns = x.size(1), rows = out.size(1);
  const int block = shiftOf(parts.block), nested = shiftOf(parts.nestedBlock);
  if (!code || x.size(0) != 1 || columns % 32 != 0 || block < 5 || nested < 0 || out.scalar_type() != x.scalar_type() ||
      !packed(32, {&x}) || reinterpret_cast<uintptr_t>(read(parts.packed)) % 16 != 0)
    return false;
  return code->launch("nf4Product", {(rows + 7) / 8, kThreads}, read(x), read(parts.packed), read(parts.scales), read(parts.scaleCodes),
                      read(parts.map), read(parts.nested), parts.offset, block, nested, rows, columns, out.data_ptr());
}

bool denseProduct(const Tensor &x, const Tensor &weight, Tensor out) {
  const DeviceCode *code = codeFor(x);
  if (!code || x.size(0) != 1 || out.scalar_type() != x.scalar_type() || !packed(x.size(1), {&x, &weight})) return false;
  return code->launch("denseProduct", {(weight.size(0) + 7) / 8, kThreads}, read(x), read(weight), out.data_ptr(), weight.size(0),
                      x.size(1));
}

bool crossEntropy(Tensor logits, const Tensor &targets, double softcap, bool gradient, Tensor &losses) {
  const DeviceCode *code = codeFor(logits);
  if (!code || logits.dim() != 2 || logits.size(0) == 0 || !targets.is_contiguous() || !packed(logits.size(1), {&logits})) return false;
  losses = at::empty({logits.size(0)}, logits.options().dtype(at::kFloat));
  return code->launch("crossEntropy", {logits.size(0), kThreads}, logits.data_ptr(), read(targets), losses.data_ptr(), logits.size(1),
                      static_cast<float>(softcap), static_cast<int>(gradient));
}

} // namespace attune::core::device
