#include "remote/run/stage.h"

#include "core/api/run_config_json.h"
#include "core/base/atomic_file.h"
#include "core/base/ending.h"
#include "remote/fault.h"
#include "remote/ssh/upload.h"

#include <algorithm>
#include <filesystem>

namespace attune::remote {

namespace fs = std::filesystem;

namespace {

// $1 root, $2 token. What lies there is for the user alone.
const char *const kMakeFolder = R"sh(
umask 077
mkdir -p -- "$1/jobs/$2/data" "$1/models" && chmod 700 "$1/jobs" "$1/jobs/$2" && cd -- "$1/jobs/$2" && pwd -P
)sh";

// $1 environment script or nothing, $2 worker where it is a path, $3 model where it lies there
const char *const kCheck = R"sh(
[ -z "$1" ] || { [ -f "$1" ] && [ -r "$1" ]; } || exit 71
[ -z "$2" ] || { [ -f "$2" ] && [ -x "$2" ]; } || exit 72
[ -z "$3" ] || [ -r "$3" ] || exit 73
exit 0
)sh";

// $1 the earlier job's folder, $2 the new one's
const char *const kTakeOver = R"sh(
[ -d "$2/run" ] || mv -T -- "$1/run" "$2/run"
)sh";

const char *const kMakePlace = R"sh(
umask 077
mkdir -p -- "$1"
)sh";

Result<CommandResult> run(Host &host, const char *script, std::vector<std::string> arguments) {
  return host.runner().run(plainCommand(script, std::move(arguments)));
}

class Stage {
public:
  Stage(Host &host, const StageJob &job) : m_host(host), m_job(job), m_config(job.config) {}

  Result<std::string> run() {
    ATTUNE_TRY(const std::string root, m_host.absolute(m_job.profile.root));
    ATTUNE_TRY(const CommandResult made, remote::run(m_host, kMakeFolder, {root, m_job.token}));
    m_folder = made.out.substr(0, made.out.find('\n'));
    if (made.code != 0 || !endsWith(m_folder, "/jobs/" + m_job.token))
      return m_host.cannot("The job's folder cannot be made", made, root + "/jobs/" + m_job.token);
    ATTUNE_CHECK(takeOver());
    ATTUNE_CHECK(placeModel(root));
    ATTUNE_CHECK(sendData());
    ATTUNE_CHECK(writeFiles());
    return m_folder;
  }

private:
  Status takeOver() {
    if (m_job.from.empty()) return {};
    ATTUNE_TRY(const CommandResult moved, remote::run(m_host, kTakeOver, {m_job.from, m_folder}));
    if (moved.code != 0) return m_host.cannot("The earlier run's folder is not there any more", moved, m_job.from);
    return {};
  }

  Status send(const std::string &from, const std::string &to, const std::string &what, bool once = false) {
    ATTUNE_TRY(RemoteFiles *const files, m_host.files());
    Upload upload{from, to, {}, once};
    upload.progress = [&](uint64_t done, uint64_t size) {
      if (m_job.progress && size > (uint64_t(4) << 20)) m_job.progress(what + ": " + std::to_string(done * 100 / size) + " %");
      m_host.breathe();
    };
    return remote::upload(*files, m_host.runner(), upload, m_job.stop);
  }

  Status placeModel(const std::string &root) {
    if (!m_job.from.empty()) return {}; // the run's own config knows
    if (!m_job.target.model.empty()) {
      ATTUNE_TRY(m_config.model, m_host.absolute(m_job.target.model));
      return {};
    }
    ATTUNE_TRY(const ModelPlace place, modelPlace(m_config.model));
    const std::string folder = root + "/models/" + place.folder;
    ATTUNE_CHECK(makePlace(folder));
    for (const std::string &file : modelFiles(m_config.model)) // each is whole or not there
      ATTUNE_CHECK(send(file, folder + "/" + modelFileName(file), "Uploading the model, " + fs::path(file).filename().string(), true));
    m_config.model = root + "/models/" + place.model;
    return {};
  }

  Status makePlace(const std::string &folder) {
    ATTUNE_TRY(const CommandResult made, remote::run(m_host, kMakePlace, {folder}));
    return made.code == 0 ? Status() : Status(m_host.cannot("The folder cannot be made", made, folder));
  }

  Status sendData() {
    if (!m_job.from.empty()) return {};
    const std::vector<DataFile> files = placeData(m_config);
    if (!m_config.initAdapter.empty()) ATTUNE_CHECK(makePlace(m_folder + "/" + m_config.initAdapter));
    for (const DataFile &one : files) ATTUNE_CHECK(send(one.from, m_folder + "/" + one.to, "Uploading the data"));
    return {};
  }

  /// Our own files, by way of local copies that stay for whoever wants to look.
  Status writeFiles() {
    ATTUNE_TRY(const std::string worker, m_host.program(m_job.profile.worker));
    std::string environment;
    if (!m_job.profile.environmentScript.empty()) {
      ATTUNE_TRY(environment, m_host.absolute(m_job.profile.environmentScript));
    }
    ATTUNE_TRY(const JobFiles made, jobFiles(m_job, m_config, worker, environment));
    const std::string local = m_job.runFolder + "/cluster/job";
    ATTUNE_CHECK(makeFolders(local));
    const std::pair<const char *, const std::string &> files[] = {
        {"run.json", made.config}, {"job.env", made.values}, {"run.sh", made.script}};
    for (const auto &[name, text] : files) {
      ATTUNE_CHECK(writeFileAtomic(local + "/" + name, text));
      ATTUNE_CHECK(send(local + "/" + name, m_folder + "/" + name, "Uploading the job"));
    }
    return {};
  }

  Host &m_host;
  const StageJob &m_job;
  api::RunConfig m_config;
  std::string m_folder;
};

} // namespace

Status checkRun(const api::RunRequest &request) {
  if (!request.cluster) return Error{ErrorCode::Usage, "The run names no cluster.", request.folder, "Choose where it runs."};
  std::vector<ConfigProblem> problems = api::validate(request.config);
  if (!request.cluster->model.empty()) // it is there, not here
    problems.erase(std::remove_if(problems.begin(), problems.end(), [](const ConfigProblem &problem) { return problem.key == "model"; }),
                   problems.end());
  if (problems.empty()) return {};
  return api::configError(std::move(problems), "");
}

Status preflight(Host &host, const StageJob &job) {
  ATTUNE_CHECK(host.probeSlurm()); // partitions as they are now
  ATTUNE_CHECK(slurm::checkRequest(requestOf(job.target), host.slurm()->partitions));
  std::string environment, worker, model;
  if (!job.profile.environmentScript.empty()) {
    ATTUNE_TRY(environment, host.absolute(job.profile.environmentScript));
  }
  if (!isOnPath(job.profile.worker)) {
    ATTUNE_TRY(worker, host.absolute(job.profile.worker));
  }
  if (!job.target.model.empty()) {
    ATTUNE_TRY(model, host.absolute(job.target.model));
  }
  ATTUNE_TRY(const CommandResult result, run(host, kCheck, {environment, worker, model}));
  const std::string &name = host.session().options().host;
  if (result.code == 71)
    return fault("RUN-ENV", "The environment script is not there or cannot be read.", name + ":" + environment,
                 "Mend its path in the profile.");
  if (result.code == 72)
    return fault("RUN-WORKER", "The training program is not there or cannot be run.", name + ":" + worker,
                 "Install it from the Cluster page, or mend its path in the profile.");
  if (result.code == 73)
    return fault("FILE-MISSING", "The model is not there or cannot be read.", name + ":" + model,
                 "Give its path on the cluster, or have it uploaded.");
  return {};
}

Result<std::string> stage(Host &host, const StageJob &job) { return Stage(host, job).run(); }

} // namespace attune::remote
