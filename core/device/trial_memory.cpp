#include "core/device/trial_memory.h"

#include "core/base/atomic_file.h"
#include "core/base/json.h"

#include <cstdlib>

namespace attune::core {

namespace {

constexpr size_t kLargest = size_t(1) << 20;

std::string fileIn(const std::string &folder) { return folder + "/trials.json"; }

Json known(const std::string &folder) {
  auto json = readJsonFile(fileIn(folder), kLargest);
  return json.ok() && json->is_object() ? std::move(*json) : Json::object();
}

} // namespace

std::string cacheFolder() {
  const char *cache = std::getenv("XDG_CACHE_HOME");
  if (cache && *cache == '/') return std::string(cache) + "/attune";
  const char *home = std::getenv("HOME");
  return home && *home == '/' ? std::string(home) + "/.cache/attune" : std::string();
}

std::optional<std::string> recallTrial(const std::string &trial, const std::string &machine) {
  const std::string folder = cacheFolder();
  if (folder.empty()) return std::nullopt;
  const Json all = known(folder);
  const auto results = all.find(trial);
  if (results == all.end() || !results->is_object()) return std::nullopt;
  const auto result = results->find(machine);
  if (result == results->end() || !result->is_string()) return std::nullopt;
  return result->get<std::string>();
}

void rememberTrial(const std::string &trial, const std::string &machine, const std::string &result) {
  const std::string folder = cacheFolder();
  if (folder.empty() || !makeFolders(folder).ok()) return;
  Json all = known(folder);
  Json &results = all[trial];
  if (!results.is_object()) results = Json::object();
  results[machine] = result;
  static_cast<void>(writeFileAtomic(fileIn(folder), dumpJson(all) + "\n"));
}

} // namespace attune::core
