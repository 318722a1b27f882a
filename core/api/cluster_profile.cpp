#include "core/api/cluster_profile.h"

#include <algorithm>
#include <string_view>

namespace attune::api {

namespace {

bool isOneLine(const std::string &text, size_t longest) {
  return text.size() <= longest && std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < 32 || c == 127; });
}

bool isHostText(const std::string &text) { // a name, an address, user@host:port; never an option of a program
  return !text.empty() && text[0] != '-' && isOneLine(text, 255) && text.find_first_of(" \t'\"`$;&|<>()\\") == std::string::npos;
}

} // namespace

Status checkProfile(const ClusterProfile &profile) {
  std::vector<ConfigProblem> problems;
  const auto check = [&](bool good, const char *key, const char *message) {
    if (!good) problems.push_back({key, message, ErrorCode::InvalidConfig});
  };
  check(!profile.name.empty() && isOneLine(profile.name, 100), "name",
        "The name is empty, longer than 100 bytes or holds control characters.");
  check(isHostText(profile.host), "host", "The host is no name and no address.");
  check(profile.port >= 0 && profile.port <= 65535, "port", "The port goes from 1 to 65535; 0 leaves it to ~/.ssh/config.");
  check(profile.user.empty() || isHostText(profile.user), "user", "The user name holds characters that no user name has.");
  for (const std::string &jump : profile.jumpHosts) check(isHostText(jump), "jump_hosts", "A jump host is written as [user@]host[:port].");
  for (const std::string &file : profile.identityFiles)
    check(!file.empty() && isOneLine(file, 4096), "identity_files", "The path of a key is empty or holds control characters.");
  const auto path = [&](const std::string &value, const char *key, bool needed) {
    check(isOneLine(value, 4096) && (!needed || !value.empty()), key, "The path is empty, too long or holds control characters.");
  };
  path(profile.environmentScript, "environment_script", false);
  path(profile.root, "root", true);
  path(profile.worker, "worker", true);
  if (problems.empty()) return {};
  Error error{ErrorCode::InvalidConfig, problems[0].message, problems[0].key, "Change the profile and try again."};
  error.problems = std::move(problems);
  return error;
}

} // namespace attune::api
