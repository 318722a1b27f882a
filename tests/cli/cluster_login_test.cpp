// How the program gets in: host keys, passwords and codes on a terminal, and clear errors where there is none. A real sshd.
#include "tests/cli/cluster_host.h"
#include "tests/support/terminal_program.h"

#ifdef ATTUNE_HAS_REMOTE

using namespace attune;
using namespace attune::test;

namespace {

const std::vector<std::string> kLook = {"cluster", "files", "loop", "--json"};

std::string fingerprint(const Loopback &cluster) {
  const std::string text = outputOf("ssh-keygen -l -f " + cluster.value("LB_STATE") + "/ssh/host_key.pub");
  return text.substr(text.find("SHA256:"), 50);
}

LoopbackOptions sshdOnly() {
  LoopbackOptions options;
  options.slurm = false;
  return options;
}

} // namespace

TEST_CASE("An unknown host key is refused without a terminal, asked for on one, and remembered when trusted") {
  NEEDS_LOOPBACK(false);
  const ClusterHost host(sshdOnly(), false);
  REQUIRE(host.cluster.started());
  REQUIRE(host.add().code == 0);
  const auto refused = runDetached(kLook);
  CHECK(refused.code == 1);
  CHECK(refused.json()["error"]["fault"] == "KEY-UNKNOWN");
  CHECK(refused.json()["error"]["hint"].get<std::string>().find(fingerprint(host.cluster)) != std::string::npos);
  {
    TerminalProgram program(kLook);
    REQUIRE(program.reads(fingerprint(host.cluster)));
    REQUIRE(program.reads("Trust it?"));
    program.types("no\n");
    CHECK(program.wait() == 1);
  }
  {
    TerminalProgram program(kLook);
    REQUIRE(program.reads("Trust it?"));
    program.types("once\n");
    CHECK(program.wait() == 0);
    CHECK(runDetached(kLook).code == 1); // not remembered
  }
  TerminalProgram program(kLook);
  REQUIRE(program.reads("Trust it?"));
  program.types("perhaps\n");
  REQUIRE(program.reads("Trust it?"));
  program.types("yes\n");
  CHECK(program.wait() == 0);
  CHECK(runDetached(kLook).code == 0);
}

TEST_CASE("A changed host key is refused with both fingerprints, and nobody is asked") {
  NEEDS_LOOPBACK(false);
  const ClusterHost host(sshdOnly());
  REQUIRE(host.cluster.started());
  REQUIRE(host.add().code == 0);
  REQUIRE(runDetached(kLook).code == 0);
  const std::string before = fingerprint(host.cluster), known = slurp(host.home.path() + "/.ssh/known_hosts");
  REQUIRE(host.cluster.act("rekey"));
  REQUIRE(fingerprint(host.cluster) != before);
  const auto refused = runDetached(kLook);
  CHECK(refused.code == 1);
  CHECK(refused.json()["error"]["fault"] == "KEY-CHANGED");
  const std::string hint = refused.json()["error"]["hint"];
  CHECK(hint.find(before) != std::string::npos);
  CHECK(hint.find(fingerprint(host.cluster)) != std::string::npos);
  TerminalProgram program(kLook);
  CHECK(program.wait() == 1);
  CHECK(program.shown().find("Trust it?") == std::string::npos);
  CHECK(slurp(host.home.path() + "/.ssh/known_hosts") == known);
}

TEST_CASE("A password is asked for on the terminal without an echo, and is in no file, output or process list") {
  NEEDS_LOOPBACK(false);
  LoopbackOptions options = sshdOnly();
  options.password = true;
  const ClusterHost host(options);
  REQUIRE(host.cluster.started());
  REQUIRE(host.add({"--no-agent"}).code == 0);
  const std::string password = Loopback::kPassword;

  const auto refused = runDetached(kLook);
  CHECK(refused.code == 1);
  CHECK(refused.json()["error"]["fault"] == "AUTH-NEEDS-CODE");
  CHECK(refused.json()["error"]["message"].get<std::string>().find("nobody can be asked") != std::string::npos);
  {
    TerminalProgram program({"cluster", "files", "loop"});
    REQUIRE(program.reads("assword"));
    program.types(password + "\n");
    CHECK(program.wait() == 0);
    CHECK(program.shown().find(password) == std::string::npos);
    CHECK(program.shown().find(".ssh") != std::string::npos);
  }
  {
    TerminalProgram program(kLook); // one attempt, and an end that says why
    REQUIRE(program.reads("assword"));
    program.types("wrong\n");
    CHECK(program.wait() == 1);
    CHECK(program.shown().find("AUTH-DENIED") != std::string::npos);
  }
  {
    TerminalProgram program(kLook);
    REQUIRE(program.reads("assword"));
    program.types("\x03");
    CHECK(program.wait() == 130);
  }
  CHECK(outputOf("grep -rl -e " + password + " " + host.workspace.path() + " " + host.home.path()).empty());
}

TEST_CASE("Key and code: the server's own prompt is shown") {
  NEEDS_LOOPBACK(false);
  LoopbackOptions options = sshdOnly();
  options.secondFactor = true;
  const ClusterHost host(options);
  REQUIRE(host.cluster.started());
  REQUIRE(host.add().code == 0);
  TerminalProgram program(kLook);
  REQUIRE(program.reads("127.0.0.1: "));
  REQUIRE(program.reads("assword"));
  program.types(std::string(Loopback::kPassword) + "\n");
  CHECK(program.wait() == 0);
  CHECK(program.shown().find(Loopback::kPassword) == std::string::npos);
  CHECK(runDetached(kLook).json()["error"]["fault"] == "AUTH-NEEDS-CODE");
}

TEST_CASE("The passphrase of a key is asked for on the terminal, again after a wrong one") {
  NEEDS_LOOPBACK(false);
  const ClusterHost host(sshdOnly());
  REQUIRE(host.cluster.started());
  const std::string key = host.home.path() + "/locked";
  int code = 1;
  outputOf("cp " + host.cluster.value("LB_SSH_KEY") + " " + key + " && chmod 600 " + key +
               " && ssh-keygen -q -p -P '' -N 'open sesame' -f " + key,
           &code);
  REQUIRE(code == 0);
  REQUIRE(host.add({"--identity", key}).code == 0);
  const auto refused = runDetached(kLook);
  CHECK(refused.code == 1);
  CHECK(refused.json()["error"]["hint"].get<std::string>().find("has a passphrase, and nobody can be asked") != std::string::npos);
  TerminalProgram program(kLook);
  REQUIRE(program.reads("Passphrase of the key " + key));
  program.types("open barley\n");
  REQUIRE(program.reads("That was not it."));
  REQUIRE(program.reads("Passphrase"));
  program.types("open sesame\n");
  CHECK(program.wait() == 0);
  CHECK(program.shown().find("sesame") == std::string::npos);
}

TEST_CASE("A key file of the profile that went away, or is no key any more, is named when the login is refused") {
  NEEDS_LOOPBACK(false);
  const ClusterHost host(sshdOnly());
  REQUIRE(host.cluster.started());
  const std::string key = host.home.path() + "/key";
  outputOf("cp " + host.cluster.value("LB_SSH_KEY") + " " + key + " && chmod 600 " + key);
  REQUIRE(host.add({"--identity", key}).code == 0);
  REQUIRE(runDetached(kLook).code == 0);
  host.home.write("key", "garbage\n");
  const Json garbage = runDetached(kLook).json()["error"];
  CHECK(garbage["fault"] == "AUTH-DENIED");
  CAPTURE(garbage.dump());
  CHECK(garbage["hint"].get<std::string>().find(key) != std::string::npos);
  CHECK(garbage["hint"].get<std::string>().find("no private key") != std::string::npos);
  std::filesystem::remove(key);
  CHECK(runDetached(kLook).json()["error"]["hint"].get<std::string>().find("not there") != std::string::npos);
}

#endif
