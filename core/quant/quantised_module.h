// The weight of one linear module in few bits: NF4 or int8. Written once by whoever loads it, then immutable and shared.
// Encoding runs on the CPU; decoding on any device, by our own loops for fp32 and bf16 on the CPU and by plain operators elsewhere.
#pragma once

#include "core/api/run_config.h"
#include "core/nn/kernels/kernel_table.h"
#include "core/nn/tensor.h"

#include <memory>
#include <vector>

namespace attune::core {

class QuantisedModule {
public:
  virtual ~QuantisedModule() = default;
  QuantisedModule(const QuantisedModule &) = delete;
  QuantisedModule &operator=(const QuantisedModule &) = delete;

  /// Empty room for a module of this size on the CPU.
  static std::unique_ptr<QuantisedModule> make(api::Quantization kind, int64_t rows, int64_t columns);

  int64_t rows() const { return m_rows; }
  int64_t columns() const { return m_columns; }
  /// Ranges given to encode() begin at multiples of so many rows.
  virtual int64_t rowStep() const { return 1; }
  /// Rows from fp32; disjoint ranges from any thread. False for values that are not finite.
  virtual bool encode(int64_t row, int64_t count, const float *values) = 0;
  /// Called once after all rows are in.
  virtual void finish() {}

  /// Rows [begin, end) on the CPU in the calling thread.
  virtual void decode(int64_t begin, int64_t end, float *out) const = 0;
  virtual void decode(int64_t begin, int64_t end, kernels::Bf16 *out) const = 0;
  /// All rows into a contiguous [rows, columns] of any floating type on the codes' device.
  void decodeInto(Tensor out) const;

  /// x [1, columns] . thisᵀ into out [1, rows] on an accelerator, without decoding through memory; false = not here.
  virtual bool rowProduct(const Tensor &, Tensor) const { return false; }

  /// Everything kept, for counting, hashing and moving to another device.
  virtual std::vector<Tensor *> tensors() = 0;
  virtual int64_t codeBytes() const = 0;  // of the weights' codes
  virtual int64_t stateBytes() const = 0; // of their scales

protected:
  QuantisedModule(int64_t rows, int64_t columns) : m_rows(rows), m_columns(columns) {}
  /// The same by plain operators.
  virtual void decodePlainly(Tensor out) const = 0;
  virtual bool onCpu() const = 0;

private:
  int64_t m_rows, m_columns;
};

} // namespace attune::core
