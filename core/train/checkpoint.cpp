#include "core/train/checkpoint.h"

#include "core/base/atomic_file.h"
#include "core/base/inside_folder.h"
#include "core/base/json.h"
#include "core/train/checkpoint_sums.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <future>
#include <limits>
#include <unistd.h>

namespace attune::core {

namespace fs = std::filesystem;

namespace {

constexpr int kStateSchema = 1;

Error fileError(const std::string &what, const std::string &path, const std::error_code &reason) {
  return {ErrorCode::IoFailed, what + ": " + reason.message() + ".", path, "Check free space and permissions."};
}

std::string checkpointsFolder(const std::string &runFolder) { return runFolder + "/checkpoints"; }

Json finiteOrNull(double value) { return std::isfinite(value) ? Json(value) : Json(); }

Json stateJson(const TrainerState &state) {
  const Meters &m = state.meters;
  const EvaluationHistory &h = state.history;
  const LossScaler &s = state.lossScaler;
  return {{"schema", kStateSchema},
          {"step", state.step},
          {"meters",
           {{"tokens", m.tokens},
            {"trained_tokens", m.trainedTokens},
            {"seconds", m.seconds},
            {"loss_sum", m.lossSum},
            {"loss_tokens", m.lossTokens},
            {"tokens_at_log", m.tokensAtLog},
            {"seconds_at_log", m.secondsAtLog}}},
          {"evaluation",
           {{"best_loss", finiteOrNull(h.bestLoss)},
            {"best_step", h.bestStep},
            {"reference", finiteOrNull(h.reference)},
            {"without_gain", h.withoutGain},
            {"last_step", h.lastStep}}},
          {"memory", {{"parts", state.economy.parts}, {"recomputes_all", state.economy.recomputesAll}}},
          {"loss_scale",
           {{"scale", s.scale}, {"good_steps", s.goodSteps}, {"skipped_in_a_row", s.skippedInARow}, {"skipped_steps", s.skippedSteps}}}};
}

/// Takes numbers out of the state and remembers the first that cannot be.
struct NumberReader {
  std::string impossible; // its name

  int64_t count(const Json &from, const char *name, int64_t least = 0) {
    constexpr int64_t kMost = int64_t(1) << 62; // counting on does not overflow
    const Json &value = from.at(name);
    if (value.is_number_unsigned() && value.get<uint64_t>() <= uint64_t(kMost)) return value.get<int64_t>();
    if (value.is_number_integer() && !value.is_number_unsigned() && value.get<int64_t>() >= least) return value.get<int64_t>();
    return none(name);
  }
  double number(const Json &from, const char *name, double least) {
    const Json &value = from.at(name);
    if (value.is_number() && std::isfinite(value.get<double>()) && value.get<double>() >= least) return value.get<double>();
    return static_cast<double>(none(name));
  }

private:
  int64_t none(const char *name) {
    if (impossible.empty()) impossible = name;
    return 0;
  }
};

Result<TrainerState> stateFromJson(const Json &json, const std::string &where) {
  const char *const hint = "Resume from an earlier checkpoint.";
  try {
    NumberReader read;
    if (read.count(json, "schema") > kStateSchema) {
      return Error{ErrorCode::NewerSchema, "This checkpoint was written by a newer Attune.", where, "Update Attune."};
    }
    TrainerState state;
    state.step = read.count(json, "step");
    const Json &m = json.at("meters");
    state.meters.tokens = read.count(m, "tokens");
    state.meters.trainedTokens = read.count(m, "trained_tokens");
    state.meters.seconds = read.number(m, "seconds", 0);
    state.meters.lossSum = read.number(m, "loss_sum", std::numeric_limits<double>::lowest());
    state.meters.lossTokens = read.count(m, "loss_tokens");
    state.meters.tokensAtLog = read.count(m, "tokens_at_log");
    state.meters.secondsAtLog = read.number(m, "seconds_at_log", 0);
    const Json &e = json.at("evaluation");
    if (!e.at("best_loss").is_null()) state.history.bestLoss = e.at("best_loss").get<double>();
    state.history.bestStep = read.count(e, "best_step", -1);
    if (!e.at("reference").is_null()) state.history.reference = e.at("reference").get<double>();
    state.history.withoutGain = read.count(e, "without_gain");
    state.history.lastStep = e.contains("last_step") ? read.count(e, "last_step", -1) : state.step; // older ones: always evaluated first
    if (const auto found = json.find("memory"); found != json.end()) {                              // older ones have none
      state.economy.parts = std::min(std::max<int64_t>(1, read.count(*found, "parts")), int64_t(1) << 20);
      state.economy.recomputesAll = found->value("recomputes_all", false);
    }
    if (const auto found = json.find("loss_scale"); found != json.end()) { // nor this
      LossScaler &s = state.lossScaler;
      s.scale = read.number(*found, "scale", LossScaler::kLeast);
      s.goodSteps = read.count(*found, "good_steps");
      s.skippedInARow = read.count(*found, "skipped_in_a_row");
      s.skippedSteps = read.count(*found, "skipped_steps");
    }
    if (!read.impossible.empty())
      return Error{ErrorCode::MalformedFile, "A number of the trainer's state is impossible.", where + "#" + read.impossible, hint};
    return state;
  } catch (const Json::exception &error) {
    return Error{ErrorCode::MalformedFile, "The trainer's state is incomplete: " + std::string(error.what()) + ".", where, hint};
  }
}

/// N of "step-N", or -1.
int64_t stepOf(const std::string &name) {
  if (name.compare(0, 5, "step-") != 0 || name.size() < 6 || name.size() > 22) return -1;
  if (name.find_first_not_of("0123456789", 5) != std::string::npos) return -1;
  return std::stoll(name.substr(5));
}

bool isLeftover(const std::string &name) { return name.compare(0, 6, ".part-") == 0 || name.compare(0, 5, ".old-") == 0; }

Status syncPath(const std::string &path, int flags) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | flags);
  if (fd < 0) return fileError("A checkpoint's file cannot be opened", path, {errno, std::generic_category()});
  const int failed = ::fsync(fd) != 0 && errno != EINVAL ? errno : 0;
  ::close(fd);
  if (failed) return fileError("Writing failed", path, {failed, std::generic_category()});
  return {};
}

} // namespace

Status syncTree(const std::string &folder) {
  std::error_code reason;
  for (fs::recursive_directory_iterator at(folder, reason), end; !reason && at != end; at.increment(reason)) {
    const bool isFolder = at->is_directory();
    if (isFolder || at->is_regular_file()) ATTUNE_CHECK(syncPath(at->path().string(), isFolder ? O_DIRECTORY : 0));
  }
  if (reason) return fileError("The folder cannot be read", folder, reason);
  return syncPath(folder, O_DIRECTORY);
}

Status installFolder(const std::string &from, const std::string &to) {
  const fs::path parent = fs::path(to).parent_path();
  const std::string old = (parent / (".old-" + fs::path(to).filename().string())).string();
  std::error_code reason;
  fs::remove_all(old, reason);
  if (fs::exists(to)) fs::rename(to, old, reason);
  if (reason) return fileError("The old folder cannot be replaced", to, reason);
  fs::rename(from, to, reason);
  if (reason) {
    std::error_code ignored;
    if (fs::exists(old)) fs::rename(old, to, ignored);
    return fileError("The folder cannot be put in place", to, reason);
  }
  ATTUNE_CHECK(syncFolder(parent.string()));
  fs::remove_all(old, reason); // a leftover is harmless and removed by the next cleanUp
  return {};
}

std::string CheckpointStore::relativePath(int64_t step) { return "checkpoints/step-" + std::to_string(step); }

Result<std::vector<int64_t>> CheckpointStore::steps() const {
  std::vector<int64_t> found;
  const std::string folder = checkpointsFolder(m_runFolder);
  std::error_code reason;
  for (fs::directory_iterator at(folder, reason), end; !reason && at != end; at.increment(reason)) {
    const int64_t step = stepOf(at->path().filename().string());
    if (step >= 0) found.push_back(step); // a damaged one is told of when it is read
  }
  if (reason && reason != std::errc::no_such_file_or_directory) return fileError("The checkpoints cannot be read", folder, reason);
  std::sort(found.begin(), found.end());
  return found;
}

Status CheckpointStore::write(const TrainerState &state, TrainableModel &model, const Optimizer &optimizer) {
  const std::string folder = checkpointsFolder(m_runFolder);
  const std::string name = "step-" + std::to_string(state.step);
  const std::string part = folder + "/.part-" + name;
  struct Remover {
    std::string path;
    ~Remover() {
      std::error_code ignored;
      fs::remove_all(path, ignored);
    }
  } const remover{part};
  std::error_code ignored;
  fs::remove_all(part, ignored);
  ATTUNE_CHECK(makeFolders(part + "/trainer_state"));
  ATTUNE_CHECK(model.save(part));
  ATTUNE_CHECK(optimizer.save(part + "/trainer_state/optimizer.safetensors"));
  ATTUNE_CHECK(writeFileAtomic(part + "/trainer_state/state.json", dumpJson(stateJson(state)) + "\n"));
  // From the page cache, while the disk writes; where no thread can be made, afterwards (what std::async without a policy does).
  auto sums = std::async([&part] { return sumsOf(part); });
  ATTUNE_CHECK(syncTree(part));
  ATTUNE_TRY(const auto known, sums.get());
  ATTUNE_CHECK(writeSums(part, known));
  ATTUNE_CHECK(installFolder(part, folder + "/" + name));
  if (state.history.bestStep == state.step) {
    ATTUNE_CHECK(writeFileAtomic(folder + "/best.json",
                                 dumpJson({{"step", state.step}, {"loss", finiteOrNull(state.history.bestLoss)}, {"path", name}}) + "\n"));
  }
  return prune(state.step, state.history.bestStep);
}

Status CheckpointStore::prune(int64_t written, int64_t best) const {
  ATTUNE_TRY(std::vector<int64_t> present, steps());
  // Steps above the one just written are of a course that a resume has left: they go before any other.
  std::stable_partition(present.begin(), present.end(), [written](int64_t step) { return step > written; });
  const auto surplus = static_cast<int64_t>(present.size()) - m_keep;
  for (int64_t i = 0; i < surplus; ++i) {
    const int64_t step = present[static_cast<size_t>(i)];
    if (step == best || step == written) continue;
    // Renamed first: a removal that is interrupted must not leave half a checkpoint under a valid name.
    const std::string name = "step-" + std::to_string(step);
    const std::string folder = checkpointsFolder(m_runFolder);
    std::error_code reason;
    fs::rename(folder + "/" + name, folder + "/.part-" + name, reason);
    if (!reason) fs::remove_all(folder + "/.part-" + name, reason);
    if (reason) return fileError("An old checkpoint cannot be removed", folder + "/" + name, reason);
  }
  return {};
}

Result<TrainerState> CheckpointStore::read(int64_t step, TrainableModel &model, Optimizer &optimizer) const {
  const std::string folder = m_runFolder + "/" + relativePath(step);
  const std::string statePath = folder + "/trainer_state/state.json";
  ATTUNE_CHECK(insideFolder(checkSums(folder))); // of files that can be opened: what is not found from here on is missing
  ATTUNE_TRY(const Json json, insideFolder(readJsonFile(statePath, size_t(1) << 20)));
  ATTUNE_TRY(const TrainerState state, stateFromJson(json, statePath));
  if (state.step != step) {
    return Error{ErrorCode::MalformedFile, "The checkpoint of step " + std::to_string(step) + " says that it is of another step.",
                 statePath, "Resume from an earlier checkpoint: move this one away."};
  }
  ATTUNE_CHECK(insideFolder(model.load(folder)));
  ATTUNE_CHECK(insideFolder(optimizer.load(folder + "/trainer_state/optimizer.safetensors")));
  model.parametersChanged();
  return state;
}

Result<std::string> CheckpointStore::setAside(int64_t step) const {
  const std::string folder = m_runFolder + "/" + relativePath(step);
  const std::string name = checkpointsFolder(m_runFolder) + "/damaged-step-" + std::to_string(step);
  std::string free = name;
  std::error_code reason;
  for (int number = 2; fs::exists(free, reason); ++number) free = name + "-" + std::to_string(number);
  if (!reason) fs::rename(folder, free, reason);
  if (reason) return fileError("A damaged checkpoint cannot be set aside", folder, reason);
  return free;
}

void CheckpointStore::cleanUp() const {
  for (const std::string &folder : {checkpointsFolder(m_runFolder), m_runFolder}) {
    std::error_code reason;
    std::vector<fs::path> leftovers;
    for (fs::directory_iterator at(folder, reason), end; !reason && at != end; at.increment(reason)) {
      if (isLeftover(at->path().filename().string())) leftovers.push_back(at->path());
    }
    for (const fs::path &path : leftovers) {
      const std::string name = path.filename().string();
      const fs::path original = path.parent_path() / name.substr(name.find('-') + 1);
      std::error_code ignored;
      // Killed between the two renames of a replacement: the old one is the only whole one.
      if (name.compare(0, 5, ".old-") == 0 && !fs::exists(original))
        fs::rename(path, original, ignored);
      else
        fs::remove_all(path, ignored);
    }
  }
}

} // namespace attune::core
