// Hand-written equivalents of the well-known pre-tokenizer patterns: each returns the length of the piece at `at`.
// Pure, any thread; the text between `at` and `end` is valid UTF-8 and not empty.
#pragma once

#include <cstddef>

namespace attune::tokenizer {

size_t scanGpt2(const char *at, const char *end);
size_t scanLlama3(const char *at, const char *end); // digits in groups of up to three
size_t scanQwen2(const char *at, const char *end);  // single digits

} // namespace attune::tokenizer
