// Faults in a random order, by hand: ATTUNE_FAULT_MINUTES=30 build/bin/attune_remote_tests -tc='By hand: random faults*'
// (ATTUNE_FAULT_SEED=n repeats one). Every second log line and event must be there at the end, and one job.
#include "tests/remote/run/run_host.h"
#include "tests/support/file_size_limit.h"
#include "tests/support/running_program.h"

#include <cstdlib>
#include <map>
#include <random>

using namespace attune;
using namespace attune::test;
using api::JobPhase;

namespace {

/// Whole lines of steps that lie here.
size_t stepsIn(const std::string &runFolder) {
  const std::string text = textOf(runFolder + "/events.jsonl");
  size_t count = 0;
  for (size_t at = text.find("\"type\":\"step\""); at != std::string::npos; at = text.find("\"type\":\"step\"", at + 1))
    count += text.find('\n', at) != std::string::npos;
  return count;
}

} // namespace

TEST_CASE("By hand: random faults of line, daemons and program lose nothing") {
  const char *minutes = std::getenv("ATTUNE_FAULT_MINUTES");
  if (!minutes) return;
  NEEDS_LOOPBACK(true);
  RunHost host;
  REQUIRE(host.cluster.started());
  setenv("HOME", host.home.path().c_str(), 1); // of the other program
  host.setWorker("n=$(ls run/checkpoints 2>/dev/null | sed 's/step-//' | sort -n | tail -n 1)\n"
                 "[ -n \"$n\" ] && e '{\"type\":\"resumed\",\"seq\":1,\"time\":1,\"from_step\":'$n',\"attempt\":2}'\n"
                 "i=${n:-0}; trap 'checkpoint $i' USR1; trap 'checkpoint $i; finish stopped $i; exit 130' TERM\n"
                 "while [ ! -e go ]; do i=$((i+1)); step $i; for k in 1 2 3 4 5; do echo \"line $i.$k of the log\"; done\n"
                 "[ $((i%100)) = 0 ] && checkpoint $i; sleep 0.1; done; result; finish completed $i\n");
  auto request = host.request();
  request.cluster->partition = "normal";
  request.cluster->minutes = 120;
  auto events = std::make_shared<KeptEvents>();
  auto run = host.start(request, events);
  const std::string folder = run->folder();
  REQUIRE(soon(60, [&] { return events->all<api::StepMetrics>().size() > 3; }));

  const char *given = std::getenv("ATTUNE_FAULT_SEED");
  const unsigned seed = given ? static_cast<unsigned>(std::atoi(given)) : std::random_device{}();
  std::mt19937 random(seed);
  MESSAGE("seed " << seed);
  const auto between = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
  const auto pause = [](int seconds) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
    soon(seconds + 5, [&] { return std::chrono::steady_clock::now() > until; });
  };
  std::map<std::string, int> done;
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(std::atoi(minutes));
  int finished = 0;
  size_t elsewhere = 0; // steps that the other program took
  while (std::chrono::steady_clock::now() < end && !run->finished()) {
    const int kind = between(0, 99);
    if (kind < 45) {
      ++done["drop"];
      host.cluster.act("drop");
    } else if (kind < 55) {
      ++done["stall"];
      host.cluster.act("stall");
      pause(between(2, 20));
      host.cluster.act("unstall");
    } else if (kind < 63) {
      ++done["kill sshd"];
      host.cluster.act("kill", "sshd");
      host.cluster.act("drop");
      pause(between(1, 8));
      host.cluster.act("up", "sshd");
    } else if (kind < 70) {
      ++done["freeze slurmctld"];
      host.cluster.act("freeze", "slurmctld");
      pause(between(2, 15));
      host.cluster.act("thaw", "slurmctld");
    } else if (kind < 76) {
      ++done["restart slurmctld"];
      pause(12); // its state is saved
      host.cluster.act(between(0, 1) ? "down" : "kill", "slurmctld");
      pause(between(1, 5));
      host.cluster.act("up", "slurmctld");
    } else if (kind < 80) {
      ++done["kill munged"];
      host.cluster.act("kill", "munged");
      pause(between(1, 5));
      host.cluster.act("up", "munged");
    } else if (kind < 82) {
      ++done["requeue"];
      host.slurm("scontrol requeue " + run->job().id);
    } else if (kind < 84) {
      ++done["kill slurmd"];
      host.cluster.act("kill", "slurmd");
      pause(2);
      host.cluster.act("up", "slurmd");
    } else if (kind < 88) {
      ++done["full disk here"];
      const FileSizeLimit full(textOf(folder + "/log.txt").size() + 1000);
      pause(between(2, 12));
    } else {
      ++done["kill -9 the program"]; // as another one that follows the run
      run.reset();
      host.close();
      const size_t before = stepsIn(folder);
      {
        const RunningProgram watching({"watch", folder, "--workspace", host.workspace.path(), "--json"});
        pause(between(0, 6));
        watching.signal(SIGKILL);
      }
      elsewhere += stepsIn(folder) - before;
      host.open();
      auto attached = host.service->backend().attach(folder, events);
      REQUIRE_MESSAGE(attached.ok(), (attached.ok() ? "" : attached.error().text()));
      run = *attached;
    }
    pause(between(1, 8));
    finished += run->finished() ? 1 : 0;
  }
  std::string told;
  int all = 0;
  for (const auto &[name, count] : done) {
    told.append(name).append(" ").append(std::to_string(count)).append(", ");
    all += count;
  }
  MESSAGE(all << " faults: " << told << events->all<api::StepMetrics>().size() << " steps, attempt " << run->job().attempt);
  CHECK(finished == 0);
  outputOf("touch " + run->job().remoteFolder + "/go");
  REQUIRE(RunHost::reaches(*run, JobPhase::Over, 400));
  CHECK(run->job().result == "done");
  CHECK(textOf(folder + "/log.txt") == host.remoteFile(run->job(), "run.log"));
  std::string workers;
  std::istringstream lines(textOf(folder + "/events.jsonl"));
  for (std::string line; std::getline(lines, line);)
    if (line.find(",\"local\":true}") == std::string::npos) workers.append(line).append("\n");
  CHECK(workers == host.remoteFile(run->job(), "run/events.jsonl"));
  CHECK(events->all<api::StepMetrics>().size() + elsewhere ==
        static_cast<size_t>(std::atoi(outputOf("grep -c '\"type\":\"step\"' " + run->job().remoteFolder + "/run/events.jsonl").c_str())));
  CHECK(events->all<api::RunFinished>().size() == 1);
  CHECK(host.jobs() == 1);
}
