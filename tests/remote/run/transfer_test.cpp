// Transfers as a person asks for them: on the worker of a host, whose other work goes on.
#include "tests/remote/run/run_host.h"
#include "tests/support/noise.h"

#include <atomic>

using namespace attune;
using namespace attune::test;

TEST_CASE("Transfers do with the channels that the server opens, and the queue is answered meanwhile") {
  NEEDS_LOOPBACK(true);
  LoopbackOptions options;
  bool isAnswered = true;
  SUBCASE("as usual") {}
  SUBCASE("three: files, the transfer, a command") { options.sshdLines = "MaxSessions 3"; }
  SUBCASE("two: no command meanwhile") {
    options.sshdLines = "MaxSessions 2";
    isAnswered = false;
  }
  SUBCASE("one") {
    options.sshdLines = "MaxSessions 1";
    isAnswered = false;
  }
  SUBCASE("no SFTP") { options.sshdLines = kNoSftp; }
  SUBCASE("no SFTP, one channel") {
    options.sshdLines = std::string(kNoSftp) + "MaxSessions 1";
    isAnswered = false;
  }
  RunHost host(options);
  REQUIRE(host.cluster.started());
  const std::string data = noise(60'000'000);
  const std::string local = host.data.write("local", data), back = host.data.path() + "/back";
  const std::string there = host.cluster.value("LB_HOME") + "/there";
  const auto cluster = host.link();
  cluster->connect();
  std::atomic<int> asked{0}, answered{0}, before{0};
  const auto copy = [&](bool up) {
    asked = answered = before = 0;
    const auto told = [&](uint64_t done, uint64_t size) {
      if (done > 0 && done < size && asked++ == 0)
        cluster->queue([&](const Result<std::vector<api::QueuedJob>> &queue) { answered += queue.ok(); });
    };
    return RunHost::answerOf<void>([&](auto answer) {
      const auto done = [&, answer](const Status &status) {
        before = answered.load();
        answer(status);
      };
      if (up)
        cluster->upload(local, "there", told, {}, done);
      else
        cluster->download("there", back, told, {}, done);
    });
  };
  for (const bool up : {true, false}) {
    CAPTURE(up);
    REQUIRE(copy(up).ok());
    CHECK(textOf(up ? there : back) == data);
    if (isAnswered) CHECK(before == 1);
    // And after it, whatever the server's limits.
    CHECK(RunHost::answerOf<std::vector<api::QueuedJob>>([&](auto answer) { cluster->queue(answer); }).ok());
  }
}
