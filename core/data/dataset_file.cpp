#include "core/data/dataset_file.h"

#include <algorithm>

namespace attune::data {

namespace {
constexpr int64_t kRowsLookedAt = 100; // to decide the format and the columns
constexpr size_t kMaxColumns = 100;
} // namespace

void addKeys(const Json &row, size_t limit, std::vector<std::string> &keys) {
  for (const auto &item : row.items()) {
    const bool known = std::find(keys.begin(), keys.end(), item.key()) != keys.end();
    if (!known && keys.size() < limit) keys.push_back(item.key());
  }
}

Result<DatasetFile> openDataset(const api::DatasetRef &ref, const StopToken &stop) {
  DatasetFile file;
  ATTUNE_TRY(file.source, RowSource::open(ref.path, stop));
  file.format = ref.format;
  ProblemList ignored; // found again when the rows are read
  for (int64_t row = 0; row < std::min(file.source->count(), kRowsLookedAt); ++row) {
    const auto value = file.source->read(row, ignored);
    if (!value || !value->is_object()) continue;
    if (file.format == api::DatasetFormat::Auto) file.format = detectFormat(*value);
    addKeys(*value, kMaxColumns, file.columns);
  }
  return file;
}

Result<std::vector<DatasetFile>> openDatasets(const std::vector<api::DatasetRef> &refs, const StopToken &stop) {
  std::vector<DatasetFile> files;
  for (const auto &ref : refs) {
    ATTUNE_TRY(auto file, openDataset(ref, stop));
    files.push_back(std::move(file));
  }
  return files;
}

std::string formatOf(const std::vector<DatasetFile> &files) {
  if (files.empty()) return formatName(api::DatasetFormat::Auto);
  const auto same = [&](const DatasetFile &file) { return file.format == files[0].format; };
  return std::all_of(files.begin(), files.end(), same) ? formatName(files[0].format) : "mixed";
}

std::vector<std::string> columnsOf(const std::vector<DatasetFile> &files) {
  std::vector<std::string> columns;
  for (const auto &file : files) {
    for (const auto &column : file.columns) {
      if (std::find(columns.begin(), columns.end(), column) == columns.end()) columns.push_back(column);
    }
  }
  return columns;
}

Result<bool> needsTokenizer(const std::vector<api::DatasetRef> &refs) {
  for (const auto &ref : refs) {
    ATTUNE_TRY(const auto file, openDataset(ref));
    if (file.format != api::DatasetFormat::Tokens) return true;
  }
  return false;
}

std::optional<Record> readRecord(const DatasetFile &file, RowReader &reader, int64_t row, int64_t vocabularySize, ProblemList &problems) {
  const auto value = reader.read(row, problems);
  if (!value) return std::nullopt;
  RowProblems report(problems, file.source->path(), row, file.source->line(row));
  return parseRecord(*value, {file.format, vocabularySize}, report);
}

} // namespace attune::data
