#include "core/nn/matmul.h"

#include "core/device/compute_limits.h"
#include "core/nn/device_kernels.h"
#include "core/nn/kernel_policy.h"
#include "core/nn/kernels/parallel.h"
#include "core/nn/linear.h"
#include "core/nn/matmul_paths.h"

#include <ATen/ops/addmm.h>
#include <ATen/ops/mm.h>
#include <algorithm>

namespace attune::core {

namespace {

constexpr int64_t kWideRows = 1024;                // rows of x widened to fp32 at a time
constexpr int64_t kWideElements = 4 * 1024 * 1024; // elements of a weight widened at a time

using kernels::typedKernels;

void plainProduct(Tensor out, const Tensor &left, const Tensor &right, bool accumulate) {
  if (out.scalar_type() == left.scalar_type() && out.scalar_type() == right.scalar_type()) {
    if (accumulate) {
      out.addmm_(left, right);
    } else {
      at::mm_out(out, left, right);
    }
    return;
  }
  // Mixed: the 16-bit operand's type decides the product (its library kernel), the output's type the storage.
  const auto wideType = c10::promoteTypes(out.scalar_type(), c10::promoteTypes(left.scalar_type(), right.scalar_type()));
  const auto half = left.scalar_type() == wideType ? right.scalar_type() : left.scalar_type();
  const bool byHalf = out.device().is_cpu()
                          ? half == at::kBFloat16 && matmulPathOf(at::kBFloat16) == MatmulPath::Library && !plainKernelsForced()
                          : half == at::kBFloat16 || half == at::kHalf;
  const auto type = byHalf ? half : wideType;
  const Tensor wide = at::mm(left.to(type), right.to(type));
  if (accumulate) {
    out.add_(wide);
  } else {
    out.copy_(wide);
  }
}

bool isSmall(const Tensor &out, const Tensor &x, const Tensor &weight) {
  return x.size(0) >= 1 && x.size(0) <= kSmallRows && usesOwnKernels(x) && usesOwnKernels(weight) && usesOwnKernels(out) &&
         weight.scalar_type() == out.scalar_type();
}

/// x in fp32 with the columns in the order that smallProduct wants beside a 16-bit weight.
Tensor evenColumnsFirst(const Tensor &x) {
  const int64_t half = x.size(1) / 2;
  const Tensor pairs = x.narrow(1, 0, 2 * half).unflatten(1, {half, 2});
  return at::cat({pairs.select(2, 0), pairs.select(2, 1), x.narrow(1, 2 * half, x.size(1) % 2)}, 1).to(at::kFloat);
}

/// One to four rows: each thread streams its share of the weight's rows once.
void smallTransposed(Tensor out, const Tensor &x, const Tensor &weight) {
  const Tensor rows = weight.scalar_type() == at::kFloat ? x.to(at::kFloat).contiguous() : evenColumnsFirst(x);
  const int64_t count = rows.size(0), in = rows.size(1);
  withStorage(weight.scalar_type(), [&](auto zero) {
    using S = decltype(zero);
    const S *w = elements<S>(weight);
    S *y = elements<S>(out);
    parallelRanges(weight.size(0), std::max<int64_t>(4, 32768 / std::max<int64_t>(in, 1)), [&](int64_t begin, int64_t end) {
      typedKernels<S>().smallProduct(elements<float>(rows), w + begin * weight.stride(0), y + begin, count, in, end - begin,
                                     weight.stride(0), out.stride(0));
    });
  });
}

/// The library's fp32 product after widening x by rows and the weight by blocks.
void widenedTransposed(Tensor out, const Tensor &x, const Tensor &weight, bool accumulate) {
  const int64_t block = std::max<int64_t>(1, kWideElements / std::max<int64_t>(1, weight.size(1)));
  for (int64_t first = 0; first < weight.size(0); first += block) {
    const int64_t columns = std::min(block, weight.size(0) - first);
    const Tensor wide = widened(weight.narrow(0, first, columns));
    for (int64_t row = 0; row < x.size(0); row += kWideRows) {
      const int64_t rows = std::min(kWideRows, x.size(0) - row);
      const Tensor part = widened(x.narrow(0, row, rows));
      Tensor target = out.narrow(0, row, rows).narrow(1, first, columns);
      if (target.scalar_type() == at::kFloat) {
        plainProduct(target, part, wide.t(), accumulate);
      } else {
        const Tensor product = at::mm(part, wide.t());
        if (accumulate) {
          target.add_(product);
        } else {
          narrowInto(target, product);
        }
      }
    }
  }
}

void widenedPlain(Tensor out, const Tensor &x, const Tensor &weight, bool accumulate) {
  const int64_t block = std::max<int64_t>(1, kWideElements / std::max<int64_t>(1, weight.size(1)));
  const bool direct = out.scalar_type() == at::kFloat;
  Tensor sum = direct ? out : at::empty({x.size(0), weight.size(1)}, out.options().dtype(at::kFloat));
  for (int64_t first = 0; first < weight.size(0); first += block) {
    const int64_t depth = std::min(block, weight.size(0) - first);
    const Tensor wide = widened(weight.narrow(0, first, depth));
    for (int64_t row = 0; row < x.size(0); row += kWideRows) {
      const int64_t rows = std::min(kWideRows, x.size(0) - row);
      const Tensor part = widened(x.narrow(0, row, rows).narrow(1, first, depth));
      plainProduct(sum.narrow(0, row, rows), part, wide, first > 0 || (direct && accumulate));
    }
  }
  if (direct) return;
  if (accumulate) {
    out.add_(sum);
  } else {
    narrowInto(out, sum);
  }
}

/// Whether a product with this weight runs on the CPU by a path other than the library's own.
bool takes(MatmulPath path, const Tensor &x, const Tensor &weight) {
  if (!usesOwnKernels(x) || !usesOwnKernels(weight) || x.size(0) == 0) return false;
  if (path == MatmulPath::OneDnn && x.scalar_type() != weight.scalar_type()) return false;
  return matmulPathOf(weight.scalar_type()) == path;
}

void checkTypes(const Tensor &left, const Tensor &right) {
  checkProductType(left.scalar_type());
  checkProductType(right.scalar_type());
}

void storeProduct(Tensor out, const Tensor &product, bool accumulate) {
  if (accumulate) {
    out.add_(product);
  } else {
    out.copy_(product);
  }
}

} // namespace

void matmulTransposedInto(Tensor out, const Tensor &x, const Tensor &weight, bool accumulate) {
  checkTypes(x, weight);
  if (!accumulate && isSmall(out, x, weight)) return smallTransposed(out, x, weight);
  if (takes(MatmulPath::Widened, x, weight)) return widenedTransposed(out, x, weight, accumulate);
  if (takes(MatmulPath::OneDnn, x, weight)) return storeProduct(out, oneDnnLinear(x, weight), accumulate);
  plainProduct(out, x, weight.t(), accumulate);
}

void matmulPlainInto(Tensor out, const Tensor &x, const Tensor &weight, bool accumulate) {
  checkTypes(x, weight);
  if (takes(MatmulPath::Widened, x, weight)) return widenedPlain(out, x, weight, accumulate);
  if (takes(MatmulPath::OneDnn, x, weight)) return storeProduct(out, oneDnnLinear(x, weight.t()), accumulate);
  plainProduct(out, x, weight, accumulate);
}

void accumulateOuter(Tensor out, const Tensor &left, const Tensor &right) {
  checkTypes(left, right);
  if (left.scalar_type() == out.scalar_type() && right.scalar_type() == out.scalar_type()) return plainProduct(out, left.t(), right, true);
  if (!takes(MatmulPath::Widened, left, right) || out.scalar_type() != at::kFloat) return plainProduct(out, left.t(), right, true);
  for (int64_t row = 0; row < left.size(0); row += kWideRows) {
    const int64_t rows = std::min(kWideRows, left.size(0) - row);
    plainProduct(out, widened(left.narrow(0, row, rows)).t(), widened(right.narrow(0, row, rows)), true);
  }
}

Tensor matmulTransposed(const Tensor &x, const Tensor &weight) {
  checkTypes(x, weight);
  if (x.is_cuda() && x.size(0) == 1 && weight.is_contiguous()) { // a library's product is made for many rows
    Tensor out = at::empty({1, weight.size(0)}, x.options());
    if (device::denseProduct(x.contiguous(), weight, out)) return out;
  }
  if (x.size(0) > kSmallRows && takes(MatmulPath::OneDnn, x, weight)) return oneDnnLinear(x, weight);
  Tensor out = at::empty({x.size(0), weight.size(0)}, x.options());
  matmulTransposedInto(out, x, weight);
  return out;
}

Tensor matmulPlain(const Tensor &x, const Tensor &weight) {
  checkTypes(x, weight);
  if (takes(MatmulPath::OneDnn, x, weight)) return oneDnnLinear(x, weight.t());
  Tensor out = at::empty({x.size(0), weight.size(1)}, x.options());
  matmulPlainInto(out, x, weight);
  return out;
}

} // namespace attune::core
