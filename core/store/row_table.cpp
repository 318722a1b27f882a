#include "core/store/row_table.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace attune::store {

namespace {

/// Whether the positions ascend and stay below `limit`.
bool ascendBelow(const std::vector<uint32_t> &positions, size_t limit) {
  for (size_t i = 0; i < positions.size(); ++i) {
    if (positions[i] >= limit || (i > 0 && positions[i] <= positions[i - 1])) return false;
  }
  return true;
}

api::RowOrder moved(const std::vector<api::RowId> &order, const std::vector<PlacedRow> &taken, const std::vector<PlacedRow> &put) {
  auto made = std::make_shared<std::vector<api::RowId>>();
  made->reserve(order.size() - taken.size() + put.size());
  auto out = taken.begin();
  auto in = put.begin();
  for (size_t from = 0;;) {
    if (in != put.end() && in->position == made->size()) {
      made->push_back((in++)->id);
    } else if (out != taken.end() && out->position == from) {
      ++out;
      ++from;
    } else if (from < order.size()) {
      made->push_back(order[from++]);
    } else {
      return made;
    }
  }
}

} // namespace

EditStep reversed(const EditStep &step) {
  EditStep back = step;
  std::swap(back.taken, back.put);
  for (auto &text : back.texts) std::swap(text.before, text.after);
  return back;
}

RowTable::RowTable(uint32_t rows) : m_refs(rows) {
  std::iota(m_refs.begin(), m_refs.end(), TextRef(0));
  m_order = std::make_shared<const std::vector<api::RowId>>(m_refs.begin(), m_refs.end());
}

std::optional<uint32_t> RowTable::position(api::RowId id) const {
  const auto found = std::find(m_order->begin(), m_order->end(), id);
  if (found == m_order->end()) return std::nullopt;
  return static_cast<uint32_t>(found - m_order->begin());
}

std::optional<std::vector<uint32_t>> RowTable::positions(const std::vector<api::RowId> &ids) const {
  std::vector<uint32_t> found;
  if (ids.size() == 1) {
    const auto at = position(ids[0]);
    if (!at) return std::nullopt;
    return std::vector<uint32_t>{*at};
  }
  const auto nowhere = std::numeric_limits<uint32_t>::max();
  std::vector<uint32_t> places(m_refs.size(), nowhere);
  for (size_t i = 0; i < m_order->size(); ++i) places[(*m_order)[i]] = static_cast<uint32_t>(i);
  for (const api::RowId id : ids) {
    if (id >= places.size() || places[id] == nowhere) return std::nullopt;
    found.push_back(places[id]);
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

std::optional<EditStep> RowTable::textStep(const std::vector<uint32_t> &positions, const std::vector<TextRef> &texts) const {
  if (positions.size() != texts.size() || !ascendBelow(positions, m_order->size())) return std::nullopt;
  EditStep step;
  for (size_t i = 0; i < positions.size(); ++i) {
    const api::RowId id = (*m_order)[positions[i]];
    step.texts.push_back({id, m_refs[id], texts[i]});
  }
  return step;
}

std::optional<EditStep> RowTable::orderStep(const std::vector<uint32_t> &taken, const std::vector<uint32_t> &put,
                                            const std::vector<RowOrigin> &origins, const std::vector<TextRef> &texts) {
  const size_t rows = m_order->size();
  if (origins.size() != put.size() || !ascendBelow(taken, rows) || !ascendBelow(put, rows - taken.size() + put.size())) return std::nullopt;
  size_t fresh = 0;
  for (const RowOrigin &origin : origins) {
    fresh += origin.kind == RowOrigin::New;
    if (origin.kind == RowOrigin::Taken && origin.index >= taken.size()) return std::nullopt;
    if (origin.kind == RowOrigin::Copy && origin.index >= rows) return std::nullopt;
  }
  if (fresh != texts.size() || m_refs.size() + put.size() > std::numeric_limits<int32_t>::max()) return std::nullopt;
  EditStep step;
  for (const uint32_t position : taken) step.taken.push_back({position, (*m_order)[position]});
  auto text = texts.begin();
  for (size_t i = 0; i < put.size(); ++i) {
    const RowOrigin origin = origins[i];
    if (origin.kind == RowOrigin::Taken) {
      step.put.push_back({put[i], step.taken[origin.index].id});
    } else {
      m_refs.push_back(origin.kind == RowOrigin::New ? *text++ : m_refs[(*m_order)[origin.index]]);
      step.put.push_back({put[i], static_cast<api::RowId>(m_refs.size() - 1)});
    }
  }
  return step;
}

void RowTable::apply(const EditStep &step, bool forward) {
  for (const auto &text : step.texts) m_refs[text.id] = forward ? text.after : text.before;
  if (step.changesOrder()) m_order = moved(*m_order, forward ? step.taken : step.put, forward ? step.put : step.taken);
}

void RowTable::commit(EditStep step, bool joined) {
  apply(step, true);
  step.state = ++m_states;
  step.base = m_base;
  const bool typing = joined && m_redo.empty() && !m_undo.empty() && !step.field.empty() && m_undo.back().base == m_base &&
                      m_undo.back().field == step.field && m_undo.back().texts[0].id == step.texts[0].id;
  m_redo.clear();
  if (typing) {
    m_undo.back().texts[0].after = step.texts[0].after;
    m_undo.back().state = step.state;
    return;
  }
  m_undo.push_back(std::move(step));
  if (m_undo.size() <= kMaxUndo) return;
  m_bottomState = m_undo.front().state;
  m_undo.pop_front();
}

void RowTable::applyOutside(const EditStep &step) {
  apply(step, true);
  m_undo.clear();
  m_redo.clear();
  m_bottomState = ++m_states;
}

void RowTable::undo() {
  apply(m_undo.back(), false);
  m_redo.push_back(std::move(m_undo.back()));
  m_undo.pop_back();
}

void RowTable::redo() {
  apply(m_redo.back(), true);
  m_undo.push_back(std::move(m_redo.back()));
  m_redo.pop_back();
}

} // namespace attune::store
