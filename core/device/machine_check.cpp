#include "core/device/machine_check.h"

#include "core/device/compute_device.h"
#include "core/device/dtype_policy.h"
#include "core/device/host_info.h"
#include "core/device/machine_traps.h"
#include "core/device/probe.h"
#include "core/device/threads.h"
#include "core/nn/attention_trial.h"
#include "core/nn/device_kernels.h"
#include "core/plan/memory_planner.h"

#include <ATen/Context.h>
#include <cstdio>
#include <cstdlib>
#include <torch/version.h>

namespace attune::core {

namespace {

constexpr int64_t kGiB = int64_t(1) << 30;

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.0f", value);
  return text;
}

MachineCheck dtypeCheck(const DtypeTrial &trial, bool needed, const std::string &of) {
  MachineCheck check{"dtype_" + trial.name + of, "ok", "", ""};
  char error[32];
  std::snprintf(error, sizeof error, "%.1e", trial.relativeError);
  check.found = number(trial.gflops) + " GFLOP/s, largest relative error " + error + (trial.path.empty() ? "" : ", by " + trial.path);
  if (!trial.usable) {
    check.status = needed ? "fail" : "warn";
    check.found = trial.problem;
    check.advice =
        needed ? "Training would give wrong numbers here: update libtorch or report the processor." : "Leave precision on auto or fp32.";
  }
  return check;
}

MachineCheck environmentCheck(int64_t threads) {
  MachineCheck check{"openmp", "ok", "no settings that slow the threads down", ""};
  const char *count = std::getenv("OMP_NUM_THREADS"), *bind = std::getenv("OMP_PROC_BIND"), *wait = std::getenv("OMP_WAIT_POLICY");
  std::string found;
  if (count) found += "OMP_NUM_THREADS=" + std::string(count) + " ";
  if (bind) found += "OMP_PROC_BIND=" + std::string(bind) + " ";
  if (wait) found += "OMP_WAIT_POLICY=" + std::string(wait) + " ";
  if (!found.empty()) check.found = found.substr(0, found.size() - 1);
  if (count && std::atoi(count) > 0 && std::atoi(count) < threads) {
    check.status = "warn";
    check.advice = "OMP_NUM_THREADS is smaller than the cores; --threads overrides it.";
  }
  return check;
}

MachineCheck kernelCheck(const at::Device &device) {
  const std::string problem = device::problemWith(device, at::kBFloat16);
  if (problem.empty()) return {"device_kernels", "ok", "compiled here", ""};
  return {"device_kernels", "warn", problem.substr(0, problem.find('\n')), "Training works, with plain operators and slower."};
}

/// The number types of a device, each tried; `of` is added to the names of the checks.
std::vector<MachineCheck> dtypeChecks(const at::Device &device, const std::string &of) {
  const auto trials = probeDtypes(device);
  std::vector<MachineCheck> checks;
  for (const DtypeTrial &trial : trials) checks.push_back(dtypeCheck(trial, trial.name == "fp32", of));
  if (device.is_cpu() && trials[2].usable && trials[2].gflops * 4 < trials[0].gflops) {
    checks.back().status = "warn";
    checks.back().advice = "fp16 is slow on this processor; auto never chooses it.";
  }
  return checks;
}

/// Which attention is taken in each type, for the commonest heads.
MachineCheck attentionCheck(const at::Device &device) {
  MachineCheck check{"attention", "ok", "", ""};
  if (device.is_cpu()) return {"attention", "ok", "sliced, by our own loops", ""};
  for (const at::ScalarType type : {at::kBFloat16, at::kHalf, at::kFloat}) {
    std::string problem;
    for (const bool grouped : {false, true})
      if (problem.empty()) problem = problemWithFusedAttention({type, 128, grouped}, device);
    check.found.append(check.found.empty() ? "" : "; ").append(typeName(type)).append(problem.empty() ? " fused" : " sliced: " + problem);
    if (problem.empty()) continue;
    check.status = "warn";
    check.advice = "Training works with sliced attention, in as little memory but slower.";
  }
  return check;
}

} // namespace

std::vector<MachineCheck> checkMachine(const std::string &workspace, int64_t threads, const at::Device &device) {
  std::vector<MachineCheck> checks;
  const HostInfo host = hostInfo();
  checks.push_back({"libtorch", "ok", std::string(TORCH_VERSION) + (at::globalContext().hasCUDA() ? ", with CUDA" : ", CPU only"), ""});
  checks.push_back({"processor", "ok", host.processor + ", " + std::to_string(host.cores) + (host.cores == 1 ? " core" : " cores"), ""});
  const int64_t used = setComputeThreads(threads);
  checks.push_back({"threads", used <= host.cores ? "ok" : "warn", std::to_string(used),
                    used <= host.cores ? "" : "More threads than cores slow each other down."});
  checks.push_back(environmentCheck(used));

  for (const ComputeDevice &card : accelerators())
    checks.push_back(
        {"device_" + card.id, "ok", card.name + ", " + bytesText(card.freeBytes) + " free of " + bytesText(card.totalBytes), ""});
  if (!device.is_cpu()) checks.push_back(kernelCheck(device));
  for (MachineCheck &check : dtypeChecks(device, "")) checks.push_back(std::move(check));
  for (const ComputeDevice &card : accelerators())
    if (at::Device(card.id) != device)
      for (MachineCheck &check : dtypeChecks(at::Device(card.id), "_on_" + card.id)) checks.push_back(std::move(check));
  checks.push_back({"precision_auto", "ok", typeName(autoComputeType(device)), ""});
  checks.push_back(attentionCheck(device));

  const bool little = host.availableBytes < 2 * kGiB;
  checks.push_back({"memory", little ? "warn" : "ok", bytesText(host.availableBytes) + " free of " + bytesText(host.memoryBytes),
                    little ? "Close other programs; the starter model needs about 2 GiB to train." : ""});
  const int64_t disk = freeDiskBytes(workspace);
  const bool tight = disk >= 0 && disk < 2 * kGiB;
  checks.push_back({"disk", tight ? "warn" : "ok", disk < 0 ? "unknown" : bytesText(disk) + " free at " + workspace,
                    tight ? "Free some space, or choose another folder with --workspace." : ""});
  for (MachineCheck &check : checkTraps(readMachineFacts(workspace))) checks.push_back(std::move(check));
  return checks;
}

} // namespace attune::core
