// Writes datasets: rows in another format, or the rows of files split in two. Whole files or nothing (atomic writes),
// laid out as the ending of their name says. Blocking, cancellable. Refuses broken rows with InvalidData rather than
// losing them, and with Usage what an output may not be (checkOutput).
#pragma once

#include "core/base/stop_token.h"
#include "core/data/row_feed.h"

#include <string>
#include <vector>

namespace attune::data {

struct ConvertReport {
  int64_t rows = 0;                 // written
  int64_t emptyRows = 0;            // left out
  std::vector<std::string> columns; // keys of the rows written
  ProblemList problems;             // warnings
};

/// Writes all rows of `files` as `format` into `out`; rows that have it already stay as they are.
Result<ConvertReport> convertDataset(const std::vector<api::DatasetRef> &files, api::DatasetFormat format, const std::string &out,
                                     bool overwrite = false, const StopToken &stop = {});

/// The same for rows wherever they lie; whether `out` may be written is the caller's to ask.
Result<ConvertReport> convertRows(const RowFeeds &feeds, api::DatasetFormat format, const std::string &out, const StopToken &stop,
                                  const RowProgress &progress = {});
/// All rows as they are, in the layout of `out`. The number of rows.
Result<int64_t> copyRows(const RowFeeds &feeds, const std::string &out, const StopToken &stop, const RowProgress &progress = {});

struct SplitReport {
  int64_t train = 0;
  int64_t validation = 0;
  int64_t sharedRows = 0; // of `validation` that stand in `train` too, a warning each
  std::string format;     // as EncodedDataset::format
  std::vector<std::string> columns;
  ProblemList problems;
};

struct SplitOutputs {
  std::string train;
  std::string validation;
  bool overwrite = false;
};

/// Puts a share of the rows, chosen by `seed`, into one file and the others into the other, in their order and byte for
/// byte where the layouts allow. Usage for a share that leaves one of them empty.
Result<SplitReport> splitDataset(const std::vector<api::DatasetRef> &files, double fraction, int64_t seed, const SplitOutputs &out,
                                 const StopToken &stop = {});

/// The same for rows wherever they lie; the report says nothing of format and columns.
Result<SplitReport> splitRows(const RowFeeds &feeds, double fraction, int64_t seed, const SplitOutputs &out, const StopToken &stop);

} // namespace attune::data
