// The models in a folder and the folders below it: Hugging Face folders and GGUF files. Any thread. Bounded in depth and in
// entries, and each folder is entered once, so neither a loop of links nor a huge tree holds it up.
#pragma once

#include "core/base/stop_token.h"

#include <string>
#include <vector>

namespace attune::store {

/// A state file of a download lies in a folder that is not a model yet.
constexpr const char *kDownloadState = ".attune-download.json";

/// In no order; a folder that looks like a model and lacks its config.json is among them.
std::vector<std::string> searchModels(const std::string &folder, const StopToken &stop);

/// Those in a folder that is none itself, whatever files strayed into it.
std::vector<std::string> searchModelsBelow(const std::string &folder, const StopToken &stop);

/// Whether `path` itself is a model, whole or broken.
bool looksLikeModel(const std::string &path);

} // namespace attune::store
