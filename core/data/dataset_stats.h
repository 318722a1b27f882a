// Figures of a surveyed dataset (surveyDataset with keepFacts): sizes, a length histogram with the cutoff, the longest rows.
// Pure function over plain values, any thread.
#pragma once

#include "core/data/chat_dataset.h"

#include <string>
#include <vector>

namespace attune::data {

struct LengthBin { // rows whose length is in [from, to)
  int64_t from = 0;
  int64_t to = 0;
  int64_t rows = 0;
};

struct LongRow {
  int64_t file = 0; // index in the list of files
  int64_t row = 0;
  int64_t line = 0;
  int64_t length = 0;
};

/// Lengths are tokens before any cut where a tokenizer was given, else bytes of the row.
struct DatasetStats {
  bool inTokens = false;
  int64_t rows = 0;
  int64_t usableRows = 0;
  int64_t turns = 0;
  int64_t bytes = 0;
  int64_t tokens = 0;
  int64_t trainedTokens = 0;
  int64_t shortest = 0;
  int64_t median = 0;
  int64_t percentile95 = 0;
  int64_t longest = 0;
  double mean = 0;
  int64_t cutoff = 0;     // max_length; 0 where lengths are bytes
  int64_t overCutoff = 0; // rows longer than that
  std::vector<LengthBin> histogram;
  std::vector<LongRow> longestRows; // at most 10, longest first
};

/// Bins of one round width from 0 to the longest; none without lengths.
std::vector<LengthBin> lengthHistogram(const std::vector<int64_t> &lengths);

DatasetStats datasetStats(const EncodedDataset &dataset, int64_t maxLength);

} // namespace attune::data
