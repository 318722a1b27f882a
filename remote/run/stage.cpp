#include "remote/run/stage.h"

#include "core/api/run_config_json.h"
#include "core/base/atomic_file.h"
#include "core/base/ending.h"
#include "core/base/sha256.h"
#include "remote/fault.h"
#include "remote/slurm/job_script.h"
#include "remote/ssh/upload.h"

#include <algorithm>
#include <filesystem>
#include <sys/stat.h>

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
  Command command;
  command.script = script;
  command.arguments = std::move(arguments);
  command.login = false;
  return host.runner().run(command);
}

/// The ending of a name as it may stand on the cluster: ".jsonl", or nothing.
std::string plainEnding(const std::string &path) {
  const std::string ending = fs::path(path).extension().string();
  const bool plain = ending.size() <= 12 && std::all_of(ending.begin(), ending.end(), [](unsigned char c) {
                       return c == '.' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
                     });
  return plain ? ending : "";
}

/// Letters, digits and a few more; the rest becomes a dash.
std::string plainName(const std::string &name) {
  std::string text;
  for (const char c : name.substr(0, 80)) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.';
    text += plain && !(text.empty() && c == '.') ? c : '-';
  }
  return text.empty() ? "model" : text;
}

struct Piece {
  std::string from; // local
  std::string to;   // in the job's folder
};

std::vector<std::string> filesOf(const std::string &path) { // of a model or adapter: a file, or a flat folder
  std::error_code error;
  if (!fs::is_directory(path, error)) return {path};
  std::vector<std::string> files;
  for (fs::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    const std::string name = entry->path().filename().string();
    if (entry->is_regular_file(ignored) && isPlainName(name) && name[0] != '.' && !endsWith(name, ".part"))
      files.push_back(entry->path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

class Stage {
public:
  Stage(Host &host, const StageJob &job) : m_host(host), m_job(job), m_config(job.config) {}

  Result<std::string> run() {
    ATTUNE_TRY(const std::string root, m_host.absolute(m_job.root));
    ATTUNE_TRY(const CommandResult made, remote::run(m_host, kMakeFolder, {root, m_job.token}));
    m_folder = made.out.substr(0, made.out.find('\n'));
    if (made.code != 0 || !endsWith(m_folder, "/jobs/" + m_job.token))
      return m_host.cannot("The job's folder cannot be made", made, root + "/jobs/" + m_job.token);
    ATTUNE_CHECK(takeOver());
    ATTUNE_CHECK(placeModel(root));
    ATTUNE_CHECK(placeData());
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

  Status send(const std::string &from, const std::string &to, const std::string &what) {
    ATTUNE_TRY(RemoteFiles *const files, m_host.files());
    Upload upload{from, to, {}};
    upload.progress = [&](uint64_t done, uint64_t size) {
      if (m_job.progress && size > (uint64_t(4) << 20)) m_job.progress(what + ": " + std::to_string(done * 100 / size) + " %");
      m_host.breathe();
    };
    return remote::upload(*files, m_host.runner(), upload, m_job.stop);
  }

  /// Under a name of its files' names, sizes and times, so that it goes there once.
  Status placeModel(const std::string &root) {
    if (!m_job.from.empty()) return {}; // the run's own config knows
    if (!m_job.target.model.empty()) {
      ATTUNE_TRY(m_config.model, m_host.absolute(m_job.target.model));
      return {};
    }
    const std::vector<std::string> files = filesOf(m_config.model);
    std::string sum;
    for (const std::string &file : files) {
      struct stat info {};
      if (::stat(file.c_str(), &info) != 0) return Error{ErrorCode::FileNotFound, "The model cannot be read.", file, "Check the path."};
      sum += fs::path(file).filename().string() + " " + std::to_string(info.st_size) + " " + std::to_string(info.st_mtime) + "\n";
    }
    const std::string name = plainName(fs::path(m_config.model).filename().string());
    const std::string place = root + "/models/" + name + "-" + sha256Hex(sum).substr(0, 12);
    ATTUNE_TRY(const CommandResult made, remote::run(m_host, kMakePlace, {place}));
    if (made.code != 0) return m_host.cannot("The model's folder cannot be made", made, place);
    std::error_code ignored;
    const bool folder = fs::is_directory(m_config.model, ignored);
    for (const std::string &file : files) {
      const std::string to = place + "/" + (folder ? fs::path(file).filename().string() : plainName(fs::path(file).filename().string()));
      ATTUNE_TRY(RemoteFiles *const remote, m_host.files());
      ATTUNE_TRY(const auto there, remote->find(to));
      if (there && there->size == fs::file_size(file, ignored)) continue; // an upload is whole or not there
      ATTUNE_CHECK(send(file, to, "Uploading the model, " + fs::path(file).filename().string()));
      if (!folder) break;
    }
    m_config.model = folder ? place : place + "/" + plainName(fs::path(m_config.model).filename().string());
    return {};
  }

  Status placeData() {
    if (!m_job.from.empty()) return {};
    std::vector<Piece> pieces;
    const auto piece = [&](std::string &path, const std::string &name) {
      pieces.push_back({path, name + plainEnding(path)});
      path = pieces.back().to; // beside run.json
    };
    for (size_t i = 0; i < m_config.dataset.size(); ++i) piece(m_config.dataset[i].path, "data/" + std::to_string(i));
    if (!m_config.validation.path.empty()) piece(m_config.validation.path, "data/validation");
    if (endsWith(m_config.templateName, ".jinja")) piece(m_config.templateName, "data/template");
    if (!m_config.initAdapter.empty()) {
      for (const std::string &file : filesOf(m_config.initAdapter))
        pieces.push_back({file, "data/adapter/" + fs::path(file).filename().string()});
      m_config.initAdapter = "data/adapter";
      ATTUNE_TRY(const CommandResult made, remote::run(m_host, kMakePlace, {m_folder + "/data/adapter"}));
      if (made.code != 0) return m_host.cannot("The folder cannot be made", made, m_folder);
    }
    for (const Piece &one : pieces) ATTUNE_CHECK(send(one.from, m_folder + "/" + one.to, "Uploading the data"));
    return {};
  }

  /// Our own files, by way of local copies that stay for whoever wants to look.
  Status writeFiles() {
    const slurm::JobRequest request = requestOf(m_job.target);
    m_config.threads = m_config.threads > 0 ? std::min(m_config.threads, request.cores) : request.cores;
    slurm::JobValues values;
    values.token = m_job.token;
    values.threads = m_config.threads;
    ATTUNE_TRY(const std::string worker, m_host.program(m_job.worker));
    if (!m_job.environmentScript.empty()) {
      ATTUNE_TRY(values.environment, m_host.absolute(m_job.environmentScript));
    }
    values.resume = {worker, "train", "--resume", "run"};
    values.command = m_job.from.empty() ? std::vector<std::string>{worker, "train", "run.json", "--out", "run"} : values.resume;
    if (!m_job.from.empty()) values.threads = 0;
    if (m_job.stopAfter > 0) values.command.insert(values.command.end(), {"--stop-after", std::to_string(m_job.stopAfter)});
    values.resumeNeeds = "run/run.json";
    values.manifest = "run/" + resultDirOf(m_job.config);
    values.requeue = request.requeue;
    values.release = m_job.target.mode == api::SubmitMode::Salloc;
    ATTUNE_TRY(const std::string environment, slurm::jobEnvironment(values));
    const std::string local = m_job.runFolder + "/cluster/job";
    ATTUNE_CHECK(makeFolders(local));
    const std::pair<const char *, std::string> files[] = {
        {"run.json", api::runConfigJson(m_config)}, {"job.env", environment}, {"run.sh", slurm::runScript()}};
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

slurm::JobRequest requestOf(const api::ClusterTarget &target) {
  slurm::JobRequest request;
  request.partition = target.partition;
  request.nodes = target.nodes;
  request.cores = target.cores != 0 ? target.cores : 8 * std::max<int64_t>(1, target.cards);
  request.gres = target.gres;
  request.cards = target.cards;
  request.minutes = target.minutes;
  request.memory = target.memory;
  request.account = target.account;
  request.qos = target.qos;
  request.extra = target.extra;
  request.requeue = target.requeue && target.mode == api::SubmitMode::Sbatch;
  return request;
}

std::string resultDirOf(const api::RunConfig &config) { return config.method == api::Method::Lora ? "adapter" : "model"; }

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
  if (!job.environmentScript.empty()) {
    ATTUNE_TRY(environment, host.absolute(job.environmentScript));
  }
  if (job.worker.find('/') != std::string::npos) {
    ATTUNE_TRY(worker, host.absolute(job.worker));
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
