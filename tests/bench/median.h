// The middle of several measurements.
#pragma once

#include <algorithm>
#include <vector>

namespace attune::bench {

/// The upper middle of an even number; 0 of none.
inline double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0.0 : values[values.size() / 2];
}

} // namespace attune::bench
