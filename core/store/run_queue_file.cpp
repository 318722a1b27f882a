#include "core/store/run_queue_file.h"

#include "core/api/run_config_json.h"
#include "core/base/atomic_file.h"
#include "core/base/json.h"

#include <filesystem>

namespace attune::store {

namespace {

constexpr size_t kMaxBytes = size_t(16) << 20;
constexpr size_t kMaxRuns = 1000;

} // namespace

std::vector<api::RunRequest> readRunQueue(const std::string &path) {
  std::vector<api::RunRequest> queue;
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return queue;
  const auto json = readJsonFile(path, kMaxBytes);
  if (!json.ok() || !json->is_array()) return queue;
  for (const Json &item : *json) {
    if (queue.size() == kMaxRuns || !item.is_object() || !item.contains("folder") || !item["folder"].is_string()) continue;
    api::RunRequest request;
    request.folder = item["folder"].get<std::string>();
    request.resume = item.contains("resume") && item["resume"].is_boolean() && item["resume"].get<bool>();
    if (!request.resume) {
      if (!item.contains("config")) continue;
      auto parsed = api::parseRunConfig(dumpJson(item["config"]), path, "");
      if (!parsed.ok()) continue;
      request.config = std::move(parsed->config);
    }
    queue.push_back(std::move(request));
  }
  return queue;
}

Status writeRunQueue(const std::string &path, const std::vector<api::RunRequest> &queue) {
  std::error_code error;
  if (queue.empty()) {
    std::filesystem::remove(path, error);
    return {};
  }
  Json json = Json::array();
  for (const api::RunRequest &request : queue) {
    Json item = {{"folder", request.folder}, {"resume", request.resume}};
    if (!request.resume) {
      ATTUNE_TRY(item["config"], parseJson(api::runConfigJson(request.config), path));
    }
    json.push_back(std::move(item));
  }
  return writeFileAtomic(path, dumpJson(json) + "\n");
}

} // namespace attune::store
