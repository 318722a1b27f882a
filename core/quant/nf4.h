// NF4 with doubly quantised scales (Dettmers et al. 2023), code for code what bitsandbytes 0.50.2 makes on a CPU: blocks of 64 along
// the flattened module, their scales less the mean as 8-bit codes in blocks of 256. Also scales in fp32, as some files have them.
#pragma once

#include "core/quant/quantised_module.h"

namespace attune::core {

/// The parts of an NF4 matrix. Either `scales`, or the four that stand for them.
struct Nf4Parts {
  Tensor packed;     // uint8 [ceil(n / 2)], the first code of a pair in the high half
  Tensor scales;     // fp32 [blocks]
  Tensor scaleCodes; // uint8 [blocks]
  Tensor nested;     // fp32, a scale for `nestedBlock` of the codes
  Tensor map;        // fp32 [256], what the codes mean
  float offset = 0;  // the scales' mean
  int64_t block = 64;
  int64_t nestedBlock = 256;
};

class Nf4Module : public QuantisedModule {
public:
  Nf4Module(int64_t rows, int64_t columns);
  /// From a file whose sizes have been checked.
  Nf4Module(int64_t rows, int64_t columns, Nf4Parts parts) : QuantisedModule(rows, columns), m_parts(std::move(parts)) {}

  int64_t rowStep() const override;
  bool encode(int64_t row, int64_t count, const float *values) override;
  void finish() override;
  void decode(int64_t begin, int64_t end, float *out) const override { decodeRows(begin, end, out); }
  void decode(int64_t begin, int64_t end, kernels::Bf16 *out) const override { decodeRows(begin, end, out); }
  std::vector<Tensor *> tensors() override;
  int64_t codeBytes() const override;
  int64_t stateBytes() const override;
  const Nf4Parts &parts() const { return m_parts; }
  bool rowProduct(const Tensor &x, Tensor out) const override;

protected:
  void decodePlainly(Tensor out) const override;
  bool onCpu() const override { return m_parts.packed.is_cpu(); }

private:
  template <class S> void decodeRows(int64_t begin, int64_t end, S *out) const;
  void decodeScales(int64_t begin, int64_t end, float *out) const;
  Tensor plainScales() const;

  Nf4Parts m_parts;
};

} // namespace attune::core
