#include "tests/support/run_program.h"
#include "tests/support/stored_zip.h"
#include "tests/support/temp_folder.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <vector>

using namespace attune;
using attune::test::runAttune;

namespace {

const std::string kHostile = ATTUNE_SOURCE_DIR "/tests/data/torch_bin/hostile";
const char *const kConfig =
    R"({"architectures":["LlamaForCausalLM"],"hidden_size":16,"intermediate_size":12,"num_hidden_layers":1,"num_attention_heads":2,)"
    R"("num_key_value_heads":1,"vocab_size":5,"max_position_embeddings":16,"tie_word_embeddings":true})";

} // namespace

TEST_CASE("hostile pickles: exit code 3, nothing run, no time and memory lost") {
  const test::TempFolder folder;
  folder.write("config.json", kConfig);
  const std::string file = folder.path() + "/pytorch_model.bin", trace = "ATTUNE_WAS_RUN";
  std::filesystem::remove(trace);
  size_t count = 0;
  for (const auto &entry : std::filesystem::directory_iterator(kHostile)) {
    const std::string name = entry.path().filename().string();
    CAPTURE(name);
    std::filesystem::copy_file(entry.path(), file, std::filesystem::copy_options::overwrite_existing);
    const auto shown = runAttune({"inspect", folder.path(), "--json"});
    const bool valid = name.find("valid") == 0; // what all the others were made from
    CHECK(shown.code == (valid ? 0 : 3));
    CHECK(shown.json()["files"][0]["name"] == "pytorch_model.bin");
    CHECK(shown.json()["problems"].empty() == false); // at least that there is no tokenizer
    CHECK(shown.json().contains("error") == !valid);
    CHECK(shown.peakBytes < (size_t(64) << 20));
    if (name.find("code_os") == 0 || valid) {
      const auto scored = runAttune({"score", "--model", folder.path(), "--ids", "1 2 3", "--json", "--quiet"});
      CHECK(scored.code == (valid ? 0 : 3));
    }
    ++count;
  }
  CHECK(count > 100);
  CHECK_FALSE(std::filesystem::exists(trace));
}

TEST_CASE("hostile pickles: bombs stay within bounds") {
  const test::TempFolder folder;
  const std::string start = std::string("\x80\x02}q\x00", 5);
  for (const std::string &instruction :
       {std::string("]"), std::string("h\x00", 2), std::string("(h\x00t", 4), std::string("h\x00h\x00s", 5)}) {
    std::string pickle = start;
    while (pickle.size() < (size_t(31) << 20)) pickle += instruction;
    const auto shown = runAttune({"inspect", folder.write("bomb.bin", test::storedZip({{"a/data.pkl", pickle + "."}})), "--json"});
    CHECK(shown.code == 3);
    CHECK(shown.json()["kind"] == "torch");
    CHECK(shown.peakBytes < (size_t(400) << 20));
    MESSAGE("peak MiB: " << (shown.peakBytes >> 20));
  }
}
