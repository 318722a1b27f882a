// WORKSPACE/queue.json: the runs that waited for the device when the studio went away, so that none is lost. Blocking,
// service threads; written whole or not at all. What cannot be read is left out.
#pragma once

#include "core/api/backend.h"
#include "core/base/result.h"

#include <string>
#include <vector>

namespace attune::store {

std::vector<api::RunRequest> readRunQueue(const std::string &path);
/// An empty queue leaves no file.
Status writeRunQueue(const std::string &path, const std::vector<api::RunRequest> &queue);

} // namespace attune::store
