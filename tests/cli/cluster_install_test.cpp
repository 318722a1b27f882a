// `attune cluster install` against a real login node with a scripted builder: its output, its end, a Ctrl-C, and the way back.
#include "tests/cli/cluster_host.h"
#include "tests/support/running_program.h"
#include "tests/support/worker_bundle.h"

#ifdef ATTUNE_HAS_REMOTE

using namespace attune;
using namespace attune::test;

namespace {

std::string workerOf(const std::string &cluster) {
  const Json list = runDetached({"cluster", "list", "--json"}).json();
  for (const Json &profile : list["clusters"])
    if (profile["name"] == cluster) return profile["worker"];
  return "";
}

} // namespace

TEST_CASE("The training program is installed, its output on stderr, and the profile names it") {
  NEEDS_LOOPBACK(true);
  const ClusterHost host;
  REQUIRE(host.cluster.started());
  const std::string home = host.cluster.value("LB_HOME");
  std::ofstream(home + "/env.sh") << "export SITE=here\n";
  REQUIRE(host.add({"--identity", host.cluster.value("LB_SSH_KEY"), "--environment", "env.sh", "--partition", "kshdtest"}).code == 0);
  const TempFolder folder;
  const std::string bundle = workerBundle(folder, "progress 50 half\nprintf 'steering \\033[2J\\n'\ninstall", ATTUNE_BINARY);
  const auto made = runDetached({"cluster", "install", "loop", "--bundle", bundle, "--torch", "my torch", "--jobs", "2", "--json"});
  REQUIRE_MESSAGE(made.code == 0, made.out << made.err);
  const Json json = made.json();
  CHECK(json["binary"] == home + "/.attune/worker/one/bin/attune");
  CHECK(json["torch_kind"] == "dtk");
  CHECK(json["environment"] == home + "/env.sh");
  CHECK(json["node"] == host.cluster.value("LB_NODE"));
  CHECK(json["works"] == true);
  CHECK(json["in_profile"] == true);
  CHECK(json["checks"].dump().find("worker.attune") != std::string::npos);
  CHECK(made.err.find("steering") != std::string::npos);
  CHECK(made.err.find('\x1b') == std::string::npos);
  CHECK(workerOf("loop") == json["binary"]);
  const std::string words = slurp(home + "/builds");
  CHECK(words.find("--torch " + home + "/my torch") != std::string::npos);
  CHECK(words.find("--jobs 2") != std::string::npos);
  // What a person reads.
  const auto again = runDetached({"cluster", "install", "loop", "--bundle", bundle});
  CHECK(again.code == 0);
  CHECK(again.out.find("== compute node") != std::string::npos);
  CHECK(again.err.find("The profile now names it") != std::string::npos);
}

TEST_CASE("A build that fails ends with its fault, and the profile stays") {
  NEEDS_LOOPBACK(true);
  const ClusterHost host;
  REQUIRE(host.cluster.started());
  REQUIRE(host.add().code == 0);
  const TempFolder folder;
  const std::string bundle = workerBundle(folder, "fail old-cmake 'CMake is too old: 3.9.6, needed is 3.16 or newer.'", ATTUNE_BINARY);
  const auto failed = runDetached({"cluster", "install", "loop", "--bundle", bundle, "--json"});
  CHECK(failed.code == 1);
  CHECK(failed.json()["error"]["fault"] == "BUILD-OLD-CMAKE");
  CHECK(failed.json()["error"]["message"] == "CMake is too old: 3.9.6, needed is 3.16 or newer.");
  CHECK(failed.json()["error"]["hint"].get<std::string>().find("--cmake") != std::string::npos);
  CHECK(failed.err.find("Failed: CMake is too old") != std::string::npos);
  CHECK(workerOf("loop") == ATTUNE_BINARY);
  const auto none = runDetached({"cluster", "install", "loop", "--attach", "--json"});
  CHECK(none.code == 2);
  const auto missing = runDetached({"cluster", "install", "loop", "--bundle", "/no/such", "--json"});
  CHECK(missing.code == 1);
  CHECK(missing.json()["error"]["where"] == "/no/such");
}

TEST_CASE("A Ctrl-C leaves the build alone and says how to come back; --stop ends it") {
  NEEDS_LOOPBACK(true);
  const ClusterHost host;
  REQUIRE(host.cluster.started());
  REQUIRE(host.add().code == 0);
  const std::string home = host.cluster.value("LB_HOME");
  const TempFolder folder;
  const std::string bundle = workerBundle(folder, "echo begun\nsleep 1000", ATTUNE_BINARY);
  RunningProgram program({"cluster", "install", "loop", "--bundle", bundle, "--json"});
  REQUIRE(program.waitUntil([&] { return !slurp(home + "/builds").empty(); }));
  program.signal(SIGINT);
  CHECK(program.wait() == 130);
  const auto left = parseJson(program.output(), "stdout");
  REQUIRE(left.ok());
  const std::string hint = (*left)["error"]["hint"];
  CHECK(hint.find("attune cluster install loop --attach") != std::string::npos);
  CHECK(hint.find("attune cluster install loop --stop") != std::string::npos);
  const std::string builder = slurp(home + "/builds").substr(0, slurp(home + "/builds").find(' '));
  const auto lives = [&] { return !slurp("/proc/" + builder + "/cmdline").empty(); };
  CHECK(lives());
  CHECK(runDetached({"cluster", "install", "loop", "--stop", "--json"}).json() == Json({{"cluster", "loop"}, {"running", false}}));
  CHECK(soon(10, [&] { return !lives(); }));
  const auto attached = runDetached({"cluster", "install", "loop", "--attach", "--json"}); // how it ended
  CHECK(attached.code == 1);
  CHECK(attached.json()["error"]["fault"] == "BUILD-STOPPED");
}

TEST_CASE("Options of one action of cluster are refused by the others") {
  const TempFolder folder;
  const Environment workspace("ATTUNE_WORKSPACE", folder.path());
  REQUIRE(runDetached({"cluster", "add", "home", "--host", "127.0.0.1"}).code == 0);
  for (const std::vector<std::string> &words : std::vector<std::vector<std::string>>{{"cluster", "check", "home", "--torch", "/x"},
                                                                                     {"cluster", "queue", "home", "--stop"},
                                                                                     {"cluster", "install", "home", "--gres", "dcu"}}) {
    const auto refused = runDetached(words);
    CHECK(refused.code == 2);
    CHECK(refused.err.find(words[3]) != std::string::npos);
  }
  CHECK(runDetached({"cluster", "install"}).code == 2);
  CHECK(runDetached({"cluster", "install", "home", "--jobs", "0"}).code == 2);
}

#endif
