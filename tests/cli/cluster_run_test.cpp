// submit, watch, fetch, cancel, checkpoint and the cluster's looks, with the real program on a real one-node Slurm.
#include "tests/cli/cluster_host.h"
#include "tests/support/running_program.h"
#include "tests/support/starter_model.h"
#include "tests/support/step_losses.h"
#include "tests/support/terminal_program.h"
#include "tests/support/tiny_model.h"

#include <sstream>

#ifdef ATTUNE_HAS_REMOTE

using namespace attune;
using namespace attune::test;
namespace fs = std::filesystem;

namespace {

const std::string kAdapter = "/adapter/adapter_model.safetensors";

std::vector<Json> linesOf(const std::string &text) {
  std::vector<Json> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    const auto json = parseJson(line, "line");
    REQUIRE_MESSAGE(json.ok(), line);
    lines.push_back(*json);
  }
  return lines;
}

size_t countOf(const std::vector<Json> &events, const std::string &type) {
  size_t count = 0;
  for (const Json &event : events) count += event["type"] == type;
  return count;
}

std::string remoteFolder(const std::string &run) {
  return parseJson(slurp(run + "/cluster.json"), "cluster.json").value()["remote_folder"];
}

/// A long run: it ends when it is told to.
std::unique_ptr<TinyRunFiles> longRun() { return makeTinyRun(R"(,"max_steps":1000000,"epochs":1000000,"log_steps":50,"save_steps":500)"); }

struct Submitted {
  Submitted(const ClusterHost &host, const std::string &runJson, const std::vector<std::string> &more = {})
      : result(runDetached(host.submission(runJson, more))), json(result.json()) {
    REQUIRE_MESSAGE(result.code == 0, result.out << result.err);
    run = json["run"];
    id = json["job"];
  }
  ProgramResult result;
  Json json;
  std::string run, id;
};

} // namespace

TEST_CASE("A cluster is looked at: partitions, queue, environment") {
  NEEDS_LOOPBACK(true);
  const ClusterHost host;
  REQUIRE(host.cluster.started());
  REQUIRE(host.add().code == 0);
  const auto result = runDetached({"cluster", "partitions", "loop", "--json"});
  REQUIRE_MESSAGE(result.code == 0, result.out << result.err);
  const Json seen = result.json();
  CHECK(seen["cluster"] == "loop");
  CHECK(seen["slurm"].get<std::string>().find("slurm") == 0);
  CHECK(seen["accounting"] == false);
  CHECK(seen["whichpartition"].get<std::string>().find("kshdtest") != std::string::npos);
  bool there = false;
  for (const Json &partition : seen["partitions"]) {
    if (partition["name"] == "closed") CHECK(partition["up"] == false);
    if (partition["name"] != "kshdtest") continue;
    there = true;
    CHECK(partition["limit_minutes"] == 5);
    CHECK(partition["cores_per_node"] == 64);
    CHECK(partition["memory_per_node_bytes"] == int64_t(4096) << 20);
    CHECK(partition["cards"] == Json({{"dcu", 2}}));
    CHECK(partition["free_cards"] == Json({{"dcu", 2}}));
  }
  CHECK(there);
  CHECK(runDetached({"cluster", "queue", "loop", "--json"}).json() == Json({{"cluster", "loop"}, {"jobs", Json::array()}}));
  const auto check = runDetached({"cluster", "check", "loop", "--json"});
  CHECK(check.code == 0);
  CHECK(check.json()["slurm"] == seen["slurm"]);
  CHECK(check.json()["checks"].dump().find("\"compute node") != std::string::npos);
}

TEST_CASE("Files go to the cluster and come back whole, hostile names and all") {
  NEEDS_LOOPBACK(true);
  const ClusterHost host;
  REQUIRE(host.cluster.started());
  REQUIRE(host.add().code == 0);
  const std::string name = "a $(touch canary) 'b' \"c\" `d` ;e -rf é.bin";
  std::string bytes(3000000, 'x');
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 7 + i / 251);
  const std::string here = host.workspace.write(name, bytes);
  const auto up = runDetached({"cluster", "files", "loop", "upload", here, "./", "--json"});
  REQUIRE_MESSAGE(up.code == 0, up.out << up.err);
  CHECK(up.json()["bytes"] == bytes.size());
  CHECK(slurp(host.cluster.value("LB_HOME") + "/" + name) == bytes);
  const std::string back = host.workspace.path() + "/back";
  REQUIRE(runDetached({"cluster", "files", "loop", "download", "./" + name, back}).code == 0);
  CHECK(slurp(back) == bytes);
  bool listed = false;
  const Json there = runDetached({"cluster", "files", "loop", "--json"}).json()["files"];
  for (const Json &file : there) listed = listed || (file["name"] == name && file["kind"] == "file" && file["bytes"] == bytes.size());
  CHECK(listed);
  CHECK(runDetached({"cluster", "files", "loop", "download", "no/such", back, "--json"}).code == 1);
  CHECK(slurp(back) == bytes);
  CHECK(runDetached({"cluster", "files", "loop", "download", "a\nb", back}).code == 2);
  CHECK(!fs::exists(host.cluster.value("LB_HOME") + "/canary"));
  CHECK(!fs::exists("canary"));
}

TEST_CASE("A submitted run is watched to its end and fetched: adapter and losses are those of the cluster and of the same run here") {
  NEEDS_LOOPBACK(true);
  const ClusterHost host;
  REQUIRE(host.cluster.started());
  REQUIRE(host.add({"--identity", host.cluster.value("LB_SSH_KEY"), "--partition", "kshdtest", "--gres", "dcu"}).code == 0);
  const auto run = makeTinyRun(R"(,"epochs":3,"log_steps":1)");
  const auto submitted = runDetached({"submit", run->run, "--cluster", "loop", "--cores", "2", "--minutes", "4", "--json"});
  REQUIRE_MESSAGE(submitted.code == 0, submitted.out << submitted.err);
  const Json job = submitted.json();
  REQUIRE(job.size() == 3);
  const std::string folder = job["run"];
  CHECK(folder.find(host.workspace.path() + "/runs/tiny-") == 0);
  CHECK(job["token"].get<std::string>().find("attune-") == 0);
  CHECK(host.slurm("scontrol -o show job " + job["job"].get<std::string>()).find("dcu") != std::string::npos); // of the profile

  const auto watched = runDetached({"watch", folder, "--json"});
  REQUIRE_MESSAGE(watched.code == 0, watched.out << watched.err);
  const auto events = linesOf(watched.out);
  CHECK(events.back()["type"] == "run_finished");
  CHECK(events.back()["outcome"] == "completed");
  CHECK(countOf(events, "run_finished") == 1);
  CHECK(countOf(events, "run_started") == 1);
  std::vector<double> seen;
  for (const Json &event : events)
    if (event["type"] == "step") seen.push_back(event["loss"]);

  const auto local = runAttune({"train", run->run, "--out", run->out, "--threads", "1", "--quiet"});
  REQUIRE(local.code == 0);
  CHECK(seen.size() > 10);
  CHECK(seen == stepLosses(run->out));                                                // to the bit
  CHECK(slurp(folder + kAdapter) == slurp(remoteFolder(folder) + "/run" + kAdapter)); // watch brings it home
  CHECK(slurp(folder + kAdapter) == slurp(run->out + kAdapter));

  // Again, from what lies here; then a copy that is missing a file.
  CHECK(linesOf(runDetached({"watch", folder, "--json"}).out) == events);
  const auto log = runDetached({"watch", folder, "--log"});
  CHECK(log.code == 0);
  CHECK(log.out == slurp(remoteFolder(folder) + "/run.log"));
  fs::remove(folder + kAdapter);
  const auto fetched = runDetached({"fetch", folder, "--json"});
  REQUIRE_MESSAGE(fetched.code == 0, fetched.out << fetched.err);
  CHECK(slurp(folder + kAdapter) == slurp(remoteFolder(folder) + "/run" + kAdapter));
  bool named = false;
  const Json files = fetched.json()["files"];
  for (const Json &file : files) {
    if (file["path"] != kAdapter.substr(1)) continue;
    named = true;
    const std::string sum = outputOf("sha256sum <" + shellWord(remoteFolder(folder) + "/run" + kAdapter));
    CHECK(sum.substr(0, 64) == file["sha256"].get<std::string>());
  }
  CHECK(named);
  const auto cancelled = runDetached({"cancel", folder, "--json"}); // too late, and no mistake
  CHECK(cancelled.code == 0);
  CHECK(cancelled.json()["result"] == "done");
  const std::string there = remoteFolder(folder);
  CHECK(runDetached({"fetch", folder, "--checkpoints", "--remove"}).code == 0);
  CHECK(!fs::exists(there));
  CHECK(fs::exists(folder + "/checkpoints"));
}

TEST_CASE("submit --wait prints the job and then its events; the starter model needs to be on the cluster alone") {
  NEEDS_LOOPBACK(true);
  const std::string model = starterModel();
  if (model.empty()) {
    MESSAGE("skipped: the loopback cluster has no starter model (./dev setup fetches it)");
    return;
  }
  const ClusterHost host;
  REQUIRE(host.cluster.started());
  REQUIRE(host.add().code == 0);
  const TempFolder data;
  data.write("rows.jsonl", starterRows());
  const std::string run = data.write("run.json", R"({"name":"starter","dataset":[{"path":"rows.jsonl"}],"max_length":64,)"
                                                 R"("batch_size":1,"max_steps":8,"threads":1,"lora":{"rank":4}})");
  const auto result = runDetached(host.submission(run, {"--model-on-cluster", model, "--wait"}));
  REQUIRE_MESSAGE(result.code == 0, result.out << result.err);
  const auto lines = linesOf(result.out);
  CHECK(lines.front().contains("token"));
  CHECK(lines.back()["outcome"] == "completed");
  const std::string folder = lines.front()["run"], here = slurp(folder + kAdapter);
  CHECK(here.size() > 1000);
  CHECK(here == slurp(remoteFolder(folder) + "/run" + kAdapter));
  CHECK(outputOf("ls " + host.cluster.value("LB_HOME") + "/.attune/models").empty()); // nothing was uploaded
  const std::string alone = data.path() + "/alone";
  REQUIRE(runAttune({"train", run, "--out", alone, "--set", "model=" + model, "--quiet"}).code == 0);
  CHECK(here == slurp(alone + kAdapter));
  CHECK(stepLosses(folder) == stepLosses(alone)); // to the bit
  CHECK(stepLosses(alone).size() == 8);
}

TEST_CASE("A run that stopped with a checkpoint goes on as another job, to the same adapter as in one piece") {
  NEEDS_LOOPBACK(true);
  const ClusterHost host;
  REQUIRE(host.cluster.started());
  REQUIRE(host.add().code == 0);
  const auto run = makeTinyRun(R"(,"epochs":3,"log_steps":1)");
  const Submitted first(host, run->run, {"--stop-after", "5"});
  const auto stopped = runDetached({"watch", first.run, "--json"});
  CHECK_MESSAGE(stopped.code == 0, stopped.out << stopped.err); // as it was meant
  CHECK(linesOf(stopped.out).back()["outcome"] == "stopped");
  CHECK(runDetached({"submit", "--resume", run->folder.path()}).code == 1); // never was on a cluster
  const auto resumed = runDetached({"submit", "--resume", first.run, "--json", "--wait"});
  REQUIRE_MESSAGE(resumed.code == 0, resumed.out << resumed.err);
  const auto lines = linesOf(resumed.out);
  CHECK(lines.front()["run"] == first.run);
  CHECK(lines.front()["job"] != first.id);
  CHECK(countOf(lines, "resumed") == 1);
  CHECK(countOf(lines, "run_finished") == 1);
  CHECK(lines.back()["outcome"] == "completed");
  REQUIRE(runAttune({"train", run->run, "--out", run->out, "--threads", "1", "--quiet"}).code == 0);
  CHECK(slurp(first.run + kAdapter) == slurp(run->out + kAdapter));
}

TEST_CASE("What the cluster cannot run is refused with every mistake, and leaves neither a folder nor a job") {
  NEEDS_LOOPBACK(true);
  const ClusterHost host;
  REQUIRE(host.cluster.started());
  REQUIRE(host.add().code == 0);
  const auto run = makeTinyRun();
  const std::vector<std::string> words = {"submit", run->run, "--cluster", "loop", "--json"};
  const auto submit = [&](std::vector<std::string> more) {
    more.insert(more.begin(), words.begin(), words.end());
    return runDetached(more);
  };
  const auto result = submit({"--partition", "kshdtest", "--minutes", "100", "--gres", "gpu:3", "--account", "a b", "--option",
                              "wrap=touch /tmp/x", "--out", run->out});
  CHECK(result.code == 2);
  CHECK(result.json()["error"]["code"] == "invalid_config");
  std::string keys;
  const Json problems = result.json()["problems"];
  for (const Json &problem : problems) keys.append(problem["key"].get<std::string>()).append(" ");
  CHECK(keys.find("account ") != std::string::npos);
  CHECK(keys.find("extra ") != std::string::npos);
  CHECK(keys.find("minutes ") != std::string::npos);
  CHECK(keys.find("gres ") != std::string::npos);
  CHECK(!fs::exists(run->out));
  CHECK(submit({"--partition", "nowhere"}).code == 2);
  CHECK(host.slurm("squeue -h -t all").empty());
}

TEST_CASE("Hostile names of runs, files and folders are only names") {
  NEEDS_LOOPBACK(true);
  const ClusterHost host;
  REQUIRE(host.cluster.started());
  REQUIRE(host.add().code == 0);
  const std::string name = "-x '\"$(touch canary) `touch canary`;touch canary & \xF0\x9F\x94\xA5 \\";
  const auto run = makeTinyRun(R"(,"epochs":1)");
  const std::string folder = run->folder.path() + "/data $(touch canary)";
  fs::create_directory(folder);
  fs::copy_file(run->folder.path() + "/rows.jsonl", folder + "/'rows'\n.jsonl");
  const std::string path = folder + "/'rows'\n.jsonl";
  const auto result = runDetached(
      host.submission(run->run, {"--set", "name=" + Json(name).dump(), "--set", "dataset.0.path=" + Json(path).dump(), "--wait"}));
  REQUIRE_MESSAGE(result.code == 0, result.out << result.err);
  const std::string made = linesOf(result.out).front()["run"];
  CHECK(made.find(name) != std::string::npos);
  CHECK(fs::exists(made + kAdapter));
  for (const std::string &bad : {std::string("a\nb"), std::string("../x"), std::string("..")}) {
    const auto refused = runDetached(host.submission(run->run, {"--set", "name=" + Json(bad).dump()}));
    CHECK(refused.code == 2);
    CHECK(refused.json()["error"]["where"].get<std::string>().find("#name") != std::string::npos);
  }
  const std::string there = remoteFolder(made);
  CHECK(outputOf("find " + host.cluster.value("LB_HOME") + " " + run->folder.path() + " . -maxdepth 4 -name canary 2>/dev/null").empty());
  CHECK(there.find(host.cluster.value("LB_HOME") + "/.attune/jobs/attune-") == 0);
}

TEST_CASE("A waiting job and a running one are cancelled, and the end is told") {
  NEEDS_LOOPBACK(true);
  const ClusterHost host;
  REQUIRE(host.cluster.started());
  REQUIRE(host.add().code == 0);
  const auto run = longRun();
  const Submitted first(host, run->run, {"--cards", "2"});
  REQUIRE(soon(60, [&] { return host.stateOf(first.id) == "RUNNING"; }));
  const Submitted second(host, run->run, {"--cards", "2"});
  REQUIRE(host.stateOf(second.id) == "PENDING");

  const auto early = runDetached({"fetch", first.run, "--json"});
  CHECK(early.code == 2);
  CHECK(early.json()["error"]["message"].get<std::string>().find("not over") != std::string::npos);
  Json queue = runDetached({"cluster", "queue", "loop", "--json"}).json()["jobs"];
  REQUIRE(queue.size() == 2);
  for (const Json &job : queue) CHECK(job["run"] == (job["id"] == first.id ? first.run : second.run));

  const auto waiting = runDetached({"cancel", second.run, "--json"});
  REQUIRE_MESSAGE(waiting.code == 0, waiting.out << waiting.err);
  CHECK(waiting.json()["over"] == true);
  CHECK(waiting.json()["result"] == "cancelled");
  CHECK(host.stateOf(second.id) == "CANCELLED");
  CHECK(host.stateOf(first.id) == "RUNNING");

  REQUIRE(soon(60, [&] { return fs::exists(remoteFolder(first.run) + "/run/events.jsonl"); }));
  const auto running = runDetached({"cancel", first.run, "--json"});
  REQUIRE_MESSAGE(running.code == 0, running.out << running.err);
  CHECK(running.json()["result"] == "cancelled");
  CHECK(host.stateOf(first.id) == "CANCELLED");
  const auto watched = runDetached({"watch", first.run, "--json"});
  CHECK(watched.code == 130);
  CHECK(linesOf(watched.out).back()["outcome"] == "stopped");
}

TEST_CASE(
    "Ctrl-C leaves a watched job alone; a second watcher reads along, takes over from a killed one, and checkpoints come when asked") {
  NEEDS_LOOPBACK(true);
  const ClusterHost host;
  REQUIRE(host.cluster.started());
  REQUIRE(host.add().code == 0);
  const auto run = longRun();
  const Submitted job(host, run->run);
  {
    TerminalProgram watch({"watch", job.run});
    REQUIRE(watch.reads("step "));
    watch.types("\x03");
    CHECK(watch.wait() == 130);
    CHECK(watch.shown().find("attune watch " + job.run) != std::string::npos);
  }
  CHECK(host.stateOf(job.id) == "RUNNING");

  auto first = std::make_unique<RunningProgram>(std::vector<std::string>{"watch", job.run, "--json"});
  const auto steps = [](const RunningProgram &program) {
    return countOf(linesOf(program.output().substr(0, program.output().rfind('\n') + 1)), "step");
  };
  REQUIRE(first->waitUntil([&] { return steps(*first) > 3; }));
  RunningProgram second({"watch", job.run, "--json"});
  REQUIRE(second.waitUntil([&] { return steps(second) > 3; }));
  first.reset(); // kill -9
  const size_t before = steps(second);
  REQUIRE(second.waitUntil([&] { return steps(second) > before + 20; }));

  REQUIRE(host.cluster.act("drop")); // the line; it comes back by itself
  const size_t dropped = steps(second);
  REQUIRE(second.waitUntil([&] { return steps(second) > dropped + 20; }));
  const auto asked = runDetached({"checkpoint", job.run, "--json"});
  CHECK(asked.code == 0);
  CHECK(asked.json()["state"] == "RUNNING");
  const auto odd = [&] { // a step that save_steps does not name
    for (const Json &event : linesOf(second.output().substr(0, second.output().rfind('\n') + 1)))
      if (event["type"] == "checkpoint" && event["step"].get<int64_t>() % 500 != 0) return true;
    return false;
  };
  CHECK(second.waitUntil(odd));
  CHECK(host.stateOf(job.id) == "RUNNING");

  CHECK(runDetached({"cancel", job.run, "--json"}).json()["result"] == "cancelled"); // while the other follows
  CHECK(second.wait() == 130);
  CHECK(linesOf(second.output()).back()["type"] == "run_finished");
  // Each step once, in order: nothing was lost or doubled on the way.
  int64_t last = 0;
  for (const Json &event : linesOf(second.output())) {
    if (event["type"] != "step") continue;
    CHECK(event["step"].get<int64_t>() == last + 50);
    last = event["step"];
  }
}

TEST_CASE("An allocation by salloc runs the job, and the held cards are given back at its end") {
  NEEDS_LOOPBACK(true);
  const ClusterHost host;
  REQUIRE(host.cluster.started());
  REQUIRE(host.add().code == 0);
  const auto run = makeTinyRun(R"(,"epochs":1)");
  const Submitted job(host, run->run, {"--salloc"}); // nobody follows it
  CHECK(soon(60, [&] { return host.slurm("squeue -h").empty(); }));
  const auto watched = runDetached({"watch", job.run, "--json"});
  CHECK_MESSAGE(watched.code == 0, watched.out << watched.err);
  CHECK(slurp(job.run + kAdapter) == slurp(remoteFolder(job.run) + "/run" + kAdapter));
}

TEST_CASE("What speaks against a job is told when it is submitted; a run folder that is removed ends watch, not the job") {
  NEEDS_LOOPBACK(true);
  const ClusterHost host;
  REQUIRE(host.cluster.started());
  const std::string bin = host.cluster.value("LB_HOME") + "/bin", script = host.cluster.value("LB_HOME") + "/env.sh";
  std::ofstream(script) << "[ -z \"$SLURM_JOB_ID\" ] || export PATH=" + bin + ":$PATH\n"; // the nodes have it, the login node has not
  outputOf("mkdir " + bin + " && ln -s " + ATTUNE_BINARY + " " + bin + "/attune-there");
  REQUIRE(runDetached({"cluster", "add", "loop", "--host", "127.0.0.1", "--port", std::to_string(host.cluster.port()), "--user",
                       host.cluster.value("LB_SSH_USER"), "--identity", host.cluster.value("LB_SSH_KEY"), "--worker", "attune-there",
                       "--environment", script})
              .code == 0);
  const auto run = longRun();
  const Submitted job(host, run->run);
  CHECK(job.result.err.find("warning: The training program \"attune-there\"") != std::string::npos);
  RunningProgram watch({"watch", job.run, "--json"});
  REQUIRE(soon(90, [&] { return watch.output().find("\"step\"") != std::string::npos; }));
  fs::remove_all(job.run);
  REQUIRE(soon(20, [&] { return watch.ended(); }));
  CHECK(watch.wait() == 1);
  CHECK(linesOf(watch.output()).back()["error"]["message"].get<std::string>().find(job.id) != std::string::npos);
  CHECK(host.stateOf(job.id) == "RUNNING");
  CHECK(!fs::exists(job.run));
  host.slurm("scancel " + job.id);
}

#endif
