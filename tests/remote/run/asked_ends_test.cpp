// Ends of a run that somebody asks for: its time limit, a cancel, and a request that is refused. The numbers are those of the fault list.
#include "tests/remote/run/run_host.h"

using namespace attune;
using namespace attune::test;
using api::JobPhase;

TEST_CASE("Fault 14: the time limit is near; the run stops with a checkpoint, which is told, and can be continued") {
  NEEDS_LOOPBACK(true);
  RunHost host;
  REQUIRE(host.cluster.started());
  host.setWorker("[ \"$2\" = --resume ] && { e '{\"type\":\"resumed\",\"seq\":1,\"time\":1,\"from_step\":5,\"attempt\":2}'; step 6; "
                 "result; finish completed 6; exit 0; }\n"
                 "i=0; trap 'checkpoint $i; finish stopped $i; exit 130' TERM\n"
                 "while [ $i -lt 3000 ]; do i=$((i+1)); step $i; sleep 0.5; done\n");
  auto request = host.request();
  request.cluster->minutes = 1;
  request.cluster->requeue = false;
  auto events = std::make_shared<KeptEvents>();
  auto run = host.start(request, events);
  REQUIRE(RunHost::reaches(*run, JobPhase::Over, 150));
  CHECK(run->job().result == "timed_out");
  REQUIRE(events->all<api::RunFinished>().size() == 1);
  CHECK(events->all<api::RunFinished>()[0].outcome == api::RunOutcome::Stopped);
  CHECK(!events->all<api::CheckpointSaved>().empty());

  api::RunRequest more;
  more.folder = run->folder();
  more.resume = true;
  const std::string before = run->job().token;
  auto later = std::make_shared<KeptEvents>();
  run = host.start(more, later);
  REQUIRE(RunHost::reaches(*run, JobPhase::Over, 90));
  CHECK(run->job().result == "done");
  CHECK(run->job().token != before);
  CHECK(later->all<api::Resumed>().size() == 1);
  CHECK(later->all<api::StepMetrics>().size() == 1); // nothing of the first part again
  CHECK(textOf(run->folder() + "/adapter/adapter_config.json") == "weights\n");
  CHECK(host.jobs() == 2);
}

TEST_CASE("Fault 22: cancel while pending, gently and hard while running, and before anything was sent") {
  NEEDS_LOOPBACK(true);
  RunHost host;
  REQUIRE(host.cluster.started());
  host.setWorker(RunHost::kTrainsOn);
  auto both = host.request();
  both.cluster->cards = 2;
  auto first = std::make_shared<KeptEvents>(), second = std::make_shared<KeptEvents>();
  const auto running = host.start(both, first);
  REQUIRE(soon(60, [&] { return first->all<api::StepMetrics>().size() > 3; }));
  const auto waiting = host.start(both, second);
  REQUIRE(RunHost::reaches(*waiting, JobPhase::Queued));
  CHECK(RunHost::answerOf<std::string>([&](auto answer) { waiting->cancel(answer); }).ok());
  REQUIRE(RunHost::reaches(*waiting, JobPhase::Over, 30));
  CHECK(waiting->job().result == "cancelled");
  CHECK(second->all<api::RunFinished>().at(0).outcome == api::RunOutcome::Stopped);
  running->requestCheckpoint();
  CHECK(soon(20, [&] { return first->all<api::CheckpointSaved>().size() == 1; }));
  CHECK(!running->finished());
  running->requestStop();
  REQUIRE(RunHost::reaches(*running, JobPhase::Over, 60));
  CHECK(running->job().result == "cancelled");
  CHECK(first->all<api::RunFinished>().size() == 1);
  CHECK(first->all<api::CheckpointSaved>().size() >= 2);

  // A trainer that heeds nothing.
  host.setWorker("trap '' TERM USR1; for i in $(seq 1 3000); do step $i; sleep 0.1; done\n");
  auto third = std::make_shared<KeptEvents>();
  const auto deaf = host.start(both, third);
  REQUIRE(soon(60, [&] { return third->all<api::StepMetrics>().size() > 3; }));
  for (int i = 0; i < 2; ++i) deaf->cancel([](const auto &) {});
  REQUIRE(RunHost::reaches(*deaf, JobPhase::Over, 120));
  CHECK(deaf->job().result == "cancelled");
  CHECK(third->all<api::RunFinished>().size() == 1);
}

TEST_CASE("What Slurm would keep waiting for ever is refused before anything is sent") {
  NEEDS_LOOPBACK(true);
  RunHost host;
  REQUIRE(host.cluster.started());
  host.setWorker("step 1; result; finish completed 1\n");
  auto request = host.request();
  request.cluster->minutes = 100;
  request.cluster->cards = 5;
  auto events = std::make_shared<KeptEvents>();
  const auto run = host.start(request, events);
  REQUIRE(RunHost::reaches(*run, JobPhase::Over));
  CHECK(run->job().result == "submit_failed");
  REQUIRE(run->job().problem);
  CHECK(run->job().problem->problems.size() == 2);
  CHECK(events->all<api::RunFinished>().at(0).outcome == api::RunOutcome::Failed);
  CHECK(host.jobs() == 0);
}
