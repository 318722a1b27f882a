#include "tests/support/run_program.h"
#include "tests/support/temp_folder.h"

#include <doctest/doctest.h>

using namespace attune;
using attune::test::runAttune;

namespace {

/// A folder with config.json alone, and a run.json beside it: plan needs neither weights nor data.
struct PlanFixture {
  test::TempFolder folder;
  std::string run;
  explicit PlanFixture(const std::string &more = "") {
    folder.write("config.json",
                 R"({"architectures":["LlamaForCausalLM"],"hidden_size":576,"intermediate_size":1536,"num_hidden_layers":30,)"
                 R"("num_attention_heads":9,"num_key_value_heads":3,"vocab_size":49152,"tie_word_embeddings":true})");
    run = folder.write("run.json", R"({"schema":1,"name":"x","model":".","precision":"fp32")" + more + "}");
  }
};

int64_t hostSum(const Json &plan) {
  int64_t sum = 0;
  for (const Json &item : plan["items"]) {
    if (item["host"] == true) sum += item["bytes"].get<int64_t>();
  }
  return sum;
}

} // namespace

TEST_CASE("plan: the forecast adds up, from config.json alone") {
  const PlanFixture fixture;
  const auto result = runAttune({"plan", fixture.run, "--memory", "64GiB", "--json"});
  REQUIRE(result.code == 0);
  const Json plan = result.json();
  CHECK(plan["fits"] == true);
  CHECK(plan["device"]["bytes"] == int64_t(64) << 30);
  CHECK(plan["peak_bytes"] == 0); // on the CPU every item is host memory
  CHECK(plan["host_peak_bytes"] == hostSum(plan));
  CHECK(plan["changes"].empty());
  CHECK(runAttune({"plan", fixture.run}).code == 0); // against what is free now
}

TEST_CASE("plan: what does not fit is exit 4, and --fit finds settings that do") {
  const PlanFixture fixture(R"(,"batch_size":16)");
  const auto refused = runAttune({"plan", fixture.run, "--memory", "3GiB", "--set", "checkpointing=none", "--json"});
  CHECK(refused.code == 4);
  CHECK(refused.json()["fits"] == false);
  CHECK(refused.json()["host_peak_bytes"].get<int64_t>() > int64_t(3) << 30);

  const auto fitted = runAttune({"plan", fixture.run, "--memory", "3GiB", "--set", "checkpointing=none", "--fit", "--json"});
  REQUIRE(fitted.code == 0);
  const Json plan = fitted.json();
  CHECK(plan["fits"] == true);
  CHECK(plan["host_peak_bytes"].get<int64_t>() <= int64_t(3) << 30);
  REQUIRE(plan["changes"].size() >= 2);
  std::vector<std::string> arguments = {"plan", fixture.run, "--memory", "3GiB", "--set", "checkpointing=none", "--json"};
  for (const Json &change : plan["changes"]) {
    for (const char *key : {"key", "from", "to", "why", "quality_cost"}) CHECK(change.contains(key));
    arguments.insert(arguments.end(), {"--set", change["key"].get<std::string>() + "=" + change["to"].dump()});
  }
  CHECK(runAttune(arguments).code == 0); // the changes, applied by hand, fit

  const auto hopeless = runAttune({"plan", fixture.run, "--memory", "100MB", "--fit", "--json"});
  CHECK(hopeless.code == 4);
  CHECK(hopeless.json()["changes"].empty());
  const Json least = hopeless.json()["least"];
  CHECK(least["host_peak_bytes"].get<int64_t>() > 100'000'000);
  CHECK(least["host_peak_bytes"].get<int64_t>() < hopeless.json()["host_peak_bytes"].get<int64_t>());
  arguments = {"plan", fixture.run, "--memory", std::to_string(least["host_peak_bytes"].get<int64_t>()), "--json"};
  for (const Json &change : least["changes"])
    arguments.insert(arguments.end(), {"--set", change["key"].get<std::string>() + "=" + change["to"].dump()});
  CHECK(runAttune(arguments).code == 0); // it is what these settings take
  const auto words = runAttune({"plan", fixture.run, "--memory", "100MB", "--fit"});
  CHECK(words.out.find("The least that was found is ") != std::string::npos);
  CHECK(words.out.find("quantization \"nf4\"") != std::string::npos);
  CHECK_FALSE(plan.contains("least"));
  CHECK_FALSE(refused.json().contains("least")); // nothing was looked for
}

TEST_CASE("plan: a checkpointing that cannot be followed is said") {
  // To see it fail: let checkpointingNote give nothing.
  const PlanFixture fixture(R"(,"offload":["layers"])");
  const auto plan = [&](const std::string &kind, const char *format) {
    return runAttune({"plan", fixture.run, "--memory", "64GiB", "--set", "checkpointing=" + kind, format});
  };
  for (const char *kind : {"none", "selective"}) {
    CHECK(plan(kind, "--json").json()["notes"].size() == 1);
    CHECK(plan(kind, "--quiet").out.find("checkpointing is full, not " + std::string(kind)) != std::string::npos);
  }
  for (const char *kind : {"auto", "full"}) CHECK_FALSE(plan(kind, "--json").json().contains("notes"));
}

TEST_CASE("plan: tokens a second, and what full fine-tuning becomes in little memory") {
  const PlanFixture fixture(R"(,"method":"full")");
  const auto result = runAttune({"plan", fixture.run, "--memory", "1GiB", "--fit", "--json"});
  REQUIRE(result.code == 0);
  const Json plan = result.json();
  CHECK(plan["tokens_per_second"].get<double>() > 0);
  bool method = false;
  for (const Json &change : plan["changes"]) {
    method = method || (change["key"] == "method" && change["from"] == "full" && change["to"] == "lora");
    CHECK_FALSE(change["quality_cost"].get<std::string>().empty());
  }
  CHECK(method);
  const auto words = runAttune({"plan", fixture.run, "--memory", "1GiB", "--fit"});
  CHECK(words.out.find("tokens/s") != std::string::npos);
  CHECK(words.out.find("method: \"full\" -> \"lora\"") != std::string::npos);
  const auto card = runAttune({"plan", fixture.run, "--device", "cuda:63", "--memory", "40GiB", "--json"});
  CHECK_FALSE(card.json().contains("tokens_per_second")); // nothing was measured on a card that is not here
}

TEST_CASE("plan: a card that is not here, absurd settings, wrong usage") {
  const PlanFixture fixture;
  const auto card = runAttune({"plan", fixture.run, "--device", "cuda", "--memory", "16GiB", "--json"});
  REQUIRE(card.code == 0);
  CHECK(card.json()["peak_bytes"].get<int64_t>() > 0);
  CHECK(card.json()["host_peak_bytes"] == hostSum(card.json()));
  const auto huge =
      runAttune({"plan", fixture.run, "--set", "batch_size=65536", "--set", "max_length=1048576", "--set", "lora.rank=16384", "--json"});
  CHECK(huge.code == 4);
  CHECK(huge.json()["host_peak_bytes"].get<int64_t>() > int64_t(1) << 40);
  CHECK(runAttune({"plan", fixture.run, "--memory", "much"}).code == 2);
  CHECK(runAttune({"plan", fixture.run, "--set", "batch_size=0"}).code == 2);
  CHECK(runAttune({"plan", "/no/such/run.json"}).code == 1);
}

TEST_CASE("doctor: every check has its fields") {
  const auto result = runAttune({"doctor", "--json"});
  REQUIRE(result.code == 0);
  bool single = false, memory = false;
  const Json checks = result.json()["checks"];
  for (const Json &check : checks) {
    for (const char *key : {"id", "status", "found", "advice"}) CHECK(check.contains(key));
    single = single || (check["id"] == "dtype_fp32" && check["status"] == "ok");
    memory = memory || check["id"] == "memory";
  }
  CHECK(single);
  CHECK(memory);
}
