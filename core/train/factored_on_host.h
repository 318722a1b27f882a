// Adafactor's three passes over a matrix in the host's memory, as loops: the gradient's squares by row and column, the size of the
// update, the update. Numbers do not depend on the threads. The thread that updates.
#pragma once

#include "core/train/host_slot.h"

namespace attune::core {

class FactoredOnHost {
public:
  /// Of rows [firstRow, firstRow + rows) of a matrix that HostSlot serves.
  FactoredOnHost(const UpdateSlot &slot, const UpdateTerms &terms, int64_t firstRow, int64_t rows);

  /// Means of gradient^2 + least: of each row [rows] and of each column [columns], fp32.
  std::pair<Tensor, Tensor> meanSquares(double least) const;
  /// Of gradient * byRow [rows] * byColumn [columns].
  double sumOfSquares(const Tensor &byRow, const Tensor &byColumn) const;
  /// weights = weights * shrink - rate * gradient * byRow * byColumn; takes no memory once it has begun.
  void update(const Tensor &byRow, const Tensor &byColumn, double shrink, double rate) const;

private:
  int64_t offset(int64_t row, int64_t column) const { return (m_firstRow + row) * m_columns + column; }

  HostSlot m_host;
  int64_t m_firstRow, m_rows, m_columns;
};

} // namespace attune::core
