// From dataset files to tokenised samples: reads any supported format, renders, encodes, cuts, drops and counts.
// Service or prefetch thread; blocking, cancellable. Problems of all rows are collected, not only the first.
#pragma once

#include "core/api/run_config.h"
#include "core/base/result.h"
#include "core/base/stop_token.h"
#include "core/data/problem.h"
#include "core/data/record.h"
#include "core/data/sample.h"
#include "core/tokenizer/chat_template.h"

#include <functional>
#include <string>
#include <vector>

namespace attune::data {

struct DatasetOptions {
  std::string templateName = "auto";
  int64_t maxLength = 512;
  api::Overlength overlength = api::Overlength::Truncate;
  api::TrainOn trainOn = api::TrainOn::Answers;
  int threads = 0; // 0 = one a core; the result does not depend on it
  bool keepFacts = false;
  bool findDuplicates = false; // a warning for each row equal to an earlier one, of any file
  int64_t vocabularySize = 0;  // of the model: ids from here on are errors; 0 = unknown, the tokenizer's counts for token rows
};

/// What statistics need of one row; lengths before any cut.
struct RowFacts {
  int32_t row = 0; // in its file
  int32_t line = 0;
  int32_t file = 0;    // index in the list of files
  int32_t turns = 0;   // messages of a conversation, 1 otherwise
  int32_t bytes = 0;   // as it stands in the file
  int32_t tokens = -1; // -1 = no tokenizer given
  int32_t trainedTokens = -1;
};

struct EncodedDataset {
  std::vector<Sample> samples;
  ProblemList problems;             // of a dataset that encodeDataset accepts: warnings only
  std::string templateUsed;         // "model", "alpaca", "plain", ...; "none" for text and tokens
  std::string format;               // "alpaca", ...; "mixed" when files differ
  std::vector<std::string> columns; // keys of the rows
  std::string hash;                 // sha256 of the files' bytes, one after another, hex
  int64_t rows = 0;                 // read
  int64_t usableRows = 0;           // neither broken nor empty
  int64_t answerableRows = 0;       // with something to train before any cut
  int64_t droppedOverlength = 0;    // longer than maxLength under "drop"
  int64_t truncated = 0;
  int64_t droppedNoTargets = 0; // left without a trained token
  int64_t tokens = 0;           // of `samples`
  int64_t trainedTokens = 0;
  std::vector<RowFacts> facts; // when asked for

  /// Rows that give no sample: empty, over-length or without targets (and broken ones, which encodeDataset refuses).
  int64_t dropped() const { return rows - usableRows + droppedOverlength + droppedNoTargets; }
};

using ProgressFunction = std::function<void(int64_t done, int64_t total)>;

/// InvalidData when a row is unusable (says how many, and where the first stands), NothingToTrain when no sample is
/// left, InvalidData for over-length rows under "refuse", MissingInFolder when the bundle lacks the tokenizer that any row
/// but one of token ids needs, Interrupted when stopped. A text row trains every token and
/// the end token behind it. A weight of 2.4 takes every row twice and four in ten once more, evenly spread; a sample's
/// `row` counts over all files, so copies of a row share it.
Result<EncodedDataset> encodeDataset(const std::vector<api::DatasetRef> &files, const tokenizer::TokenizerBundle &bundle,
                                     const DatasetOptions &options, StopToken stop = {}, const ProgressFunction &progress = {});

/// As encodeDataset without refusing: every problem is collected and the usable rows are encoded. Without a `bundle` rows
/// are only read and judged. Fails for unreadable files, a bad template setting or weight, and when stopped.
Result<EncodedDataset> surveyDataset(const std::vector<api::DatasetRef> &files, const tokenizer::TokenizerBundle *bundle,
                                     const DatasetOptions &options, StopToken stop = {}, const ProgressFunction &progress = {});

/// The model's tokenizer; an empty bundle where it has none and all rows are token ids already.
Result<tokenizer::TokenizerBundle> loadTokenizerFor(const std::string &model, const std::vector<api::DatasetRef> &files);

/// The size of a model's vocabulary for DatasetOptions, from config.json or a GGUF header; 0 when it cannot be read.
int64_t modelVocabularySize(const std::string &model);

/// The tokens of a sample that training learns: the label at index 0 has no token before it that could predict it.
int64_t countTargets(const std::vector<int32_t> &labels);

/// Whether a record has anything to train before it is tokenised.
bool hasSomethingToTrain(const Record &record, api::TrainOn trainOn);

/// Reports the first id that the model's vocabulary does not have; false when there is none or the vocabulary is not known (0).
bool reportOutside(const std::vector<int32_t> &ids, int64_t vocabulary, RowProblems &problems);

/// Why `train` refuses rows with mistakes; `first` is one of them.
Error mistakesError(int64_t mistakes, const Problem &first);
/// Why `train` refuses rows that would train on nothing; `encoded` when they were tokenised.
Error nothingToTrain(const EncodedDataset &counts, bool encoded);

/// Why `train` would refuse a surveyed dataset: InvalidData or NothingToTrain.
Status datasetVerdict(const EncodedDataset &dataset);

} // namespace attune::data
