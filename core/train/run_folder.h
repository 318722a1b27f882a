// A run's folder on disk: run.json with its record, events.jsonl, log.txt, checkpoints/, adapter/ or model/.
// Created and opened by the job thread; a lock keeps a second process out while a run writes.
#pragma once

#include "core/api/run_config.h"
#include "core/base/result.h"

#include <map>
#include <optional>
#include <string>

namespace attune::core {

/// Most bytes at once, of a card (0 on a CPU) and of the host.
struct PeakBytes {
  int64_t device = 0;
  int64_t host = 0;
};

/// What train writes into run.json beside the settings, to check and repeat the run.
struct RunRecord {
  std::map<std::string, std::string> versions; // attune, libtorch
  std::string datasetHash;
  std::string validationHash;
  std::string modelHash;
  int64_t threads = 0;
  int64_t attempts = 1;
  std::string precision;                       // what "auto" became
  std::string checkpointing;                   // likewise
  std::map<std::string, std::string> products; // path of the matrix products by type, as trial chose it
  std::optional<api::RunConfig> settings;      // read only: what the run was last started with, whatever run.json says now
  PeakBytes forecast;                          // 0 = none was made
  PeakBytes measured;                          // 0 = the run did not end
  int64_t skippedSteps = 0;                    // left out by loss scaling
};

class RunFolder {
public:
  /// Refuses an existing non-empty folder (Usage); nothing is created.
  static Status checkFresh(const std::string &path);
  /// Makes the folder; IoFailed where that is impossible. An empty existing one is used.
  static Result<RunFolder> create(const std::string &path);
  /// Makes `path`, or where something stands there the first of path-2, path-3, ... that is free; never one that exists.
  static Result<RunFolder> createNumbered(const std::string &path);
  /// Opens a folder with a run in it: FileNotFound, or MissingInFolder without a readable run.json.
  static Result<RunFolder> open(const std::string &path);

  const std::string &path() const { return m_path; }
  std::string configPath() const { return m_path + "/run.json"; }
  std::string eventsPath() const { return m_path + "/events.jsonl"; }
  std::string logPath() const { return m_path + "/log.txt"; }

  Status writeConfig(const api::RunConfig &config, const RunRecord &record) const;
  /// The config as it stands in run.json.
  Result<api::RunConfig> readConfig() const;
  /// The record; missing parts stay empty.
  Result<RunRecord> readRecord() const;

private:
  explicit RunFolder(std::string path) : m_path(std::move(path)) {}
  std::string m_path;
};

/// DoesNotFit is for memory; a disk too small is IoFailed with what is needed and what is free.
Status checkFreeDisk(const std::string &path, uint64_t needed, uint64_t available);

} // namespace attune::core
