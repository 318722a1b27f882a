// Rows as the model will see them, and how long they are. Implemented in core/store; service threads, blocking,
// cancellable. Nothing here needs tensors.
#pragma once

#include "core/api/run_config.h"
#include "core/base/result.h"
#include "core/base/stop_token.h"

#include <cstdint>
#include <string>
#include <vector>

namespace attune::api {

struct PreviewToken {
  std::string text; // whole characters; empty for one that only completes another token's character
  int32_t id = 0;
  bool trained = false;
};

struct RowTokens {
  std::string file;
  int64_t row = 0;  // counted over all files
  int64_t line = 0; // in its file, from 1
  std::vector<PreviewToken> tokens;
  int64_t fullLength = 0; // tokens before the cut
  std::string templateUsed;
};

struct LengthBin { // rows whose length in tokens is in [from, to)
  int64_t from = 0;
  int64_t to = 0;
  int64_t rows = 0;
};

struct LengthSurvey {
  int64_t rows = 0;
  int64_t usableRows = 0;
  int64_t overCutoff = 0;
  int64_t trainedTokens = 0;
  int64_t tokens = 0;
  std::vector<LengthBin> histogram;
  std::string refusal; // why training would refuse these rows; empty when it would not
};

class TokenPreview {
public:
  virtual ~TokenPreview() = default;
  /// Rows of the config's datasets; fewer at the end, none behind it.
  virtual Result<std::vector<RowTokens>> rows(const RunConfig &config, int64_t first, int64_t count, const StopToken &stop) = 0;
  /// The number of rows in all files; no tokenising.
  virtual Result<int64_t> countRows(const RunConfig &config, const StopToken &stop) = 0;
  /// Encodes every row: takes a second for some ten thousand.
  virtual Result<LengthSurvey> lengths(const RunConfig &config, const StopToken &stop) = 0;
};

} // namespace attune::api
