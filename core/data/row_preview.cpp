#include "core/data/row_preview.h"

#include "core/data/dataset_file.h"
#include "core/data/row_encoder.h"

#include <algorithm>

namespace attune::data {

Result<std::vector<RowPreview>> previewRows(const std::vector<api::DatasetRef> &files, const tokenizer::TokenizerBundle &bundle,
                                            const DatasetOptions &options, int64_t first, int64_t count, ProblemList &problems) {
  ATTUNE_TRY(const auto encoder, RowEncoder::create(bundle, options.templateName, options.trainOn));
  std::vector<RowPreview> previews;
  for (const auto &ref : files) {
    ATTUNE_TRY(const auto file, openDataset(ref));
    const RowSource &source = *file.source;
    problems.append(source.problems());
    const int64_t begin = std::min(first, source.count());
    const int64_t end = begin + std::min(count, source.count() - begin);
    first -= begin;
    count -= end - begin;
    for (int64_t row = begin; row < end; ++row) {
      const auto record = readRecord(file, row, encoder.tokenizer().vocabularySize(), problems);
      if (!record) continue;
      RowPreview preview;
      const auto encoded = encoder.encode(*record, &preview.text);
      if (!encoded.ok()) {
        RowProblems(problems, source.path(), row, source.line(row))
            .error("", errorCodeName(encoded.error().code), encoded.error().message, encoded.error().hint);
        continue;
      }
      preview.file = source.path();
      preview.row = row;
      preview.line = source.line(row);
      preview.format = formatName(record->format);
      preview.templateUsed = encoder.templateFor(record->format);
      preview.ids = encoded->ids;
      preview.labels = encoded->labels;
      preview.fullLength = static_cast<int64_t>(preview.ids.size());
      const auto kept = static_cast<size_t>(std::min(preview.fullLength, options.maxLength));
      preview.ids.resize(kept);
      preview.labels.resize(kept);
      if (kept > 0) preview.labels[0] = kIgnore;
      for (const int32_t id : preview.ids) preview.pieces.push_back(encoder.tokenizer().piece(id));
      previews.push_back(std::move(preview));
    }
    if (count == 0) break;
  }
  return previews;
}

} // namespace attune::data
