#include "core/data/describe_path.h"

#include "core/api/event_json.h"
#include "core/api/run_config_json.h"
#include "core/base/atomic_file.h"
#include "core/base/ending.h"
#include "core/base/file_lock.h"
#include "core/base/inside_folder.h"
#include "core/data/dataset_file.h"
#include "core/io/generation_defaults.h"
#include "core/tokenizer/chat_layout.h"
#include "core/tokenizer/tokenizer.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <sys/stat.h>

namespace attune::data {

namespace {

constexpr size_t kMaxEventBytes = size_t(1) << 30;

bool exists(const std::string &path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

template <typename Event> const Event *lastOf(const std::vector<api::RunEvent> &events) {
  for (auto event = events.rbegin(); event != events.rend(); ++event) {
    if (const auto *found = std::get_if<Event>(&event->body)) return found;
  }
  return nullptr;
}

/// With what text would be refused for: tokenizer, chat template, generation settings.
io::Description withTextProblems(io::Description result, const std::string &path) {
  if (!result.model.config) return result; // not even a model
  if (result.model.tokenizer == "none") {
    result.problem({ErrorCode::MissingInFolder, "There is no tokenizer, so texts cannot be turned into tokens.", path, "", {}});
  } else if (const auto bundle = tokenizer::loadTokenizer(path); !bundle.ok()) {
    result.problem(bundle.error());
  } else {
    const auto layout = tokenizer::ChatLayout::choose(*bundle, "auto");
    if (layout.ok())
      result.facts["template"] = result.model.chatTemplate = layout->name();
    else
      result.problem(layout.error());
  }
  const auto defaults = io::readGenerationDefaults(path, {});
  if (!defaults.ok()) result.problem(defaults.error());
  return result;
}

io::Description describeRun(const std::string &path) {
  io::Description result;
  result.facts = {{"kind", "run"}, {"path", path}, {"problems", Json::array()}};
  const std::string configPath = path + "/run.json";
  const auto text = insideFolder(readFile(configPath, size_t(16) << 20));
  if (!text.ok()) {
    result.error = text.error();
    return result;
  }
  const auto config = api::parseRunConfig(*text, configPath, path);
  if (!config.ok()) {
    result.error = config.error();
    return result;
  }
  for (const ConfigProblem &problem : config->problems) {
    result.problem({ErrorCode::InvalidConfig, problem.message, configPath + "#" + problem.key, "", {}});
  }
  result.facts["name"] = config->config.name;
  result.facts["model"] = config->config.model;
  const auto parsed = parseJson(*text, configPath);
  if (parsed.ok() && parsed->contains("method")) result.facts["method"] = parsed->at("method");

  result.facts["steps"] = 0;
  result.facts["outcome"] = nullptr;
  result.facts["checkpoints"] = Json::array();
  result.facts["running"] = isFileLocked(path + "/events.jsonl"); // a process writes this run now
  const auto events = insideFolder(readFile(path + "/events.jsonl", kMaxEventBytes));
  if (!events.ok()) {
    result.problem(events.error());
  } else {
    const auto all = api::eventsFromText(*events);
    const auto current = api::currentEvents(all);
    result.facts["events"] = all.size();
    if (const auto *started = lastOf<api::RunStarted>(all)) {
      result.facts["attempts"] = started->attempt;
      result.facts["total_steps"] = started->totalSteps;
    }
    if (const auto *step = lastOf<api::StepMetrics>(current)) {
      result.facts["steps"] = step->step;
      result.facts["loss"] = step->loss;
      result.facts["trained_tokens"] = step->trainedTokens;
      result.facts["seconds"] = step->seconds;
    }
    if (const auto *eval = lastOf<api::EvalResult>(current)) result.facts["eval_loss"] = eval->loss;
    if (const auto *finished = lastOf<api::RunFinished>(all)) result.facts["outcome"] = api::nameOf(finished->outcome);
  }
  std::error_code ignored;
  std::vector<std::string> checkpoints;
  for (const auto &entry : std::filesystem::directory_iterator(path + "/checkpoints", ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.compare(0, 5, "step-") == 0) checkpoints.push_back(name);
  }
  std::sort(checkpoints.begin(), checkpoints.end(),
            [](const std::string &a, const std::string &b) { return a.size() != b.size() ? a.size() < b.size() : a < b; });
  for (const std::string &name : checkpoints) result.facts["checkpoints"].push_back("checkpoints/" + name);
  result.facts["adapter"] = exists(path + "/adapter/adapter_model.safetensors");
  result.facts["trained_model"] = exists(path + "/model/config.json");
  return result;
}

Result<io::Description> describeDataset(const std::string &path, uint64_t bytes) {
  api::DatasetRef ref;
  ref.path = path;
  ATTUNE_TRY(const DatasetFile file, openDataset(ref));
  io::Description result;
  result.facts = {{"kind", "dataset"}, {"path", path}, {"bytes", bytes}, {"format", formatName(file.format)}};
  result.facts["rows"] = file.source->count();
  result.facts["columns"] = file.columns;
  result.facts["problems"] = Json::array();
  ProblemList problems = file.source->problems();
  RowReader reader(*file.source);
  for (int64_t row = 0; row < file.source->count(); ++row) (void)readRecord(file, reader, row, 0, problems);
  ATTUNE_CHECK(file.source->unchanged());
  for (const Problem &problem : problems.items()) {
    result.facts["problems"].push_back({{"code", problem.code}, {"message", problem.message}, {"where", problem.where()}});
  }
  result.facts["errors"] = problems.errors();
  result.facts["warnings"] = problems.warnings();
  return result;
}

} // namespace

Result<io::Description> describePath(const std::string &path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    return Error{ErrorCode::FileNotFound,
                 "The path cannot be opened: " + std::string(std::strerror(errno)) + ".",
                 path,
                 "Check the path and its permissions.",
                 {}};
  }
  if (S_ISDIR(info.st_mode)) {
    ATTUNE_CHECK(checkFolder(path));
    if (exists(path + "/run.json")) return describeRun(path);
    if (exists(path + "/adapter_config.json")) return io::describeAdapterFolder(path);
    if (exists(path + "/config.json")) return withTextProblems(io::describeModelFolder(path), path);
    return Error{ErrorCode::UnsupportedFormat,
                 "The folder is no model, adapter or run: it has none of config.json, adapter_config.json and run.json.",
                 path,
                 "",
                 {}};
  }
  ATTUNE_TRY(const auto file, FileReader::open(path)); // refuses devices and unreadable files
  char head[4] = {};
  if (file->size() >= sizeof head) ATTUNE_CHECK(file->read(0, head, sizeof head));
  if (endsWith(path, ".gguf") || std::memcmp(head, "GGUF", 4) == 0) return withTextProblems(io::describeGguf(path), path);
  if (endsWith(path, ".safetensors")) return io::describeSafetensors(path);
  if (endsWith(path, ".bin") || endsWith(path, ".pt") || endsWith(path, ".pth")) return io::describeTorchFile(path);
  return describeDataset(path, file->size());
}

} // namespace attune::data
