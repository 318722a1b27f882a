// Whether another process holds a file's lock (flock), as a run does with its events. Any thread.
#pragma once

#include <string>

namespace attune {

/// True while a process holds the exclusive lock of the file; false for one that is free, missing or unreadable.
bool isFileLocked(const std::string &path);

} // namespace attune
