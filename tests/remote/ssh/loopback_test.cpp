// The ground of all tests of remote/: the loopback cluster starts, lets its user in and leaves nothing behind.
#include "tests/cluster/loopback.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

using namespace attune::test;

TEST_CASE("loopback: sshd alone starts, answers and leaves nothing behind") {
  NEEDS_LOOPBACK(false);
  std::string folder, user;
  {
    LoopbackOptions options;
    options.slurm = false;
    const Loopback cluster(options);
    REQUIRE(cluster.started());
    folder = cluster.file("");
    user = cluster.value("LB_SSH_USER");
    CHECK(cluster.port() > 0);
    CHECK(outputOf("getent passwd " + user).find(cluster.value("LB_HOME")) != std::string::npos);
  }
  struct stat info {};
  CHECK(::stat(folder.c_str(), &info) != 0);
  CHECK(outputOf("getent passwd " + user).empty());
}
