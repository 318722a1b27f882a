#include "core/train/run_folder.h"

#include "core/api/run_config_json.h"
#include "core/base/atomic_file.h"
#include "core/base/fresh_folder.h"
#include "core/base/inside_folder.h"
#include "core/base/json.h"

#include <cstdio>
#include <filesystem>

namespace attune::core {

namespace fs = std::filesystem;

namespace {

void writePeaks(Json &json, const std::string &kind, const PeakBytes &peaks) {
  if (peaks.device > 0) json[kind + "_device_peak_bytes"] = peaks.device;
  if (peaks.host > 0) json[kind + "_host_peak_bytes"] = peaks.host;
}

Result<Json> recordJson(const RunRecord &record, const api::RunConfig &config) {
  Json json = {{"versions", Json(record.versions)},
               {"hashes", {{"dataset", record.datasetHash}, {"validation", record.validationHash}, {"model", record.modelHash}}},
               {"threads", record.threads},
               {"attempts", record.attempts},
               {"precision", record.precision},
               {"checkpointing", record.checkpointing},
               {"products", Json(record.products)}};
  writePeaks(json, "forecast", record.forecast);
  writePeaks(json, "measured", record.measured);
  if (record.skippedSteps > 0) json["skipped_steps"] = record.skippedSteps;
  ATTUNE_TRY(json["settings"], parseJson(api::runConfigJson(config), "settings"));
  return json;
}

void readText(const Json &json, const char *key, std::string &out) {
  if (json.contains(key) && json[key].is_string()) out = json[key].get<std::string>();
}

void readTexts(const Json &json, const char *key, std::map<std::string, std::string> &out) {
  if (!json.contains(key) || !json[key].is_object()) return;
  for (const auto &item : json[key].items()) {
    if (item.value().is_string()) out[item.key()] = item.value().get<std::string>();
  }
}

void readNumber(const Json &json, const char *key, int64_t &out) {
  if (json.contains(key) && json[key].is_number_integer()) out = json[key].get<int64_t>();
}

void readPeaks(const Json &json, const std::string &kind, PeakBytes &peaks) {
  readNumber(json, (kind + "_device_peak_bytes").c_str(), peaks.device);
  readNumber(json, (kind + "_host_peak_bytes").c_str(), peaks.host);
}

std::string sizeText(uint64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f MiB", static_cast<double>(bytes) / (1024.0 * 1024.0));
  return text;
}

} // namespace

Status RunFolder::checkFresh(const std::string &path) { return checkFreshRunFolder(path); }

Result<RunFolder> RunFolder::create(const std::string &path) {
  ATTUNE_CHECK(makeFreshRunFolder(path));
  return RunFolder(path);
}

Result<RunFolder> RunFolder::createNumbered(const std::string &path) {
  ATTUNE_TRY(std::string made, makeNumberedRunFolder(path));
  return RunFolder(std::move(made));
}

Result<RunFolder> RunFolder::open(const std::string &path) {
  std::error_code reason;
  if (!fs::is_directory(path, reason)) {
    return Error{ErrorCode::FileNotFound, "There is no run folder at this path.", path, "Check the path."};
  }
  ATTUNE_CHECK(checkFolder(path));
  if (!fs::exists(path + "/run.json", reason)) {
    return Error{ErrorCode::MissingInFolder, "This folder holds no run: run.json is missing.", path,
                 "Give the folder that an earlier `attune train` made."};
  }
  return RunFolder(path);
}

Status RunFolder::writeConfig(const api::RunConfig &config, const RunRecord &record) const {
  ATTUNE_TRY(const Json json, recordJson(record, config));
  return writeFileAtomic(configPath(), api::runConfigJson(config, dumpJson(json, -1)));
}

Result<api::RunConfig> RunFolder::readConfig() const { return insideFolder(api::loadRunConfig(configPath())); }

Result<RunRecord> RunFolder::readRecord() const {
  ATTUNE_TRY(const Json json, insideFolder(readJsonFile(configPath(), size_t(16) << 20)));
  RunRecord record;
  if (!json.is_object() || !json.contains("record") || !json["record"].is_object()) return record;
  const Json &from = json["record"];
  readTexts(from, "versions", record.versions);
  readTexts(from, "products", record.products);
  if (from.contains("settings")) { // runs of earlier versions have none
    const auto settings = api::parseRunConfig(dumpJson(from["settings"], -1), configPath() + "#record.settings", m_path);
    if (settings.ok() && settings->problems.empty()) record.settings = settings->config;
  }
  if (from.contains("hashes") && from["hashes"].is_object()) {
    readText(from["hashes"], "dataset", record.datasetHash);
    readText(from["hashes"], "validation", record.validationHash);
    readText(from["hashes"], "model", record.modelHash);
  }
  readText(from, "precision", record.precision);
  readText(from, "checkpointing", record.checkpointing);
  readNumber(from, "threads", record.threads);
  readNumber(from, "attempts", record.attempts);
  readPeaks(from, "forecast", record.forecast);
  readPeaks(from, "measured", record.measured);
  readNumber(from, "skipped_steps", record.skippedSteps);
  if (record.threads < 0 || record.threads > 1024 || record.attempts < 0) {
    return Error{ErrorCode::MalformedFile, "The record in run.json holds impossible numbers.", configPath() + "#record", ""};
  }
  return record;
}

Status checkFreeDisk(const std::string &path, uint64_t needed, uint64_t available) {
  if (needed <= available) return {};
  return Error{ErrorCode::IoFailed, "The run needs about " + sizeText(needed) + " of disk, and " + sizeText(available) + " are free.", path,
               "Free some space, choose another folder with --out, or lower keep_checkpoints."};
}

} // namespace attune::core
