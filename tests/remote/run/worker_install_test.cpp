// The training program installed on a real login node by a scripted builder: followed, lost and taken up again, stopped, refused.
#include "tests/remote/run/run_host.h"
#include "tests/support/worker_bundle.h"

#include <sys/stat.h>

using namespace attune;
using namespace attune::test;

namespace {

/// One request as a page makes it.
struct Install {
  std::mutex mutex;
  std::vector<std::string> lines;
  std::vector<api::InstallProgress> progress;
  std::optional<Result<api::WorkerReport>> result;
  StopSource leave;

  static std::shared_ptr<Install> begin(RunHost &host, const api::WorkerRequest &request) {
    auto made = std::make_shared<Install>();
    const api::InstallWatch watch = {[made](const api::InstallProgress &progress) {
                                       const std::lock_guard<std::mutex> lock(made->mutex);
                                       made->progress.push_back(progress);
                                     },
                                     [made](const std::string &line) {
                                       const std::lock_guard<std::mutex> lock(made->mutex);
                                       made->lines.push_back(line);
                                     }};
    host.link()->installWorker(request, watch, made->leave.token(), [made](Result<api::WorkerReport> result) {
      const std::lock_guard<std::mutex> lock(made->mutex);
      CHECK(!made->result.has_value()); // exactly once
      made->result = std::move(result);
    });
    return made;
  }
  size_t count(const std::string &line) {
    const std::lock_guard<std::mutex> lock(mutex);
    return static_cast<size_t>(std::count(lines.begin(), lines.end(), line));
  }
  bool over() {
    const std::lock_guard<std::mutex> lock(mutex);
    return result.has_value();
  }
  const Result<api::WorkerReport> &end(double seconds = 120) {
    REQUIRE(soon(seconds, [this] { return over(); }));
    return *result;
  }
};

struct InstallHost : RunHost {
  InstallHost() {
    if (!cluster.started()) return;
    script = cluster.value("LB_HOME") + "/env.sh";
    std::ofstream(script) << "export SITE=here\n";
    profile.environmentScript = "env.sh";
    profile.partition = "kshdtest";
    reopen();
  }
  void reopen() {
    close();
    open();
    link()->connect();
    REQUIRE(soon(30, [this] { return link()->link().state == api::LinkState::Online; }));
  }
  api::WorkerRequest request(const std::string &lines) {
    api::WorkerRequest asked;
    asked.bundle = workerBundle(bundle, lines, ATTUNE_BINARY);
    return asked;
  }
  std::string home() const { return cluster.value("LB_HOME"); }
  /// The builders that were ever begun, a line each.
  std::vector<std::string> builds() const {
    std::vector<std::string> lines;
    std::ifstream file(home() + "/builds");
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
  }
  api::ClusterWorkers workers() {
    const auto found = answerOf<api::ClusterWorkers>([this](auto answer) { link()->workers(std::move(answer)); });
    REQUIRE_MESSAGE(found.ok(), (found.ok() ? "" : found.error().text()));
    return *found;
  }
  Status stopBuild() {
    return answerOf<void>([this](auto answer) { link()->stopWorkerBuild(std::move(answer)); });
  }
  TempFolder bundle;
  std::string script;
};

/// A build that says where it is and goes on when ~/go is there.
const char *const kHeld = "progress 30 compiling held.cpp\necho begun\nuntil [ -e ~/go ]; do sleep 0.1; done\necho going on\ninstall";

} // namespace

TEST_CASE("Worker install: built detached on the login node, tried on a compute node, remembered for its script") {
  NEEDS_LOOPBACK(true);
  InstallHost host;
  REQUIRE(host.cluster.started());
  CHECK(host.workers().workers.empty());
  auto request = host.request("progress 10 'look;ing'\necho \"in $environment\"\nprintf '\\033[31mred\\n'\ninstall");
  request.torch = "torch here";
  request.jobs = 3;
  const auto install = Install::begin(host, request);
  const auto &end = install->end();
  REQUIRE_MESSAGE(end.ok(), (end.ok() ? "" : end.error().text() + end.error().hint));
  CHECK(install->lines == std::vector<std::string>{"in " + host.script, "\xEF\xBF\xBD[31mred"});
  int most = -1;
  std::vector<api::InstallPhase> phases;
  for (const auto &step : install->progress) {
    if (phases.empty() || phases.back() != step.phase) phases.push_back(step.phase);
    if (step.phase == api::InstallPhase::Building) most = std::max(most, step.percent);
  }
  using Phase = api::InstallPhase;
  CHECK(phases == std::vector<Phase>{Phase::Looking, Phase::Uploading, Phase::Unpacking, Phase::Building, Phase::Checking});
  CHECK(most == 100);
  const api::InstalledWorker &worker = end->worker;
  CHECK(worker.binary == host.home() + "/.attune/worker/one/bin/attune");
  CHECK(worker.environment == host.script);
  CHECK(worker.torchKind == "dtk");
  CHECK(worker.node == host.cluster.value("LB_NODE"));
  CHECK(worker.works);
  CHECK(worker.forProfile);
  CHECK(worker.ofThisProgram);
  bool tried = false;
  for (const auto &finding : end->findings) tried = tried || (finding.id == "worker.attune" && finding.place.rfind("compute node", 0) == 0);
  CHECK(tried);

  REQUIRE(host.builds().size() == 1);
  const std::string words = host.builds()[0];
  for (const std::string &part : {"--workers " + host.home() + "/.attune/worker ", "--environment " + host.script,
                                  "--torch " + host.home() + "/torch here", std::string("--jobs 3"), std::string("--memory 6000")})
    CHECK_MESSAGE(words.find(part) != std::string::npos, words);
  // What is left is for the user alone, and nothing is offered twice.
  const std::string state = host.home() + "/.attune/worker/build";
  for (const auto &entry : std::filesystem::directory_iterator(state)) {
    struct stat info {};
    REQUIRE(::stat(entry.path().c_str(), &info) == 0);
    CHECK((info.st_mode & 077) == 0);
  }
  const auto found = host.workers();
  CHECK(!found.build);
  REQUIRE(found.forProfile());
  CHECK(found.forProfile()->node == worker.node);
  CHECK(!found.forProfile()->inUse);
  // Another script has none; an edited one is known as such.
  std::ofstream(host.script, std::ios::app) << "export MORE=1\n";
  CHECK(host.workers().forProfile()->environmentChanged);
  host.profile.environmentScript = "other.sh";
  host.reopen();
  CHECK(!host.workers().forProfile());
  CHECK(host.workers().workers.size() == 1);
}

TEST_CASE("Worker install: a failure comes with its fault, its words and what to do, and a second try starts anew") {
  NEEDS_LOOPBACK(true);
  InstallHost host;
  REQUIRE(host.cluster.started());
  const auto request = host.request("[ -e ~/torch ] && install || fail no-torch 'There is no libtorch: python3 knows no torch.'");
  const auto first = Install::begin(host, request);
  const auto &failed = first->end();
  REQUIRE(!failed.ok());
  CHECK(failed.error().fault == "BUILD-NO-TORCH");
  CHECK(failed.error().message == "There is no libtorch: python3 knows no torch.");
  CHECK(failed.error().hint.find("environment script") != std::string::npos);
  CHECK(failed.error().where.find(".log") != std::string::npos);
  CHECK(first->count("Failed: There is no libtorch: python3 knows no torch.") == 1);
  CHECK(!host.workers().build);
  std::ofstream(host.home() + "/torch") << "1";
  CHECK(Install::begin(host, request)->end().ok());
  CHECK(host.builds().size() == 2);
}

TEST_CASE("Worker install: a second press joins the build that goes on, and other options wait") {
  NEEDS_LOOPBACK(true);
  InstallHost host;
  REQUIRE(host.cluster.started());
  const auto request = host.request(kHeld);
  const auto first = Install::begin(host, request);
  REQUIRE(soon(30, [&] { return first->count("begun") == 1; }));
  const auto seen = host.workers();
  REQUIRE(seen.build);
  CHECK(seen.build->running);
  CHECK(seen.build->environment == host.script);
  auto jobs = request; // how many compiles go on makes no other build
  jobs.jobs = 1;
  const auto second = Install::begin(host, jobs);
  REQUIRE(soon(30, [&] { return second->count("begun") == 1; }));
  auto other = request;
  other.torch = "/opt/torch";
  const auto third = Install::begin(host, other);
  const auto &refused = third->end();
  REQUIRE(!refused.ok());
  CHECK(refused.error().fault == "BUILD-OTHER");
  CHECK(refused.error().message.find(host.script) != std::string::npos);
  // Long work of the host goes on meanwhile, and whoever leaves ends nothing.
  const auto left = Install::begin(host, request);
  REQUIRE(soon(30, [&] { return left->count("begun") == 1; }));
  left->leave.requestStop();
  REQUIRE(!left->end().ok());
  CHECK(left->end().error().code == ErrorCode::Interrupted);
  const std::string file = host.workspace.write("file", "x");
  CHECK(RunHost::answerOf<void>([&](auto answer) { host.link()->upload(file, "there", {}, {}, std::move(answer)); }).ok());
  std::ofstream(host.home() + "/go") << "1";
  CHECK(first->end().ok());
  CHECK(second->end().ok());
  CHECK(first->count("going on") == 1);
  CHECK(second->count("going on") == 1);
  CHECK(host.builds().size() == 1);
}

TEST_CASE("Worker install: a dropped line and a program that is gone end nothing; each line comes once") {
  NEEDS_LOOPBACK(true);
  InstallHost host;
  REQUIRE(host.cluster.started());
  const auto request = host.request(kHeld);
  auto install = Install::begin(host, request);
  REQUIRE(soon(30, [&] { return install->count("begun") == 1; }));
  REQUIRE(host.cluster.act("drop"));
  REQUIRE(soon(30, [&] { return host.link()->link().state != api::LinkState::Online; }));
  REQUIRE(soon(60, [&] { return host.link()->link().state == api::LinkState::Online; }));
  CHECK(!install->over());
  host.reopen(); // the program is gone and comes back
  REQUIRE(!install->end().ok());
  CHECK(install->end().error().code == ErrorCode::Interrupted);
  CHECK(install->count("begun") == 1);
  api::WorkerRequest attach;
  attach.attach = true;
  install = Install::begin(host, attach);
  REQUIRE(soon(30, [&] { return install->count("begun") == 1; }));
  // It ends while nobody looks, and is taken over by the next press.
  host.close();
  std::ofstream(host.home() + "/go") << "1";
  REQUIRE(soon(30, [&] { return std::filesystem::exists(host.home() + "/.attune/worker/build/last"); }));
  host.reopen();
  REQUIRE(host.workers().build);
  CHECK(!host.workers().build->running);
  install = Install::begin(host, request);
  REQUIRE(install->end().ok());
  CHECK(install->count("going on") == 1);
  CHECK(host.builds().size() == 1);
  CHECK(!host.workers().build);
  install = Install::begin(host, attach);
  REQUIRE(!install->end().ok());
  CHECK(install->end().error().code == ErrorCode::Usage);
}

TEST_CASE("Worker install: a stop ends the builder and all that it began") {
  NEEDS_LOOPBACK(true);
  InstallHost host;
  REQUIRE(host.cluster.started());
  const auto install = Install::begin(host, host.request("echo begun\nsleep 1000 &\necho $! >~/child\nwait"));
  REQUIRE(soon(30, [&] { return install->count("begun") == 1; }));
  const std::string child = textOf(host.home() + "/child");
  CHECK(host.stopBuild().ok());
  REQUIRE(!install->end().ok());
  CHECK(install->end().error().fault == "BUILD-STOPPED");
  CHECK(soon(10, [&] { return textOf("/proc/" + child.substr(0, child.find('\n')) + "/cmdline").empty(); }));
  CHECK(!host.workers().build);
  CHECK(host.stopBuild().ok()); // none goes on
}

TEST_CASE("Worker install: a build that was killed with all its processes is told, and started again") {
  NEEDS_LOOPBACK(true);
  InstallHost host;
  REQUIRE(host.cluster.started());
  const auto request = host.request("[ -e ~/again ] && { install; exit; }\ntouch ~/again\necho begun\nsleep 1000");
  const auto install = Install::begin(host, request);
  REQUIRE(soon(30, [&] { return install->count("begun") == 1; }));
  const std::string owner = textOf(host.home() + "/.attune/worker/build/lock/owner");
  const std::string supervisor = owner.substr(owner.find(' ') + 1, owner.rfind(' ') - owner.find(' ') - 1);
  const std::string builder = host.builds()[0].substr(0, host.builds()[0].find(' '));
  outputOf("bash -c 'kill -9 " + supervisor + "; kill -9 -- -" + builder + "'");
  REQUIRE(!install->end().ok());
  CHECK(install->end().error().fault == "BUILD-GONE");
  CHECK(Install::begin(host, request)->end().ok());
  CHECK(host.builds().size() == 2);
}

TEST_CASE("Worker install: what is not a bundle, or not there, is said by its path") {
  NEEDS_LOOPBACK(true);
  InstallHost host;
  REQUIRE(host.cluster.started());
  api::WorkerRequest request;
  request.bundle = "/no/such/bundle.tar.gz";
  const auto none = Install::begin(host, request);
  REQUIRE(!none->end().ok());
  CHECK(none->end().error().code == ErrorCode::FileNotFound);
  CHECK(none->end().error().where == request.bundle);
  request.bundle = host.workspace.write("not.tar.gz", "nothing packed");
  const auto wrong = Install::begin(host, request);
  REQUIRE(!wrong->end().ok());
  CHECK(wrong->end().error().fault == "FILE-FAILED");
  const std::string empty = host.workspace.path() + "/empty.tar.gz";
  outputOf("cd " + host.workspace.path() + " && mkdir e && touch e/x && tar -czf empty.tar.gz e");
  request.bundle = empty;
  const auto lacks = Install::begin(host, request);
  REQUIRE(!lacks->end().ok());
  CHECK(lacks->end().error().code == ErrorCode::MalformedFile);
}
