// Sizes that stick at INT64_MAX instead of overflowing, for forecasts of absurd settings. Values; any thread.
#pragma once

#include <algorithm>
#include <cstdint>

namespace attune::core {

/// Whole numbers that stick at INT64_MAX instead of overflowing; never negative.
class Bytes {
public:
  Bytes(int64_t value = 0) : m_value(std::max<int64_t>(0, value)) {} // implicit: the formulas read like the header's
  int64_t value() const { return m_value; }
  friend Bytes operator+(Bytes a, Bytes b) {
    int64_t sum = 0;
    return __builtin_add_overflow(a.m_value, b.m_value, &sum) ? Bytes(INT64_MAX) : Bytes(sum);
  }
  friend Bytes operator*(Bytes a, Bytes b) {
    int64_t product = 0;
    return __builtin_mul_overflow(a.m_value, b.m_value, &product) ? Bytes(INT64_MAX) : Bytes(product);
  }
  Bytes &operator+=(Bytes other) { return *this = *this + other; }

private:
  int64_t m_value;
};

} // namespace attune::core
