// Where a person's runs, models and datasets lie unless told otherwise. Reads the environment; any thread.
#pragma once

#include <string>

namespace attune {

/// ATTUNE_WORKSPACE, else Attune in the home folder.
std::string defaultWorkspace();

} // namespace attune
