// WORKSPACE/queue.json: the runs that waited for the device when the studio went away, so that none is lost. Blocking,
// service threads; written whole or not at all. A file that cannot be read whole is put aside as queue.json.broken.
#pragma once

#include "core/api/run_store.h"
#include "core/base/result.h"

#include <string>
#include <vector>

namespace attune::store {

api::KeptQueue readRunQueue(const std::string &path);
/// An empty queue leaves no file.
Status writeRunQueue(const std::string &path, const std::vector<api::RunRequest> &queue);

} // namespace attune::store
