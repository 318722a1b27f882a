// Searching, sorting and replacing over all rows.
#include "core/data/parallel_chunks.h"
#include "core/data/row_fields.h"
#include "core/data/text_pattern.h"
#include "core/store/dataset_document.h"
#include "core/store/document_query.h"
#include "core/store/journal_words.h"

#include <algorithm>
#include <numeric>

namespace attune::store {

namespace {

constexpr int64_t kChunk = 512;  // rows a thread takes at a time
constexpr int kThreads = 2;      // a training may want the cores
constexpr size_t kKeyBytes = 48; // of a text to sort by

struct Found {
  std::vector<uint32_t> rows;
  std::vector<std::string> texts; // when sorted by text
  std::vector<int64_t> keys;      // when sorted by a figure
  Status status;
};

int64_t sortKey(const RowMeasure &measure, api::RowSort sort) {
  const api::RowFigures &figures = measure.figures;
  switch (sort) {
  case api::RowSort::File:
  case api::RowSort::Text: return 0;
  case api::RowSort::Turns: return figures.turns;
  case api::RowSort::Tokens: return figures.tokens;
  case api::RowSort::TrainedTokens: return figures.trainedTokens;
  case api::RowSort::Problems: return int64_t(figures.errors) * 65536 + figures.warnings;
  }
  return 0;
}

/// The rows in the order of their keys, those alike in the order of the file.
template <typename Key> std::vector<api::RowId> sorted(const std::vector<api::RowId> &ids, const std::vector<Key> &keys, bool descending) {
  std::vector<uint32_t> order(ids.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return descending ? keys[b] < keys[a] : keys[a] < keys[b]; });
  std::vector<api::RowId> made;
  made.reserve(ids.size());
  for (const uint32_t at : order) made.push_back(ids[at]);
  return made;
}

} // namespace

Result<std::vector<api::RowId>> FileDocument::find(const api::DocumentQuery &query, api::RowSort sort, bool descending,
                                                   const StopToken &stop, const api::DocumentProgress &progress) {
  ATTUNE_TRY(const DocumentQuery words, DocumentQuery::parse(query.text));
  const DocumentRows all = rows();
  const bool byText = sort == api::RowSort::Text;
  const bool byFigure = !byText && sort != api::RowSort::File;
  const bool looks = !words.empty() || query.onlyErrors || query.onlyWarnings || query.onlyOverLength || byText || byFigure;
  std::unique_lock<std::mutex> lock(m_state);
  const auto surveyed = m_lens;
  lock.unlock();
  const auto lens = surveyed ? surveyed : RowLens::judging();
  std::vector<api::RowId> ids;
  std::vector<std::string> texts;
  std::vector<int64_t> keys;
  Status status;
  const auto make = [&](int64_t begin, int64_t end) {
    Found found;
    for (int64_t i = begin; i < end && found.status.ok(); ++i) {
      const auto row = static_cast<size_t>(i);
      const TextRef ref = all.refs[row];
      std::optional<RowMeasure> measured;
      const auto measure = [&]() -> const RowMeasure & {
        if (!measured) measured = measureOf(all.ids[row]);
        if (!measured->known) measured = lens->measure(*all.texts, ref, all.format, false);
        return *measured;
      };
      if (query.onlyErrors && measure().figures.errors == 0) continue;
      if (query.onlyWarnings && measure().figures.warnings == 0) continue;
      if (query.onlyOverLength && !(surveyed && measure().figures.tokens > surveyed->maxLength())) continue;
      if (!words.empty()) {
        const auto raw = all.texts->raw(ref);
        std::optional<Json> value;
        bool parsed = false;
        SearchedRow searched;
        if (raw.ok()) searched.raw = *raw;
        searched.escaped = all.texts->file().source->layout() != data::RowLayout::Text || !all.texts->asInFile(ref);
        searched.value = [&]() -> const Json * {
          data::ProblemList ignored;
          if (!parsed && raw.ok()) value = all.texts->parse(ref, *raw, ignored);
          parsed = true;
          return value ? &*value : nullptr;
        };
        searched.format = [&] { return data::rowFormat(*value, all.format); };
        searched.figures = [&] { return measure().figures; };
        const auto matches = words.matches(searched);
        if (!matches.ok()) found.status = matches.error();
        if (!matches.ok() || !*matches) continue;
      }
      found.rows.push_back(static_cast<uint32_t>(i));
      if (byFigure) found.keys.push_back(sortKey(measure(), sort));
      if (byText) found.texts.push_back(glanceOf(*all.texts, ref, all.format).text.substr(0, kKeyBytes));
    }
    return found;
  };
  const auto total = static_cast<int64_t>(all.count());
  if (!looks) {
    ids = all.ids;
  } else {
    const auto report = [&](int64_t done) {
      if (progress) progress(done, total);
    };
    const bool finished = data::forEachChunk(total, kChunk, kThreads, stop, report, make, [&](Found &&found) {
      for (const uint32_t row : found.rows) ids.push_back(all.ids[row]);
      std::move(found.texts.begin(), found.texts.end(), std::back_inserter(texts));
      keys.insert(keys.end(), found.keys.begin(), found.keys.end());
      status = found.status;
      return status.ok();
    });
    ATTUNE_CHECK(status);
    if (!finished) return Error{ErrorCode::Interrupted, "The search was stopped.", m_path, ""};
  }
  if (byText) return sorted(ids, texts, descending);
  if (byFigure) return sorted(ids, keys, descending);
  if (descending) std::reverse(ids.begin(), ids.end());
  return ids;
}

Result<api::DocumentChange> FileDocument::replaceAll(const std::vector<api::RowId> &ids, const std::string &pattern,
                                                     const std::string &replacement, bool regex, bool matchCase, const StopToken &stop,
                                                     const api::DocumentProgress &progress) {
  if (pattern.empty()) return Error{ErrorCode::InvalidData, "There is nothing to look for.", "", "Type what is to be replaced."};
  if (data::findInvalidUtf8(replacement) != std::string::npos)
    return Error{ErrorCode::InvalidData, "The replacement is not UTF-8.", "", ""};
  ATTUNE_TRY(const auto searched,
             data::TextPattern::compile(pattern, regex ? data::TextPattern::Syntax::Regex : data::TextPattern::Syntax::Plain, matchCase));
  const std::lock_guard<std::mutex> changing(m_change);
  const auto positions = m_table->positions(ids);
  if (!positions) return noSuchRow();
  JournalBatch batch(*m_journal);
  std::vector<uint32_t> changed;
  int64_t done = 0;
  for (const uint32_t position : *positions) {
    if (done % kChunk == 0) {
      if (stop.stopRequested()) return Error{ErrorCode::Interrupted, "Replacing was stopped; nothing was changed.", m_path, ""};
      if (progress) progress(done, static_cast<int64_t>(positions->size()));
    }
    ++done;
    data::ProblemList ignored;
    auto value = m_texts->read(m_table->ref((*m_table->order())[position]), ignored);
    if (!value) continue; // broken rows are left as they are
    bool any = false;
    Status status;
    data::eachText(*value, data::rowFormat(*value, format()), [&](std::string &text) {
      auto made = searched.replaced(text, replacement, data::RowSource::kMaxRowBytes);
      if (!made.ok()) {
        status = made.error();
        return false;
      }
      if (*made && **made != text) {
        text = std::move(**made);
        any = true;
      }
      return true;
    });
    if (!status.ok()) {
      Error error = status.error();
      error.where = place(position);
      return error;
    }
    if (!any) continue;
    ATTUNE_TRY(const std::string text, spell(*value, position));
    ATTUNE_CHECK(batch.add(text));
    changed.push_back(position);
  }
  if (changed.empty()) return api::DocumentChange();
  ATTUNE_TRY(const auto texts, batch.finish(setRecord(changed, "", false)));
  return setRows(changed, texts, "", false);
}

} // namespace attune::store
