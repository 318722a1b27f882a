#include "remote/run/route.h"

#include "core/base/workspace.h"
#include "remote/ssh/ssh_config.h"

#include <cstdlib>
#include <pwd.h>
#include <unistd.h>

namespace attune::remote {
namespace {

std::string localUser() {
  if (const passwd *entry = ::getpwuid(::getuid())) return entry->pw_name;
  const char *name = std::getenv("USER");
  return name ? name : "";
}

/// "[::1]" is written so where a port may follow.
std::string withoutBrackets(const std::string &host) {
  return host.size() > 2 && host.front() == '[' && host.back() == ']' ? host.substr(1, host.size() - 2) : host;
}

/// The keys that ssh tries by itself.
std::vector<std::string> usualKeys(const std::string &home) {
  std::vector<std::string> files;
  for (const char *name : {"id_ed25519", "id_ecdsa", "id_rsa"})
    if (const std::string file = home + "/.ssh/" + name; ::access(file.c_str(), R_OK) == 0) files.push_back(file);
  return files;
}

} // namespace

Result<std::vector<SshOptions>> routeTo(const api::ClusterProfile &profile, const std::string &home, const std::string &keyStore) {
  const std::string config = home + "/.ssh/config";
  std::vector<std::string> keys;
  std::string keyAdvice;
  for (const std::string &file : profile.identityFiles) {
    keys.push_back(inHome(file, home));
    if (const std::string wrong = api::keyFileProblem(file, home); !wrong.empty())
      keyAdvice.append(keyAdvice.empty() ? "" : " ").append(wrong);
  }
  const auto hop = [&](const HostSettings &settings, const SshTarget &asked) {
    SshOptions options;
    options.host = settings.hostName;
    options.port = asked.port > 0 ? asked.port : settings.port;
    options.user = !asked.user.empty() ? asked.user : !settings.user.empty() ? settings.user : localUser();
    options.identityFiles = keys;
    options.identityFiles.insert(options.identityFiles.end(), settings.identityFiles.begin(), settings.identityFiles.end());
    if (options.identityFiles.empty()) options.identityFiles = usualKeys(home);
    options.keyAdvice = keyAdvice;
    options.useAgent = profile.useAgent;
    options.knownHosts = {home + "/.ssh/known_hosts", "/etc/ssh/ssh_known_hosts"};
    options.keyStore = keyStore;
    return options;
  };
  ATTUNE_TRY(const HostSettings target, readSshConfig(config, withoutBrackets(profile.host), home));
  std::vector<SshTarget> jumps = target.jumps;
  if (!profile.jumpHosts.empty()) {
    jumps.clear();
    for (const std::string &text : profile.jumpHosts) {
      ATTUNE_TRY(SshTarget jump, parseTarget(text));
      jumps.push_back(std::move(jump));
    }
  }
  std::vector<SshOptions> route;
  const auto add = [&](const HostSettings &settings, const SshTarget &asked) {
    route.push_back(hop(settings, asked));
    if (route.size() == 1 && !settings.proxyCommandAt.empty()) // a later one is reached through the one before
      route[0].wayAdvice = "The ProxyCommand of " + settings.proxyCommandAt +
                           " is not executed: name the host that it goes through as ProxyJump " +
                           "there, or as the profile's jump host (--jump).";
  };
  for (const SshTarget &jump : jumps) {
    ATTUNE_TRY(const HostSettings settings, readSshConfig(config, jump.host, home));
    add(settings, jump);
  }
  add(target, {"", profile.user, profile.port});
  return route;
}

} // namespace attune::remote
