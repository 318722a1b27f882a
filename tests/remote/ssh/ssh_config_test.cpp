// What of ~/.ssh/config counts, and that no file of it can hang, crash or run anything.
#include "remote/ssh/ssh_config.h"
#include "tests/support/temp_folder.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

using namespace attune;
using namespace attune::remote;
using attune::test::TempFolder;

TEST_CASE("ssh_config: the first value counts, patterns and negation choose the blocks") {
  const TempFolder home;
  const std::string path = home.write("config", "# remark\n"
                                                "Host *.example.org !bad.example.org\n"
                                                "  User=me\n  Port 2222 # remark\n  IdentityFile \"~/.ssh/my key\"\n"
                                                "Host login?\n  HostName = %h.example.org\n  ProxyJump gate,other@[fe80::1]:23\n"
                                                "HOST *\n  user fallback\n  PORT 22\n  IdentityFile %d/%r@%h\n"
                                                "  ProxyCommand touch /tmp/attune-canary-config\n  IdentityFile %C\n");
  const auto first = readSshConfig(path, "A.example.org", home.path());
  REQUIRE(first.ok());
  CHECK(first->hostName == "A.example.org");
  CHECK(first->user == "me");
  CHECK(first->port == 2222);
  CHECK(first->identityFiles == std::vector<std::string>{home.path() + "/.ssh/my key", home.path() + "/me@A.example.org"});
  CHECK(first->jumps.empty());
  CHECK(readSshConfig(path, "bad.example.org", home.path())->user == "fallback");
  const auto login = readSshConfig(path, "login1", home.path());
  REQUIRE(login.ok());
  CHECK(login->hostName == "login1.example.org");
  REQUIRE(login->jumps.size() == 2);
  CHECK(login->jumps[0].host == "gate");
  CHECK(login->jumps[1].user == "other");
  CHECK(login->jumps[1].host == "fe80::1");
  CHECK(login->jumps[1].port == 23);
  CHECK(login->proxyCommandAt == path + ":13");
  const std::string none = home.write("none_config", "Host a\nProxyCommand none\nHost *\nProxyCommand x\n");
  CHECK(readSshConfig(none, "a", home.path())->proxyCommandAt.empty());
  CHECK(readSshConfig(none, "b", home.path())->proxyCommandAt == none + ":4");
  struct stat info {};
  CHECK(::stat("/tmp/attune-canary-config", &info) != 0);
  CHECK(readSshConfig(home.path() + "/none", "x", home.path())->hostName == "x");
}

TEST_CASE("ssh_config: Match blocks do not apply, Include does and keeps to its block") {
  const TempFolder home;
  ::mkdir((home.path() + "/.ssh").c_str(), 0700);
  home.write(".ssh/a.conf", "Host b\nUser of-b\nHost a\nUser of-a\n");
  const std::string path = home.write("config", "Match exec \"touch /tmp/attune-canary-config\"\nUser wrong\n"
                                                "Host a\nInclude *.conf\nPort 7\nHost b\nPort 8\nMatch all\nUser last\n");
  CHECK(readSshConfig(path, "a", home.path())->user == "of-a");
  CHECK(readSshConfig(path, "a", home.path())->port == 7); // after the include the block goes on
  CHECK(readSshConfig(path, "b", home.path())->user == "last");
  struct stat info {};
  CHECK(::stat("/tmp/attune-canary-config", &info) != 0);
}

TEST_CASE("ssh_config: hostile files end in an error that names the place") {
  const TempFolder home;
  const auto codeOf = [&](const std::string &text) {
    const auto result = readSshConfig(home.write("config", text), "x", home.path());
    return result.ok() ? "" : std::string(errorCodeName(result.error().code));
  };
  CHECK(codeOf("Include " + home.path() + "/config\n") == "malformed_file"); // itself
  CHECK(codeOf("Port 70000\n") == "malformed_file");
  CHECK(codeOf("User \"open\n") == "malformed_file");
  CHECK(codeOf(std::string(2 << 20, 'a')) == "malformed_file");
  CHECK(codeOf("ProxyJump a,b,c,d,e\n") == "malformed_file");
  CHECK(codeOf("ProxyJump a b;touch\n") == "");
  CHECK(codeOf("ProxyJump \"a$(touch x)\"\n") == "usage");
  CHECK(codeOf(std::string("\0\xff\xfe Host\nHost\nPort\n=\n= =\n\"\" \"\"", 30)) == "");
  CHECK(codeOf("Host " + std::string(500, '*') + "b\nUser u\n") == "");
  ::mkfifo((home.path() + "/pipe").c_str(), 0600);
  CHECK(codeOf("Include " + home.path() + "/pipe\n") == "malformed_file"); // and does not wait for a writer
  CHECK(readSshConfig(home.write("config", "Host *\nPort x\n"), "y", home.path()).error().where == home.path() + "/config:2");
}

TEST_CASE("ssh_config: targets") {
  CHECK(parseTarget("me@host:22")->user == "me");
  CHECK(parseTarget("host")->port == 0);
  CHECK(parseTarget("::1")->host == "::1");
  for (const char *wrong : {"", "@host", "host:", "host:0", "host:99999", "-oProxyCommand=x", "a b", "[::1", "[::1]22", "a\nb", "u;x@h"})
    CHECK_FALSE(parseTarget(wrong).ok());
}
