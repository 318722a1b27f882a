#include "core/device/machine_traps.h"

#include "core/plan/memory_planner.h"

#include <algorithm>
#include <cstdio>

namespace attune::core {

namespace {

constexpr int64_t kGiB = int64_t(1) << 30;

const std::string *valueOf(const MachineFacts &facts, const std::string &name) {
  const auto found = facts.environment.find(name);
  return found == facts.environment.end() ? nullptr : &found->second;
}

std::string coresText(double cores) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", cores);
  return text;
}

void checkLibraries(const MachineFacts &facts, std::vector<MachineCheck> &checks) {
  if (facts.libraryFolders.size() > 1) {
    std::string folders;
    for (const std::string &folder : facts.libraryFolders) folders += (folders.empty() ? "" : " and ") + folder;
    checks.push_back({"libtorch_mixed", "fail", "parts of libtorch come from " + folders,
                      "Two libtorches mix: take one of the folders out of LD_LIBRARY_PATH and LD_PRELOAD."});
  }
  if (facts.build == "rocm")
    checks.push_back({"rocm", "ok", "this libtorch is built for ROCm, so torch.version.cuda is empty in its Python half",
                      "Attune does not read that. DeepSpeed does, and fails: skip its assert_no_cuda_mismatch (op_builder/builder.py)."});
  if (facts.nvidiaCard && !facts.amdCard && facts.build != "cuda")
    checks.push_back({"card_build", "warn", "an NVIDIA card is here, but this libtorch is built for " + facts.build,
                      "Build Attune against a libtorch for CUDA to use the card."});
  if (facts.amdCard && !facts.nvidiaCard && facts.build != "rocm")
    checks.push_back({"card_build", "warn", "an AMD or DCU card is here, but this libtorch is built for " + facts.build,
                      "Build Attune against the site's own torch for ROCm or DTK; a torch from pip replaces it with one that cannot use "
                      "the card."});
}

/// Why libtorch finds no card although it is built for one.
void checkMissingCards(const MachineFacts &facts, std::vector<MachineCheck> &checks) {
  if (facts.build == "cpu" || !facts.cards.empty()) return;
  std::string hidden;
  for (const char *name : {"CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "GPU_DEVICE_ORDINAL"})
    if (const std::string *value = valueOf(facts, name)) hidden += (hidden.empty() ? "" : ", ") + (name + ("=" + *value));
  const bool driver = facts.build == "rocm" ? facts.amdCard : facts.nvidiaCard;
  MachineCheck check{"card_missing", "warn", "libtorch is built for " + facts.build + " and finds no card", ""};
  if (!driver)
    check.advice = facts.build == "rocm" ? "There is no /dev/kfd: load the amdgpu driver, or ask the scheduler for a node with cards."
                                         : "The NVIDIA driver is not loaded: load it, or ask the scheduler for a node with cards.";
  else if (!facts.cardOpens)
    check.advice = facts.build == "rocm" ? "This user may not open /dev/kfd or /dev/dri: ask for the groups render and video."
                                         : "This user may not open /dev/nvidia0: ask for access, or pass the card into the container.";
  else if (!hidden.empty())
    check.advice = "Unset what hides the cards: " + hidden + ".";
  else
    check.advice = "Driver and libtorch do not fit together: compare the driver's version with the one that libtorch was built for.";
  checks.push_back(check);
}

void checkCards(const MachineFacts &facts, std::vector<MachineCheck> &checks) {
  for (const ComputeDevice &card : facts.cards) {
    const int64_t taken = card.totalBytes - card.freeBytes;
    if (card.totalBytes > 0 && taken > 2 * kGiB + card.totalBytes / 20)
      checks.push_back({"memory_in_use_" + card.id, "warn", bytesText(taken) + " of " + bytesText(card.totalBytes) + " are in use",
                        "Other programs hold them: nvidia-smi or rocm-smi names them. Forecasts count only what is free."});
  }
  if (facts.build == "cpu") return;
  if (const std::string *version = valueOf(facts, "HSA_OVERRIDE_GFX_VERSION"))
    checks.push_back({"gfx_override", "warn", "HSA_OVERRIDE_GFX_VERSION=" + *version + " lets the card pass for another",
                      "Kernels for another card may compute wrongly: trust the dtype checks here, and unset it where they fail."});
  struct Slow {
    const char *name, *value;
  };
  for (const Slow &slow : {Slow{"CUDA_LAUNCH_BLOCKING", "1"},
                           {"HIP_LAUNCH_BLOCKING", "1"},
                           {"AMD_SERIALIZE_KERNEL", "3"},
                           {"PYTORCH_NO_CUDA_MEMORY_CACHING", "1"},
                           {"PYTORCH_NO_HIP_MEMORY_CACHING", "1"}}) {
    const std::string *value = valueOf(facts, slow.name);
    if (value && *value == slow.value)
      checks.push_back({"slow_setting", "warn", std::string(slow.name) + "=" + *value + " is for debugging and slows every step",
                        "Unset it for training."});
  }
  for (const char *name : {"PYTORCH_CUDA_ALLOC_CONF", "PYTORCH_HIP_ALLOC_CONF", "PYTORCH_ALLOC_CONF"}) {
    const std::string *value = valueOf(facts, name);
    if (!value) continue;
    const bool risky = facts.build == "rocm" && value->find("expandable_segments:True") != std::string::npos;
    checks.push_back({"allocator", risky ? "warn" : "ok", std::string(name) + "=" + *value,
                      risky ? "expandable_segments fails on many ROCm stacks: leave it out." : ""});
  }
}

void checkHost(const MachineFacts &facts, std::vector<MachineCheck> &checks) {
  if (facts.memory.limited)
    checks.push_back({"memory_limit", "ok", "this container or job may take " + bytesText(facts.memory.totalBytes), ""});
  if (facts.overcommitLeftBytes >= 0) {
    const bool tight = facts.overcommitLeftBytes < facts.memory.availableBytes;
    checks.push_back({"overcommit", tight ? "warn" : "ok",
                      "the kernel promises no more memory than it has (vm.overcommit_memory=2): " + bytesText(facts.overcommitLeftBytes) +
                          " are left to promise",
                      tight ? "Runs end with out of memory before memory is full: have vm.overcommit_memory set to 0." : ""});
  }
  if (facts.addressLimitBytes >= 0)
    checks.push_back({"address_limit", "warn", "ulimit -v allows " + bytesText(facts.addressLimitBytes) + " of addresses",
                      "libtorch reserves far more addresses than it uses: ulimit -v unlimited, and memory_cap_bytes for a cap."});
  if (facts.coreQuota > 0 && facts.coreQuota + 0.5 < static_cast<double>(facts.cores)) {
    const int64_t threads = std::max<int64_t>(1, static_cast<int64_t>(facts.coreQuota));
    checks.push_back({"core_quota", "warn",
                      std::to_string(facts.cores) + " cores are seen, but the container or job may use " + coresText(facts.coreQuota),
                      "More threads than that stand still in turn: --threads " + std::to_string(threads) + "."});
  }
}

void checkWorkspace(const MachineFacts &facts, std::vector<MachineCheck> &checks) {
  if (facts.workspaceInMemory)
    checks.push_back({"disk_in_memory", "warn", facts.workspace + " lies in memory (tmpfs)",
                      "Checkpoints there take the memory that runs need, and are gone after a restart: choose a disk with --workspace."});
  if (!facts.workspaceRefusal.empty())
    checks.push_back(
        {"disk_trial", "warn", "one gigabyte could not be reserved at " + facts.workspace + ": " + facts.workspaceRefusal,
         "A quota or permission stands in the way, whatever is free: quota -s tells, and --workspace chooses another folder."});
}

void checkScripts(const MachineFacts &facts, std::vector<MachineCheck> &checks) {
  for (const ScriptLine &line : facts.scripts)
    if (!valueOf(facts, line.name))
      checks.push_back({"set_not_export", "warn", line.place + " says set " + line.name + "=..., which sets nothing in this shell",
                        "Write export " + line.name + "=... there."});
}

} // namespace

std::vector<MachineCheck> checkTraps(const MachineFacts &facts) {
  std::vector<MachineCheck> checks;
  checkLibraries(facts, checks);
  checkMissingCards(facts, checks);
  checkCards(facts, checks);
  checkHost(facts, checks);
  checkWorkspace(facts, checks);
  checkScripts(facts, checks);
  return checks;
}

std::vector<ScriptLine> unexportedSettings(const std::string &script, const std::string &path) {
  constexpr const char *kPrefixes[] = {"PYTORCH_", "TORCH_", "CUDA_",   "HIP_", "HSA_",  "ROCR_",
                                       "ROCM_",    "AMD_",   "MIOPEN_", "OMP_", "NCCL_", "LD_LIBRARY_PATH"};
  std::vector<ScriptLine> found;
  size_t begin = 0;
  for (int64_t number = 1; begin < script.size(); ++number) {
    const size_t end = std::min(script.find('\n', begin), script.size());
    std::string line = script.substr(begin, end - begin);
    begin = end + 1;
    line.erase(0, line.find_first_not_of(" \t"));
    if (line.compare(0, 4, "set ") != 0 && line.compare(0, 4, "set\t") != 0) continue;
    line.erase(0, 4);
    line.erase(0, line.find_first_not_of(" \t"));
    const size_t equals = line.find('=');
    const std::string name = line.substr(0, equals);
    if (equals == std::string::npos || name.find_first_of(" \t\"'$-") != std::string::npos) continue;
    const bool read = std::any_of(std::begin(kPrefixes), std::end(kPrefixes),
                                  [&](const char *prefix) { return name.compare(0, std::char_traits<char>::length(prefix), prefix) == 0; });
    if (read) found.push_back({path + ":" + std::to_string(number), name});
  }
  return found;
}

} // namespace attune::core
