#include "core/data/dataset_file.h"

#include <algorithm>

namespace attune::data {

namespace {
constexpr int64_t kRowsLookedAt = 100; // to decide the format and the columns
constexpr size_t kMaxColumns = 100;
} // namespace

Result<DatasetFile> openDataset(const api::DatasetRef &ref) {
  DatasetFile file;
  ATTUNE_TRY(file.source, RowSource::open(ref.path));
  file.format = ref.format;
  ProblemList ignored; // found again when the rows are read
  for (int64_t row = 0; row < std::min(file.source->count(), kRowsLookedAt); ++row) {
    const auto value = file.source->read(row, ignored);
    if (!value || !value->is_object()) continue;
    if (file.format == api::DatasetFormat::Auto) file.format = detectFormat(*value);
    for (const auto &item : value->items()) {
      const bool known = std::find(file.columns.begin(), file.columns.end(), item.key()) != file.columns.end();
      if (!known && file.columns.size() < kMaxColumns) file.columns.push_back(item.key());
    }
  }
  return file;
}

std::optional<Record> readRecord(const DatasetFile &file, int64_t row, int64_t vocabularySize, ProblemList &problems) {
  const auto value = file.source->read(row, problems);
  if (!value) return std::nullopt;
  RowProblems report(problems, file.source->path(), row, file.source->line(row));
  return parseRecord(*value, {file.format, vocabularySize}, report);
}

} // namespace attune::data
