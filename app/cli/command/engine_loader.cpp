#include "app/cli/command/engine_loader.h"

#include <climits>
#include <cstdlib>
#include <dlfcn.h>
#include <unistd.h>

namespace attune::app {

namespace {

/// OpenMP's threads spin for milliseconds at the end of each parallel loop before they sleep. When anything else wants a
/// core that makes training several times slower, so they spin for some microseconds only. libgomp reads this once, when
/// libtorch loads; what the user has set stays.
void calmOpenMp() {
  if (!std::getenv("OMP_WAIT_POLICY")) setenv("GOMP_SPINCOUNT", "10000", 0);
}

std::string programFolder() {
  char path[PATH_MAX];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path);
  if (length <= 0) return ".";
  const std::string program(path, static_cast<size_t>(length));
  return program.substr(0, program.rfind('/'));
}

} // namespace

Result<int> runEngineVerb(const std::string &verb, const std::vector<std::string> &arguments) {
  calmOpenMp();
  const std::string folder = programFolder();
  void *module = nullptr;
  std::string reason = "it is not there";
  std::string found;
  for (const std::string &path : {folder + "/libattune-engine.so", folder + "/../lib/attune/libattune-engine.so"}) {
    if (access(path.c_str(), R_OK) != 0) continue;
    found = path;
    module = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!module) reason = dlerror();
    break;
  }
  if (!module)
    return Error{ErrorCode::IoFailed, "The engine, which \"" + verb + "\" needs, could not be loaded: " + reason + ".",
                 found, "Build it with ./dev build, or keep libattune-engine.so and libtorch where they were built."};
  const auto entry = reinterpret_cast<EngineEntry>(dlsym(module, "attune_engine_run"));
  if (!entry) return Error{ErrorCode::Internal, "The engine module is not one of this version.", found, "Build again."};
  std::vector<const char *> words;
  for (const std::string &argument : arguments) words.push_back(argument.c_str());
  return entry(verb.c_str(), static_cast<int>(words.size()), words.data());
}

} // namespace attune::app
