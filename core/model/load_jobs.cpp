#include "core/model/load_jobs.h"

#include "core/nn/kernels/parallel.h"

#include <ATen/ThreadLocalState.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>

namespace attune::core {
namespace {

constexpr int64_t kPieceElements = 256 * 1024; // 1 MiB of float: the only scratch a thread needs
constexpr int64_t kPiecesKept = 16;            // of the file's pages, of one tensor

/// Rows of one tensor that one thread reads in one go.
struct Piece {
  size_t job = 0;
  int64_t rowBegin = 0;
  int64_t rowEnd = 0;
};

} // namespace

Status runLoadJobs(const io::WeightSource &source, const std::vector<LoadJob> &jobs) {
  std::vector<Piece> pieces;
  const auto left = std::make_unique<std::atomic<int64_t>[]>(jobs.size());
  for (size_t j = 0; j < jobs.size(); ++j) {
    const LoadJob &job = jobs[j];
    const int64_t wanted = std::max<int64_t>(1, kPieceElements / std::max<int64_t>(1, job.width));
    const int64_t step = (wanted + job.rowStep - 1) / job.rowStep * job.rowStep;
    left[j] = (job.rows + step - 1) / step;
    for (int64_t row = 0; row < job.rows; row += step) pieces.push_back({j, row, std::min(job.rows, row + step)});
  }

  std::atomic<size_t> next{0};
  std::mutex failureLock;
  Status failure;
  std::atomic<bool> failed{false};
  const at::ThreadLocalState caller; // what watches its memory
  runParts(partCount(static_cast<int64_t>(pieces.size()), 1), [&](int64_t) {
    const at::ThreadLocalStateGuard asCaller(caller);
    const at::NoGradGuard noGrad;
    std::vector<float> scratch;
    for (size_t i = next++; i < pieces.size() && !failed; i = next++) {
      const LoadJob &job = jobs[pieces[i].job];
      Status status = job.read(pieces[i].rowBegin, pieces[i].rowEnd, scratch);
      if (!status.ok()) {
        const std::lock_guard<std::mutex> hold(failureLock);
        if (!failed.exchange(true)) failure = status;
        return;
      }
      if (const int64_t waiting = --left[pieces[i].job]; waiting > 0) {
        if (waiting % kPiecesKept == 0) source.release(job.name); // a table of 1 GB is not to lie in memory beside its codes
        continue;
      }
      if (job.finish) job.finish();
      source.release(job.name);
    }
  });
  return failure;
}

} // namespace attune::core
