#include "ui/charts/decimate.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace attune::ui {

size_t Places::find(double place) const {
  return static_cast<size_t>(std::lower_bound(values.begin(), values.end(), place / scale + origin) - values.begin());
}

size_t Places::nearest(double place) const {
  const size_t after = std::min(find(place), size() - 1);
  return after > 0 && place - at(after - 1) < at(after) - place ? after - 1 : after;
}

QVector<QPointF> decimate(const Places &x, const Series &y, double from, double to, int pixels, bool positive) {
  QVector<QPointF> points;
  const size_t size = std::min(x.size(), y.size());
  if (size == 0 || pixels < 1 || !(from <= to)) return points;
  size_t begin = std::min(x.find(from), size);
  if (begin > 0) --begin;
  const size_t end = std::min(x.find(to) + 2, size); // the value at `to` and its neighbour
  const auto shown = [&](size_t i) { return std::isfinite(y[i]) && (!positive || y[i] > 0); };
  if (end - begin <= static_cast<size_t>(pixels) * 4) {
    for (size_t i = begin; i < end; ++i)
      if (shown(i)) points.append({x.at(i), y[i]});
    return points;
  }
  size_t length = 1; // of a column: a power of two, at the same places whatever the stretch
  while (length * static_cast<size_t>(pixels) < end - begin) length *= 2;
  for (size_t first = begin; first < end; first = (first / length + 1) * length) {
    const size_t last = std::min(end, (first / length + 1) * length);
    const auto extremes = y.extremes(first, last, positive);
    if (!extremes) continue;
    std::array<size_t, 4> kept = {first, extremes->lowest, extremes->highest, last - 1};
    while (!shown(kept[0])) ++kept[0];
    while (!shown(kept[3])) --kept[3];
    std::sort(kept.begin(), kept.end());
    for (size_t i = 0; i < 4; ++i)
      if (i == 0 || kept[i] != kept[i - 1]) points.append({x.at(kept[i]), y[kept[i]]});
  }
  return points;
}

bool Smoothed::follow(const Series &y, size_t most) {
  const size_t known = m_values.size();
  const auto same = [](double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); };
  if (known > y.size() || (known > 0 && !same(m_last, y[known - 1]))) *this = Smoothed(m_weight); // a resume took steps back
  const size_t first = m_values.size(), end = first + std::min(most, y.size() - first);
  for (size_t i = first; i < end; ++i) {
    const double value = m_last = y[i];
    if (!std::isfinite(value)) {
      m_values.push_back(value);
      continue;
    }
    m_carry = m_weight * m_carry + (1 - m_weight) * value;
    m_share = m_weight * m_share + (1 - m_weight);
    m_values.push_back(m_carry / m_share);
  }
  return end == y.size();
}

} // namespace attune::ui
