// What is known of all rows under one lens, and keeping it true while rows change.
#include "core/data/chat_dataset.h"
#include "core/data/dataset_stats.h"
#include "core/data/parallel_chunks.h"
#include "core/store/dataset_document.h"

#include <limits>

namespace attune::store {

namespace {

constexpr int64_t kChunk = 128;          // rows a thread takes at a time
constexpr int kThreads = 2;              // a training may want the cores
constexpr size_t kMeasuredAtOnce = 1000; // rows of one change; more wait for the next survey

} // namespace

Result<api::DocumentSurvey> FileDocument::survey(const api::RunConfig &config, const StopToken &stop,
                                                 const api::DocumentProgress &progress) {
  const DocumentRows all = rows();
  ATTUNE_TRY(const auto lens, RowLens::create(*m_tokenizers, config, m_path, all.format));
  {
    const std::lock_guard<std::mutex> lock(m_state);
    m_lens = lens; // from now on changes are measured with it
    m_measures.assign(m_table->ids(), {});
  }
  const auto total = static_cast<int64_t>(all.count());
  const auto report = [&](int64_t done) {
    if (progress) progress(done, total);
  };
  std::vector<RowMeasure> measured;
  measured.reserve(all.count());
  const bool finished = data::forEachChunk(
      total, kChunk, kThreads, stop, report,
      [&](int64_t begin, int64_t end) {
        std::vector<RowMeasure> part;
        for (int64_t i = begin; i < end; ++i) part.push_back(lens->measure(*all.texts, all.refs[static_cast<size_t>(i)], all.format));
        return part;
      },
      [&](std::vector<RowMeasure> &&part) {
        const std::lock_guard<std::mutex> lock(m_state);
        for (const RowMeasure &measure : part) {
          const size_t i = measured.size();
          measured.push_back(measure);
          // A row that was changed meanwhile has been measured by its change.
          if (m_lens == lens && m_texts == all.texts && m_table->ref(all.ids[i]) == all.refs[i]) m_measures[all.ids[i]] = measure;
        }
        return true;
      });
  if (!finished) return Error{ErrorCode::Interrupted, "Looking at the rows was stopped.", m_path, ""};

  return summary(*lens, all, measured);
}

std::optional<api::DocumentSurvey> FileDocument::surveyNow() {
  const DocumentRows all = rows();
  std::vector<RowMeasure> measured;
  measured.reserve(all.count());
  std::unique_lock<std::mutex> lock(m_state);
  const auto lens = m_lens;
  if (!lens || m_texts != all.texts) return std::nullopt;
  for (const api::RowId id : all.ids) {
    if (id >= m_measures.size()) return std::nullopt;
    const RowMeasure &measure = m_measures[id];
    const bool encoded = !lens->encodes() || !measure.usable || measure.figures.tokens >= 0 || measure.figures.errors > 0;
    if (!measure.known || !encoded) return std::nullopt;
    measured.push_back(measure);
  }
  lock.unlock();
  return summary(*lens, all, measured);
}

api::DocumentSurvey FileDocument::summary(const RowLens &lens, const DocumentRows &all, const std::vector<RowMeasure> &measured) const {
  api::DocumentSurvey survey;
  api::LengthSurvey &lengths = survey.lengths;
  std::vector<int64_t> tokens;
  data::EncodedDataset counts;
  int64_t mistakes = 0;
  int64_t firstBroken = -1;
  int64_t training = 0;
  const auto total = static_cast<int64_t>(measured.size());
  lengths.rows = total;
  for (size_t i = 0; i < measured.size(); ++i) {
    const RowMeasure &row = measured[i];
    survey.errorRows += row.figures.errors > 0;
    survey.warningRows += row.figures.warnings > 0;
    mistakes += row.figures.errors;
    if (row.figures.errors > 0 && firstBroken < 0) firstBroken = static_cast<int64_t>(i);
    lengths.usableRows += row.usable;
    training += row.trains;
    counts.droppedNoTargets += row.usable && !row.trains;
    if (row.figures.tokens < 0) continue;
    tokens.push_back(row.figures.tokens);
    lengths.tokens += row.figures.tokens;
    lengths.trainedTokens += row.figures.trainedTokens;
    lengths.overCutoff += row.figures.tokens > lens.maxLength();
  }
  for (const data::LengthBin &bin : data::lengthHistogram(tokens)) lengths.histogram.push_back({bin.from, bin.to, bin.rows});
  counts.rows = total;
  counts.usableRows = lengths.usableRows;
  if (firstBroken >= 0) {
    const auto found = lens.read(*all.texts, all.refs[static_cast<size_t>(firstBroken)], all.format, true).problems;
    data::Problem first;
    if (found.firstError()) first = *found.firstError();
    if (first.message.empty()) first.message = "The row cannot be tokenised.";
    first.file = m_path;
    first.line = firstBroken + 1;
    lengths.refusal = data::mistakesError(mistakes, first).text();
  } else if (training == 0) {
    lengths.refusal = data::nothingToTrain(counts, lens.encodes()).text();
  }
  return survey;
}

/// Called with m_change held, after the change.
void FileDocument::remeasure(const EditStep &step) {
  std::vector<std::pair<api::RowId, TextRef>> rows;
  std::unique_lock<std::mutex> lock(m_state);
  const auto lens = m_lens;
  if (!lens) return;
  m_measures.resize(m_table->ids());
  const auto note = [&](api::RowId id) {
    m_measures[id] = RowMeasure();
    if (rows.size() <= kMeasuredAtOnce) rows.emplace_back(id, m_table->ref(id));
  };
  for (const auto &text : step.texts) note(text.id);
  for (const PlacedRow &placed : step.put) {
    if (!m_measures[placed.id].known) note(placed.id);
  }
  const auto texts = m_texts;
  const api::DatasetFormat fileFormat = format();
  lock.unlock();
  if (rows.size() > kMeasuredAtOnce) return;
  for (const auto &[id, ref] : rows) {
    const RowMeasure measure = lens->measure(*texts, ref, fileFormat, texts->size(ref) <= kEncodedAtOnce);
    lock.lock();
    if (m_lens == lens) m_measures[id] = measure;
    lock.unlock();
  }
}

} // namespace attune::store
