// The models of a workspace: found, described, added by hand; broken ones are shown and no folder holds the search up.
#include "core/base/atomic_file.h"
#include "core/base/json.h"
#include "core/io/model_facts.h"
#include "core/store/local_model_library.h"
#include "core/store/model_search.h"
#include "tests/support/temp_folder.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace attune;
using namespace attune::test;
namespace fs = std::filesystem;

namespace {

/// A small model of the tests' data, copied so that it may be changed.
std::string copyModel(const std::string &to) {
  fs::create_directories(to);
  for (const char *file : {"config.json", "model.safetensors"})
    fs::copy_file(std::string(ATTUNE_SOURCE_DIR) + "/tests/data/tiny_llama/tied/" + file, to + "/" + file);
  return to;
}

std::vector<std::string> pathsOf(api::ModelLibrary &library) {
  std::vector<std::string> paths;
  const auto places = library.find({});
  REQUIRE(places.ok());
  for (const api::ModelPlace &place : *places) paths.push_back(place.path);
  return paths;
}

bool mentions(const std::vector<Error> &problems, const std::string &part) {
  return std::any_of(problems.begin(), problems.end(),
                     [&](const Error &problem) { return problem.message.find(part) != std::string::npos; });
}

} // namespace

TEST_CASE("Models are found in the workspace and described as inspect does") {
  const TempFolder workspace;
  store::LocalModelLibrary library(workspace.path());
  CHECK(pathsOf(library).empty());
  const std::string model = copyModel(workspace.path() + "/models/org/tiny");
  REQUIRE(writeFileAtomic(model + "/README.md", "---\nlanguage: en\nlicense: \"apache-2.0\"\n---\n# license: none\n").ok());
  REQUIRE(writeFileAtomic(model + "/LICENSE.txt", "Take it.\n").ok());
  const auto places = library.find({});
  REQUIRE(places.ok());
  REQUIRE(places->size() == 1);
  CHECK(places->front().path == model);
  CHECK(places->front().inWorkspace);
  CHECK(library.known() == std::vector<std::string>{model});
  const api::ModelCard card = library.describe(places->front());
  CHECK(card.format == "huggingface");
  CHECK(card.architecture == "LlamaForCausalLM");
  CHECK(card.parameters > 0);
  CHECK(card.layers > 0);
  CHECK(card.license == "apache-2.0");
  CHECK(card.licenseText == "Take it.\n");
  CHECK(card.tokenizer == "none");
  CHECK_FALSE(card.refusal.has_value());
  CHECK(card.files.size() == 4);
  CHECK(card.sizes.bits16 == 2 * card.parameters);
  CHECK(card.sizes.bits4 < card.sizes.bits8);
  CHECK(mentions(card.problems, "no tokenizer"));
}

TEST_CASE("Sizes at 16, 8 and 4 bits are those of the formulas") {
  const auto config = io::parseModelConfig( // of Baichuan2-7B's shape
      R"({"architectures":["LlamaForCausalLM"],"hidden_size":4096,"intermediate_size":11008,"num_hidden_layers":32,
          "num_attention_heads":32,"vocab_size":125696,"tie_word_embeddings":false,"rms_norm_eps":1e-6})",
      "config.json");
  REQUIRE(config.ok());
  const api::ModelSizes sizes = io::sizesByBits(*config);
  const auto gib = [](int64_t bytes) { return static_cast<double>(bytes) / (1 << 30); };
  CHECK(gib(sizes.bits16) == doctest::Approx(13.98).epsilon(0.001));
  CHECK(gib(sizes.bits8) == doctest::Approx(7.95).epsilon(0.001));
  CHECK(gib(sizes.bits4) == doctest::Approx(5.030).epsilon(0.001));
}

TEST_CASE("A card follows its files") {
  const TempFolder workspace;
  store::LocalModelLibrary library(workspace.path());
  const std::string model = copyModel(workspace.path() + "/models/tiny");
  CHECK_FALSE(library.describe({model, true}).refusal.has_value());
  fs::resize_file(model + "/model.safetensors", 100);
  const api::ModelCard cut = library.describe({model, true});
  CHECK(cut.refusal->code == ErrorCode::MalformedFile);
  CHECK(cut.architecture == "LlamaForCausalLM"); // what can be read is still shown
  fs::remove_all(model);
  CHECK(library.describe({model, true}).refusal.has_value());
}

TEST_CASE("Broken folders and damaged files are shown with what is wrong") {
  const TempFolder workspace;
  store::LocalModelLibrary library(workspace.path());
  const std::string models = workspace.path() + "/models/";
  const std::string lost = models + "no-config", foreign = models + "foreign", pointer = copyModel(models + "pointer");
  REQUIRE(makeFolders(lost).ok());
  REQUIRE(makeFolders(foreign).ok());
  REQUIRE(writeFileAtomic(lost + "/model.safetensors", "x").ok());
  REQUIRE(writeFileAtomic(foreign + "/config.json", R"({"architectures":["Unheard"]})").ok());
  REQUIRE(writeFileAtomic(pointer + "/tokenizer.json", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n").ok());
  REQUIRE(writeFileAtomic(pointer + "/extra.bin", "").ok());
  REQUIRE(writeFileAtomic(models + "cut.gguf", "GGUF").ok());
  CHECK(pathsOf(library) == std::vector<std::string>{models + "cut.gguf", foreign, lost, pointer});
  for (const std::string &path : {models + "cut.gguf", foreign, lost}) CHECK(library.describe({path, true}).refusal.has_value());
  const api::ModelCard card = library.describe({pointer, true});
  CHECK(mentions(card.problems, "git lfs"));
  CHECK(mentions(card.problems, "empty"));
}

TEST_CASE("A model without its weights cannot be used and says what is missing") {
  const TempFolder workspace;
  store::LocalModelLibrary library(workspace.path());
  const std::string bare = copyModel(workspace.path() + "/models/bare"), sharded = copyModel(workspace.path() + "/models/sharded");
  for (const std::string &model : {bare, sharded}) fs::remove(model + "/model.safetensors");
  REQUIRE(writeFileAtomic(sharded + "/model.safetensors.index.json", R"({"weight_map":{"a":"model-00001-of-00002.safetensors"}})").ok());
  const api::ModelCard card = library.describe({bare, true});
  REQUIRE(card.refusal.has_value());
  CHECK(card.refusal->code == ErrorCode::MissingInFolder);
  CHECK(card.refusal->message.find("model.safetensors") != std::string::npos);
  CHECK(card.parameters > 0); // its settings are still shown
  CHECK_FALSE(mentions(card.problems, "model.safetensors"));
  const api::ModelCard lacking = library.describe({sharded, true});
  REQUIRE(lacking.refusal.has_value());
  CHECK(lacking.refusal->code == ErrorCode::MissingInFolder);
  CHECK(lacking.refusal->text().find("model-00001-of-00002.safetensors") != std::string::npos);
}

TEST_CASE("What strays into the folder of the models hides none of them") {
  const TempFolder workspace;
  store::LocalModelLibrary library(workspace.path());
  const std::string model = copyModel(workspace.path() + "/models/tiny");
  for (const char *file : {"config.json", "run.json", "adapter_config.json", "loose.safetensors", ".attune-download.json"}) {
    const std::string stray = workspace.path() + "/models/" + file;
    REQUIRE(writeFileAtomic(stray, "{}").ok());
    CHECK_MESSAGE(pathsOf(library) == std::vector<std::string>{model}, file);
    fs::remove(stray);
  }
}

TEST_CASE("A folder of many files is counted, and what the model is made of stands first") {
  const TempFolder workspace;
  store::LocalModelLibrary library(workspace.path());
  const std::string model = copyModel(workspace.path() + "/models/many");
  REQUIRE(writeFileAtomic(model + "/LICENSE", "Take it.").ok());
  for (int i = 0; i < 2500; ++i) std::ofstream(model + "/A" + std::to_string(i)) << "x";
  const api::ModelCard card = library.describe({model, true});
  CHECK_FALSE(card.refusal.has_value());
  CHECK(card.fileCount == 2503);
  CHECK_FALSE(card.moreFiles);
  CHECK(card.bytes == static_cast<int64_t>(fs::file_size(model + "/model.safetensors") + fs::file_size(model + "/config.json")) + 2508);
  CHECK(card.files.size() < 2503);
  CHECK(card.files[0].name == "model.safetensors");
  CHECK(card.files[2].name == "config.json");
  CHECK(card.licenseText == "Take it.");
}

TEST_CASE("Runs, adapters, downloads and later parts are no models") {
  const TempFolder workspace;
  store::LocalModelLibrary library(workspace.path());
  const std::string models = workspace.path() + "/models/";
  for (const char *file :
       {"run/run.json", "run/model.safetensors", "adapter/adapter_config.json", "adapter/adapter_model.safetensors", "coming/config.json",
        "coming/.attune-download.json", "m-00001-of-00002.gguf", "m-00002-of-00002.gguf", ".hidden/config.json"}) {
    REQUIRE(makeFolders(fs::path(models + file).parent_path().string()).ok());
    REQUIRE(writeFileAtomic(models + file, "{}").ok());
  }
  CHECK(pathsOf(library) == std::vector<std::string>{models + "m-00001-of-00002.gguf"});
}

TEST_CASE("Loops of links and deep or wide trees end") {
  const TempFolder workspace;
  store::LocalModelLibrary library(workspace.path());
  const std::string models = workspace.path() + "/models";
  copyModel(models + "/a/real");
  fs::create_directory_symlink("..", models + "/a/up");
  fs::create_directory_symlink(models, models + "/a/top");
  fs::create_directory_symlink("self", models + "/self");
  fs::create_directory_symlink("/nowhere", models + "/lost");
  std::string deep = models + "/deep";
  for (int i = 0; i < 60; ++i) deep += "/d";
  fs::create_directories(deep);
  for (int i = 0; i < 3000; ++i) fs::create_directory(models + "/wide" + std::to_string(i));
  CHECK(pathsOf(library) == std::vector<std::string>{models + "/a/real"});
  const StopSource stopped;
  stopped.requestStop();
  CHECK(store::searchModels(models, stopped.token()).empty());
}

TEST_CASE("Models are added by hand, kept, and taken off the list again") {
  const TempFolder workspace, elsewhere;
  const std::string one = copyModel(elsewhere.path() + "/one"), two = copyModel(elsewhere.path() + "/more/two");
  {
    store::LocalModelLibrary library(workspace.path());
    CHECK(library.add(elsewhere.path() + "/one/", {}).value() == std::vector<std::string>{one});
    CHECK(library.add(one, {}).ok());                             // once is enough
    CHECK(library.add(elsewhere.path(), {}).value().size() == 2); // both of the folder
    CHECK(library.add("/no/such/model", {}).error().code == ErrorCode::UnsupportedFormat);
  }
  store::LocalModelLibrary library(workspace.path());
  CHECK(pathsOf(library) == std::vector<std::string>{one, two});
  REQUIRE(library.remove(one).ok());
  CHECK(pathsOf(library) == std::vector<std::string>{two});
  CHECK(fs::exists(one + "/config.json"));
  const std::string own = copyModel(workspace.path() + "/models/own");
  REQUIRE(library.add(own, {}).ok()); // is there without the list
  CHECK(readFile(workspace.path() + "/models.json").value().find("/own") == std::string::npos);
}

TEST_CASE("A list that cannot be read is never written over") {
  const TempFolder workspace;
  store::LocalModelLibrary library(workspace.path());
  const std::string model = copyModel(workspace.path() + "/elsewhere");
  for (const char *text : {"{\"schema\": 1, \"added\"", "[]", "{\"schema\": 9, \"added\": []}"}) {
    const std::string list = workspace.write("models.json", text);
    CHECK_FALSE(library.find({}).ok());
    CHECK_FALSE(library.add(model, {}).ok());
    CHECK_FALSE(library.remove(model).ok());
    CHECK(readFile(list).value() == text);
  }
}
