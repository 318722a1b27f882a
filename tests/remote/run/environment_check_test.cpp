// The environment check: what its judge says of facts, and of a real login and compute node.
#include "remote/run/environment_check.h"

#include "tests/remote/run/run_host.h"

#include <future>

using namespace attune;
using namespace attune::test;
using remote::judgeEnvironment;

namespace {

const api::EnvironmentFinding *find(const api::EnvironmentReport &report, const std::string &id, const std::string &place = "") {
  for (const auto &finding : report)
    if (finding.id == id && finding.place.rfind(place, 0) == 0) return &finding;
  return nullptr;
}

api::EnvironmentReport checked(RunHost &host) {
  std::promise<Result<api::EnvironmentReport>> answered;
  const auto cluster = host.service->cluster("loop");
  REQUIRE(cluster.ok());
  (*cluster)->connect();
  (*cluster)->checkEnvironment([&](Result<api::EnvironmentReport> report) { answered.set_value(std::move(report)); });
  auto future = answered.get_future();
  REQUIRE(future.wait_for(std::chrono::seconds(240)) == std::future_status::ready);
  auto report = future.get();
  REQUIRE(report.ok());
  return *report;
}

} // namespace

TEST_CASE("Environment check: a DCU site's torch, and what breaks beside it, each with its advice") {
  const std::string facts =
      "welcome to the cluster\n"
      "@@fact host e09r2n03\n@@fact system Linux 3.10 x86_64\n@@fact home_free 1073741824\n"
      "@@fact script there\n@@fact unexported 3:set PYTORCH_CUDA_ALLOC_CONF=max_split_size_mb:64\n@@fact script_code 0\n"
      "@@fact tool_g++ g++ (GCC) 7.3.1\n@@fact driver amd\n@@fact python 3.9.7 /opt/python\n"
      "@@fact torch 2.1.0+dtk2310 /opt/torch\n@@fact torch_cuda None\n@@fact torch_hip 5.4\n@@fact torch_abi 0\n"
      "@@fact card 17163091968 gfx906 DCU Z100\n"
      "@@fact deepspeed broken TypeError: NoneType\n@@fact bitsandbytes there 0.38.1\n@@fact xformers missing\n"
      "@@fact internet no\n@@fact worker missing\n@@fact end 1\n";
  const auto report = judgeEnvironment(facts, "compute node");
  for (const auto &finding : report) CHECK(finding.place == "compute node e09r2n03");
  CHECK(find(report, "disk")->status == "warn");
  CHECK(find(report, "set_not_export")->advice.find("export") != std::string::npos);
  CHECK(find(report, "compiler")->status == "warn");
  CHECK(find(report, "torch")->status == "ok");
  CHECK(find(report, "torch")->found.find("old string ABI") != std::string::npos);
  CHECK(find(report, "torch")->advice.find("torch.version.cuda is None") != std::string::npos);
  CHECK(find(report, "deepspeed")->advice.find("assert_no_cuda_mismatch") != std::string::npos);
  CHECK(find(report, "bitsandbytes")->status == "warn");
  CHECK(find(report, "xformers")->status == "ok");
  CHECK(find(report, "card")->found == "DCU Z100 (gfx906), 16.0 GiB");
  CHECK(find(report, "worker")->status == "fail");
  const std::string text = api::environmentText(report);
  CHECK(text.rfind("== compute node e09r2n03\n", 0) == 0);
  CHECK(text.find("FAIL  worker: ") != std::string::npos);

  // The vendor's torch replaced by pip's, and a script that ends the shell.
  const auto replaced = judgeEnvironment("@@fact driver amd\n@@fact python 3\n@@fact torch 2.4.0+cu121 /x\n@@fact torch_cuda 12.1\n"
                                         "@@fact torch_hip None\n@@fact end 1\n",
                                         "login node");
  CHECK(find(replaced, "torch")->status == "fail");
  CHECK(find(replaced, "torch")->advice.find("Never install torch over it") != std::string::npos);
  CHECK(find(judgeEnvironment("@@fact script there\n", "login node"), "environment_script")->found.find("exit") != std::string::npos);
  const auto ended = judgeEnvironment("@@fact script there\n@@fact script_path /site/env.sh\n", "login node");
  CHECK(find(ended, "environment_script")->found == "the environment script /site/env.sh ends the shell (exit)");
}

TEST_CASE("Environment check: hostile output is shown safely and bounded") {
  std::string facts = "@@fact host \x1b]0;title\x07\n@@fact torch " + std::string(1 << 20, 'x') + "\n@@fact python p\n@@fact end 1\n";
  for (int i = 0; i < 5000; ++i) facts += "@@fact unexported " + std::to_string(i) + "\n";
  facts += "@@doctor [[[[\n";
  const auto report = judgeEnvironment(facts, "login node");
  CHECK(report.size() < 600);
  for (const auto &finding : report) {
    CHECK(finding.place.find('\x1b') == std::string::npos);
    CHECK(finding.found.size() < 1000);
  }
}

TEST_CASE("Environment check: a real login node and, by a short job, a compute node") {
  NEEDS_LOOPBACK(true);
  RunHost host;
  REQUIRE(host.cluster.started());
  const std::string script = host.cluster.value("LB_HOME") + "/env.sh";
  std::ofstream(script) << "# the site's\nset PYTORCH_CUDA_ALLOC_CONF=x\nexport SITE=here\n";
  host.profile.environmentScript = script;
  REQUIRE(host.service->profiles().save(host.profile).ok());
  const auto report = checked(host);
  for (const char *place : {"login node", "compute node"}) {
    CAPTURE(place);
    CAPTURE(api::environmentText(report));
    REQUIRE(find(report, "set_not_export", place));
    CHECK(find(report, "set_not_export", place)->found.find("line 2:set PYTORCH_CUDA_ALLOC_CONF") != std::string::npos);
    CHECK(find(report, "environment_script", place)->status == "ok");
    CHECK(find(report, "worker.attune", place));
    CHECK(find(report, "disk", place));
  }
}
