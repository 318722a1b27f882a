#include "core/quant/quantised_module.h"

#include "core/nn/kernel_policy.h"
#include "core/nn/kernels/parallel.h"
#include "core/quant/int8.h"
#include "core/quant/nf4.h"

#include <algorithm>

namespace attune::core {

std::unique_ptr<QuantisedModule> QuantisedModule::make(api::Quantization kind, int64_t rows, int64_t columns) {
  if (kind == api::Quantization::Int8) return std::make_unique<Int8Module>(rows, columns);
  return std::make_unique<Nf4Module>(rows, columns);
}

void QuantisedModule::decodeInto(Tensor out) const {
  if (!onCpu() || !usesOwnKernels(out) || !out.is_contiguous()) return decodePlainly(out);
  withStorage(out.scalar_type(), [&](auto zero) {
    auto *to = elements<decltype(zero)>(out);
    parallelRanges(m_rows, std::max<int64_t>(1, 32768 / std::max<int64_t>(1, m_columns)),
                   [&](int64_t begin, int64_t end) { decode(begin, end, to + begin * m_columns); });
  });
}

} // namespace attune::core
