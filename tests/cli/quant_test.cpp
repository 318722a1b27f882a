// Quantised bases through the program: training, resuming, scoring, answering, merging, and 4-bit checkpoints.
#include "tests/support/nf4_folder.h"
#include "tests/support/run_program.h"
#include "tests/support/step_losses.h"
#include "tests/support/tiny_model.h"

using namespace attune;
using namespace attune::test;

namespace {

const std::string kIds = "1 5 9 44 31 23 8 50 3 17 60 2";

double nll(const std::string &model, const std::vector<std::string> &more = {}) {
  std::vector<std::string> words = {"score", "--model", model, "--ids", kIds, "--json"};
  words.insert(words.end(), more.begin(), more.end());
  const auto result = runAttune(words);
  REQUIRE_MESSAGE(result.code == 0, result.out);
  return result.json()["nll"].get<double>();
}

} // namespace

// To see it fail: leave quantization out of TrainingSetup::from(), or out of the loader when a run is resumed.
TEST_CASE("train on a quantised base: learns, resumes to the bit, and its adapter merges into the original") {
  for (const std::string kind : {"nf4", "int8"}) {
    CAPTURE(kind);
    const auto files = makeTinyRun(R"(,"max_steps":12,"checkpointing":"full","quantization":")" + kind + "\"");
    REQUIRE(runAttune({"train", files->run, "--out", files->out, "--quiet"}).code == 0);
    const std::string halves = files->out + "-halves", dense = files->out + "-dense";
    REQUIRE(runAttune({"train", files->run, "--out", halves, "--stop-after", "6", "--quiet"}).code == 0);
    REQUIRE(runAttune({"train", "--resume", halves, "--quiet"}).code == 0);
    REQUIRE(runAttune({"train", files->run, "--out", dense, "--set", "quantization=none", "--quiet"}).code == 0);
    const auto whole = stepLosses(files->out);
    REQUIRE(whole.size() == 12);
    CHECK(whole == stepLosses(halves));
    CHECK(whole != stepLosses(dense));
    CHECK(whole.front() == doctest::Approx(stepLosses(dense).front()).epsilon(0.1));
    const std::string weights = "/adapter/adapter_model.safetensors";
    CHECK(slurp(files->out + weights) == slurp(halves + weights));

    const auto kept = runAttune({"train", "--resume", halves, "--set", "quantization=none", "--json"});
    CHECK(kept.code == 2); // another base is another run
    const auto merged = runAttune(
        {"merge", "--model", files->folder.path(), "--adapter", files->out + "/adapter", "--out", files->out + "-merged", "--json"});
    REQUIRE_MESSAGE(merged.code == 0, merged.out);
    CHECK(merged.json()["max_logit_difference"].get<double>() < 1e-3);
    CHECK(runAttune({"generate", "--model", files->folder.path(), "--adapter", files->out + "/adapter", "--quant", kind, "--ids", "3 4 5",
                     "--max-new-tokens", "5", "--json"})
              .json()["ids"]
              .size() > 0);
  }
}

TEST_CASE("a quantised base needs method lora, and says so") {
  const auto files = makeTinyRun();
  for (const char *verb : {"train", "plan"}) {
    for (const char *method : {"method=full", "method=freeze"}) {
      const auto refused = runAttune({verb, files->run, "--set", "quantization=nf4", "--set", method, "--json"});
      CHECK(refused.code == 2);
      CHECK(refused.json()["problems"][0]["key"] == "quantization");
    }
  }
  const auto plan = runAttune({"plan", files->run, "--set", "quantization=nf4", "--json"});
  REQUIRE(plan.code == 0);
  const Json items = plan.json()["items"];
  bool state = false, buffer = false;
  for (const Json &item : items) state |= item["name"] == "quant_state", buffer |= item["name"] == "dequant";
  CHECK(state);
  CHECK(buffer);
}

// To see it fail: ignore --quant in ModelOptions::loadOptions().
TEST_CASE("score --quant: a dense model quantised here scores as its 4-bit checkpoint; int8 lies nearer to the original") {
  const TempFolder folder;
  std::string config = readFile(quantData("llama_nf4/config.json"), 1 << 20).value();
  const size_t begin = config.find("\"quantization_config\""), end = config.find("},", begin);
  folder.write("config.json", config.erase(begin, end + 2 - begin));
  writeRaw(folder.path() + "/model.safetensors", readRaw(quantData("llama_dense.safetensors")));
  const double dense = nll(folder.path()), nf4 = nll(folder.path(), {"--quant", "nf4"}), int8 = nll(folder.path(), {"--quant", "int8"});
  const double stored = nll(quantData("llama_nf4"), {"--quant", "nf4"}), decoded = nll(quantData("llama_nf4"));
  CHECK(nf4 == stored);
  CHECK(decoded == stored);
  CHECK(nf4 != dense);
  CHECK(std::abs(int8 - dense) < std::abs(nf4 - dense));
  CHECK(nll(folder.path(), {"--quant", "nf4", "--precision", "bf16"}) == doctest::Approx(nf4).epsilon(0.02));
  CHECK(runAttune({"score", "--model", quantData("llama_nf4"), "--ids", kIds}).err.find("NF4") != std::string::npos);
  CHECK(runAttune({"score", "--model", quantData("llama_nf4"), "--quant", "nf4", "--ids", kIds}).err.find("NF4") == std::string::npos);
  CHECK(runAttune({"score", "--model", folder.path(), "--quant", "fp4", "--ids", kIds}).code == 2);
}

TEST_CASE("4-bit checkpoints train, dense and as they are, and a damaged one is refused with exit 3") {
  const auto files = makeTinyRun(R"(,"max_steps":2)"); // rows of ids below 40; the model has 64
  const auto train = [&](const std::string &out, const std::vector<std::string> &more) {
    std::vector<std::string> words = {"train",  files->run, "--out", files->out + out, "--set", "model=" + quantData("llama_nf4"),
                                      "--quiet"};
    words.insert(words.end(), more.begin(), more.end());
    return runAttune(words).code;
  };
  CHECK(train("1", {"--set", "quantization=nf4"}) == 0);
  CHECK(train("2", {}) == 0);
  CHECK(stepLosses(files->out + "1") == stepLosses(files->out + "2"));
  CHECK(slurp(files->out + "2/events.jsonl").find("weights_decoded") != std::string::npos);
  CHECK(slurp(files->out + "1/events.jsonl").find("weights_decoded") == std::string::npos);
  REQUIRE(train("3", {"--set", "method=full"}) == 0);
  CHECK(slurp(files->out + "3/model/config.json").find("quantization_config") == std::string::npos);
  nll(files->out + "3/model");
  CHECK(runAttune({"inspect", quantData("llama_nf4"), "--json"}).code == 0);

  const TempFolder folder;
  RawTensors tensors = readRaw(quantData("llama_nf4/model.safetensors"));
  tensors["model.layers.0.mlp.down_proj.weight.absmax"] = {io::DType::U8, {1}, "x"};
  writeNf4Folder(folder, tensors);
  for (const char *quant : {"none", "nf4"})
    CHECK(runAttune({"score", "--model", folder.path(), "--quant", quant, "--ids", "1 2", "--json"}).code == 3);
}
