// The cluster verbs where nothing has to be reached: profiles, wrong usage, hosts that do not answer.
#include "tests/cli/cluster_host.h"
#include "tests/support/tiny_model.h"

using namespace attune;
using namespace attune::test;

#ifdef ATTUNE_HAS_REMOTE

namespace {

struct Workspace {
  TempFolder home, folder;
  Environment homeOf{"HOME", home.path()}, workspaceOf{"ATTUNE_WORKSPACE", folder.path()};
};

} // namespace

TEST_CASE("Profiles are added, listed, changed and removed, and hold no secret") {
  const Workspace workspace;
  CHECK(runDetached({"cluster", "list", "--json"}).json() == Json({{"clusters", Json::array()}}));
  const auto added = runDetached({"cluster", "add", "home", "--host", "login.example.org", "--user", "me", "--jump", "gate", "--jump",
                                  "inner:2222", "--gres", "dcu", "--no-agent", "--json"});
  REQUIRE(added.code == 0);
  CHECK(added.json()["jump_hosts"] == Json({"gate", "inner:2222"}));
  const Json list = runDetached({"cluster", "list", "--json"}).json();
  REQUIRE(list["clusters"].size() == 1);
  CHECK(list["clusters"][0] == added.json());
  CHECK(list["clusters"][0]["port"].is_null());
  CHECK(list["clusters"][0]["use_agent"] == false);
  CHECK(runDetached({"cluster", "list"}).out == "home  me@login.example.org\n");

  const auto twice = runDetached({"cluster", "add", "home", "--host", "other", "--json"});
  CHECK(twice.code == 2);
  CHECK(twice.json()["error"]["hint"].get<std::string>().find("--replace") != std::string::npos);
  CHECK(runDetached({"cluster", "add", "home", "--host", "other", "--replace"}).code == 0);
  CHECK(runDetached({"cluster", "list", "--json"}).json()["clusters"][0]["host"] == "other");
  CHECK(runDetached({"cluster", "remove", "home"}).code == 0);
  CHECK(runDetached({"cluster", "remove", "home"}).code == 2);
}

TEST_CASE("A profile with several mistakes tells them all, and none is kept") {
  const Workspace workspace;
  const auto wrong = runDetached({"cluster", "add", "bad\nname", "--host", "-oProxyCommand=touch /tmp/x", "--port", "99999", "--json"});
  CHECK(wrong.code == 2);
  CHECK(wrong.json()["error"]["code"] == "invalid_config");
  REQUIRE(wrong.json()["problems"].size() == 3);
  CHECK(wrong.json()["problems"][0]["key"] == "name");
  CHECK(wrong.json()["problems"][1]["key"] == "host");
  CHECK(wrong.json()["problems"][2]["key"] == "port");
  CHECK(!std::filesystem::exists(workspace.folder.path() + "/clusters.json"));
}

TEST_CASE("A user or a port in the host, and a key file that is none, are refused with what to write instead") {
  const Workspace workspace;
  const auto refused = [](const std::string &host, const std::string &text) {
    const auto result = runDetached({"cluster", "add", "home", "--host", host});
    CAPTURE(result.err);
    CHECK(result.code == 2);
    CHECK(result.err.find(text) != std::string::npos);
  };
  refused("me@login.example.org", "--user");
  refused("login.example.org:2222", "--port");
  refused("[::1]:22", "--port");
  refused("[::1", "brackets");
  const auto key = [&](const std::string &file, const std::string &text) {
    const auto result = runDetached({"cluster", "add", "home", "--host", "login.example.org", "--identity", file});
    CAPTURE(result.err);
    CHECK(result.code == 2);
    CHECK(result.err.find(file) != std::string::npos);
    CHECK(result.err.find(text) != std::string::npos);
  };
  outputOf("ssh-keygen -q -t ed25519 -N '' -f " + workspace.home.path() + "/key");
  key("~/none", "not there");
  key(workspace.home.path(), "not there");
  key("~/key.pub", "public key");
  key(workspace.home.write("key.ppk", "PuTTY-User-Key-File-2: ssh-rsa\n"), "puttygen");
  key(workspace.home.write("garbage", std::string(100000, '\0')), "no private key");
  CHECK(!std::filesystem::exists(workspace.folder.path() + "/clusters.json"));
  CHECK(runDetached({"cluster", "add", "home", "--host", "::1", "--identity", "~/key"}).code == 0);
}

TEST_CASE("An address in brackets is that address; a ProxyCommand, which is never run, is told when nothing answers") {
  const Workspace workspace;
  std::filesystem::create_directory(workspace.home.path() + "/.ssh");
  const std::string config = workspace.home.write(".ssh/config", "Host gated\n  HostName 127.0.0.1\n  ProxyCommand touch " +
                                                                     workspace.home.path() + "/canary\n  Port 1\n");
  REQUIRE(runDetached({"cluster", "add", "six", "--host", "[::1]", "--port", "1"}).code == 0);
  const Json six = runDetached({"cluster", "partitions", "six", "--json"}).json()["error"];
  CHECK(six["fault"] == "NET-REFUSED");
  CHECK(six["hint"].get<std::string>().find("ProxyCommand") == std::string::npos);
  REQUIRE(runDetached({"cluster", "add", "gated", "--host", "gated"}).code == 0);
  const Json gated = runDetached({"cluster", "partitions", "gated", "--json"}).json()["error"];
  CHECK(gated["fault"] == "NET-REFUSED");
  CAPTURE(gated.dump());
  CHECK(gated["hint"].get<std::string>().find(config + ":3") != std::string::npos);
  CHECK(gated["hint"].get<std::string>().find("ProxyJump") != std::string::npos);
  CHECK(!std::filesystem::exists(workspace.home.path() + "/canary"));
}

TEST_CASE("Wrong usage of the cluster verbs is exit code 2 and says what is meant") {
  const Workspace workspace;
  const auto run = makeTinyRun();
  REQUIRE(runDetached({"cluster", "add", "home", "--host", "127.0.0.1"}).code == 0);
  const auto refused = [](const std::vector<std::string> &words, const std::string &text) {
    std::vector<std::string> all = words;
    all.push_back("--json");
    const auto result = runDetached(all);
    CAPTURE(result.out);
    CHECK(result.code == 2);
    CHECK(result.out.find(text) != std::string::npos);
  };
  refused({"submit", run->run, "--cluster", "hom"}, "Did you mean home?");
  refused({"submit", run->run}, "--cluster");
  refused({"submit", "--cluster", "home"}, "RUN.json");
  refused({"submit", run->run, "--cluster", "home", "--set", "epochs=-1", "--set", "lora.rank=0"}, "problems");
  refused({"submit", run->run, "--cluster", "home", "--resume", "x"}, "--resume");
  refused({"cluster", "partitions"}, "needs the name");
  refused({"cluster", "partitions", "nowhere"}, "cluster add");
  refused({"cluster", "queue", "home", "--gres", "dcu"}, "--gres");
  refused({"cluster", "files", "home", "erase", "x"}, "upload");
  refused({"watch", run->out, "--log"}, "--log");
  const auto added = [&](const std::vector<std::string> &more, const std::string &text) {
    std::vector<std::string> words = {"cluster", "add", "new"};
    words.insert(words.end(), more.begin(), more.end());
    refused(words, text);
  };
  added({"--host", "h%s"}, "replaced");
  added({"--host", "h\u202eoh"}, "no name");
  added({"--host", "h", "--worker=-x"}, "dash");
  added({"--host", "h", "--worker", "~eve/attune"}, "~eve");
  added({"--host", "h", "--root", "~eve"}, "whole path");
  CHECK(runDetached({"cluster", "add", "v6", "--host", "fe80::1%eth0", "--root", "~/x"}).code == 0);

  for (const char *verb : {"watch", "fetch", "cancel", "checkpoint"}) {
    CAPTURE(std::string(verb));
    const auto missing = runDetached({verb, run->out, "--json"});
    CHECK(missing.code == 1);
    CHECK(missing.json()["error"]["code"] == "file_not_found");
    const auto local = runDetached({verb, run->folder.path(), "--json"}); // a folder, but no run on a cluster
    CHECK(local.code == 1);
    CHECK(local.json()["error"]["message"] == "This run never went to a cluster.");
  }
}

TEST_CASE("A host that refuses, and a file that is not there, end a submission before a run folder is made") {
  const Workspace workspace;
  const auto run = makeTinyRun();
  REQUIRE(runDetached({"cluster", "add", "home", "--host", "127.0.0.1", "--port", "1", "--partition", "p"}).code == 0);
  const auto away = runDetached({"submit", run->run, "--cluster", "home", "--json"});
  CHECK(away.code == 1);
  CHECK(away.json()["error"]["code"] == "io_failed");
  CHECK(away.json()["error"]["fault"] == "NET-REFUSED");
  CHECK(away.json()["error"]["where"].get<std::string>().find("127.0.0.1") != std::string::npos);
  CHECK(runDetached({"cluster", "partitions", "home", "--json"}).code == 1);

  const auto lost = runDetached({"submit", run->run, "--cluster", "home", "--set", "dataset.0.path=/no/such.jsonl", "--json"});
  CHECK(lost.code == 1);
  CHECK(lost.json()["error"]["code"] == "file_not_found");
  CHECK(lost.json()["error"]["where"] == "/no/such.jsonl");
  CHECK(!std::filesystem::exists(workspace.folder.path() + "/runs"));
}

#else

TEST_CASE("A build without the supercomputer client says so") {
  for (const char *verb : {"cluster", "submit", "watch", "fetch", "cancel", "checkpoint"}) {
    const auto result = runAttune({verb, "x", "--json"});
    CHECK(result.code == 2);
    CHECK(result.json()["error"]["message"].get<std::string>().find("no supercomputer client") != std::string::npos);
  }
}

#endif
