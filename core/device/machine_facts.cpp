#include "core/device/host_info.h"
#include "core/device/machine_traps.h"

#include <ATen/Context.h>
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <link.h>
#include <linux/magic.h>
#include <sstream>
#include <sys/resource.h>
#include <sys/vfs.h>
#include <unistd.h>

extern char **environ;

namespace attune::core {

namespace fs = std::filesystem;

namespace {

constexpr int64_t kGiB = int64_t(1) << 30;
constexpr size_t kLargestScript = size_t(256) << 10;
constexpr int kMostScripts = 64;

bool exists(const char *path) { return ::access(path, F_OK) == 0; }

int noteLibrary(dl_phdr_info *info, size_t, void *out) {
  const std::string path = info->dlpi_name ? info->dlpi_name : "";
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return 0;
  const std::string file = path.substr(slash + 1);
  auto &folders = *static_cast<std::vector<std::string> *>(out);
  for (const char *part : {"libc10.so", "libc10_cuda.so", "libc10_hip.so", "libtorch_cpu.so", "libtorch_cuda.so", "libtorch_hip.so"}) {
    if (file.compare(0, std::strlen(part), part) != 0) continue;
    std::error_code failed;
    const fs::path real = fs::canonical(path, failed);
    const std::string folder = failed ? path.substr(0, slash) : real.parent_path().string();
    if (std::find(folders.begin(), folders.end(), folder) == folders.end()) folders.push_back(folder);
  }
  return 0;
}

std::string buildOf() {
  for (const char *library : {"libc10_hip.so", "libtorch_hip.so"})
    if (dlopen(library, RTLD_LAZY | RTLD_NOLOAD)) return "rocm";
  return at::globalContext().hasCUDA() ? "cuda" : "cpu";
}

bool opensAny(const std::string &folder, const std::string &prefix) {
  std::error_code failed;
  for (fs::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed))
    if (at->path().filename().string().compare(0, prefix.size(), prefix) == 0 && ::access(at->path().c_str(), R_OK | W_OK) == 0)
      return true;
  return false;
}

int64_t overcommitLeft() {
  std::ifstream file("/proc/sys/vm/overcommit_memory");
  int mode = 0;
  if (!(file >> mode) || mode != 2) return -1;
  return std::max<int64_t>(0, kilobytesIn("/proc/meminfo", "CommitLimit:") - kilobytesIn("/proc/meminfo", "Committed_AS:"));
}

/// cpu.max of the control group ("200000 100000"), version 2.
double coreQuota() {
  std::ifstream groups("/proc/self/cgroup");
  std::string path = "/";
  for (std::string line; std::getline(groups, line);)
    if (line.compare(0, 3, "0::") == 0) path = line.substr(3);
  for (const std::string &folder : {path == "/" ? std::string() : path, std::string()}) {
    std::ifstream file("/sys/fs/cgroup" + folder + "/cpu.max");
    double quota = 0, period = 0;
    if (file >> quota >> period && period > 0) return quota / period;
  }
  return -1;
}

/// Reserves a gigabyte in a file that has no name, which a quota refuses although the disk has room.
void tryWorkspace(MachineFacts &facts) {
  fs::path folder = facts.workspace.empty() ? fs::path(".") : fs::absolute(facts.workspace);
  std::error_code failed;
  while (!fs::exists(folder, failed) && folder.has_parent_path() && folder.parent_path() != folder) folder = folder.parent_path();
  struct statfs system {};
  if (::statfs(folder.c_str(), &system) == 0) {
    facts.workspaceInMemory = system.f_type == TMPFS_MAGIC || system.f_type == RAMFS_MAGIC;
    const bool room = static_cast<int64_t>(system.f_bavail) * static_cast<int64_t>(system.f_bsize) > 2 * kGiB;
    if (!room || facts.workspaceInMemory) return; // the disk check tells of the one; the other would take memory
  }
  const int file = ::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
  if (file < 0) {
    if (errno == EACCES || errno == EROFS || errno == EDQUOT) facts.workspaceRefusal = std::strerror(errno);
    return;
  }
  if (::fallocate(file, 0, 0, kGiB) != 0 && (errno == EDQUOT || errno == ENOSPC || errno == EFBIG))
    facts.workspaceRefusal = std::strerror(errno);
  ::close(file);
}

void readScripts(MachineFacts &facts) {
  std::vector<std::string> paths;
  if (const char *home = std::getenv("HOME"))
    for (const char *name : {"/.bashrc", "/.bash_profile", "/.bash_login", "/.profile"}) paths.push_back(std::string(home) + name);
  std::error_code failed;
  int scripts = 0;
  for (fs::directory_iterator at(".", failed), end; !failed && at != end && scripts < kMostScripts; at.increment(failed))
    if (at->path().extension() == ".sh") paths.push_back(at->path().filename().string()), ++scripts;
  for (const std::string &path : paths) {
    if (!fs::is_regular_file(path, failed) || fs::file_size(path, failed) > kLargestScript || failed) continue;
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    for (ScriptLine &line : unexportedSettings(text.str(), path)) facts.scripts.push_back(std::move(line));
  }
}

} // namespace

MachineFacts readMachineFacts(const std::string &workspace) {
  MachineFacts facts;
  for (char **entry = environ; entry && *entry; ++entry) {
    const char *equals = std::strchr(*entry, '=');
    if (equals) facts.environment[std::string(*entry, static_cast<size_t>(equals - *entry))] = equals + 1;
  }
  facts.build = buildOf();
  dl_iterate_phdr(noteLibrary, &facts.libraryFolders);
  facts.nvidiaCard = exists("/proc/driver/nvidia/version") || exists("/dev/nvidiactl");
  facts.amdCard = exists("/dev/kfd");
  if (facts.amdCard)
    facts.cardOpens = ::access("/dev/kfd", R_OK | W_OK) == 0 && opensAny("/dev/dri", "renderD");
  else if (facts.nvidiaCard)
    facts.cardOpens = ::access("/dev/nvidiactl", R_OK | W_OK) == 0 && opensAny("/dev", "nvidia");
  facts.cards = accelerators();
  facts.memory = readHostMemory();
  facts.overcommitLeftBytes = overcommitLeft();
  rlimit addresses{};
  if (::getrlimit(RLIMIT_AS, &addresses) == 0 && addresses.rlim_cur != RLIM_INFINITY)
    facts.addressLimitBytes = static_cast<int64_t>(std::min<rlim_t>(addresses.rlim_cur, rlim_t(1) << 62));
  facts.cores = hostInfo().cores;
  facts.coreQuota = coreQuota();
  facts.workspace = workspace;
  tryWorkspace(facts);
  readScripts(facts);
  return facts;
}

} // namespace attune::core
