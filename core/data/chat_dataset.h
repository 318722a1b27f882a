// From dataset files to tokenised samples: reads any supported format, renders, encodes, cuts, drops and counts.
// Service or prefetch thread; blocking, cancellable. Problems of all rows are collected, not only the first.
#pragma once

#include "core/api/run_config.h"
#include "core/base/result.h"
#include "core/base/stop_token.h"
#include "core/data/sample.h"
#include "core/tokenizer/chat_template.h"

#include <functional>
#include <string>
#include <vector>

namespace attune::data {

/// One mistake in a dataset; `row` from 0, `line` from 1 (0 = unknown), `code` snake_case (CLI.md `data check`).
struct Problem {
  std::string file;
  int64_t row = 0;
  int64_t line = 0;
  std::string field;
  std::string code;
  std::string message;
  std::string fix;
};

struct DatasetOptions {
  std::string templateName = "auto";
  int64_t maxLength = 512;
  api::Overlength overlength = api::Overlength::Truncate;
  api::TrainOn trainOn = api::TrainOn::Answers;
};

struct EncodedDataset {
  std::vector<Sample> samples;
  std::vector<Problem> problems;
  std::string templateUsed;      // "model", "alpaca", "plain", ...
  std::string hash;              // sha256 of the files' bytes, hex
  int64_t rows = 0;              // read
  int64_t droppedOverlength = 0; // longer than maxLength under "drop"
  int64_t truncated = 0;
  int64_t droppedNoTargets = 0; // left without a trained token
  int64_t tokens = 0;
  int64_t trainedTokens = 0;
};

using ProgressFunction = std::function<void(int64_t done, int64_t total)>;

/// InvalidData when a row is unusable (lists how many, the first with file, line and field), NothingToTrain when no
/// sample is left, InvalidData for over-length rows under "refuse". Dataset weights repeat or thin rows, in file order.
Result<EncodedDataset> encodeDataset(const std::vector<api::DatasetRef> &files, const tokenizer::TokenizerBundle &bundle,
                                     const DatasetOptions &options, StopToken stop = {}, const ProgressFunction &progress = {});

} // namespace attune::data
