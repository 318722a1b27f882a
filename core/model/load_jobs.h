// Reads tensors in pieces on all threads. Memory: one piece a thread and the source's pages in flight. Job thread.
#pragma once

#include "core/base/result.h"
#include "core/io/weight_source.h"

#include <functional>
#include <string>
#include <vector>

namespace attune::core {

/// One tensor of the checkpoint on its way to where it is wanted.
struct LoadJob {
  std::string name;
  int64_t rows = 0;
  int64_t width = 1;
  int64_t rowStep = 1; // pieces begin at multiples of it
  /// Reads rows [begin, end), in the file's or the target's order as it likes; any thread, several at once.
  std::function<Status(int64_t begin, int64_t end, std::vector<float> &scratch)> read;
  std::function<void()> finish; // after the last piece, by the thread that read it; empty = nothing
};

/// Runs all jobs; the first failure ends them.
Status runLoadJobs(const io::WeightSource &source, const std::vector<LoadJob> &jobs);

} // namespace attune::core
