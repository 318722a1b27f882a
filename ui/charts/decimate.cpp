#include "ui/charts/decimate.h"

#include <algorithm>
#include <cmath>

namespace attune::ui {

QVector<QPointF> decimate(const std::vector<double> &x, const std::vector<double> &y, double from, double to, int pixels, bool positive) {
  QVector<QPointF> points;
  if (x.empty() || pixels < 1 || !(from <= to)) return points;
  auto begin = static_cast<size_t>(std::lower_bound(x.begin(), x.end(), from) - x.begin());
  auto end = static_cast<size_t>(std::upper_bound(x.begin(), x.end(), to) - x.begin());
  if (begin > 0) --begin;
  if (end < x.size()) ++end;
  const auto shown = [&](size_t i) { return std::isfinite(y[i]) && (!positive || y[i] > 0); };
  if (end - begin <= static_cast<size_t>(pixels) * 4) {
    for (size_t i = begin; i < end; ++i)
      if (shown(i)) points.append({x[i], y[i]});
    return points;
  }
  const size_t none = x.size();
  for (int column = 0; column < pixels; ++column) {
    const size_t first = begin + (end - begin) * static_cast<size_t>(column) / static_cast<size_t>(pixels);
    const size_t last = begin + (end - begin) * static_cast<size_t>(column + 1) / static_cast<size_t>(pixels);
    size_t kept[4] = {none, none, none, none}; // first, lowest, highest, last
    for (size_t i = first; i < last; ++i) {
      if (!shown(i)) continue;
      if (kept[0] == none) kept[0] = kept[1] = kept[2] = i;
      if (y[i] < y[kept[1]]) kept[1] = i;
      if (y[i] > y[kept[2]]) kept[2] = i;
      kept[3] = i;
    }
    if (kept[0] == none) continue;
    std::sort(kept, kept + 4);
    for (int i = 0; i < 4; ++i)
      if (i == 0 || kept[i] != kept[i - 1]) points.append({x[kept[i]], y[kept[i]]});
  }
  return points;
}

void smoothOn(const std::vector<double> &y, double weight, std::vector<double> &out, double &carry, double &share) {
  for (size_t i = out.size(); i < y.size(); ++i) {
    if (!std::isfinite(y[i])) {
      out.push_back(y[i]);
      continue;
    }
    carry = weight * carry + (1 - weight) * y[i];
    share = weight * share + (1 - weight);
    out.push_back(carry / share);
  }
}

} // namespace attune::ui
