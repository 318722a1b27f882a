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
Result<DatasetFile> openDataset(const api::DatasetRef &ref, const StopToken &stop = {});

/// Opens all files in order.
Result<std::vector<DatasetFile>> openDatasets(const std::vector<api::DatasetRef> &refs, const StopToken &stop = {});

/// "alpaca", ...; "mixed" when files differ.
std::string formatOf(const std::vector<DatasetFile> &files);
/// The columns of all files, in order of appearance.
std::vector<std::string> columnsOf(const std::vector<DatasetFile> &files);
/// Adds the keys of a row that are not there yet, up to `limit` of them.
void addKeys(const Json &row, size_t limit, std::vector<std::string> &keys);

/// Whether the files hold anything but rows of token ids.
Result<bool> needsTokenizer(const std::vector<api::DatasetRef> &refs);

/// A row as a record; nothing, and a problem, when it is broken or empty. `reader` reads the file's source.
std::optional<Record> readRecord(const DatasetFile &file, RowReader &reader, int64_t row, int64_t vocabularySize, ProblemList &problems);

} // namespace attune::data
