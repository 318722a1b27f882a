// The rotary tables of one model: kept as long as they suffice, and for rows laid end to end those of each sequence's
// length where the scaling looks at it (dynamic, longrope). One owner, one thread.
#pragma once

#include "core/nn/rotary.h"

#include <vector>

namespace attune::core {

/// Angles of some rows: `positions` [N] int64 are rows of the tables.
struct RotaryTurn {
  RotaryTables tables; // undefined = no rotation
  Tensor positions;
};

class RotaryBook {
public:
  RotaryBook(io::RopeConfig rope, int64_t headDim) : m_rope(std::move(rope)), m_headDim(headDim) {}

  /// Rows of several sequences (segmentStarts [S + 1]) with these positions, each scaled by its own length or, above 0, all by
  /// `length`.
  RotaryTurn segments(const std::vector<int64_t> &starts, const std::vector<int64_t> &positions, const Tensor &positionTensor,
                      int64_t length);
  /// Positions `first` .. `first + count - 1` of a sequence of `length`; tables for `capacity` positions are kept.
  RotaryTurn range(int64_t first, int64_t count, int64_t length, int64_t capacity, const at::Device &device);

private:
  const RotaryTables &tables(int64_t positions, const at::Device &device, int64_t variant);

  io::RopeConfig m_rope;
  int64_t m_headDim;
  RotaryTables m_tables;
  int64_t m_variant = 0; // of m_tables
};

} // namespace attune::core
