// What a run made, from the cluster into the local run folder: by the hashes of exit.json, or hashed there where it has none.
// On the host's worker; blocks; begun again it goes on. A file is whole under its name or not there. Names that could leave the
// folder, links and devices are refused. Fails as download.h and command_runner.h say; FETCH-REFUSED for hostile names,
// FETCH-NOTHING when there is nothing, FETCH-LARGE when more than `most` bytes are to come.
#pragma once

#include "core/api/cluster_run.h"
#include "remote/run/host.h"

#include <functional>
#include <string>

namespace attune::remote {

struct FetchJob {
  std::string token;
  std::string remoteFolder; // the job's
  std::string runFolder;    // local
  std::string resultDir;    // "adapter" or "model"
  api::FetchWhat what = api::FetchWhat::Result;
  uint64_t most = UINT64_MAX;
  api::TransferProgress progress = {};
  StopToken stop = {};
};

Status fetchRun(Host &host, const FetchJob &job);

/// exit.json as it lies there; nothing where there is none that can be believed.
Result<std::optional<slurm::ExitRecord>> readExit(Host &host, const std::string &remoteFolder, const std::string &token);

/// Whether the header of a safetensors file can be what it says. MalformedFile.
Status checkSafetensors(const std::string &path);

/// The local run.json with the record that the worker wrote (versions, hashes, threads); its settings stay.
Status adoptRecord(const std::string &runFolder, const std::string &workersRunJson);

} // namespace attune::remote
