// Patterns of ssh_config(5) and known_hosts: * and ?, a leading ! that takes a host out again. Pure functions, any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace attune::remote {

std::string lowerCase(std::string text);

/// Whether `pattern` with * and ? is all of `text`; in linear memory, in at most pattern x text steps.
bool matchesPattern(std::string_view pattern, std::string_view text);

/// Whether any pattern matches and no negated one does. Case does not count.
bool matchesHost(const std::vector<std::string> &patterns, const std::string &host);

} // namespace attune::remote
