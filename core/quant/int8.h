// int8 with a scale a row (Dettmers et al. 2022, LLM.int8's weights): code = round(w 127 / largest of the row), as bitsandbytes'
// int8_vectorwise_quant without outliers; a row of zeros is zeros.
#pragma once

#include "core/quant/quantised_module.h"

namespace attune::core {

class Int8Module : public QuantisedModule {
public:
  Int8Module(int64_t rows, int64_t columns);

  bool encode(int64_t row, int64_t count, const float *values) override;
  void decode(int64_t begin, int64_t end, float *out) const override { decodeRows(begin, end, out); }
  void decode(int64_t begin, int64_t end, kernels::Bf16 *out) const override { decodeRows(begin, end, out); }
  std::vector<Tensor *> tensors() override { return {&m_codes, &m_scales}; }
  int64_t codeBytes() const override { return m_codes.numel(); }
  int64_t stateBytes() const override { return 4 * m_scales.numel(); }
  /// Rows [begin, begin + count) decoded, and rows `ids` [N] int64, which are where the codes are.
  Tensor decoded(int64_t begin, int64_t count, at::ScalarType type) const;
  Tensor decoded(const Tensor &ids, at::ScalarType type) const;
  const Tensor &codes() const { return m_codes; }
  const Tensor &scales() const { return m_scales; }

protected:
  void decodePlainly(Tensor out) const override;
  bool onCpu() const override { return m_codes.is_cpu(); }

private:
  Int8Module(Tensor codes, Tensor scales);
  template <class S> void decodeRows(int64_t begin, int64_t end, S *out) const;

  Tensor m_codes;  // int8 [rows, columns]
  Tensor m_scales; // fp32 [rows]
};

} // namespace attune::core
