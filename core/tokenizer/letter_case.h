// Upper, lower and title case of one code point as Python's str has them, including the few that become several.
// Pure functions, any thread, no failure.
#pragma once

#include <cstdint>
#include <string>

namespace attune::tokenizer {

void appendUpper(std::string &out, uint32_t code);
void appendLower(std::string &out, uint32_t code);
void appendTitle(std::string &out, uint32_t code);

/// Whether the upper (lower) case of the code point is another text.
bool hasUpper(uint32_t code);
bool hasLower(uint32_t code);

bool isCased(uint32_t code);
/// What stands between the letters of a word without ending it, when the form of a sigma is chosen.
bool isCaseIgnorable(uint32_t code);

} // namespace attune::tokenizer
