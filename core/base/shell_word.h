// Words of a command line to copy. Pure function, any thread.
#pragma once

#include <string>

namespace attune {

/// A word for the shell in quotes, whatever it holds.
std::string quotedWord(const std::string &word);

/// A word for the shell as it stands, in quotes where it needs them.
std::string shellWord(const std::string &word);

} // namespace attune
