// Full training with the layers on the host, through the program: rules, checkpoints, resuming, refusals.
#include "core/base/json.h"
#include "tests/support/run_program.h"
#include "tests/support/step_losses.h"
#include "tests/support/tiny_model.h"

#include <filesystem>

using namespace attune;
using namespace attune::test;

namespace {

std::string weightsOf(const std::string &runFolder) { return slurp(runFolder + "/model/model.safetensors"); }

} // namespace

// To see it fail: leave the seed or the update count out of the rounding, or a rule's state out of the checkpoint.
TEST_CASE("full training with layers on the host: learns by every rule, and resumes to the bit") {
  for (const std::string rule : {"adamw", "adamw_8bit", "adafactor", "sgd"}) {
    for (const std::string precision : {"bf16", "fp32"}) {
      CAPTURE(rule);
      CAPTURE(precision);
      const auto files = makeTinyRun(R"(,"max_steps":10,"method":"full","offload":["layers"])");
      const std::string rate = rule == "sgd" ? "optimizer.lr=0.3" : "optimizer.lr=0.01";
      std::vector<std::string> words = {
          "train", files->run, "--out", files->out, "--quiet", "--set", "optimizer.name=" + rule, "--set", "precision=" + precision,
          "--set", rate};
      const auto with = [&](std::vector<std::string> more) {
        std::vector<std::string> all = words;
        all.insert(all.end(), more.begin(), more.end());
        return all;
      };
      const auto result = runAttune(words);
      REQUIRE_MESSAGE(result.code == 0, result.err);
      const std::string halves = files->out + "-halves";
      words[3] = halves;
      REQUIRE(runAttune(with({"--stop-after", "5"})).code == 0);
      REQUIRE(runAttune({"train", "--resume", halves, "--quiet"}).code == 0);
      const auto whole = stepLosses(files->out);
      REQUIRE(whole.size() == 10);
      CHECK(whole.back() < whole.front());
      CHECK(whole == stepLosses(halves));
      CHECK(weightsOf(files->out) == weightsOf(halves));

      // Without a norm to wait for, each weight is updated as its gradient comes; the numbers stay.
      const std::string once = files->out + "-once", wide = files->out + "-wide";
      words[3] = once;
      REQUIRE(runAttune(with({"--set", "clip_norm=0", "--set", "accumulation=1"})).code == 0);
      words[3] = wide;
      REQUIRE(runAttune(with({"--set", "clip_norm=1000000", "--set", "accumulation=1"})).code == 0);
      CHECK(stepLosses(once) == stepLosses(wide));
      CHECK(weightsOf(once) == weightsOf(wide));
      const std::string config = slurp(once + "/model/config.json");
      CHECK((config.find("bfloat16") != std::string::npos) == (precision == "bf16"));
      CHECK(runAttune({"score", "--model", once + "/model", "--ids", "3 4 5", "--json"}).code == 0);
    }
  }
}

TEST_CASE("in fp32, layers on the host change no bit of a run") {
  const auto files = makeTinyRun(R"(,"max_steps":6,"method":"full","checkpointing":"full")");
  REQUIRE(runAttune({"train", files->run, "--out", files->out, "--quiet"}).code == 0);
  REQUIRE(runAttune({"train", files->run, "--out", files->out + "2", "--quiet", "--set", "offload=[\"layers\"]"}).code == 0);
  CHECK(stepLosses(files->out) == stepLosses(files->out + "2"));
  CHECK(weightsOf(files->out) == weightsOf(files->out + "2"));
}

TEST_CASE("layers on the host are forecast, and a run that does not fit is refused with the number") {
  const auto files = makeTinyRun(R"(,"method":"full","offload":["layers"])");
  const auto refused = runAttune({"train", files->run, "--out", files->out, "--set", "memory_cap_bytes=2000000", "--json"});
  CHECK(refused.code == 4);
  CHECK(refused.json().value("/error/message"_json_pointer, std::string()).find("MiB") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(files->out));
  const auto weights = [&](const std::string &offload) {
    const auto plan =
        runAttune({"plan", files->run, "--json", "--memory", "16GiB", "--set", "precision=bf16", "--set", "offload=" + offload});
    REQUIRE_MESSAGE(plan.code == 0, plan.out);
    for (const Json &item : plan.json()["items"])
      if (item["name"] == "weights") return item["bytes"].get<int64_t>();
    return int64_t(0);
  };
  CHECK(weights("[\"layers\"]") * 3 == weights("none")); // no masters of 4 bytes beside the 2
}
