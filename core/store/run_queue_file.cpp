#include "core/store/run_queue_file.h"

#include "core/api/run_config_json.h"
#include "core/base/atomic_file.h"
#include "core/base/json.h"

#include <filesystem>
#include <optional>

namespace attune::store {

namespace {

constexpr size_t kMaxBytes = size_t(16) << 20;
constexpr size_t kMaxRuns = 1000;

std::optional<api::RunRequest> readRequest(const Json &item, const std::string &path) {
  if (!item.is_object() || !item.contains("folder") || !item["folder"].is_string()) return std::nullopt;
  api::RunRequest request;
  request.folder = item["folder"].get<std::string>();
  request.resume = item.contains("resume") && item["resume"].is_boolean() && item["resume"].get<bool>();
  if (request.resume) return request;
  if (!item.contains("config")) return std::nullopt;
  auto parsed = api::parseRunConfig(dumpJson(item["config"]), path, "");
  if (!parsed.ok()) return std::nullopt;
  request.config = std::move(parsed->config);
  return request;
}

/// Under the first free name; empty when it has to stay.
std::string putAside(const std::string &path) {
  for (int i = 1; i < 1000; ++i) {
    const std::string name = path + ".broken" + (i == 1 ? "" : std::to_string(i));
    std::error_code error;
    if (std::filesystem::exists(name, error)) continue;
    std::filesystem::rename(path, name, error);
    return error ? std::string() : name;
  }
  return {};
}

} // namespace

api::KeptQueue readRunQueue(const std::string &path) {
  api::KeptQueue queue;
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return queue;
  const auto json = readJsonFile(path, kMaxBytes);
  bool whole = json.ok() && json->is_array() && json->size() <= kMaxRuns;
  if (json.ok() && json->is_array()) {
    for (const Json &item : *json) {
      auto request = queue.runs.size() < kMaxRuns ? readRequest(item, path) : std::nullopt;
      whole = whole && request.has_value();
      if (request) queue.runs.push_back(std::move(*request));
    }
  }
  if (whole) return queue;
  const std::string kept = putAside(path);
  queue.problem = Error{ErrorCode::MalformedFile, "The list of waiting runs is damaged, so runs that waited may be missing.", path,
                        kept.empty() ? "" : "The damaged list is kept as " + kept + "."};
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
