// The gate of the host key against a real sshd: what its log has seen of the user before the verdict.
#include "tests/remote/ssh/ssh_fixture.h"

#include <doctest/doctest.h>

using namespace attune;
using namespace attune::remote;
using namespace attune::test;

namespace {

bool triedToLogIn(const SshFixture &sshd) { return sshd.log().find("userauth-request") != std::string::npos; }

} // namespace

TEST_CASE("host key: an unknown one is asked about, and nothing is sent before the answer") {
  NEEDS_LOOPBACK(false);
  SshFixture sshd;
  REQUIRE(sshd.cluster.started());
  const std::string before = sshd.fileText(sshd.cluster.value("LB_KNOWN_HOSTS"));
  sshd.options.knownHosts = {sshd.folder.path() + "/none"};
  CHECK(sshd.faultOf() == "KEY-UNKNOWN");
  REQUIRE(sshd.keyQuestions.size() == 1);
  const std::string shown = outputOf("ssh-keygen -l -f " + sshd.cluster.file("ssh/host_key.pub"));
  CHECK(shown.find(sshd.keyQuestions[0].check.fingerprint) != std::string::npos);
  CHECK_FALSE(triedToLogIn(sshd));
  sshd.keyAnswer = KeyAnswer::Once;
  CHECK(sshd.faultOf() == "none");
  CHECK(triedToLogIn(sshd)); // the log does show it
  CHECK(sshd.faultOf() == "none");
  CHECK(sshd.keyQuestions.size() == 3);
  sshd.keyAnswer = KeyAnswer::Store;
  CHECK(sshd.faultOf() == "none");
  sshd.keyAnswer = KeyAnswer::Refuse;
  CHECK(sshd.faultOf() == "none");
  CHECK(sshd.keyQuestions.size() == 4); // not asked again
  CHECK(sshd.fileText(sshd.cluster.value("LB_KNOWN_HOSTS")) == before);
}

TEST_CASE("host key: a changed one is refused with both fingerprints before any login; the files stay") {
  NEEDS_LOOPBACK(false);
  SshFixture sshd;
  REQUIRE(sshd.faultOf() == "none");
  const std::string before = sshd.fileText(sshd.cluster.value("LB_KNOWN_HOSTS"));
  const std::string old = outputOf("ssh-keygen -l -f " + sshd.cluster.file("ssh/host_key.pub")).substr(4, 50);
  REQUIRE(sshd.cluster.act("rekey"));
  const std::string now = outputOf("ssh-keygen -l -f " + sshd.cluster.file("ssh/host_key.pub")).substr(4, 50);
  const size_t logged = sshd.log().size();
  const auto session = sshd.open();
  REQUIRE_FALSE(session.ok());
  CHECK(session.error().fault == "KEY-CHANGED");
  CHECK(session.error().hint.find(old) != std::string::npos);
  CHECK(session.error().hint.find(now) != std::string::npos);
  CHECK(sshd.log().find("userauth-request", logged) == std::string::npos);
  CHECK(sshd.keyQuestions.empty());
  CHECK(sshd.fileText(sshd.cluster.value("LB_KNOWN_HOSTS")) == before);
  CHECK(sshd.fileText(sshd.options.keyStore).empty());
}

TEST_CASE("host key: revoked, hashed, another type, and two types on one server") {
  NEEDS_LOOPBACK(false);
  SshFixture sshd;
  REQUIRE(sshd.cluster.started());
  const std::string line = sshd.fileText(sshd.cluster.value("LB_KNOWN_HOSTS"));
  sshd.options.knownHosts = {sshd.folder.write("revoked", line + "@revoked * " + line.substr(line.find(' ') + 1))};
  CHECK(sshd.faultOf() == "KEY-REVOKED");
  outputOf("ssh-keygen -q -t ecdsa -N '' -f " + sshd.folder.path() + "/other");
  const std::string other = sshd.fileText(sshd.folder.path() + "/other.pub");
  sshd.options.knownHosts = {sshd.folder.write("other_type", line.substr(0, line.find(' ') + 1) + other)};
  CHECK(sshd.faultOf() == "KEY-OTHER");
  CHECK_FALSE(triedToLogIn(sshd));
  const std::string hashed = sshd.folder.write("hashed", line);
  outputOf("ssh-keygen -q -H -f " + hashed + " 2>/dev/null");
  REQUIRE(sshd.fileText(hashed).find("127.0.0.1") == std::string::npos);
  sshd.options.knownHosts = {hashed};
  CHECK(sshd.faultOf() == "none");

  SshFixture both(sshdOnly("HostKey " + sshd.folder.path() + "/other\n")); // its ecdsa key is on file, its ed25519 key is not
  REQUIRE(both.cluster.started());
  both.options.knownHosts = {both.folder.write("known", "[127.0.0.1]:" + std::to_string(both.options.port) + " " + other)};
  CHECK(both.faultOf() == "none");
}

TEST_CASE("host key: a changed one takes the old one's place where that is asked for, and only in our own file") {
  NEEDS_LOOPBACK(false);
  SshFixture sshd;
  REQUIRE(sshd.cluster.started());
  const std::string user = sshd.cluster.value("LB_KNOWN_HOSTS"), line = sshd.fileText(user);
  sshd.options.knownHosts = {sshd.folder.write("user", "")};
  sshd.keyAnswer = remote::KeyAnswer::Store;
  REQUIRE(sshd.faultOf() == "none");
  REQUIRE(sshd.cluster.act("rekey"));
  int asked = 0;
  bool answer = false;
  sshd.questions.replaceKey = [&](const remote::HostKeyQuestion &question) {
    ++asked;
    CHECK(question.check.verdict == remote::KeyVerdict::Changed);
    REQUIRE(question.check.known.size() == 1);
    CHECK(question.check.known[0].where == sshd.options.keyStore + ":1");
    return answer;
  };
  const std::string before = sshd.fileText(sshd.options.keyStore);
  CHECK(sshd.faultOf() == "KEY-CHANGED");
  CHECK(asked == 1);
  CHECK(sshd.fileText(sshd.options.keyStore) == before);
  answer = true;
  CHECK(sshd.faultOf() == "none");
  CHECK(sshd.fileText(sshd.options.keyStore) != before);
  CHECK(sshd.faultOf() == "none");
  CHECK(asked == 2); // it is known now
  // The user's own file is never written.
  sshd.options.knownHosts = {sshd.folder.write("user", line)};
  sshd.options.keyStore = sshd.folder.path() + "/second";
  sshd.questions.replaceKey = [&](const remote::HostKeyQuestion &) { return true; };
  CHECK(sshd.faultOf() == "none");
  CHECK(sshd.fileText(sshd.folder.path() + "/user") == line);
  // A revoked key is never asked about.
  const std::string shown = sshd.fileText(sshd.options.keyStore);
  sshd.options.knownHosts = {sshd.folder.write("user", line + "@revoked * " + shown.substr(shown.find(' ') + 1))};
  sshd.questions.replaceKey = [&](const remote::HostKeyQuestion &) {
    FAIL("asked about a revoked key");
    return true;
  };
  CHECK(sshd.faultOf() == "KEY-REVOKED");
}
