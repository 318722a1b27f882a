// Writes datasets: rows in another format, or the rows of files split in two. Whole files or nothing (atomic writes).
// Blocking, cancellable. Refuses broken rows with InvalidData rather than losing them.
#pragma once

#include "core/base/stop_token.h"
#include "core/data/record.h"

#include <string>
#include <vector>

namespace attune::data {

/// A record as a row of `format`; nothing when the format cannot hold it (a text has no turns, alpaca no tools).
std::optional<Json> writeRecord(const Record &record, api::DatasetFormat format);

/// Writes all rows of `files` as `format` into `out`: a JSON list for .json, else JSON lines; the number of rows.
Result<int64_t> convertDataset(const std::vector<api::DatasetRef> &files, api::DatasetFormat format, const std::string &out,
                               const StopToken &stop = {});

struct SplitCounts {
  int64_t train = 0;
  int64_t validation = 0;
};

/// Puts a share of the rows, chosen by `seed`, into `validation` and the others into `train`, as JSON lines in file order.
Result<SplitCounts> splitDataset(const std::vector<api::DatasetRef> &files, double fraction, int64_t seed, const std::string &train,
                                 const std::string &validation, const StopToken &stop = {});

} // namespace attune::data
