#include "ui/charts/ticks.h"

#include <algorithm>
#include <cmath>

namespace attune::ui {

double niceInterval(double range, int ticks) {
  const double raw = range / std::max(1, ticks);
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (raw <= factor * power) return factor * power;
  return 10 * power;
}

std::vector<double> logTicks(double low, double high) {
  const std::vector<std::vector<double>> choices = {
      {1}, {1, 3}, {1, 2, 5}, {1, 1.5, 2, 3, 5, 7}, {1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 9}};
  std::vector<double> ticks;
  for (const auto &factors : choices) {
    ticks.clear();
    for (int power = static_cast<int>(std::floor(std::log10(low))); std::pow(10.0, power) <= high && ticks.size() < 40; ++power)
      for (const double factor : factors)
        if (factor * std::pow(10.0, power) >= low && factor * std::pow(10.0, power) <= high)
          ticks.push_back(factor * std::pow(10.0, power));
    if (ticks.size() >= 4) break;
  }
  return ticks;
}

} // namespace attune::ui
