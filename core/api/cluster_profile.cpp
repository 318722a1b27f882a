#include "core/api/cluster_profile.h"

#include "core/base/ending.h"
#include "core/base/file_reader.h"
#include "core/base/utf8.h"
#include "core/base/workspace.h"

#include <algorithm>
#include <string_view>

namespace attune::api {

namespace {

bool isOneLine(std::string_view text, size_t longest) {
  if (text.size() > longest) return false;
  for (; !text.empty(); text.remove_prefix(1))
    if (isControl(text)) return false;
  return true;
}

bool isHostText(const std::string &text) { // a name, an address, user@host:port; never an option of a program
  return !text.empty() && text[0] != '-' && isOneLine(text, 255) && text.find_first_of(" \t'\"`$;&|<>()\\") == std::string::npos;
}

/// "login:22", "[::1]:22"; "::1" has none.
bool hasPort(const std::string &host) {
  const size_t colon = host.rfind(':');
  return colon != std::string::npos && (colon == host.find(':') || host[colon - 1] == ']');
}

std::vector<ConfigProblem> problemsOf(const ClusterProfile &profile) {
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
  return problems;
}

Status asStatus(std::vector<ConfigProblem> problems) {
  if (problems.empty()) return {};
  Error error{ErrorCode::InvalidConfig, problems[0].message, problems[0].key, "Change the profile and try again."};
  error.problems = std::move(problems);
  return error;
}

} // namespace

Status checkProfile(const ClusterProfile &profile) { return asStatus(problemsOf(profile)); }

Status checkNewProfile(const ClusterProfile &profile, const std::string &home) {
  std::vector<ConfigProblem> problems = problemsOf(profile);
  const auto problem = [&](const char *key, std::string message) {
    problems.push_back({key, std::move(message), ErrorCode::InvalidConfig});
  };
  const std::string &host = profile.host;
  if (host.find('@') != std::string::npos) problem("host", "A user stands in the host: give the user by itself (--user).");
  if (hasPort(host))
    problem("host", "A port stands in the host: give the port by itself (--port).");
  else if (host.find_first_of("[]") != std::string::npos && (host[0] != '[' || host.find(']') + 1 != host.size()))
    problem("host", "The brackets of the address are not closed: write [::1], or ::1.");
  if (host.find('%') != std::string::npos && host.find(':') == std::string::npos) // of an address it names the interface
    problem("host", "The host holds a %, which is not replaced here: write the whole name.");
  const auto path = [&](const char *key, const std::string &value) {
    if (value.size() > 1 && value[0] == '~' && value[1] != '/')
      problem(key, "Of other users' folders write the whole path: ~/ is understood, " + value.substr(0, value.find('/')) + " is not.");
  };
  path("environment_script", profile.environmentScript);
  path("root", profile.root);
  path("worker", profile.worker);
  if (profile.worker[0] == '-') problem("worker", "A program's name does not begin with a dash.");
  for (const std::string &file : profile.identityFiles)
    if (std::string wrong = keyFileProblem(file, home); !wrong.empty()) problem("identity_files", std::move(wrong));
  return asStatus(std::move(problems));
}

std::string keyFileProblem(const std::string &file, const std::string &home) {
  const auto opened = FileReader::open(inHome(file, home));
  if (!opened.ok()) return "The key file " + file + " is not there or cannot be read: correct its path, or leave it out.";
  std::string text(static_cast<size_t>(std::min<uint64_t>((*opened)->size(), 4096)), '\0');
  if (!(*opened)->read(0, text.data(), text.size()).ok()) return "The key file " + file + " cannot be read.";
  if (text.find(" PRIVATE KEY-----") != std::string::npos) return "";
  if (text.compare(0, 20, "PuTTY-User-Key-File-") == 0)
    return file + " is a key of PuTTY: convert it with puttygen (" + file + " -O private-openssh -o NEW) and name the new file.";
  if (endsWith(file, ".pub") || text.compare(0, 4, "ssh-") == 0 || text.compare(0, 6, "ecdsa-") == 0)
    return file + " is a public key: name the private one, which lies beside it without .pub.";
  return file + " is no private key: name the file that ssh-keygen made, such as ~/.ssh/id_ed25519.";
}

} // namespace attune::api
