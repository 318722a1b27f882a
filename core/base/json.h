// Hostile-input JSON on top of nlohmann/json: parsing with depth and size limits and typed reads whose
// errors name file and field. Include from .cpp files and from attune_text only, never from core/api headers.
#pragma once

#include "core/base/result.h"

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace attune {

using Json = nlohmann::ordered_json;

struct JsonLimits {
  int maxDepth = 200;
  bool allowDuplicateKeys = false;
  size_t maxKeys = 20000;        // in one object: it keeps its order in a list, so each look-up goes through it
  size_t maxValues = 20'000'000; // in the whole text; each takes 16 bytes or more
  bool keepNumberTexts = false;  // a number that would be printed in another way becomes a binary value that holds its text
};

/// Parses one JSON text (UTF-8, no comments) in linear time. MalformedFile with "where:line" on any mistake.
Result<Json> parseJson(std::string_view text, const std::string &where, const JsonLimits &limits = {});

/// Reads and parses a file.
Result<Json> readJsonFile(const std::string &path, size_t maxBytes = size_t(256) << 20);

/// Serialises with two-space indentation, or on one line for -1; invalid UTF-8 is replaced by U+FFFD. Kept number texts are
/// written as they were (on one line).
std::string dumpJson(const Json &value, int indent = 2);

} // namespace attune
