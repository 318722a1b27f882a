// What a job's folder on the cluster is made of, and the words of its submission: the same for a submission as for the look at it
// beforehand. Pure but for looks at local files. Fails as job_script.h says.
#pragma once

#include "core/api/cluster_run.h"
#include "remote/slurm/request.h"

#include <functional>
#include <string>
#include <vector>

namespace attune::remote {

struct StageJob {
  api::RunConfig config;
  api::ClusterTarget target;
  api::ClusterProfile profile;
  std::string token;
  std::string runFolder; // local
  std::string from;      // the job's folder that it goes on from; empty = a new run
  int64_t stopAfter = 0;
  std::function<void(const std::string &what)> progress = {}; // one sentence
  StopToken stop = {};
};

/// The target as Slurm is asked for it.
slurm::JobRequest requestOf(const api::ClusterTarget &target);

/// "adapter" or "model": where the result of such a run lies in its folder.
std::string resultDirOf(const api::RunConfig &config);

/// Of a model or adapter: the file, or those of a flat folder, sorted.
std::vector<std::string> modelFiles(const std::string &path);

/// Where an uploaded model goes below ROOT/models: named by its files' names, sizes and times, so that it goes there once.
struct ModelPlace {
  std::string folder; // a plain name
  std::string model;  // what the config calls: the folder, or the file in it
};
Result<ModelPlace> modelPlace(const std::string &model);
/// The name there of one of its files.
std::string modelFileName(const std::string &file);

struct DataFile {
  std::string from; // local
  std::string to;   // in the job's folder
};
/// The files of the config's data, validation, template and adapter; the config then names them as they lie beside run.json.
std::vector<DataFile> placeData(api::RunConfig &config);

struct JobFiles {
  std::string config; // run.json
  std::string values; // job.env
  std::string script; // run.sh
};
/// `config` with the paths there; `worker` and `environment` (empty = none) as they are called there.
Result<JobFiles> jobFiles(const StageJob &job, api::RunConfig config, const std::string &worker, const std::string &environment);

/// Before anything is sent: TOKEN stands for the job's, ~ for the home folder.
Result<api::JobPreview> previewJob(StageJob job);

} // namespace attune::remote
