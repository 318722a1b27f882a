#include "core/device/context_memory.h"

#include "core/device/compute_device.h"
#include "core/device/trial_memory.h"
#include "core/nn/tensor.h"

#include <algorithm>
#include <locale>
#include <sstream>
#include <torch/version.h>
#include <vector>

namespace attune::core {

namespace {

constexpr int64_t kLeast = int64_t(64) << 20, kMost = int64_t(1) << 30;
constexpr size_t kKept = 5; // measurements, the newest last: an outlier, or a driver that is gone, is forgotten after so many runs
constexpr const char *kTrial = "context_bytes";

std::string machineOf(const at::Device &device, int64_t threads) {
  std::string machine = describeDevice(device).name;
  machine += " | libtorch " TORCH_VERSION;
  if (device.is_cpu()) machine += " | threads " + std::to_string(threads);
  return machine;
}

bool plausible(int64_t bytes) { return bytes >= kLeast && bytes <= kMost; }

std::vector<int64_t> measured(const std::string &machine) {
  std::istringstream text(recallTrial(kTrial, machine).value_or(""));
  text.imbue(std::locale::classic());
  std::vector<int64_t> all;
  for (int64_t bytes = 0; all.size() < kKept && text >> bytes;)
    if (plausible(bytes)) all.push_back(bytes);
  return all;
}

} // namespace

int64_t knownContextBytes(const at::Device &device, int64_t threads) {
  const std::vector<int64_t> all = measured(machineOf(device, threads));
  return all.empty() ? 0 : *std::max_element(all.begin(), all.end());
}

void rememberContextBytes(const at::Device &device, int64_t threads, int64_t bytes) {
  if (!plausible(bytes)) return;
  const std::string machine = machineOf(device, threads);
  std::vector<int64_t> all = measured(machine);
  all.push_back(bytes);
  if (all.size() > kKept) all.erase(all.begin());
  std::string text;
  for (const int64_t one : all) text.append(text.empty() ? "" : " ").append(std::to_string(one));
  rememberTrial(kTrial, machine, text);
}

} // namespace attune::core
