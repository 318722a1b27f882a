// Connecting and logging in against a real sshd.
#include "remote/ssh/exec.h"
#include "tests/remote/ssh/ssh_fixture.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

using namespace attune;
using namespace attune::remote;
using namespace attune::test;

TEST_CASE("session: a key lets in; a wrong one, a missing one and a wrong user do not") {
  NEEDS_LOOPBACK(false);
  SshFixture sshd;
  REQUIRE(sshd.cluster.started());
  CHECK(sshd.faultOf() == "none");
  CHECK(sshd.rounds.empty());
  outputOf("ssh-keygen -q -t ed25519 -N '' -f " + sshd.folder.path() + "/wrong");
  sshd.options.identityFiles = {sshd.folder.path() + "/none", sshd.folder.path() + "/wrong"};
  const auto denied = sshd.open();
  REQUIRE_FALSE(denied.ok());
  CHECK(denied.error().fault == "AUTH-DENIED");
  CHECK(denied.error().hint == "It offers: key.");
  sshd.options.identityFiles.push_back(sshd.cluster.value("LB_SSH_KEY"));
  CHECK(sshd.faultOf() == "none"); // the third of three
  sshd.options.user = "nobody-here";
  CHECK(sshd.faultOf() == "AUTH-DENIED");
}

TEST_CASE("session: an encrypted key asks for its passphrase, again when it is wrong, and not when it would be refused") {
  NEEDS_LOOPBACK(false);
  SshFixture sshd;
  REQUIRE(sshd.cluster.started());
  const std::string key = sshd.folder.path() + "/locked";
  outputOf("ssh-keygen -q -t ed25519 -N canary-phrase -f " + key);
  sshd.options.identityFiles = {key};
  CHECK(sshd.faultOf() == "AUTH-DENIED");
  CHECK(sshd.rounds.empty()); // the server does not know it yet
  outputOf("cat " + key + ".pub >>" + sshd.cluster.value("LB_HOME") + "/.ssh/authorized_keys");
  sshd.answers = {"wrong", "canary-phrase"};
  CHECK(sshd.faultOf() == "none");
  REQUIRE(sshd.rounds.size() == 2);
  CHECK(sshd.rounds[0].kind == PromptRound::Kind::Passphrase);
  CHECK(sshd.rounds[0].prompts[0].text == key);
  CHECK(sshd.rounds[1].attempt == 2);
  CHECK(sshd.faultOf() == "interrupted"); // cancelled
  sshd.questions.answer = nullptr;
  CHECK(sshd.faultOf() == "AUTH-DENIED");
}

TEST_CASE("session: the agent") {
  NEEDS_LOOPBACK(false);
  SshFixture sshd;
  REQUIRE(sshd.cluster.started());
  const std::string socket = sshd.folder.path() + "/agent";
  const std::string pid = outputOf("ssh-agent -a " + socket + " | sed -n 's/.*echo Agent pid \\([0-9]*\\);/\\1/p'");
  outputOf("SSH_AUTH_SOCK=" + socket + " ssh-add -q " + sshd.cluster.value("LB_SSH_KEY") + " 2>/dev/null");
  sshd.options.identityFiles.clear();
  sshd.options.useAgent = true;
  ::setenv("SSH_AUTH_SOCK", socket.c_str(), 1);
  CHECK(sshd.faultOf() == "none");
  ::setenv("SSH_AUTH_SOCK", "/nowhere/agent", 1);
  CHECK(sshd.faultOf() == "AUTH-DENIED");
  ::unsetenv("SSH_AUTH_SOCK");
  outputOf("kill " + pid);
}

TEST_CASE("session: a password, right, wrong once, cancelled, nobody to ask") {
  NEEDS_LOOPBACK(false);
  LoopbackOptions loopback = sshdOnly();
  loopback.password = true;
  SshFixture sshd(loopback);
  REQUIRE(sshd.cluster.started());
  sshd.options.identityFiles.clear();
  sshd.answers = {Loopback::kPassword};
  CHECK(sshd.faultOf() == "none");
  REQUIRE(sshd.rounds.size() == 1);
  CHECK(sshd.rounds[0].kind == PromptRound::Kind::Password);
  sshd.answers = {"wrong", Loopback::kPassword};
  CHECK(sshd.faultOf() == "AUTH-DENIED");
  CHECK(sshd.answers.size() == 1); // not tried again by itself
  sshd.answers.clear();
  CHECK(sshd.faultOf() == "interrupted");
  sshd.questions.answer = nullptr;
  CHECK(sshd.faultOf() == "AUTH-NEEDS-CODE");
}

TEST_CASE("session: two factors, with the round that asks nothing") {
  NEEDS_LOOPBACK(false);
  LoopbackOptions loopback = sshdOnly();
  loopback.secondFactor = true;
  SshFixture sshd(loopback);
  REQUIRE(sshd.cluster.started());
  sshd.answers = {Loopback::kPassword};
  CHECK(sshd.faultOf() == "none");
  REQUIRE(sshd.rounds.size() == 1);
  CHECK(sshd.rounds[0].kind == PromptRound::Kind::Interactive);
  CHECK(sshd.rounds[0].prompts[0].text.find("assword") != std::string::npos); // as the server words it
  CHECK_FALSE(sshd.rounds[0].prompts[0].echo);
  sshd.answers = {"wrong", Loopback::kPassword};
  CHECK(sshd.faultOf() == "AUTH-DENIED");
  CHECK(sshd.answers.size() == 1);
  sshd.answers.clear();
  CHECK(sshd.faultOf() == "interrupted");
  sshd.questions.answer = nullptr;
  CHECK(sshd.faultOf() == "AUTH-NEEDS-CODE");
}

TEST_CASE("session: what the network does") {
  NEEDS_LOOPBACK(false);
  SshFixture sshd(sshdOnly("Ciphers 3des-cbc\n"));
  REQUIRE(sshd.cluster.started());
  CHECK(sshd.faultOf() == "SSH-ALGO");
  const int port = sshd.options.port;
  REQUIRE(sshd.cluster.act("down", "sshd"));
  CHECK(sshd.faultOf() == "NET-REFUSED");
  sshd.options.host = "no-such-host.invalid";
  CHECK(sshd.faultOf() == "NET-DNS");
  sshd.options.host = "127.0.0.1";

  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); // one that never says a word
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  address.sin_port = htons(static_cast<uint16_t>(port));
  REQUIRE(::bind(listener, reinterpret_cast<sockaddr *>(&address), sizeof address) == 0);
  REQUIRE(::listen(listener, 4) == 0);
  sshd.options.seconds = 1;
  CHECK(sshd.faultOf() == "NET-TIMEOUT");
  const StopSource stop;
  stop.requestStop();
  CHECK(sshd.open(stop.token()).error().code == ErrorCode::Interrupted);
  ::close(listener);
}

TEST_CASE("session: too many attempts are told from a lost line") {
  NEEDS_LOOPBACK(false);
  LoopbackOptions options = sshdOnly("MaxAuthTries 1\n");
  options.password = true;
  SshFixture sshd(options);
  REQUIRE(sshd.cluster.started());
  sshd.options.identityFiles.clear();
  sshd.answers = {"wrong", "wrong"};
  const auto session = sshd.open();
  REQUIRE_FALSE(session.ok());
  CAPTURE(session.error().text());
  CAPTURE(session.error().hint);
  CHECK(session.error().fault == "AUTH-LOCKED");
  CHECK(sshd.rounds.size() == 1);
  CHECK(session.error().hint.find("whether the account is locked") != std::string::npos);
}
