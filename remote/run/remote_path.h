// Paths and programs of the other side as people write them. Pure functions, any thread.
#pragma once

#include <string>

namespace attune::remote {

/// Absolute ones stay; ~, ~/x, x and nothing begin in `home`.
inline std::string belowHome(const std::string &home, const std::string &path) {
  if (!path.empty() && path[0] == '/') return path;
  const std::string rest = path == "~" ? "" : path.compare(0, 2, "~/") == 0 ? path.substr(2) : path;
  return rest.empty() && path != "~/" ? home : home + "/" + rest;
}

/// Whether a program is given by its name alone, which is looked for on the PATH.
inline bool isOnPath(const std::string &program) { return program.find('/') == std::string::npos; }

} // namespace attune::remote
