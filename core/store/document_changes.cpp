// Changes of one row or of the order of rows: journalled first, then done.
#include "core/data/row_fields.h"
#include "core/data/row_writer.h"
#include "core/store/dataset_document.h"
#include "core/store/journal_words.h"

#include <algorithm>

namespace attune::store {

namespace {

constexpr size_t kTold = 1000; // rows named in a change

Error noSuchPosition(const std::string &path) { return {ErrorCode::InvalidData, "The dataset has no such position now.", path, ""}; }

/// Any JSON value; the error says where the text is not JSON.
Result<Json> parseTyped(const std::string &text) {
  auto value = parseRow(text);
  if (value.ok()) return value;
  Error error = value.error();
  error.code = ErrorCode::InvalidData;
  if (!error.where.empty()) error.where = "line " + error.where.substr(1);
  return error;
}

std::vector<uint32_t> counted(uint32_t first, size_t count) {
  std::vector<uint32_t> positions(count);
  for (size_t i = 0; i < count; ++i) positions[i] = first + static_cast<uint32_t>(i);
  return positions;
}

} // namespace

Result<std::string> FileDocument::spell(const Json &row, size_t position) const {
  std::string text = dumpJson(row, -1);
  if (text.size() > data::RowSource::kMaxRowBytes)
    return Error{ErrorCode::InvalidData, "A row may not be larger than " + std::to_string(data::RowSource::kMaxRowBytes >> 20) + " MiB.",
                 place(position), "Split the text into several rows."};
  if (const Status fits = data::checkRow(row, *m_texts->file().source); !fits.ok()) {
    Error error = fits.error(); // names the field at most
    error.where = place(position) + error.where;
    return error;
  }
  return text;
}

Result<api::DocumentChange> FileDocument::edit(api::RowId id, const std::string &field, bool joined, const Edit &change) {
  const std::lock_guard<std::mutex> changing(m_change);
  std::unique_lock<std::mutex> lock(m_state);
  const auto position = m_table->position(id);
  if (!position) return noSuchRow();
  const TextRef ref = m_table->ref(id);
  lock.unlock();
  data::ProblemList problems;
  auto value = m_texts->read(ref, problems);
  if (!value) {
    const data::Problem *why = problems.firstError();
    return Error{ErrorCode::InvalidData, why ? why->message : "The row cannot be read.", place(*position), why ? why->fix : ""};
  }
  ATTUNE_CHECK(change(*value, data::rowFormat(*value, format())));
  ATTUNE_TRY(const std::string text, spell(*value, *position));
  JournalBatch batch(*m_journal);
  ATTUNE_CHECK(batch.add(text));
  ATTUNE_TRY(const auto texts, batch.finish(setRecord({*position}, field, joined)));
  return setRows({*position}, texts, field, joined);
}

Result<api::DocumentChange> FileDocument::setRows(const std::vector<uint32_t> &positions, const std::vector<JournalText> &texts,
                                                  const std::string &field, bool joined) {
  return commit(texts, joined, [&](const std::vector<TextRef> &refs) {
    auto step = m_table->textStep(positions, refs);
    if (step) step->field = field;
    return step;
  });
}

Result<api::DocumentChange> FileDocument::setField(api::RowId row, const std::string &path, const std::string &text, bool joined) {
  return edit(row, path, joined, [&](Json &value, api::DatasetFormat format) { return data::setText(value, format, path, text); });
}

Result<api::DocumentChange> FileDocument::setRole(api::RowId row, int64_t turn, const std::string &role) {
  return edit(row, "", false, [&](Json &value, api::DatasetFormat format) { return data::setRole(value, format, turn, role); });
}

Result<api::DocumentChange> FileDocument::addTurn(api::RowId row, int64_t at, const std::string &role) {
  return edit(row, "", false, [&](Json &value, api::DatasetFormat format) { return data::addTurn(value, format, at, role); });
}

Result<api::DocumentChange> FileDocument::removeTurn(api::RowId row, int64_t turn) {
  return edit(row, "", false, [&](Json &value, api::DatasetFormat format) { return data::removeTurn(value, format, turn); });
}

Result<api::DocumentChange> FileDocument::moveTurn(api::RowId row, int64_t turn, int64_t to) {
  return edit(row, "", false, [&](Json &value, api::DatasetFormat format) { return data::moveTurn(value, format, turn, to); });
}

Result<api::DocumentChange> FileDocument::setJson(api::RowId id, const std::string &json) {
  ATTUNE_TRY(const Json value, parseTyped(json));
  const std::lock_guard<std::mutex> changing(m_change);
  std::unique_lock<std::mutex> lock(m_state);
  const auto position = m_table->position(id);
  if (!position) return noSuchRow();
  const TextRef ref = m_table->ref(id);
  lock.unlock();
  ATTUNE_TRY(const std::string text, spell(value, *position));
  if (m_texts->size(ref) > data::RowSource::kMaxRowBytes)
    return Error{ErrorCode::InvalidData, "The row is too large to be edited.", place(*position),
                 "Delete it, or split it with another program."};
  JournalBatch batch(*m_journal);
  ATTUNE_CHECK(batch.add(text));
  ATTUNE_TRY(const auto texts, batch.finish(setRecord({*position}, "", false)));
  return setRows({*position}, texts, "", false);
}

Result<api::DocumentChange> FileDocument::changeOrder(const std::vector<uint32_t> &taken, const std::vector<uint32_t> &put,
                                                      const std::vector<RowOrigin> &origins, const std::string *text) {
  JournalBatch batch(*m_journal);
  if (text) ATTUNE_CHECK(batch.add(*text));
  ATTUNE_TRY(const auto texts, batch.finish(orderRecord(taken, put, origins)));
  return commit(texts, false, [&](const std::vector<TextRef> &refs) { return m_table->orderStep(taken, put, origins, refs); });
}

Result<api::DocumentChange> FileDocument::insertRow(int64_t position, const std::string &json) {
  const std::lock_guard<std::mutex> changing(m_change);
  Json row = data::blankRow(format());
  if (!json.empty()) {
    ATTUNE_TRY(row, parseTyped(json));
  } else if (layout() == data::RowLayout::Csv) {
    row = Json::object();
    for (const std::string &column : m_texts->file().source->columns()) row[column] = "";
  }
  return addRow(row, position);
}

/// Called with m_change held.
Result<api::DocumentChange> FileDocument::addRow(const Json &row, int64_t position) {
  if (position < 0 || position > static_cast<int64_t>(m_table->order()->size())) return noSuchPosition(m_path);
  ATTUNE_TRY(const std::string text, spell(row, static_cast<size_t>(position)));
  return changeOrder({}, {static_cast<uint32_t>(position)}, {{RowOrigin::New, 0}}, &text);
}

Status FileDocument::addConversation(const std::vector<std::pair<std::string, std::string>> &rolesAndTexts) {
  {
    const std::lock_guard<std::mutex> changing(m_change);
    ATTUNE_TRY(Json row, data::conversationRow(rolesAndTexts, format()));
    if (layout() == data::RowLayout::Csv) {
      if (row.value("input", "?").empty()) row.erase("input"); // says nothing, and may have no column
      for (const std::string &column : m_texts->file().source->columns()) {
        if (!row.contains(column)) row[column] = "";
      }
    }
    ATTUNE_TRY(const auto added, addRow(row, static_cast<int64_t>(m_table->order()->size())));
    (void)added;
  }
  tellForeignChange();
  return {};
}

void FileDocument::onForeignChange(std::function<void()> told) {
  const std::lock_guard<std::mutex> lock(m_state);
  m_told = std::move(told);
}

void FileDocument::tellForeignChange() {
  std::unique_lock<std::mutex> lock(m_state);
  const auto told = m_told;
  lock.unlock();
  if (told) told();
}

Result<api::DocumentChange> FileDocument::duplicateRows(const std::vector<api::RowId> &rows) {
  const std::lock_guard<std::mutex> changing(m_change);
  const auto positions = m_table->positions(rows);
  if (!positions) return noSuchRow();
  if (positions->empty()) return api::DocumentChange();
  std::vector<uint32_t> put; // each behind its row
  std::vector<RowOrigin> origins;
  for (const uint32_t position : *positions) {
    put.push_back(position + 1 + static_cast<uint32_t>(put.size()));
    origins.push_back({RowOrigin::Copy, position});
  }
  return changeOrder({}, put, origins, nullptr);
}

Result<api::DocumentChange> FileDocument::removeRows(const std::vector<api::RowId> &rows) {
  const std::lock_guard<std::mutex> changing(m_change);
  const auto positions = m_table->positions(rows);
  if (!positions) return noSuchRow();
  if (positions->empty()) return api::DocumentChange();
  return changeOrder(*positions, {}, {}, nullptr);
}

Result<api::DocumentChange> FileDocument::moveRows(const std::vector<api::RowId> &rows, int64_t position) {
  const std::lock_guard<std::mutex> changing(m_change);
  const auto taken = m_table->positions(rows);
  if (!taken) return noSuchRow();
  if (position < 0 || position > static_cast<int64_t>(m_table->order()->size())) return noSuchPosition(m_path);
  const auto before = std::lower_bound(taken->begin(), taken->end(), static_cast<uint32_t>(position)) - taken->begin();
  const std::vector<uint32_t> put = counted(static_cast<uint32_t>(position - before), taken->size());
  if (put == *taken) return api::DocumentChange(); // they stand there
  std::vector<RowOrigin> origins;
  for (uint32_t i = 0; i < taken->size(); ++i) origins.push_back({RowOrigin::Taken, i});
  return changeOrder(*taken, put, origins, nullptr);
}

Result<api::DocumentChange> FileDocument::commit(const std::vector<JournalText> &texts, bool joined, const MakeStep &make) {
  std::unique_lock<std::mutex> lock(m_state);
  std::vector<TextRef> refs;
  refs.reserve(texts.size());
  for (const JournalText &text : texts) refs.push_back(m_texts->add(text));
  const auto step = make(refs);
  if (!step) return noSuchPosition(m_path);
  m_table->commit(*step, joined);
  const api::DocumentChange change = noteChange(*step);
  lock.unlock();
  remeasure(*step);
  return change;
}

/// Called with m_state held.
api::DocumentChange FileDocument::noteChange(const EditStep &step) {
  api::DocumentChange change;
  change.orderChanged = step.changesOrder();
  change.count = static_cast<int64_t>(step.texts.size() + (step.put.empty() ? step.taken.size() : step.put.size()));
  for (const auto &text : step.texts) {
    if (change.rows.size() < kTold) change.rows.push_back(text.id);
  }
  for (const PlacedRow &placed : step.put) {
    if (change.rows.size() < kTold) change.rows.push_back(placed.id);
  }
  ++m_revision;
  return change;
}

} // namespace attune::store
