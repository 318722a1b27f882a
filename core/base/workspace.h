// Where a person's things lie unless told otherwise. Reads the environment; any thread.
#pragma once

#include <string>

namespace attune {

/// Of runs, models and datasets: ATTUNE_WORKSPACE, else Attune in the home folder.
std::string defaultWorkspace();

/// HOME, else the root folder.
std::string homeFolder();

/// A path that begins with ~/ begins in `home`; any other stays.
std::string inHome(const std::string &path, const std::string &home);

} // namespace attune
