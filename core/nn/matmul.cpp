#include "core/nn/matmul.h"

#include "core/nn/kernel_policy.h"
#include "core/nn/linear.h"

#include <ATen/ops/addmm.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/mm.h>

namespace attune::core {

namespace {

void product(Tensor out, const Tensor &left, const Tensor &right, bool accumulate) {
  if (out.scalar_type() == left.scalar_type() && out.scalar_type() == right.scalar_type()) {
    if (accumulate) {
      out.addmm_(left, right);
    } else if (out.is_contiguous()) {
      at::mm_out(out, left, right);
    } else {
      out.copy_(at::mm(left, right));
    }
    return;
  }
  const auto type = c10::promoteTypes(out.scalar_type(), c10::promoteTypes(left.scalar_type(), right.scalar_type()));
  const Tensor wide = at::mm(left.to(type), right.to(type));
  if (accumulate) {
    out.add_(wide);
  } else {
    out.copy_(wide);
  }
}

} // namespace

void matmulTransposedInto(Tensor out, const Tensor &x, const Tensor &weight, bool accumulate) {
  product(out, x, weight.t(), accumulate);
}

void matmulPlainInto(Tensor out, const Tensor &x, const Tensor &weight, bool accumulate) { product(out, x, weight, accumulate); }

void accumulateOuter(Tensor out, const Tensor &left, const Tensor &right) { product(out, left.t(), right, true); }

Tensor matmulTransposed(const Tensor &x, const Tensor &weight) {
  Tensor out = at::empty({x.size(0), weight.size(0)}, x.options());
  matmulTransposedInto(out, x, weight);
  return out;
}

Tensor matmulPlain(const Tensor &x, const Tensor &weight) {
  Tensor out = at::empty({x.size(0), weight.size(1)}, x.options());
  matmulPlainInto(out, x, weight);
  return out;
}

std::string matmulPath(at::ScalarType) { return "native"; }

} // namespace attune::core
