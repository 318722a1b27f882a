// Where an axis has its marks: round numbers, about as many as there is room for. Pure functions.
#pragma once

#include <vector>

namespace attune::ui {

/// 1, 2 or 5 times a power of ten, so that about `ticks` of it make `range`.
double niceInterval(double range, int ticks);
/// Values between `low` and `high`, both above 0, that read well on a logarithmic axis; at least two where there is room.
std::vector<double> logTicks(double low, double high);

} // namespace attune::ui
