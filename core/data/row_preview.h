// Rows as the model will see them: rendered text, pieces, ids and which tokens are trained, cut as training cuts them.
// Blocking, any thread. Broken rows are reported and left out.
#pragma once

#include "core/data/chat_dataset.h"
#include "core/data/record.h"

#include <string>
#include <vector>

namespace attune::data {

struct RowPreview {
  std::string file;
  int64_t row = 0;
  int64_t line = 0;
  std::string format;
  std::string templateUsed;
  std::string text;
  std::vector<int32_t> ids;
  std::vector<int32_t> labels; // -100 where nothing is trained; the first never is
  std::vector<std::string> pieces;
  int64_t fullLength = 0; // tokens before the cut
};

struct DatasetPreview {
  std::vector<RowPreview> shown;
  ProblemList problems; // of the files as a whole and of the rows looked at
  int64_t rows = 0;     // of all files
  std::string format;   // as EncodedDataset::format
  std::vector<std::string> columns;
};

class RowEncoder;
/// A record as the model will see it; where it comes from is the caller's to say. Fails as RowEncoder::encode.
Result<RowPreview> previewRecord(const Record &record, const RowEncoder &encoder, int64_t maxLength);

/// `count` rows from `first` on, counted over all files; no others are read.
Result<DatasetPreview> previewRows(const std::vector<api::DatasetRef> &files, const tokenizer::TokenizerBundle &bundle,
                                   const DatasetOptions &options, int64_t first, int64_t count, const StopToken &stop = {});

} // namespace attune::data
