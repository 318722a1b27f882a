// Fewer points than pixels can show: per pixel column the first, lowest, highest and last value, so that no spike is lost.
// Also smoothing. Pure functions, any thread.
#pragma once

#include <QPointF>
#include <QVector>

#include <vector>

namespace attune::ui {

/// The points of the curve between `from` and `to` with one neighbour on each side; at most four a pixel column.
/// `x` ascends and is as long as `y`; values that are not finite are left out, and with `positive` those not above 0.
QVector<QPointF> decimate(const std::vector<double> &x, const std::vector<double> &y, double from, double to, int pixels,
                          bool positive = false);

/// Exponential moving average without the bias of its start (TensorBoard's); `weight` 0 = none, below 1. Values that are not
/// finite pass through. Continues `out` from its length on, so that a growing curve costs only its growth.
void smoothOn(const std::vector<double> &y, double weight, std::vector<double> &out, double &carry, double &share);

} // namespace attune::ui
