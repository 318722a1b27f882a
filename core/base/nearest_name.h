// What a mistyped name most likely meant. Pure functions, any thread.
#pragma once

#include <string>
#include <vector>

namespace attune {

/// Levenshtein distance in bytes.
size_t editDistance(const std::string &a, const std::string &b);

/// The candidate nearest to `word`; empty when none is nearer than a third of the word, and for words of over 64 bytes.
std::string nearestName(const std::string &word, const std::vector<std::string> &candidates);

} // namespace attune
