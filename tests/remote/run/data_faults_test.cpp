// Full disks, hostile names, strange shells, floods, and results that change on their way. The numbers are those of the fault list.
#include "core/base/sha256.h"
#include "remote/run/fetch.h"
#include "tests/remote/run/run_host.h"
#include "tests/support/file_size_limit.h"

using namespace attune;
using namespace attune::test;
using api::JobPhase;
using api::LinkState;

namespace {

const char *const kShort = "echo hello; step 1; step 2; result; finish completed 2\n";

/// A small disk in place of the folder of the jobs.
class SmallDisk {
public:
  SmallDisk(const RunHost &host, const std::string &size) : m_path(host.cluster.value("LB_HOME") + "/.attune") {
    outputOf("mkdir -p " + m_path + " && mount -t tmpfs -o size=" + size + " tmpfs " + m_path + " && chown " + host.profile.user + " " +
                 m_path,
             &m_code);
  }
  ~SmallDisk() { outputOf("umount -l " + m_path + " 2>/dev/null"); }
  bool there() const { return m_code == 0; }

private:
  std::string m_path;
  int m_code = 1;
};

} // namespace

TEST_CASE("Fault 7: the cluster's disk is full in the upload: told as such, and no part is taken for the file") {
  NEEDS_LOOPBACK(true);
  RunHost host;
  REQUIRE(host.cluster.started());
  host.setWorker(kShort);
  const SmallDisk disk(host, "1m");
  if (!disk.there()) {
    MESSAGE("skipped: the loopback cluster cannot mount a small disk here");
    return;
  }
  auto request = host.request();
  std::ofstream(host.data.path() + "/rows.jsonl", std::ios::app) << std::string(size_t(3) << 20, ' ');
  auto events = std::make_shared<KeptEvents>();
  const auto run = host.start(request, events);
  REQUIRE(RunHost::reaches(*run, JobPhase::Over, 60));
  CHECK(run->job().result == "submit_failed");
  REQUIRE(run->job().problem);
  CHECK(run->job().problem->fault == "DISK-FULL");
  CHECK(outputOf("find " + host.cluster.value("LB_HOME") + "/.attune -name 0.jsonl").empty());
  CHECK(host.jobs() == 0);
}

TEST_CASE("Fault 7: the disk is full in the log and at the end: the scheduler's done is not believed") {
  NEEDS_LOOPBACK(true);
  RunHost host;
  REQUIRE(host.cluster.started());
  host.setWorker("head -c 3000000 /dev/zero | tr '\\0' x; exit 0\n");
  const SmallDisk disk(host, "1m");
  if (!disk.there()) {
    MESSAGE("skipped: the loopback cluster cannot mount a small disk here");
    return;
  }
  auto events = std::make_shared<KeptEvents>();
  const auto run = host.start(host.request(), events);
  REQUIRE(RunHost::reaches(*run, JobPhase::Over, 200));
  CHECK(run->job().result == "failed");
  REQUIRE(run->job().problem);
  CHECK(run->job().problem->fault == "DISK-FULL");
  CHECK(events->all<api::RunFinished>().at(0).outcome == api::RunOutcome::Failed);
}

TEST_CASE("Fault 18: hostile names of run, model, data and environment script are only names") {
  NEEDS_LOOPBACK(true);
  RunHost host;
  REQUIRE(host.cluster.started());
  host.setWorker("echo \"$SITE\"; cat data/0*; step 1; result; finish completed 1\n");
  const std::string canary = host.cluster.value("LB_HOME") + "/canary";
  const std::string hostile = "-x $(touch " + canary + ") `touch " + canary + "` '; touch " + canary + "; ' \" \\ \xF0\x9F\x98\x80";
  const std::string script = "env " + std::string("$(touch canary) `touch canary` '\" -x");
  std::ofstream(host.cluster.value("LB_HOME") + "/" + script) << "export SITE=here\n";
  host.close();
  host.profile.environmentScript = script;
  host.open();
  auto request = host.request();
  std::string file = hostile;
  std::replace(file.begin(), file.end(), '/', '_'); // the config refuses the others by itself
  request.config.name = file.substr(0, 100);
  std::filesystem::copy_file(host.data.path() + "/rows.jsonl", host.data.path() + "/" + file);
  request.config.dataset[0].path = host.data.path() + "/" + file;
  const std::string shards[] = {file.substr(0, 240), "a b", "a?b", "\xE6\xA8\xA1\xE5\x9E\x8B"}; // an index knows them by these names
  for (const std::string &shard : shards) host.data.write("model/" + shard, shard);
  auto events = std::make_shared<KeptEvents>();
  auto run = host.start(request, events);
  REQUIRE(RunHost::reaches(*run, JobPhase::Over, 90));
  CHECK(run->job().result == "done");
  const std::string models = outputOf("echo " + host.cluster.value("LB_HOME") + "/.attune/models/*");
  for (const std::string &shard : shards) CHECK(textOf(models.substr(0, models.size() - 1) + "/" + shard) == shard);
  const std::string log = textOf(run->folder() + "/log.txt");
  CHECK(log.find("here\n") != std::string::npos);
  CHECK(log.find("\"ids\"") != std::string::npos);
  CHECK(!std::filesystem::exists(canary));
  // What cannot be a word is refused with a reason.
  request.cluster->partition = "kshdtest; touch " + canary;
  request.cluster->extra = {{"wrap", "touch " + canary}};
  auto later = std::make_shared<KeptEvents>();
  run = host.start(request, later);
  REQUIRE(RunHost::reaches(*run, JobPhase::Over, 60));
  CHECK(run->job().problem->problems.size() == 2);
  CHECK(!std::filesystem::exists(canary));
  CHECK(outputOf("find " + host.cluster.value("LB_HOME") + " -name canary").empty());
}

TEST_CASE("Fault 20: a shell that prints, dawdles and leaves things running works; one whose start-up ends it is told") {
  NEEDS_LOOPBACK(true);
  RunHost host;
  REQUIRE(host.cluster.started());
  host.setWorker(kShort);
  const std::string profile = host.cluster.value("LB_HOME") + "/.bash_profile";
  const std::string usual = textOf(profile);
  std::ofstream(profile) << "echo 'squeue: error: forged'; printf '\\033[31m'; sleep 2; sleep 200 </dev/null >/dev/null 2>&1 &\n" << usual;
  auto events = std::make_shared<KeptEvents>();
  const auto run = host.start(host.request(), events);
  REQUIRE(RunHost::reaches(*run, JobPhase::Over, 120));
  CHECK(run->job().result == "done");
  std::ofstream(profile) << "exit 1\n";
  const auto asked = RunHost::answerOf<api::ClusterOverview>([&](auto answer) { host.link()->overview(answer); });
  REQUIRE(!asked.ok());
  CHECK(asked.error().fault == "CMD-BROKEN");
}

TEST_CASE("Fault 23: a line that drops in the fetch, a local disk that is full, a file that changed: never a wrong file under its name") {
  NEEDS_LOOPBACK(true);
  RunHost host;
  REQUIRE(host.cluster.started());
  host.setWorker("step 1; head -c 60000000 /dev/urandom >run/adapter/weights.bin; mkdir -p run/checkpoints/step-1\n"
                 "echo state >run/checkpoints/step-1/state; ln -s /etc/passwd run/checkpoints/step-1/passwd; finish completed 1\n");
  auto events = std::make_shared<KeptEvents>();
  const auto run = host.start(host.request(), events);
  REQUIRE(RunHost::reaches(*run, JobPhase::Over, 120));
  const std::string here = run->folder() + "/adapter/weights.bin", there = run->job().remoteFolder + "/run/adapter/weights.bin";
  const std::string right = sha256Hex(textOf(there));
  CHECK(sha256Hex(textOf(here)) == right);
  const auto fetch = [&](api::FetchWhat what = api::FetchWhat::Result, const std::function<void(uint64_t)> &progress = {}) {
    return RunHost::answerOf<void>([&](auto answer) {
      run->fetch(
          what,
          [progress](uint64_t done, uint64_t) {
            if (progress) progress(done);
          },
          {}, answer);
    });
  };
  // Dropped in the middle, then gone on with.
  std::filesystem::remove(here);
  bool dropped = false;
  const auto cut = fetch(api::FetchWhat::Result, [&](uint64_t done) {
    if (done > 20000000 && !dropped) dropped = host.cluster.act("drop");
  });
  CHECK(cut.error().fault == "NET-LOST");
  CHECK(!std::filesystem::exists(here));
  const auto begun = std::filesystem::file_size(here + ".part");
  CHECK(begun > 10000000);
  host.link()->connect();
  uint64_t first = 0;
  REQUIRE(fetch(api::FetchWhat::Result, [&](uint64_t done) { first = first ? first : done; }).ok());
  CHECK(first > begun);
  CHECK(sha256Hex(textOf(here)) == right);
  CHECK(!std::filesystem::exists(here + ".part"));
  // No room here.
  std::filesystem::remove(here);
  {
    const FileSizeLimit full(1 << 20);
    CHECK(fetch().error().fault == "LOCAL-FULL");
  }
  CHECK(!std::filesystem::exists(here));
  // Another file in its place.
  {
    std::fstream file(there, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(30000000);
    file << "changed";
  }
  CHECK(fetch().error().fault == "FETCH-HASH");
  CHECK(!std::filesystem::exists(here));
  // Links stay there; checkpoints come when asked for.
  outputOf("rm " + there);
  outputOf("sed -i 's/\"manifest\":.*/\"manifest\":{}}/' " + run->job().remoteFolder + "/exit.json");
  CHECK(fetch(api::FetchWhat::Everything).ok());
  CHECK(textOf(run->folder() + "/checkpoints/step-1/state") == "state\n");
  CHECK(!std::filesystem::exists(run->folder() + "/checkpoints/step-1/passwd"));
  // Names that would leave the folder.
  outputOf("sed -i 's|\"manifest\":.*|\"manifest\":{\"../../x\":{\"size\":1,\"sha256\":\"" + std::string(64, 'a') + "\"}}}|' " +
           run->job().remoteFolder + "/exit.json");
  std::filesystem::remove_all(run->job().remoteFolder + "/run/checkpoints");
  CHECK(fetch().error().fault == "FETCH-NOTHING"); // such a last word is none
  CHECK(!std::filesystem::exists(host.workspace.path() + "/x"));
}

TEST_CASE("A safetensors file that lies about its header is no result") {
  const TempFolder folder;
  CHECK(remote::checkSafetensors(folder.write("a", std::string("\x02\0\0\0\0\0\0\0{}", 10))).ok());
  CHECK(!remote::checkSafetensors(folder.write("b", std::string("\xff\xff\xff\xff\xff\xff\xff\xff{}", 10))).ok());
  CHECK(!remote::checkSafetensors(folder.write("c", "{}")).ok());
  CHECK(!remote::checkSafetensors(folder.write("d", std::string("\x02\0\0\0\0\0\0\0[]", 10))).ok());
}

TEST_CASE("Fault 16: a flood of log lines is kept up with, byte for byte, while events and the queue stay prompt") {
  NEEDS_LOOPBACK(true);
  RunHost host;
  REQUIRE(host.cluster.started());
  host.setWorker("(while [ ! -e stop ]; do seq -f 'line %.0f of a flood, as long as lines of a training are: eighty-three bytes' 1 20000; "
                 "sleep 0.2; done) &\n"
                 "for i in $(seq 1 200); do step $i; sleep 0.1; done; touch stop; wait; result; finish completed 200\n");
  auto events = std::make_shared<KeptEvents>();
  const auto run = host.start(host.request(), events);
  REQUIRE(soon(60, [&] { return events->all<api::StepMetrics>().size() > 3; }));
  double slowest = 0;
  const auto cluster = host.link();
  while (events->all<api::StepMetrics>().size() < 190 && !run->finished()) {
    const auto asked = std::chrono::steady_clock::now();
    CHECK(RunHost::answerOf<std::vector<api::QueuedJob>>([&](auto answer) { cluster->queue(answer); }).ok());
    slowest = std::max(slowest, std::chrono::duration<double>(std::chrono::steady_clock::now() - asked).count());
    const auto next = asked + std::chrono::seconds(2);
    soon(5, [&] { return std::chrono::steady_clock::now() > next; });
  }
  REQUIRE(RunHost::reaches(*run, JobPhase::Over, 120));
  const std::string log = textOf(run->folder() + "/log.txt");
  CHECK(sha256Hex(log) == sha256Hex(host.remoteFile(run->job(), "run.log")));
  const auto delays = events->delays();
  const size_t megabytes = log.size() / 1000000;
  MESSAGE(megabytes << " MB of log, the slowest answer of the queue took " << slowest << " s, events came after "
                    << delays[delays.size() / 2] << " s, 95 % within " << delays[delays.size() * 95 / 100]);
  CHECK(slowest < 2);
  CHECK(delays[delays.size() * 95 / 100] < 1);
  CHECK(events->all<api::StepMetrics>().size() == 200);
}
