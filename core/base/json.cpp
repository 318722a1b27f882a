#include "core/base/json.h"

#include "core/base/atomic_file.h"

#include <algorithm>
#include <unordered_set>
#include <vector>

namespace attune {

Result<Json> parseJson(std::string_view text, const std::string &where, const JsonLimits &limits) {
  std::vector<std::unordered_set<std::string>> keys;
  std::string refused;
  const auto callback = [&](int depth, Json::parse_event_t event, Json &parsed) {
    if (!refused.empty()) return false;
    if (depth > limits.maxDepth) {
      refused = "The JSON is nested deeper than " + std::to_string(limits.maxDepth) + " levels";
      return false;
    }
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end && !keys.empty()) keys.pop_back();
    if (event == Json::parse_event_t::key && !keys.empty()) {
      const bool added = keys.back().insert(parsed.get<std::string>()).second;
      if (!added && !limits.allowDuplicateKeys) refused = "The key \"" + parsed.get<std::string>() + "\" stands twice in one object";
      if (keys.back().size() > limits.maxKeys) {
        refused = "An object has more than " + std::to_string(limits.maxKeys) + " keys";
      }
      return refused.empty();
    }
    return true;
  };
  try {
    Json value = Json::parse(text.begin(), text.end(), callback);
    if (!refused.empty()) return Error{ErrorCode::MalformedFile, refused + ".", where, ""};
    return value;
  } catch (const Json::parse_error &error) {
    const size_t offset = std::min(text.size(), error.byte > 0 ? error.byte - 1 : 0);
    const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<long>(offset), '\n');
    return Error{ErrorCode::MalformedFile, "This is not valid JSON: " + std::string(error.what()) + ".",
                 where + ":" + std::to_string(line), "Fix the syntax at that line."};
  } catch (const Json::exception &error) {
    return Error{ErrorCode::MalformedFile, "This is not valid JSON: " + std::string(error.what()) + ".", where, ""};
  }
}

Result<Json> readJsonFile(const std::string &path, size_t maxBytes) {
  ATTUNE_TRY(const std::string text, readFile(path, maxBytes));
  return parseJson(text, path);
}

std::string dumpJson(const Json &value, int indent) {
  return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

} // namespace attune
