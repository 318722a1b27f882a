#include "core/device/machine_traps.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <optional>

using namespace attune;
using namespace attune::core;

namespace {

constexpr int64_t kGiB = int64_t(1) << 30;

/// A machine without a trap, on which `build` libtorch uses its card.
MachineFacts soundMachine(const std::string &build) {
  MachineFacts facts;
  facts.build = build;
  facts.libraryFolders = {"/opt/libtorch/lib"};
  facts.nvidiaCard = build == "cuda";
  facts.amdCard = build == "rocm";
  if (build != "cpu") facts.cards = {{"cuda:0", "Card", 16 * kGiB, 15 * kGiB}};
  facts.memory = {64 * kGiB, 60 * kGiB, 0, false};
  facts.cores = 8;
  facts.workspace = "/home/u/Attune";
  return facts;
}

/// What is said with `id` after `change`.
std::optional<MachineCheck> said(const std::string &id, const std::string &build, const std::function<void(MachineFacts &)> &change) {
  MachineFacts facts = soundMachine(build);
  change(facts);
  const auto checks = checkTraps(facts);
  const auto found = std::find_if(checks.begin(), checks.end(), [&](const MachineCheck &check) { return check.id == id; });
  return found == checks.end() ? std::nullopt : std::optional<MachineCheck>(*found);
}

bool advises(const std::optional<MachineCheck> &check, const std::string &word) {
  return check && check->status != "ok" && check->advice.find(word) != std::string::npos;
}

} // namespace

TEST_CASE("traps: a sound machine has none") {
  CHECK(checkTraps(soundMachine("cpu")).empty());
  CHECK(checkTraps(soundMachine("cuda")).empty());
  const auto rocm = checkTraps(soundMachine("rocm"));
  REQUIRE(rocm.size() == 1);
  CHECK(rocm[0].status == "ok");
  CHECK(rocm[0].advice.find("assert_no_cuda_mismatch") != std::string::npos);
}

TEST_CASE("traps: cards that libtorch cannot use say why") {
  CHECK(advises(said("card_build", "cpu", [](MachineFacts &f) { f.nvidiaCard = true; }), "CUDA"));
  CHECK(advises(said("card_build", "cuda", [](MachineFacts &f) { f.nvidiaCard = false, f.amdCard = true; }), "site's own"));
  CHECK(advises(said("card_missing", "cuda", [](MachineFacts &f) { f.cards.clear(), f.nvidiaCard = false; }), "driver is not loaded"));
  CHECK(advises(said("card_missing", "rocm", [](MachineFacts &f) { f.cards.clear(), f.amdCard = false; }), "/dev/kfd"));
  CHECK(advises(said("card_missing", "rocm", [](MachineFacts &f) { f.cards.clear(), f.cardOpens = false; }), "render"));
  CHECK(advises(said("card_missing", "cuda", [](MachineFacts &f) { f.cards.clear(), f.environment.emplace("CUDA_VISIBLE_DEVICES", "-1"); }),
                "CUDA_VISIBLE_DEVICES=-1"));
  CHECK(advises(said("card_missing", "cuda", [](MachineFacts &f) { f.cards.clear(); }), "version"));
  CHECK_FALSE(said("card_missing", "cpu", [](MachineFacts &) {}));
  CHECK(advises(said("memory_in_use_cuda:0", "cuda", [](MachineFacts &f) { f.cards[0].freeBytes = 10 * kGiB; }), "nvidia-smi"));
  CHECK_FALSE(said("memory_in_use_cuda:0", "cuda", [](MachineFacts &) {}));
}

TEST_CASE("traps: settings that slow down, mislead or never arrive") {
  CHECK(advises(said("libtorch_mixed", "cpu", [](MachineFacts &f) { f.libraryFolders.push_back("/usr/lib"); }), "LD_LIBRARY_PATH"));
  CHECK(
      advises(said("gfx_override", "rocm", [](MachineFacts &f) { f.environment.emplace("HSA_OVERRIDE_GFX_VERSION", "9.0.0"); }), "dtype"));
  CHECK(advises(said("slow_setting", "cuda", [](MachineFacts &f) { f.environment.emplace("CUDA_LAUNCH_BLOCKING", "1"); }), "Unset"));
  CHECK_FALSE(said("slow_setting", "cuda", [](MachineFacts &f) { f.environment.emplace("CUDA_LAUNCH_BLOCKING", "0"); }));
  const auto allocator = [](MachineFacts &f) { f.environment.emplace("PYTORCH_CUDA_ALLOC_CONF", "expandable_segments:True"); };
  CHECK(said("allocator", "cuda", allocator)->status == "ok");
  CHECK(advises(said("allocator", "rocm", allocator), "leave it out"));

  const auto lines = unexportedSettings("#!/bin/bash\nset -e\n  set PYTORCH_CUDA_ALLOC_CONF=max_split_size_mb:128\nset FOO=1\n"
                                        "export HIP_VISIBLE_DEVICES=0\nset \"OMP_NUM_THREADS=2\"\nset\tHSA_X=1",
                                        "run.sh");
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].place == "run.sh:3");
  CHECK(lines[0].name == "PYTORCH_CUDA_ALLOC_CONF");
  CHECK(lines[1].place == "run.sh:7");
  CHECK(advises(said("set_not_export", "cpu", [&](MachineFacts &f) { f.scripts = lines; }), "export PYTORCH_CUDA_ALLOC_CONF"));
  CHECK_FALSE(said("set_not_export", "cpu", [&](MachineFacts &f) {
    f.scripts = {lines[0]};
    f.environment.emplace("PYTORCH_CUDA_ALLOC_CONF", "x"); // it arrived some other way
  }));
}

TEST_CASE("traps: limits of memory, cores and disk") {
  CHECK(said("memory_limit", "cpu", [](MachineFacts &f) { f.memory.limited = true; })->status == "ok");
  CHECK(advises(said("overcommit", "cpu", [](MachineFacts &f) { f.overcommitLeftBytes = kGiB; }), "vm.overcommit_memory"));
  CHECK(said("overcommit", "cpu", [](MachineFacts &f) { f.overcommitLeftBytes = 70 * kGiB; })->status == "ok");
  CHECK(advises(said("address_limit", "cpu", [](MachineFacts &f) { f.addressLimitBytes = kGiB; }), "unlimited"));
  CHECK(advises(said("core_quota", "cpu", [](MachineFacts &f) { f.coreQuota = 2; }), "--threads 2"));
  CHECK(advises(said("core_quota", "cpu", [](MachineFacts &f) { f.coreQuota = 0.5; }), "--threads 1"));
  CHECK_FALSE(said("core_quota", "cpu", [](MachineFacts &f) { f.coreQuota = 8; }));
  CHECK(advises(said("disk_trial", "cpu", [](MachineFacts &f) { f.workspaceRefusal = "Disk quota exceeded"; }), "quota"));
  CHECK(advises(said("disk_in_memory", "cpu", [](MachineFacts &f) { f.workspaceInMemory = true; }), "--workspace"));
}

TEST_CASE("traps: this machine's facts are read") {
  const MachineFacts facts = readMachineFacts("/tmp/not made yet");
  CHECK(facts.libraryFolders.size() >= 1);
  CHECK_FALSE(facts.environment.empty());
  CHECK(facts.memory.totalBytes > 0);
  CHECK(facts.cores >= 1);
}
