// What libsentencepiece trusts in the parts of a model message and a hostile file could get wrong. Pure, any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace attune::tokenizer {

/// Whether compiled normalisation rules are a double array whose every walk stays inside it, ends, meets at most 32 rules and ends in
/// replacements of bounded length.
bool isSoundCharsMap(std::string_view blob);

/// The most of the sorted, distinct `pieces` that are prefixes of one of them, itself included.
size_t deepestPrefixes(const std::vector<std::string> &pieces);

} // namespace attune::tokenizer
