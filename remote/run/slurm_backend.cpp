#include "remote/run/slurm_backend.h"

#include "core/api/run_config_json.h"
#include "core/base/atomic_file.h"
#include "core/base/fresh_folder.h"
#include "remote/run/remote_run.h"

#include <algorithm>
#include <filesystem>

namespace attune::remote {

namespace fs = std::filesystem;

namespace {

Result<api::RunConfig> configOf(const std::string &folder) {
  const std::string path = folder + "/run.json";
  ATTUNE_TRY(const std::string text, readFile(path, size_t(16) << 20));
  ATTUNE_TRY(const auto parsed, api::parseRunConfig(text, path, folder));
  return parsed.config;
}

Error noSink() { return {ErrorCode::Internal, "A run needs somewhere to send its events.", "", ""}; }

} // namespace

void SlurmBackend::onJob(std::function<void(const api::ClusterJob &)> changed) {
  const std::lock_guard<std::recursive_mutex> lock(m_listening);
  m_listener = std::move(changed);
}

void SlurmBackend::tell(const api::ClusterJob &job) {
  const std::lock_guard<std::recursive_mutex> lock(m_listening);
  if (m_listener) m_listener(job);
}

Result<std::shared_ptr<api::RunHandle>> SlurmBackend::start(const api::RunRequest &request, std::shared_ptr<api::EventSink> sink) {
  ATTUNE_TRY(auto run, startRun(request, std::move(sink)));
  return std::shared_ptr<api::RunHandle>(std::move(run));
}

Result<std::shared_ptr<api::ClusterRun>> SlurmBackend::startRun(const api::RunRequest &request, std::shared_ptr<api::EventSink> sink) {
  if (!sink) return noSink();
  RemoteRun::Setup setup;
  setup.sink = std::move(sink);
  setup.stopAfter = request.stopAfter;
  setup.changed = [this](const api::ClusterJob &job) { tell(job); };
  std::string cluster;
  if (request.resume) {
    ATTUNE_TRY(const api::ClusterJob before, api::readClusterJob(request.folder));
    cluster = request.cluster ? request.cluster->cluster : before.cluster;
    setup.folder = request.folder;
    ATTUNE_TRY(setup.config, configOf(request.folder));
    if (!request.settings.empty())
      return Error{ErrorCode::NotSupportedYet, "Settings cannot be changed when a run on a cluster goes on.", request.folder,
                   "Leave --set out."};
  } else {
    ATTUNE_CHECK(checkRun(request));
    cluster = request.cluster->cluster;
    setup.config = request.config;
    if (setup.config.model.empty()) setup.config.model = request.cluster->model;
  }
  ATTUNE_TRY(setup.worker, m_workerOf(cluster));
  setup.profile = setup.worker->profile();
  const auto worker = setup.worker;
  std::shared_ptr<RemoteRun> run;
  if (request.resume) {
    ATTUNE_TRY(run, RemoteRun::goOn(std::move(setup), request.cluster ? &*request.cluster : nullptr));
  } else {
    setup.folder = request.folder;
    if (request.numbered) {
      ATTUNE_TRY(setup.folder, makeNumberedRunFolder(request.folder));
    } else {
      ATTUNE_CHECK(makeFreshRunFolder(request.folder));
    }
    ATTUNE_CHECK(writeFileAtomic(setup.folder + "/run.json", api::runConfigJson(setup.config)));
    ATTUNE_TRY(run, RemoteRun::begin(std::move(setup), *request.cluster));
  }
  worker->follow(run);
  return std::shared_ptr<api::ClusterRun>(std::move(run));
}

Result<api::JobPreview> SlurmBackend::preview(const api::RunRequest &request) {
  ATTUNE_CHECK(checkRun(request));
  ATTUNE_TRY(const auto worker, m_workerOf(request.cluster->cluster));
  StageJob job;
  job.config = request.config;
  job.target = *request.cluster;
  job.profile = worker->profile();
  return previewJob(std::move(job));
}

Result<std::shared_ptr<api::ClusterRun>> SlurmBackend::attach(const std::string &folder, std::shared_ptr<api::EventSink> sink) {
  if (!sink) return noSink();
  ATTUNE_TRY(const api::ClusterJob before, api::readClusterJob(folder));
  RemoteRun::Setup setup;
  setup.folder = folder;
  setup.sink = std::move(sink);
  setup.changed = [this](const api::ClusterJob &job) { tell(job); };
  ATTUNE_TRY(setup.config, configOf(folder));
  ATTUNE_TRY(setup.worker, m_workerOf(before.cluster));
  setup.profile = setup.worker->profile();
  const auto worker = setup.worker;
  ATTUNE_TRY(auto run, RemoteRun::takeUp(std::move(setup)));
  if (!run->over()) worker->follow(run);
  return std::shared_ptr<api::ClusterRun>(std::move(run));
}

std::vector<std::string> SlurmBackend::unfinished() {
  std::vector<std::pair<double, std::string>> found;
  std::error_code error;
  for (fs::directory_iterator entry(m_workspace + "/runs", error), end; !error && entry != end; entry.increment(error)) {
    const auto job = api::readClusterJob(entry->path().string());
    if (job.ok() && job->phase != api::JobPhase::Over) found.emplace_back(job->submittedAt, job->folder);
  }
  std::sort(found.begin(), found.end());
  std::vector<std::string> folders;
  for (auto &[time, folder] : found) folders.push_back(std::move(folder));
  return folders;
}

} // namespace attune::remote
