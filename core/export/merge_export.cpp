#include "core/export/merge_export.h"

#include "core/base/atomic_file.h"
#include "core/base/json.h"
#include "core/device/host_info.h"
#include "core/export/llama_folder.h"
#include "core/export/shard_writer.h"
#include "core/lora/lora_file.h"
#include "core/model/hf_config.h"
#include "core/model/hf_files.h"
#include "core/plan/memory_planner.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <unistd.h>

namespace attune::core {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kSpare = uint64_t(64) << 20; // of disk, for what stands beside the weights

/// A folder beside its final place that vanishes unless it is put there.
class PendingFolder {
public:
  explicit PendingFolder(std::string target) : m_target(std::move(target)), m_path(m_target + ".partial-" + std::to_string(::getpid())) {}
  PendingFolder(const PendingFolder &) = delete;
  PendingFolder &operator=(const PendingFolder &) = delete;
  ~PendingFolder() {
    std::error_code ignored;
    if (!m_path.empty()) fs::remove_all(m_path, ignored);
  }
  const std::string &path() const { return m_path; }
  Status put() {
    ATTUNE_CHECK(syncFolder(m_path));
    if (std::rename(m_path.c_str(), m_target.c_str()) != 0)
      return Error{ErrorCode::IoFailed, "The folder cannot be put in place: " + std::string(std::strerror(errno)) + ".", m_target, ""};
    m_path.clear();
    return syncFolder(fs::path(m_target).parent_path().string());
  }

private:
  std::string m_target, m_path;
};

/// The absolute path of `out`, links resolved; Usage when something is there.
Result<std::string> freePlace(const std::string &out) {
  std::error_code reason;
  fs::path path = fs::weakly_canonical(fs::absolute(out), reason);
  if (reason || out.empty())
    return Error{ErrorCode::Usage, "The output folder's path cannot be used.", out, "Choose another path with --out."};
  if (path.filename().empty()) path = path.parent_path();
  if (!fs::exists(path, reason)) return path.string();
  if (!fs::is_directory(path, reason)) return Error{ErrorCode::Usage, "The output path is a file.", out, "Choose another path with --out."};
  if (!fs::is_empty(path, reason) || reason)
    return Error{ErrorCode::Usage, "The output folder exists and is not empty.", out, "Choose another path with --out."};
  return path.string();
}

Status checkRoom(const io::WeightSource &source, const OutputPlan &plan, const std::string &target) {
  const int64_t disk = freeDiskBytes(target), needed = static_cast<int64_t>(plan.bytes() + kSpare);
  if (disk >= 0 && disk < needed)
    return Error{ErrorCode::IoFailed, "The folder needs " + bytesText(needed) + " of disk, and " + bytesText(disk) + " are free.", target,
                 "Free space, or choose another disk with --out."};
  const int64_t memory = hostInfo().availableBytes, model = source.config().parameterCount() * 4;
  if (memory > 0 && memory < model)
    return Error{ErrorCode::DoesNotFit,
                 "Checking the result takes the model in fp32, " + bytesText(model) + " of memory, and " + bytesText(memory) + " are free.",
                 target, "Close other programs, or do this on a larger machine."};
  return {};
}

Status writeOwnFiles(const std::string &folder, const std::string &source, const OutputPlan &plan) {
  if (!isFolder(source)) return writeFileAtomic(folder + "/config.json", hfConfigJson(plan.config, plan.dtype()));
  ATTUNE_CHECK(carryFiles(source, folder));
  ATTUNE_TRY(Json config, readJsonFile(source + "/config.json"));
  describeWeights(config, plan.dtype(), plan.config.tiedEmbeddings);
  return writeFileAtomic(folder + "/config.json", dumpJson(config) + "\n");
}

} // namespace

Result<ExportResult> exportFolder(const ExportRequest &request, const ExportProgress &progress) {
  const auto tell = [&](const std::string &what, double share) { return progress ? progress(what, share) : Status(); };
  ATTUNE_TRY(const std::string target, freePlace(request.out));
  ATTUNE_TRY(const auto source, io::openModel(request.model));
  ATTUNE_TRY(const ModelFamily *family, familyOf(source->config()));
  LoraAdapter adapter; // its rows and the files' are in one order here
  if (!request.adapter.empty()) {
    ATTUNE_TRY(adapter, readAdapter(request.adapter, linearModules(source->config(), *family), wholeTensors(source->config(), *family)));
  }
  const bool llama = request.layout == ExportLayout::Llama;
  ATTUNE_TRY(const OutputPlan plan, llama ? planLlama(*source, adapter, request.type) : planMerge(*source, adapter, request.type));
  if (llama || !isFolder(request.model)) ATTUNE_CHECK(checkHfConfig(plan.config, request.model));
  ATTUNE_CHECK(checkRoom(*source, plan, target));

  ATTUNE_CHECK(tell("Computing the logits of model and adapter", 0.0));
  ATTUNE_TRY(const ParityReference reference,
             parityReference(*source, adapter, plan, [&] { return tell("Computing the logits of model and adapter", 0.0); }));
  PendingFolder pending(target);
  ATTUNE_CHECK(makeFolders(pending.path()));
  ExportResult result;
  result.bytes = plan.bytes();
  ATTUNE_CHECK(writeShards(pending.path(), *source, plan, request.maxShardBytes, [&](uint64_t bytes) {
    return tell("Writing " + bytesText(static_cast<int64_t>(result.bytes)), static_cast<double>(bytes) / static_cast<double>(result.bytes));
  }));
  ATTUNE_CHECK(llama ? writeLlamaFiles(pending.path(), request.model, source->config(), plan.config, plan.dtype())
                     : writeOwnFiles(pending.path(), request.model, plan));
  if (!isFolder(request.model)) result.warning = "The model came from a GGUF file, so the folder has no tokenizer files of its own.";
  ATTUNE_TRY(result.parity, checkFolder(pending.path(), reference, [&] { return tell("Checking the written folder", 1.0); }));
  ATTUNE_CHECK(pending.put());
  return result;
}

} // namespace attune::core
