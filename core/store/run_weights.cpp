#include "core/store/run_weights.h"

#include <algorithm>
#include <filesystem>
#include <optional>

namespace attune::store {

namespace {

namespace fs = std::filesystem;

/// An adapter or, after a full fine-tuning, a whole model in `folder`.
std::optional<api::RunWeights> weightsIn(const std::string &folder, const std::string &baseModel, int64_t step) {
  std::error_code ignored;
  if (fs::exists(folder + "/adapter/adapter_config.json", ignored)) return api::RunWeights{step, baseModel, folder + "/adapter"};
  if (fs::exists(folder + "/model/config.json", ignored)) return api::RunWeights{step, folder + "/model", ""};
  return std::nullopt;
}

/// N of "step-N", or -1; a checkpoint under way has another name.
int64_t stepOf(const std::string &name) {
  const std::string digits = name.compare(0, 5, "step-") == 0 ? name.substr(5) : "";
  const bool number = !digits.empty() && digits.size() < 18 && digits.find_first_not_of("0123456789") == std::string::npos;
  return number ? std::stoll(digits) : -1;
}

} // namespace

std::vector<api::RunWeights> runWeights(const std::string &folder, const std::string &baseModel) {
  std::vector<api::RunWeights> found;
  std::error_code error;
  for (fs::directory_iterator entry(folder + "/checkpoints", error), end; !error && entry != end; entry.increment(error)) {
    const int64_t step = stepOf(entry->path().filename().string());
    if (step < 0) continue;
    if (auto weights = weightsIn(entry->path().string(), baseModel, step)) found.push_back(std::move(*weights));
  }
  std::sort(found.begin(), found.end(), [](const auto &a, const auto &b) { return a.step > b.step; });
  if (auto result = weightsIn(folder, baseModel, 0)) found.insert(found.begin(), std::move(*result));
  return found;
}

} // namespace attune::store
