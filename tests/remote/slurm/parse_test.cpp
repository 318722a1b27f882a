#include "remote/slurm/parse.h"

#include <doctest/doctest.h>

using namespace attune;
using namespace attune::remote::slurm;

namespace {

std::string queueRow(const std::string &id, const std::string &state, const std::string &name) {
  return "m4rk|" + id + "|" + state + "|None|2026-11-27T08:00:00|N/A|N/A|vm|ann|normal|" + name + "\n";
}

std::string nodeRow(const std::string &node, const std::string &partition, const std::string &up, const std::string &limit,
                    const std::string &gres, const std::string &used, const std::string &state) {
  const std::pair<std::string, size_t> columns[] = {{node, 80},  {partition, 80},   {up, 12},   {limit, 24},  {gres, 200},
                                                    {used, 200}, {"0/64/0/64", 24}, {"64", 16}, {"4096", 16}, {state, 24}};
  std::string row;
  for (const auto &[text, width] : columns) row += text + std::string(width - text.size(), ' ');
  return row + "\n";
}

} // namespace

TEST_CASE("Job ids are digits, with a task or a list of tasks") {
  CHECK(parseJobId("12")->text() == "12");
  CHECK(parseJobId("3_4")->task == "4");
  CHECK(parseJobId("3_[3-6%2]")->text() == "3_[3-6%2]");
  for (const char *bad : {"", "_1", "a", "1 ", "-1", "1_", "1_x", "1_[", "1_[;]", "9999999999999999999", "1\n2", "1+0"}) {
    CAPTURE(bad);
    CHECK(!parseJobId(bad));
  }
}

TEST_CASE("Time limits as sinfo prints them") {
  CHECK(parseMinutes("5:00") == 5);
  CHECK(parseMinutes("1:00:00") == 60);
  CHECK(parseMinutes("2-00:00:00") == 2880);
  CHECK(parseMinutes("1-12") == 36 * 60);
  CHECK(parseMinutes("0:30") == 1);
  CHECK(parseMinutes("30") == 30);
  CHECK(parseMinutes("infinite") == -1);
  for (const char *bad : {"", "n/a", "1:2:3:4", "x:1", "-", "1--1", "99999999999999"}) {
    CAPTURE(bad);
    CHECK(!parseMinutes(bad));
  }
}

TEST_CASE("Gres of every spelling are counted by name") {
  using Counts = std::map<std::string, int64_t>;
  CHECK(parseGres("dcu:2") == Counts{{"dcu", 2}});
  CHECK(parseGres("dcu:z100:4(S:0-1),gpu:1") == Counts{{"dcu", 4}, {"gpu", 1}});
  CHECK(parseGres("dcu:z100:1(IDX:0,2),dcu:k100:2(IDX:1-2)") == Counts{{"dcu", 3}});
  CHECK(parseGres("gres:dcu:2") == Counts{{"dcu", 2}});
  CHECK(parseGres("craynetwork") == Counts{{"craynetwork", 1}});
  CHECK(parseGres("bw:2K") == Counts{{"bw", 2048}});
  CHECK(parseGres("(null)").empty());
  CHECK(parseGres("dcu:x,:3,dcu:-1,(((").empty());
}

TEST_CASE("The queue is read by fields; unknown states are kept as text") {
  const Queue queue =
      parseQueue("noise of .bashrc\n" + queueRow("4", "RUNNING", "attune-0123") + queueRow("3_[3-6%2]", "SOME_NEW", "x|y"), "m4rk");
  REQUIRE(queue.rows.size() == 2);
  CHECK(queue.ignored == 0);
  CHECK(queue.rows[0].id.text() == "4");
  CHECK(queue.rows[0].state == "RUNNING");
  CHECK(queue.rows[0].submitted == "2026-11-27T08:00:00");
  CHECK(queue.rows[0].nodes == "vm");
  CHECK(queue.rows[0].user == "ann");
  CHECK(queue.rows[0].partition == "normal");
  CHECK(queue.rows[0].name == "attune-0123");
  CHECK(queue.rows[1].state == "SOME_NEW");
  CHECK(queue.rows[1].name == "x|y");
}

TEST_CASE("A job name cannot forge a row, whatever bytes it holds") {
  const std::string hostile = "x\n999|fake|COMPLETED|None\nmark|7|COMPLETED|None|a|b|c|d|e|f|forged\n\xff\xfe\x1b[2J";
  const Queue queue = parseQueue(queueRow("5", "PENDING", hostile) + queueRow("6", "RUNNING", "fine"), "m4rk");
  REQUIRE(queue.rows.size() == 2);
  CHECK(queue.rows[0].name == hostile);
  CHECK(queue.rows[0].state == "PENDING");
  CHECK(queue.rows[1].id.text() == "6");
  CHECK(printable(queue.rows[0].name).find('\x1b') == std::string::npos);
  CHECK(printable(queue.rows[0].name).find('\xff') == std::string::npos);
}

TEST_CASE("Rows that are not Slurm's are left out and counted") {
  const std::string longName(kMaxRow + 1, 'n');
  const Queue queue = parseQueue(queueRow("x", "RUNNING", "a") + queueRow("1", "RUN\x01", "a") + queueRow("2", "RUNNING", longName) +
                                     "m4rk|3|RUNNING\n" + queueRow("4", "RUNNING", "a"),
                                 "m4rk");
  REQUIRE(queue.rows.size() == 1);
  CHECK(queue.rows[0].id.text() == "4");
  CHECK(queue.ignored == 4);
  CHECK(parseQueue("", "m4rk").rows.empty());
  CHECK(parseQueue("|1|RUNNING|", "").rows.empty());
}

TEST_CASE("An absurd size of a node is bounded, so that its bytes can be counted") {
  std::string row = nodeRow("n1", "normal", "up", "30", "(null)", "(null)", "idle");
  row.replace(row.find("4096"), 16, std::string(16, '9'));
  row.replace(row.rfind("64 "), 16, std::string(16, '9'));
  const auto read = parseNodes(row);
  REQUIRE(read.ok());
  CHECK((*read)[0].memoryPerNode == (int64_t(1) << 40));
  CHECK(((*read)[0].memoryPerNode << 20) == (int64_t(1) << 60));
  CHECK((*read)[0].coresPerNode == 1'000'000);
}

TEST_CASE("Partitions: limits, cards and what is free") {
  const auto read = parseNodes(nodeRow("n1", "normal", "up", "2-00:00:00", "dcu:4(S:0)", "dcu:1(IDX:0)", "mix") +
                               nodeRow("n2", "normal", "up", "2-00:00:00", "dcu:2", "dcu:0", "idle") +
                               nodeRow("n3", "normal", "up", "2-00:00:00", "dcu:2", "dcu:0", "idle*") +
                               nodeRow("n4", "normal", "up", "2-00:00:00", "dcu:2", "dcu:0", "drain") +
                               nodeRow("n1", "closed", "down", "infinite", "(null)", "(null)", "mix"));
  REQUIRE(read.ok());
  REQUIRE(read->size() == 2);
  const Partition &normal = (*read)[0];
  CHECK(normal.name == "normal");
  CHECK(normal.up);
  CHECK(normal.limitMinutes == 2880);
  CHECK(normal.nodes == 4);
  CHECK(normal.freeNodes == 1);
  CHECK(normal.coresPerNode == 64);
  CHECK(normal.memoryPerNode == 4096);
  CHECK(normal.cardsPerNode.at("dcu") == 4);
  CHECK(normal.cards.at("dcu") == 10);
  CHECK(normal.freeCards.at("dcu") == 5);
  CHECK(!(*read)[1].up);
  CHECK((*read)[1].limitMinutes == -1);
  CHECK((*read)[1].cards.empty());
}

TEST_CASE("An answer that is no list of nodes is refused with its text") {
  const auto read = parseNodes("sinfo: error: \x1b[31mbroken\n");
  REQUIRE(!read.ok());
  CHECK(read.error().where == "sinfo");
  CHECK(read.error().message.find("broken") != std::string::npos);
  CHECK(read.error().message.find('\x1b') == std::string::npos);
}

TEST_CASE("The id of a submission is the last line, with or without a cluster") {
  CHECK(parseSubmitted("4\n")->text() == "4");
  CHECK(parseSubmitted("notice of the site\n41;loopback\n")->text() == "41");
  for (const char *bad : {"", "Submitted batch job 4\n", "4\nbye\n", "4 5", "\n"}) {
    CAPTURE(bad);
    CHECK(!parseSubmitted(bad).ok());
  }
}

TEST_CASE("salloc tells its id before the grant") {
  CHECK(!parseAllocation("salloc: error: no"));
  const auto pending =
      parseAllocation("salloc: note\nsalloc: Pending job allocation 12\nsalloc: job 12 queued and waiting for resources\n");
  REQUIRE(pending);
  CHECK(pending->id.text() == "12");
  CHECK(!pending->granted);
  CHECK(parseAllocation("salloc: Pending job allocation 12\nsalloc: Granted job allocation 12\n")->granted);
  CHECK(!parseAllocation("x salloc: Granted job allocation 12\nsalloc: Granted job allocation 1;2\n"));
}

TEST_CASE("The configuration is names and values") {
  const auto config = parseConfig("Configuration data as of now\nMinJobAge               = 300 sec\nMinJobAge = 2 sec\nX\x01 = 1\n");
  CHECK(config.at("MinJobAge") == "300 sec");
  CHECK(config.size() == 1);
}

TEST_CASE("A job's record is believed under our token only, and its first value counts") {
  const std::string record = "JobId=4 JobName=attune-01 UserId=ann(1) JobState=RUNNING Restarts=1 Comment=x JobState=FAILED Restarts=9\n";
  const auto job = parseJobRecord(record, "attune-01");
  REQUIRE(job.ok());
  CHECK(job->at("JobState") == "RUNNING");
  CHECK(job->at("Restarts") == "1");
  CHECK(!parseJobRecord(record, "attune-02").ok());
  CHECK(!parseJobRecord("JobId=4 JobName=evil JobName=attune-01 JobState=COMPLETED", "attune-01").ok());
  CHECK(!parseJobRecord("slurm_load_jobs error: Invalid job id specified", "attune-01").ok());
  CHECK(!parseJobRecord("JobId=4 JobName=attune-01 " + std::string(kMaxRow, 'x'), "attune-01").ok());
}

TEST_CASE("Accounting: states, who cancelled, exit codes") {
  const auto rows = parseAccount("4\x1f"
                                 "CANCELLED by 1001\x1f"
                                 "0:9\x1f"
                                 "2026-11-27T08:00:00\x1f"
                                 "2026-11-27T08:01:00\x1f"
                                 "attune-01\n"
                                 "5\x1f"
                                 "FAILED\x1f"
                                 "7:0\x1f"
                                 "a\x1f"
                                 "b\x1f"
                                 "n\n"
                                 "6\x1f"
                                 "FAILED\x1f"
                                 "7\x1f"
                                 "a\x1f"
                                 "b\x1f"
                                 "n\n"
                                 "Slurm accounting storage is disabled\n");
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].state == "CANCELLED");
  CHECK(rows[0].by == "1001");
  CHECK(rows[0].name == "attune-01");
  CHECK(rows[0].exitSignal == 9);
  CHECK(rows[1].exitCode == 7);
}

TEST_CASE("A step of srun's is told from Slurm's own, and from another job's") {
  CHECK(hasStep("12.0\n", "12"));
  CHECK(hasStep("7.0\n12.extern\n12.3\n", "12"));
  CHECK_FALSE(hasStep("", "12"));
  CHECK_FALSE(hasStep("12.extern\n12.batch\n112.0\n2.0\n12\n", "12"));
}
