#include "core/store/dataset_document.h"

#include "core/data/row_fields.h"

#include <algorithm>
#include <limits>

namespace attune::store {

namespace {

constexpr size_t kGlanceBytes = 200;

/// Bytes that are not UTF-8 become replacement characters.
std::string readable(const std::string &text) {
  if (data::findInvalidUtf8(text) == std::string::npos) return text;
  std::string json = dumpJson(Json(text), -1);
  return Json::parse(json).get<std::string>();
}

std::string oneLine(std::string text) {
  text.resize(std::min(text.size(), 4 * kGlanceBytes));
  std::string line;
  for (const char c : text) {
    const bool space = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (!space)
      line += c;
    else if (!line.empty() && line.back() != ' ')
      line += ' ';
  }
  if (line.size() <= kGlanceBytes) return line;
  size_t end = kGlanceBytes;
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0) == 0x80) --end;
  return line.substr(0, end);
}

} // namespace

Error FileDocument::noSuchRow() const { return {ErrorCode::InvalidData, "The dataset has no such row now.", m_path, ""}; }

api::RowGlance glanceOf(const RowTexts &texts, TextRef ref, api::DatasetFormat fileFormat) {
  api::RowGlance glance;
  data::ProblemList ignored;
  if (const auto value = texts.read(ref, ignored)) {
    const api::DatasetFormat format = data::rowFormat(*value, fileFormat);
    glance.text = oneLine(format == api::DatasetFormat::Auto || format == api::DatasetFormat::Tokens ? dumpJson(*value, -1)
                                                                                                     : data::firstText(*value, format));
    glance.turns = data::countTurns(*value, format);
  } else if (const auto raw = texts.raw(ref); raw.ok()) {
    glance.text = oneLine(readable(raw->substr(0, 4 * kGlanceBytes)));
  }
  return glance;
}

api::DatasetFormat FileDocument::format() const {
  const api::DatasetFormat known = m_texts->file().format;
  return known == api::DatasetFormat::Auto ? m_emptyFormat : known;
}

api::DocumentState FileDocument::state() const {
  static const char *const kLayouts[] = {"json", "jsonl", "csv", "text"};
  const std::lock_guard<std::mutex> lock(m_state);
  api::DocumentState state;
  state.path = m_path;
  state.layout = kLayouts[static_cast<size_t>(layout())];
  state.format = format();
  state.order = m_table->order();
  state.changed = m_table->changed();
  state.undoSteps = static_cast<int64_t>(m_table->undoSteps());
  state.redoSteps = static_cast<int64_t>(m_table->redoSteps());
  state.revision = m_revision;
  state.recoveredEdits = m_recovered;
  state.fileProblem = m_fileProblem;
  return state;
}

DocumentRows FileDocument::rows() const {
  const std::lock_guard<std::mutex> lock(m_state);
  DocumentRows rows{m_texts, *m_table->order(), {}, format()};
  rows.refs.reserve(rows.ids.size());
  for (const api::RowId id : rows.ids) rows.refs.push_back(m_table->ref(id));
  return rows;
}

RowMeasure FileDocument::measureOf(api::RowId row) const {
  const std::lock_guard<std::mutex> lock(m_state);
  RowMeasure measure;
  if (row < m_measures.size()) measure = m_measures[row];
  if (!measure.known && row < m_table->ids())
    measure.figures.bytes = static_cast<int32_t>(std::min<size_t>(m_texts->size(m_table->ref(row)), std::numeric_limits<int32_t>::max()));
  return measure;
}

api::RowFigures FileDocument::figures(api::RowId row) const { return measureOf(row).figures; }

Result<api::RowTokens> FileDocument::tokens(api::RowId id, const api::RunConfig &config) {
  std::unique_lock<std::mutex> lock(m_state);
  if (id >= m_table->ids()) return noSuchRow();
  const TextRef ref = m_table->ref(id);
  const auto texts = m_texts;
  const api::DatasetFormat fileFormat = format();
  const auto position = m_table->position(id);
  lock.unlock();
  ATTUNE_TRY(const auto lens, RowLens::create(*m_tokenizers, config, m_path, fileFormat));
  auto read = lens->tokens(*texts, ref, fileFormat);
  if (!read.ok()) {
    Error error = read.error(); // names the field at most
    error.where = place(position.value_or(0)) + (error.where.empty() ? "" : "#" + error.where);
    return error;
  }
  api::RowTokens tokens = std::move(*read);
  tokens.file = m_path;
  tokens.row = position.value_or(0);
  return tokens;
}

Result<api::DatasetRow> FileDocument::row(api::RowId id) {
  std::unique_lock<std::mutex> lock(m_state);
  if (id >= m_table->ids()) return noSuchRow();
  const TextRef ref = m_table->ref(id);
  const auto texts = m_texts;
  const api::DatasetFormat fileFormat = format();
  const auto lens = m_lens ? m_lens : RowLens::judging();
  const bool counted = id < m_measures.size() && m_measures[id].figures.errors > 0;
  lock.unlock();

  api::DatasetRow row;
  row.id = id;
  const auto raw = texts->raw(ref);
  RowReading reading = lens->read(*texts, ref, fileFormat, counted || texts->size(ref) <= kEncodedAtOnce);
  if (!raw.ok() && reading.problems.items().empty()) return raw.error();
  row.parsed = reading.value.has_value();
  const data::RowLayout spelling = texts->file().source->layout(); // m_texts may be another by now
  const bool json = spelling == data::RowLayout::JsonList || spelling == data::RowLayout::JsonLines || !texts->asInFile(ref);
  if (raw.ok()) row.json = reading.value && !json ? dumpJson(*reading.value, -1) : readable(*raw);
  if (reading.value) {
    row.format = reading.format;
    row.fields = data::rowFields(*reading.value, row.format);
  }
  for (const data::Problem &problem : reading.problems.items()) {
    const api::RowIssue kind = problem.severity == data::Severity::Error ? api::RowIssue::Error : api::RowIssue::Warning;
    row.problems.push_back({kind, problem.field, problem.code, problem.message, problem.fix});
  }
  return row;
}

std::vector<api::RowGlance> FileDocument::glances(const std::vector<api::RowId> &ids) {
  std::vector<api::RowGlance> glances;
  std::unique_lock<std::mutex> lock(m_state);
  std::vector<std::optional<TextRef>> refs;
  for (const api::RowId id : ids) refs.push_back(id < m_table->ids() ? std::optional<TextRef>(m_table->ref(id)) : std::nullopt);
  const auto texts = m_texts;
  const api::DatasetFormat fileFormat = format();
  lock.unlock();
  for (size_t i = 0; i < ids.size(); ++i) {
    glances.push_back(refs[i] ? glanceOf(*texts, *refs[i], fileFormat) : api::RowGlance());
    glances.back().id = ids[i];
  }
  return glances;
}

} // namespace attune::store
