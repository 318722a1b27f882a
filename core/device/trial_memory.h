// What a trial on this machine decided, kept in the user's cache folder, so that the next process decides alike however busy
// the machine is. Any thread; without a usable folder nothing is kept, and every process tries for itself.
#pragma once

#include <optional>
#include <string>

namespace attune::core {

/// $XDG_CACHE_HOME/attune or ~/.cache/attune; empty when neither is known.
std::string cacheFolder();

/// What was remembered for `trial` on `machine`.
std::optional<std::string> recallTrial(const std::string &trial, const std::string &machine);
void rememberTrial(const std::string &trial, const std::string &machine, const std::string &result);

} // namespace attune::core
