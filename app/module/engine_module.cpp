#include "app/module/engine_module.h"

#include "core/base/program_folder.h"

#include <cstdlib>
#include <dlfcn.h>
#include <string>
#include <unistd.h>

namespace attune::app {

namespace {

/// OpenMP's threads spin for milliseconds at the end of each parallel loop before they sleep. When anything else wants a
/// core that makes training several times slower, so they spin for some microseconds only. libgomp reads this once, when
/// libtorch loads; what the user has set stays.
void calmOpenMp() {
  if (!std::getenv("OMP_WAIT_POLICY")) setenv("GOMP_SPINCOUNT", "10000", 0);
}

/// oneDNN keeps each product of another shape that it was asked for, up to a thousand of a megabyte each: with rows of every
/// length a short run in bf16 grew by 200 MB. A step needs a dozen.
void boundOneDnn() {
  for (const char *limit : {"ONEDNN_PRIMITIVE_CACHE_CAPACITY", "LRU_CACHE_CAPACITY"}) setenv(limit, "16", 0);
}

/// Segments of a card's memory that grow and shrink: the usual ones keep 2 to 7 % in pieces that nothing fits into, so that a run
/// which would fit runs out. NVIDIA's cards alone: other builds of libtorch have none and warn.
void growCardSegments() {
  if (access("/dev/nvidiactl", F_OK) == 0 && !std::getenv("PYTORCH_ALLOC_CONF"))
    setenv("PYTORCH_CUDA_ALLOC_CONF", "expandable_segments:True", 0);
}

} // namespace

Result<void *> engineFunction(const char *name) {
  calmOpenMp();
  boundOneDnn();
  growCardSegments();
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
    return Error{ErrorCode::IoFailed, "The engine could not be loaded: " + reason + ".", found,
                 "Build it with ./dev build, or keep libattune-engine.so and libtorch where they were built."};
  void *function = dlsym(module, name);
  if (!function) return Error{ErrorCode::Internal, "The engine module is not one of this version.", found, "Build again."};
  return function;
}

} // namespace attune::app
