// A growing column of figures that knows the lowest and highest of every block of 16, 32, 64, ... values, so that a chart
// over any stretch costs its pixels, not its values. A value; growing never moves what is there. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace attune::ui {

using Column = std::deque<double>; // grows without moving what it holds

class Series {
public:
  struct Extremes { // places of values
    size_t lowest = 0;
    size_t highest = 0;
  };

  size_t size() const { return m_values.size(); }
  bool empty() const { return m_values.empty(); }
  double operator[](size_t i) const { return m_values[i]; }
  double back() const { return m_values.back(); }
  void push_back(double value);
  /// Keeps the first `size` values.
  void resize(size_t size);
  void clear() { resize(0); }
  /// Of the finite values in [first, last), with `positive` of those above 0; nothing when there are none.
  std::optional<Extremes> extremes(size_t first, size_t last, bool positive = false) const;

private:
  struct Block { // kNone: no finite value in it
    uint32_t lowest, highest;
  };
  void look(size_t at, bool positive, std::optional<Extremes> &found) const;
  void look(size_t level, size_t block, bool positive, std::optional<Extremes> &found) const;

  Column m_values;
  std::vector<std::vector<Block>> m_levels; // level k: whole blocks of 16 * 2^k values
};

} // namespace attune::ui
