#include "core/data/row_preview.h"

#include "core/data/dataset_file.h"
#include "core/data/row_encoder.h"

#include <algorithm>

namespace attune::data {

Result<RowPreview> previewRecord(const Record &record, const RowEncoder &encoder, int64_t maxLength) {
  RowPreview shown;
  ATTUNE_TRY(const Sample encoded, encoder.encode(record, &shown.text));
  shown.format = formatName(record.format);
  shown.templateUsed = encoder.templateFor(record.format);
  shown.ids = encoded.ids;
  shown.labels = encoded.labels;
  shown.fullLength = static_cast<int64_t>(shown.ids.size());
  const auto kept = static_cast<size_t>(std::min(shown.fullLength, maxLength));
  shown.ids.resize(kept);
  shown.labels.resize(kept);
  if (kept > 0) shown.labels[0] = kIgnore;
  const bool named = encoder.vocabularySize() > 0; // rows of token ids need no tokenizer
  for (const int32_t id : shown.ids) shown.pieces.push_back(named ? encoder.tokenizer().piece(id) : std::to_string(id));
  return shown;
}

Result<DatasetPreview> previewRows(const std::vector<api::DatasetRef> &refs, const tokenizer::TokenizerBundle &bundle,
                                   const DatasetOptions &options, int64_t first, int64_t count, const StopToken &stop) {
  ATTUNE_TRY(const auto encoder, RowEncoder::create(bundle, options.templateName, options.trainOn));
  ATTUNE_TRY(const auto files, openDatasets(refs, stop));
  const int64_t vocabulary = options.vocabularySize > 0 ? options.vocabularySize : encoder.vocabularySize();
  DatasetPreview preview;
  preview.format = formatOf(files);
  preview.columns = columnsOf(files);
  for (const auto &file : files) {
    const RowSource &source = *file.source;
    preview.problems.append(source.problems());
    preview.rows += source.count();
    const int64_t begin = std::min(first, source.count());
    const int64_t end = begin + std::min(count, source.count() - begin);
    first -= begin;
    count -= end - begin;
    RowReader reader(source);
    for (int64_t row = begin; row < end; ++row) {
      const auto record = readRecord(file, reader, row, vocabulary, preview.problems);
      if (!record) continue;
      auto shown = previewRecord(*record, encoder, options.maxLength);
      if (!shown.ok()) {
        RowProblems(preview.problems, source.path(), row, source.line(row))
            .error("", errorCodeName(shown.error().code), shown.error().message, shown.error().hint);
        continue;
      }
      shown->file = source.path();
      shown->row = row;
      shown->line = source.line(row);
      preview.shown.push_back(std::move(*shown));
    }
    ATTUNE_CHECK(source.unchanged());
  }
  return preview;
}

} // namespace attune::data
