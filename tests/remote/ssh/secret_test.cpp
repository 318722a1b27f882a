// Secrets stay in memory: after full sessions no file that we could have written holds one.
#include "remote/ssh/exec.h"
#include "tests/remote/ssh/ssh_fixture.h"

#include <doctest/doctest.h>
#include <unistd.h>

using namespace attune;
using namespace attune::remote;
using namespace attune::test;

TEST_CASE("secret: the text it was made of is overwritten, and so is what it holds") {
  std::string text = "canary-secret-of-some-length-beyond-the-small-ones";
  const char *old = text.data();
  Secret secret(text);
  CHECK(text.empty());
  CHECK(old[5] == '\0');
  CHECK(std::string(secret.text()).rfind("canary", 0) == 0);
  Secret moved = std::move(secret);
  CHECK(std::string(secret.text()).empty());
  moved = Secret();
  CHECK(std::string(moved.text()).empty());
}

TEST_CASE("secret: no file, no process and no error holds a password or a passphrase after a session") {
  NEEDS_LOOPBACK(false);
  LoopbackOptions loopback = sshdOnly();
  loopback.password = true;
  SshFixture sshd(loopback);
  REQUIRE(sshd.cluster.started());
  const std::string canary = "cana" + std::string("ry-pass-") + std::to_string(::getpid());
  const std::string key = sshd.folder.path() + "/locked";
  outputOf("ssh-keygen -q -t ed25519 -N " + canary + " -f " + key);
  outputOf("cat " + key + ".pub >>" + sshd.cluster.value("LB_HOME") + "/.ssh/authorized_keys");
  sshd.options.knownHosts.clear();
  sshd.keyAnswer = KeyAnswer::Store;
  sshd.options.identityFiles = {key};
  sshd.answers = {canary};
  const auto session = sshd.open();
  REQUIRE(session.ok());
  ExecRequest command;
  command.command = "true";
  REQUIRE(execute(**session, command).ok());
  sshd.options.identityFiles.clear();
  sshd.answers = {canary}; // wrong here: a refused password must not be told either
  const auto denied = sshd.open();
  REQUIRE(denied.error().fault == "AUTH-DENIED");
  CHECK((denied.error().text() + denied.error().hint).find(canary) == std::string::npos);
  const TempFolder apart; // the pattern is in a file, so that grep's own command line does not hold it
  const std::string pattern = apart.write("pattern", canary);
  CHECK(outputOf("grep -raF -f " + pattern + " " + sshd.folder.path() + " " + sshd.cluster.file("") + " 2>/dev/null").empty());
  CHECK(outputOf("cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | grep -acF -f " + pattern) == "0\n");
}
