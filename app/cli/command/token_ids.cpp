#include "app/cli/command/token_ids.h"

#include <algorithm>
#include <charconv>

namespace attune::app {

namespace {
constexpr const char *kSpace = " \t\r\n";
}

Result<std::vector<int32_t>> parseIds(std::string text, int64_t vocabulary) {
  const auto wrong = [&](const std::string &message) {
    const std::string range =
        vocabulary < INT32_MAX ? "Ids go from 0 to " + std::to_string(vocabulary - 1) + "; for example" : "For example";
    return Error{ErrorCode::Usage, message, "--ids", range + " --ids \"1 2 3\"."};
  };
  const size_t first = text.find_first_not_of(kSpace);
  if (first != std::string::npos && text[first] == '[') {
    const size_t last = text.find_last_not_of(kSpace);
    if (text[last] != ']') return wrong("The list of token ids is not closed.");
    text = text.substr(first + 1, last - first - 1);
  }
  std::vector<int32_t> ids;
  bool comma = false; // one stands before what comes next
  for (size_t at = 0; (at = text.find_first_not_of(kSpace, at)) != std::string::npos;) {
    if (text[at] == ',') {
      if (comma || ids.empty()) return wrong("A comma stands where a token id should be.");
      comma = true;
      ++at;
      continue;
    }
    const size_t end = std::min(text.find_first_of(" \t\r\n,", at), text.size());
    int32_t id = 0;
    const auto parsed = std::from_chars(text.data() + at, text.data() + end, id);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + end || text[at] == '-' || id >= vocabulary)
      return wrong(std::string("\"").append(text, at, std::min<size_t>(end - at, 40)).append("\" is no token id."));
    ids.push_back(id);
    comma = false;
    at = end;
  }
  if (comma) return wrong("A comma stands where a token id should be.");
  if (ids.empty()) return wrong("No token ids are given.");
  return ids;
}

} // namespace attune::app
