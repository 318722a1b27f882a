#include "core/base/file_stamp.h"
#include "core/device/own_thread.h"
#include "core/io/model_fingerprint.h"
#include "core/io/weight_source.h"
#include "tests/support/no_threads.h"
#include "tests/support/tiny_training.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <thread>

using namespace attune;
using namespace attune::core;
using namespace attune::test;

TEST_CASE("where no thread can be made a run reads, trains and saves on its own, with the same result") {
  // To see it fail: demand std::launch::async in CheckpointStore::write, or a thread in DataLoader.
  TinyTraining usual, alone;
  REQUIRE(usual.run({}).ok());
  {
    const NoThreads limit;
    CHECK_THROWS(std::thread([] {}).join());
    const auto result = alone.run({});
    REQUIRE_MESSAGE(result.ok(), result.error().text());
    REQUIRE_FALSE(result->error);
    CHECK(onOwnThread([] { return 7; }) == 7);
  }
  const std::string file = "/adapter/adapter_model.safetensors";
  REQUIRE(contentSum(alone.files->out + file));
  CHECK(contentSum(alone.files->out + file) == contentSum(usual.files->out + file));
  CHECK(std::filesystem::exists(alone.files->out + "/checkpoints/best.json"));
}

TEST_CASE("a model's fingerprint needs no second thread") {
  // To see it fail: let what std::thread throws out of modelFingerprint.
  const TempFolder folder;
  writeTinyModel(folder);
  const auto source = io::openModel(folder.path());
  REQUIRE(source.ok());
  folder.write("tokenizer.json", "{}");
  std::filesystem::resize_file(folder.path() + "/tokenizer.json", uintmax_t(70) << 20); // several blocks; takes no disk
  const auto usual = io::modelFingerprint(folder.path(), **source);
  const NoThreads limit;
  const auto alone = io::modelFingerprint(folder.path(), **source);
  REQUIRE(alone.ok());
  CHECK(*alone == *usual);
}
