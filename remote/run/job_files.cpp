#include "remote/run/job_files.h"

#include "core/api/run_config_json.h"
#include "core/base/ending.h"
#include "core/base/sha256.h"
#include "core/base/shell_word.h"
#include "remote/run/remote_path.h"
#include "remote/slurm/job_script.h"
#include "remote/slurm/salloc.h"
#include "remote/ssh/remote_files.h"

#include <algorithm>
#include <filesystem>
#include <sys/stat.h>

namespace attune::remote {

namespace fs = std::filesystem;

namespace {

const std::string kNoToken = "attune-000000000000"; // stands in until a job has its own

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

/// A word to be read: an option, or a path that begins with ~/, stands without quotes as any other.
std::string bareWord(const std::string &word) {
  if (word.compare(0, 2, "~/") == 0) return "~/" + shellWord(word.substr(2));
  const std::string rest = word.substr(std::min(word.find_first_not_of('-'), word.size()));
  return shellWord(rest) == rest ? word : shellWord(word);
}

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

std::vector<std::string> modelFiles(const std::string &path) {
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

std::string modelFileName(const std::string &file) { // its own, by which an index of shards knows it
  const std::string name = fs::path(file).filename().string();
  return isPlainName(name) ? name : plainName(name);
}

Result<ModelPlace> modelPlace(const std::string &model) {
  std::string sum;
  for (const std::string &file : modelFiles(model)) {
    struct stat info {};
    if (::stat(file.c_str(), &info) != 0) return Error{ErrorCode::FileNotFound, "The model cannot be read.", file, "Check the path."};
    sum += fs::path(file).filename().string() + " " + std::to_string(info.st_size) + " " + std::to_string(info.st_mtime) + "\n";
  }
  ModelPlace place;
  place.folder = plainName(fs::path(model).filename().string()) + "-" + sha256Hex(sum).substr(0, 12);
  std::error_code ignored;
  place.model = fs::is_directory(model, ignored) ? place.folder : place.folder + "/" + modelFileName(model);
  return place;
}

std::vector<DataFile> placeData(api::RunConfig &config) {
  std::vector<DataFile> files;
  const auto place = [&](std::string &path, const std::string &name) {
    files.push_back({path, name + plainEnding(path)});
    path = files.back().to;
  };
  for (size_t i = 0; i < config.dataset.size(); ++i) place(config.dataset[i].path, "data/" + std::to_string(i));
  if (!config.validation.path.empty()) place(config.validation.path, "data/validation");
  if (endsWith(config.templateName, ".jinja")) place(config.templateName, "data/template");
  if (!config.initAdapter.empty()) {
    for (const std::string &file : modelFiles(config.initAdapter))
      files.push_back({file, "data/adapter/" + fs::path(file).filename().string()});
    config.initAdapter = "data/adapter";
  }
  return files;
}

Result<JobFiles> jobFiles(const StageJob &job, api::RunConfig config, const std::string &worker, const std::string &environment) {
  const slurm::JobRequest request = requestOf(job.target);
  config.threads = config.threads > 0 ? std::min(config.threads, request.cores) : request.cores;
  slurm::JobValues values;
  values.token = job.token;
  values.threads = job.from.empty() ? config.threads : 0;
  values.environment = environment;
  values.resume = {worker, "train", "--resume", "run"};
  values.command = job.from.empty() ? std::vector<std::string>{worker, "train", "run.json", "--out", "run"} : values.resume;
  if (job.stopAfter > 0) values.command.insert(values.command.end(), {"--stop-after", std::to_string(job.stopAfter)});
  values.resumeNeeds = "run/run.json";
  values.manifest = "run/" + resultDirOf(job.config);
  values.requeue = request.requeue;
  values.release = job.target.mode == api::SubmitMode::Salloc;
  ATTUNE_TRY(std::string text, slurm::jobEnvironment(values));
  return JobFiles{api::runConfigJson(config), std::move(text), slurm::runScript()};
}

Result<api::JobPreview> previewJob(StageJob job) {
  const auto there = [](const std::string &path) { return belowHome("~", path); };
  const std::string root = there(job.profile.root), &worker = job.profile.worker, &environment = job.profile.environmentScript;
  job.token = kNoToken;
  api::RunConfig config = job.config;
  if (job.target.model.empty()) {
    ATTUNE_TRY(const ModelPlace place, modelPlace(config.model));
    config.model = root + "/models/" + place.model;
  } else {
    config.model = there(job.target.model);
  }
  placeData(config);
  ATTUNE_TRY(JobFiles files,
             jobFiles(job, std::move(config), isOnPath(worker) ? worker : there(worker), environment.empty() ? "" : there(environment)));
  const slurm::Submission submission{job.token, root + "/jobs/" + job.token, requestOf(job.target)};
  const bool held = job.target.mode == api::SubmitMode::Salloc;
  api::JobPreview preview;
  preview.command = "cd " + bareWord(submission.folder) + " && " + (held ? "salloc" : "sbatch");
  for (const std::string &word : held ? slurm::sallocWords(submission) : slurm::sbatchWords(submission))
    preview.command += (word.compare(0, 2, "--") == 0 ? " \\\n    " : " ") + bareWord(word);
  preview.script = std::move(files.script);
  preview.values = std::move(files.values);
  preview.config = std::move(files.config);
  for (std::string *text : {&preview.command, &preview.values})
    for (size_t at = text->find(kNoToken); at != std::string::npos; at = text->find(kNoToken, at))
      text->replace(at, kNoToken.size(), "attune-TOKEN");
  return preview;
}

} // namespace attune::remote
