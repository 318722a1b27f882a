#include "core/model/load_jobs.h"

#include <ATen/Parallel.h>
#include <doctest/doctest.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

using namespace attune;
using namespace attune::core;

namespace {

struct NoWeights : io::WeightSource {
  const io::ModelConfig &config() const override { return shape; }
  const std::vector<io::TensorInfo> &tensors() const override { return none; }
  const io::TensorInfo *find(const std::string &) const override { return nullptr; }
  Status readFloat(const std::string &, int64_t, int64_t, float *) const override { return {}; }
  ByteView rawBytes(const std::string &) const override { return {}; }
  void release(const std::string &) const override {}
  io::ModelConfig shape;
  std::vector<io::TensorInfo> none;
};

} // namespace

// To see it fail: at::parallel_for, which is a plain loop in files that are not compiled with OpenMP.
TEST_CASE("tensors are read on all threads at once") {
  const int threads = at::get_num_threads();
  at::set_num_threads(2);
  std::mutex lock;
  std::condition_variable met;
  std::set<std::thread::id> readers;
  LoadJob job;
  job.name = "w";
  job.rows = 2;
  job.width = 1 << 20; // a row is a piece
  job.read = [&](int64_t, int64_t, std::vector<float> &) -> Status {
    std::unique_lock<std::mutex> hold(lock);
    readers.insert(std::this_thread::get_id());
    met.notify_all();
    met.wait_for(hold, std::chrono::seconds(20), [&] { return readers.size() == 2; });
    return {};
  };
  CHECK(runLoadJobs(NoWeights(), {job}).ok());
  CHECK(readers.size() == 2);
  at::set_num_threads(threads);
}
