#include "ui/models/series.h"

#include <cmath>

namespace attune::ui {

namespace {

constexpr uint32_t kNone = UINT32_MAX;
constexpr size_t kFirstBlock = 16;

} // namespace

void Series::look(size_t at, bool positive, std::optional<Extremes> &found) const {
  const double value = m_values[at];
  if (!std::isfinite(value) || (positive && value <= 0)) return;
  if (!found) found = Extremes{at, at};
  if (value < m_values[found->lowest]) found->lowest = at;
  if (value > m_values[found->highest]) found->highest = at;
}

void Series::look(size_t level, size_t block, bool positive, std::optional<Extremes> &found) const {
  const Block &known = m_levels[level][block];
  if (known.lowest == kNone || (positive && m_values[known.highest] <= 0)) return;
  if (!positive || m_values[known.lowest] > 0) {
    look(known.lowest, positive, found);
    look(known.highest, positive, found);
  } else if (level > 0) {
    look(level - 1, block * 2, positive, found);
    look(level - 1, block * 2 + 1, positive, found);
  } else {
    for (size_t i = block * kFirstBlock; i < (block + 1) * kFirstBlock; ++i) look(i, positive, found);
  }
}

std::optional<Series::Extremes> Series::extremes(size_t first, size_t last, bool positive) const {
  std::optional<Extremes> found;
  for (size_t at = first; at < last;) {
    size_t length = kFirstBlock;
    if (at % length != 0 || at + length > last) {
      look(at++, positive, found);
      continue;
    }
    size_t level = 0;
    for (; at % (length * 2) == 0 && at + length * 2 <= last; length *= 2) ++level;
    look(level, at / length, positive, found);
    at += length;
  }
  return found;
}

void Series::push_back(double value) {
  m_values.push_back(value);
  size_t length = kFirstBlock;
  for (size_t level = 0; m_values.size() % length == 0; ++level, length *= 2) {
    if (level == m_levels.size()) m_levels.emplace_back();
    const size_t block = m_values.size() / length - 1;
    std::optional<Extremes> found;
    if (level == 0) {
      for (size_t i = m_values.size() - length; i < m_values.size(); ++i) look(i, false, found);
    } else {
      look(level - 1, block * 2, false, found);
      look(level - 1, block * 2 + 1, false, found);
    }
    m_levels[level].push_back(found ? Block{static_cast<uint32_t>(found->lowest), static_cast<uint32_t>(found->highest)}
                                    : Block{kNone, kNone});
  }
}

void Series::resize(size_t size) {
  if (size >= m_values.size()) return;
  m_values.resize(size);
  size_t length = kFirstBlock;
  for (auto &level : m_levels) {
    level.resize(size / length);
    length *= 2;
  }
}

} // namespace attune::ui
