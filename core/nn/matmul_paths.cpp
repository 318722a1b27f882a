#include "core/nn/matmul_paths.h"

#include "core/nn/kernel_policy.h"
#include "core/nn/kernels/parallel.h"
#include "core/nn/matmul.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/sub.h>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <utility>

namespace attune::core {

namespace {

constexpr double kExactness = 2e-6; // of the largest value
constexpr double kWorthwhile = 0.9; // another path must need less than this share of the library's time

/// The operator is registered only in builds with oneDNN, so it is looked up by name.
const c10::OperatorHandle *oneDnnOperator() {
  static const auto handle = c10::Dispatcher::singleton().findSchema({"mkldnn::_linear_pointwise", ""});
  return handle ? &*handle : nullptr;
}

double fastestSeconds(const std::function<void()> &body) {
  double best = 1e30;
  body(); // warm: code generation, thread start
  for (int round = 0; round < 3; ++round) {
    const auto start = std::chrono::steady_clock::now();
    body();
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

Tensor wave(int64_t rows, int64_t columns, double frequency) {
  return at::arange(rows * columns, at::TensorOptions().dtype(at::kFloat)).mul(frequency).sin().view({rows, columns});
}

bool tryOneDnn() {
  if (!oneDnnOperator()) return false;
  const Tensor x = wave(256, 576, 0.37), weight = wave(1024, 576, 0.73);
  try {
    const Tensor expected = at::mm(x, weight.t());
    const double scale = expected.abs().max().item<double>();
    const double error = oneDnnLinear(x, weight).sub(expected).abs().max().item<double>();
    const Tensor back = at::mm(expected, weight);
    const double backScale = back.abs().max().item<double>();
    const double backError = oneDnnLinear(expected, weight.t()).sub(back).abs().max().item<double>();
    return error <= kExactness * scale && backError <= kExactness * backScale;
  } catch (const std::exception &) { // an operator with another signature: the library's path always works
    return false;
  }
}

bool oneDnnIsExact() {
  static const bool exact = tryOneDnn();
  return exact;
}

MatmulPath tryFloat() {
  if (!oneDnnIsExact()) return MatmulPath::Library;
  const Tensor x = wave(256, 576, 0.37), weight = wave(1024, 576, 0.73), expected = at::mm(x, weight.t());
  const double library = fastestSeconds([&] { at::mm(x, weight.t()); }) + fastestSeconds([&] { at::mm(expected, weight); });
  const double other = fastestSeconds([&] { oneDnnLinear(x, weight); }) + fastestSeconds([&] { oneDnnLinear(expected, weight.t()); });
  return other < kWorthwhile * library ? MatmulPath::OneDnn : MatmulPath::Library;
}

MatmulPath tryBfloat() {
  const Tensor x = wave(256, 576, 0.37).to(at::kBFloat16), weight = wave(512, 576, 0.73).to(at::kBFloat16);
  const double library = fastestSeconds([&] { at::mm(x, weight.t()); });
  const double other = fastestSeconds([&] {
    Tensor out = at::empty({256, 512}, x.options());
    narrowInto(out, at::mm(widened(x), widened(weight).t()));
  });
  return other < kWorthwhile * library ? MatmulPath::Widened : MatmulPath::Library;
}

/// The path that a resumed run asks for, by type; kFree leaves it to the trial.
constexpr int kFree = -1;
std::atomic<int> pinnedFloat{kFree}, pinnedBfloat{kFree};

MatmulPath triedPath(at::ScalarType type) {
  at::NoGradGuard guard;
  if (type == at::kFloat) {
    static const MatmulPath path = tryFloat();
    return path;
  }
  if (type == at::kBFloat16) {
    static const MatmulPath path = tryBfloat();
    return path;
  }
  return MatmulPath::Library;
}

} // namespace

MatmulPath matmulPathOf(at::ScalarType type) {
  const int pinned = type == at::kFloat ? pinnedFloat.load() : type == at::kBFloat16 ? pinnedBfloat.load() : kFree;
  return pinned == kFree ? triedPath(type) : static_cast<MatmulPath>(pinned);
}

void pinMatmulPaths(const std::map<std::string, std::string> &paths) {
  const auto is = [&](const char *type, const char *name) {
    const auto found = paths.find(type);
    return found != paths.end() && found->second == name;
  };
  const at::NoGradGuard guard;
  const auto place = [](MatmulPath path) { return static_cast<int>(path); };
  pinnedFloat = is("fp32", "library")                     ? place(MatmulPath::Library)
                : is("fp32", "onednn") && oneDnnIsExact() ? place(MatmulPath::OneDnn)
                                                          : kFree;
  pinnedBfloat = is("bf16", "native") ? place(MatmulPath::Library) : is("bf16", "widened") ? place(MatmulPath::Widened) : kFree;
}

std::string matmulPath(at::ScalarType type) {
  const auto path = matmulPathOf(type);
  if (path == MatmulPath::OneDnn) return "onednn";
  if (path == MatmulPath::Widened) return "widened";
  return type == at::kBFloat16 ? "native" : "library";
}

/// libtorch's own optional before 2.3 or so, std::optional since.
using OptionalScalar = decltype(std::declval<c10::IValue>().toOptional<at::Scalar>());

Tensor oneDnnLinear(const Tensor &x, const Tensor &weight) {
  torch::jit::Stack stack;
  stack.emplace_back(x);
  stack.emplace_back(weight);
  stack.emplace_back(c10::IValue());
  stack.emplace_back(std::string("none"));
  stack.emplace_back(c10::List<OptionalScalar>());
  stack.emplace_back(c10::IValue());
  oneDnnOperator()->callBoxed(stack);
  return stack.back().toTensor();
}

Tensor widened(const Tensor &matrix) {
  if (matrix.scalar_type() == at::kFloat) return matrix;
  Tensor out = at::empty(matrix.sizes(), matrix.options().dtype(at::kFloat));
  const auto *in = elements<kernels::Bf16>(matrix);
  const int64_t columns = matrix.size(1), stride = matrix.stride(0);
  parallelRanges(matrix.size(0), std::max<int64_t>(1, 65536 / std::max<int64_t>(1, columns)), [&](int64_t begin, int64_t end) {
    float *to = elements<float>(out);
    if (stride == columns) {
      kernels::typedKernels<kernels::Bf16>().toFloat(in + begin * stride, to + begin * columns, (end - begin) * columns);
      return;
    }
    for (int64_t row = begin; row < end; ++row) {
      kernels::typedKernels<kernels::Bf16>().toFloat(in + row * stride, to + row * columns, columns);
    }
  });
  return out;
}

void narrowInto(Tensor to, const Tensor &from) {
  if (to.scalar_type() != at::kBFloat16) {
    to.copy_(from);
    return;
  }
  const int64_t columns = to.size(1), stride = to.stride(0);
  parallelRanges(to.size(0), std::max<int64_t>(1, 65536 / std::max<int64_t>(1, columns)), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      kernels::typedKernels<kernels::Bf16>().fromFloat(elements<float>(from) + row * from.stride(0),
                                                       elements<kernels::Bf16>(to) + row * stride, columns);
    }
  });
}

} // namespace attune::core
