// Fewer points than pixels can show: per pixel column the first, lowest, highest and last value, so that no spike is lost.
// Also smoothing. Pure functions, any thread.
#pragma once

#include "ui/models/series.h"

#include <QPointF>
#include <QVector>

namespace attune::ui {

/// Places on the horizontal axis that follow from an ascending column: (value - origin) * scale.
struct Places {
  const Column &values;
  double origin = 0;
  double scale = 1;
  size_t size() const { return values.size(); }
  double at(size_t i) const { return (values[i] - origin) * scale; }
  /// The first place at or after `place`; size() when there is none.
  size_t find(double place) const;
  /// The place nearest to `place`; there must be one.
  size_t nearest(double place) const;
};

/// The points of the curve between `from` and `to` with one neighbour on each side; at most four a pixel column.
/// Of two columns of unequal length the longer one's rest is left out. Values that are not finite are left out, and with `positive` those
/// not above 0. The columns keep their values as the stretch moves, so that a panned curve does not shimmer.
QVector<QPointF> decimate(const Places &x, const Series &y, double from, double to, int pixels, bool positive = false);

/// Exponential moving average without the bias of its start (TensorBoard's); `weight` 0 = none, below 1. Values that are not
/// finite pass through. A growing curve costs only its growth.
class Smoothed {
public:
  explicit Smoothed(double weight = 0) : m_weight(weight) {}
  /// Takes in what `y` has grown by, `most` values at once; begins anew when values were taken back. True when it has them all.
  bool follow(const Series &y, size_t most = SIZE_MAX);
  const Series &values() const { return m_values; }

private:
  double m_weight;
  double m_carry = 0, m_share = 0, m_last = 0;
  Series m_values;
};

} // namespace attune::ui
