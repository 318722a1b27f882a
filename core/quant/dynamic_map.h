// The 8-bit "dynamic" codes of optimizer states (Dettmers et al. 2022) as bitsandbytes makes them: 256 values whose exponent has
// as many bits as it needs and whose fraction takes the rest. Pure functions of tensors on any device.
#pragma once

#include "core/nn/kernels/kernel_table.h"
#include "core/nn/tensor.h"

#include <memory>
#include <utility>

namespace attune::core {

class DynamicMap {
public:
  /// The map for values in [-1, 1] or, unsigned, in [0, 1].
  static const DynamicMap &signedMap();
  static const DynamicMap &unsignedMap();

  /// codes [n] (uint8) of blocks with scales [n / block] -> fp32 [n / block, block].
  Tensor decode(const Tensor &codes, const Tensor &scales) const;
  /// The nearest codes of values [blocks, block] (fp32) as int32 [n], and their scales, the greatest magnitude of each block.
  std::pair<Tensor, Tensor> encode(const Tensor &values) const;

  /// The same as tables for the loops of the host.
  const kernels::MomentMap &tables() const { return *m_tables; }

private:
  DynamicMap(Tensor values, bool isSigned);
  Tensor m_values;  // ascending
  Tensor m_middles; // between each two
  int64_t m_zero;
  bool m_signed;
  std::shared_ptr<const kernels::MomentMap> m_tables;
};

} // namespace attune::core
