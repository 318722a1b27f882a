// Folders for new runs, here and for those that run on a cluster. Any thread. Usage for a place that is taken, IoFailed where
// nothing can be made.
#pragma once

#include "core/base/result.h"

#include <string>

namespace attune {

/// Refuses a file and a folder that is not empty; nothing is made.
Status checkFreshRunFolder(const std::string &path);
/// Makes the folder; an empty existing one is used.
Status makeFreshRunFolder(const std::string &path);
/// Makes `path`, or where something stands there the first of path-2, path-3, ... that is free; never one that exists.
Result<std::string> makeNumberedRunFolder(const std::string &path);

} // namespace attune
