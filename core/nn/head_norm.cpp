#include "core/nn/head_norm.h"

#include <ATen/ops/norm.h>
#include <ATen/ops/sum.h>
#include <algorithm>
#include <torch/csrc/autograd/custom_function.h>

namespace attune::core {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t kRows = 8192; // at a time: the fp32 copies stay small beside the head

/// Calls each(begin, count) for blocks of rows.
template <typename Each> void blocks(int64_t rows, Each each) {
  for (int64_t begin = 0; begin < rows; begin += kRows) each(begin, std::min(kRows, rows - begin));
}

/// fp32 rows and their lengths [n, 1]; a row of zeros counts as one of length 1.
std::pair<Tensor, Tensor> rowsAndLengths(const Tensor &head, int64_t begin, int64_t count) {
  const Tensor wide = head.narrow(0, begin, count).to(at::kFloat);
  const Tensor length = at::norm(wide, 2, {1}, true);
  return {wide, length.masked_fill(length.lt(1e-12), 1.0)};
}

void normaliseInto(Tensor out, const Tensor &head) {
  blocks(head.size(0), [&](int64_t begin, int64_t count) {
    const auto [wide, length] = rowsAndLengths(head, begin, count);
    out.narrow(0, begin, count).copy_(wide.div(length));
  });
}

struct HeadNormFunction : torch::autograd::Function<HeadNormFunction> {
  static Tensor forward(AutogradContext *ctx, const Tensor &head, const Tensor *made) {
    ctx->save_for_backward({head});
    if (made->defined()) return made->detach();
    Tensor out = at::empty(head.sizes(), head.options());
    normaliseInto(out, head);
    return out;
  }

  static variable_list backward(AutogradContext *ctx, variable_list grads) {
    const Tensor head = ctx->get_saved_variables()[0];
    Tensor out = at::empty(head.sizes(), head.options());
    blocks(head.size(0), [&](int64_t begin, int64_t count) {
      const auto [wide, length] = rowsAndLengths(head, begin, count);
      const Tensor unit = wide.div(length), grad = grads[0].narrow(0, begin, count).to(at::kFloat);
      out.narrow(0, begin, count).copy_(grad.sub(unit.mul(unit.mul(grad).sum(1, true))).div(length));
    });
    return {out, Tensor()};
  }
};

} // namespace

Tensor normaliseRows(const Tensor &head, const Tensor &made) { return HeadNormFunction::apply(head, &made); }

void normaliseRowsInPlace(Tensor head) {
  at::NoGradGuard noGrad;
  normaliseInto(head, head);
}

} // namespace attune::core
