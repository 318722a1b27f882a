#include "remote/slurm/request.h"

#include <doctest/doctest.h>

using namespace attune;
using namespace attune::remote::slurm;

namespace {

std::vector<Partition> partitions() {
  Partition shortOnes;
  shortOnes.name = "kshdtest";
  shortOnes.up = true;
  shortOnes.limitMinutes = 5;
  shortOnes.nodes = 2;
  shortOnes.coresPerNode = 64;
  shortOnes.memoryPerNode = 4096;
  shortOnes.cardsPerNode = {{"dcu", 2}};
  Partition closed = shortOnes;
  closed.name = "closed";
  closed.up = false;
  return {shortOnes, closed};
}

JobRequest good() {
  JobRequest request;
  request.partition = "kshdtest";
  request.cores = 16;
  request.gres = "dcu";
  request.cards = 2;
  request.minutes = 5;
  return request;
}

std::string problemOf(const JobRequest &request, const std::string &key) {
  const Status status = checkRequest(request, partitions());
  if (status.ok()) return "";
  CHECK(status.error().code == ErrorCode::InvalidConfig);
  for (const ConfigProblem &problem : status.error().problems)
    if (problem.key == key) return problem.message;
  return "";
}

} // namespace

TEST_CASE("A request within the partition's limits passes and becomes options") {
  CHECK(checkRequest(good(), partitions()).ok());
  CHECK(requestOptions(good()) == std::vector<std::string>{"--partition=kshdtest", "--nodes=1", "--ntasks=16", "--time=5", "--gres=dcu:2"});
  JobRequest request = good();
  request.nodes = 2;
  request.memory = 2000;
  request.account = "lab";
  request.qos = "high";
  request.extra = {{"exclusive", ""}, {"exclude", "n[1-3]"}};
  CHECK(checkRequest(request, partitions()).ok());
  CHECK(requestOptions(request) == std::vector<std::string>{"--partition=kshdtest", "--nodes=2", "--ntasks=32", "--time=5",
                                                            "--ntasks-per-node=16", "--gres=dcu:2", "--mem=2000M", "--account=lab",
                                                            "--qos=high", "--exclusive", "--exclude=n[1-3]"});
}

TEST_CASE("What Slurm would accept and never run is refused with what the partition allows") {
  JobRequest request = good();
  request.minutes = 100;
  CHECK(problemOf(request, "minutes") == "kshdtest allows 5 minutes; you asked for 100 minutes.");
  request = good();
  request.cores = 65;
  CHECK(problemOf(request, "cores") == "kshdtest has 64 cores a node; you asked for 65.");
  request = good();
  request.cards = 3;
  CHECK(problemOf(request, "cards") == "kshdtest has 2 dcu a node; you asked for 3.");
  request = good();
  request.gres = "gpu";
  CHECK(problemOf(request, "gres") == "kshdtest has no gpu; its kinds: dcu.");
  request = good();
  request.nodes = 3;
  CHECK(problemOf(request, "nodes") == "kshdtest has 2 nodes; you asked for 3.");
  request = good();
  request.memory = 5000;
  CHECK(problemOf(request, "memory") == "kshdtest has 4096 MiB of memory a node; you asked for 5000.");
  request = good();
  request.partition = "closed";
  CHECK(problemOf(request, "partition") == "closed is closed (down): a job would wait for ever. Choose another partition.");
  request.partition = "nowhere";
  CHECK(problemOf(request, "partition") == "there is no partition nowhere; there are: kshdtest, closed.");
}

TEST_CASE("A typed gres counts with its name") {
  JobRequest request = good();
  request.gres = "dcu:z100";
  CHECK(checkRequest(request, partitions()).ok());
  CHECK(requestOptions(request).back() == "--gres=dcu:z100:2");
}

TEST_CASE("Words for Slurm are whitelisted") {
  for (const char *bad : {"", "a b", "a;b", "$(x)", "`x`", "--wrap", "a\nb", "a'b", "\xff\xfe", "a,b"}) {
    CAPTURE(bad);
    JobRequest request = good();
    request.partition = bad;
    CHECK(problemOf(request, "partition") != "");
    request = good();
    request.account = bad;
    CHECK((problemOf(request, "account") != "") == (*bad != 0));
    request = good();
    request.qos = bad;
    CHECK((problemOf(request, "qos") != "") == (*bad != 0));
  }
  JobRequest request = good();
  request.partition = std::string(65, 'a');
  CHECK(problemOf(request, "partition") != "");
}

TEST_CASE("Extra options come from a list of names, with plain values") {
  JobRequest request = good();
  for (const char *bad :
       {"wrap", "output", "error", "chdir", "export", "job-name", "array", "open-mode", "get-user-env", "exclude=x", ""}) {
    CAPTURE(bad);
    request.extra = {{bad, "x"}};
    CHECK(problemOf(request, "extra") != "");
  }
  request.extra = {{"exclud", "x"}};
  CHECK(problemOf(request, "extra") == "the option \"exclud\" is not one that can be given here; did you mean exclude?");
  request.extra = {{"exclude", "a b"}};
  CHECK(problemOf(request, "extra") != "");
}

TEST_CASE("Every mistake is told at once; amounts have bounds") {
  JobRequest request = good();
  request.minutes = 0;
  request.cores = 0;
  request.nodes = -1;
  request.cards = 0;
  const Status status = checkRequest(request, partitions());
  REQUIRE(!status.ok());
  CHECK(status.error().problems.size() == 4);
  request = good();
  request.gres = "";
  CHECK(problemOf(request, "gres") != "");
}
