#include "core/base/workspace.h"

#include <cstdlib>

namespace attune {

std::string defaultWorkspace() {
  const char *workspace = std::getenv("ATTUNE_WORKSPACE");
  if (workspace && *workspace) return workspace;
  const char *home = std::getenv("HOME");
  return std::string(home && *home ? home : ".") + "/Attune";
}

std::string homeFolder() {
  const char *home = std::getenv("HOME");
  return home && *home ? home : "/";
}

std::string inHome(const std::string &path, const std::string &home) {
  return path.compare(0, 2, "~/") == 0 ? home + path.substr(1) : path;
}

} // namespace attune
