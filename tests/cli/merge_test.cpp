// merge and export as a program: what they print, what they refuse, what a stop or a full disk leaves behind.
#include "core/base/atomic_file.h"
#include "tests/support/running_program.h"
#include "tests/support/starter_model.h"
#include "tests/support/temp_folder.h"
#include "tests/support/tiny_model.h"

#include <doctest/doctest.h>

using namespace attune;
using namespace attune::test;

namespace {

std::string data(const std::string &name) { return ATTUNE_SOURCE_DIR "/tests/data/" + name; }

size_t entries(const std::string &folder) {
  return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator()));
}

} // namespace

TEST_CASE("merge prints its check, and the merged folder scores as model and adapter do") {
  const TempFolder folder;
  const std::string model = data("tiny_llama/plain"), out = folder.path() + "/merged/";
  const auto merged = runAttune({"merge", "--model", model, "--adapter", model + "/adapter", "--out", out, "--dtype", "fp32", "--json"});
  REQUIRE_MESSAGE(merged.code == 0, merged.out);
  CHECK(merged.json()["max_logit_difference"].get<double>() < 1e-3);
  CHECK(merged.json()["top1_agreement"] == 1.0);
  CHECK(merged.json()["out"] == out);
  const auto nll = [&](const std::vector<std::string> &which) {
    std::vector<std::string> words = {"score", "--ids", "3 77 201 5 9 250", "--json", "--model"};
    words.insert(words.end(), which.begin(), which.end());
    return runAttune(words).json()["nll"].get<double>();
  };
  CHECK(nll({out}) == doctest::Approx(nll({model, "--adapter", model + "/adapter"})).epsilon(1e-6));
  CHECK(nll({out}) != doctest::Approx(nll({model})).epsilon(1e-4));

  const auto taken = runAttune({"merge", "--model", model, "--adapter", model + "/adapter", "--out", out, "--json"});
  CHECK(taken.code == 2);
  CHECK(taken.json()["error"]["where"] == out);
  CHECK(runAttune({"merge", "--model", model, "--out", folder.path() + "/x"}).code == 2); // no adapter
  CHECK(runAttune({"merge", "--model", model, "--adapter", folder.path(), "--out", folder.path() + "/x"}).code == 3);
  const auto size =
      runAttune({"merge", "--model", model, "--adapter", model + "/adapter", "--out", folder.path() + "/x", "--max-shard-size", "big"});
  CHECK(size.code == 2);
  CHECK(entries(folder.path()) == 1);
}

TEST_CASE("export llama writes Baichuan as a Llama that scores the same, and names what a Llama is not") {
  const TempFolder folder;
  const std::string model = data("tiny_families/baichuan2"), out = folder.path() + "/llama";
  const auto written =
      runAttune({"export", "llama", "--model", model, "--adapter", model + "/adapter", "--out", out, "--dtype", "fp32", "--json"});
  REQUIRE_MESSAGE(written.code == 0, written.out);
  const auto nll = [](const ProgramResult &result) { return result.json()["nll"].get<double>(); };
  CHECK(nll(runAttune({"score", "--model", out, "--ids", "3 77 5 9 50", "--json"})) ==
        doctest::Approx(nll(runAttune({"score", "--model", model, "--adapter", model + "/adapter", "--ids", "3 77 5 9 50", "--json"})))
            .epsilon(1e-6));
  CHECK(runAttune({"inspect", out, "--json"}).json()["architecture"] == "LlamaForCausalLM");
  const auto refused =
      runAttune({"export", "llama", "--model", data("tiny_families/baichuan2_13b"), "--out", folder.path() + "/x", "--json"});
  CHECK(refused.code == 3);
  CHECK(refused.json()["error"]["message"].get<std::string>().find("ALiBi") != std::string::npos);
  CHECK(runAttune({"export", "onnx", "--model", model, "--out", folder.path() + "/x"}).code == 2);
  CHECK(entries(folder.path()) == 1);
}

TEST_CASE("export llama writes every rotary setting that changes the numbers") {
  const std::string yarn = R"("rope_type":"yarn","factor":4.0,"original_max_position_embeddings":16,"truncate":false,"beta_fast":8.0)";
  const std::string longrope =
      R"("rope_type":"longrope","short_factor":[1,1,1,1],"long_factor":[4,4,4,4],"original_max_position_embeddings":16)";
  for (const std::string &rope : {yarn, longrope}) {
    const TempFolder folder;
    writeTinyModel(folder);
    std::string config = readFile(folder.path() + "/config.json").value();
    folder.write("config.json", config.substr(0, config.size() - 1) + ",\"rope_scaling\":{" + rope + "}}");
    std::string ids = "3";
    for (int i = 1; i < 30; ++i) (ids += ' ') += std::to_string(3 + i);
    const std::string out = folder.path() + "/llama";
    const auto written = runAttune({"export", "llama", "--model", folder.path(), "--out", out, "--dtype", "fp32", "--json"});
    REQUIRE_MESSAGE(written.code == 0, written.out);
    const auto score = [&](const std::string &model) {
      return runAttune({"score", "--model", model, "--ids", ids, "--json"}).json()["nll"];
    };
    CHECK(score(out).get<double>() == doctest::Approx(score(folder.path()).get<double>()).epsilon(1e-7));
  }
}

TEST_CASE("a stopped merge and a full disk leave nothing behind") {
  if (starterModel().empty()) return;
  const TempFolder folder;
  RunningProgram stopped({"export", "llama", "--model", starterModel(), "--out", folder.path() + "/out"});
  REQUIRE(stopped.waitUntil([&] { return entries(folder.path()) > 0; }));
  stopped.signal(SIGINT);
  CHECK(stopped.wait() == 130);
  CHECK(entries(folder.path()) == 0);

  RunningProgram full({"export", "llama", "--model", starterModel(), "--out", folder.path() + "/out"}, true);
  full.limitFileSize(20 << 20);
  CHECK(full.wait() == 1);
  CHECK(entries(folder.path()) == 0);
}
