// One dataset file with its format decided: rows on demand as records.
// Immutable after opening; any thread may read.
#pragma once

#include "core/data/record.h"
#include "core/data/row_source.h"

namespace attune::data {

struct DatasetFile {
  std::shared_ptr<const RowSource> source;
  api::DatasetFormat format = api::DatasetFormat::Auto; // Auto only when no row says what it is
  std::vector<std::string> columns;                     // keys of the first rows, in order of appearance
};

/// Opens a file; under `auto` the first row with known keys decides the format.
Result<DatasetFile> openDataset(const api::DatasetRef &ref);

/// A row as a record; nothing, and a problem, when it is broken or empty.
std::optional<Record> readRecord(const DatasetFile &file, int64_t row, int64_t vocabularySize, ProblemList &problems);

} // namespace attune::data
