#include "tests/support/run_program.h"
#include "tests/support/starter_model.h"
#include "tests/support/temp_folder.h"

#include <doctest/doctest.h>

using namespace attune;
using attune::test::runAttune;

TEST_CASE("inspect: exit codes follow what is wrong with the path") {
  const auto missing = runAttune({"inspect", "/no/such/path", "--json"});
  CHECK(missing.code == 1);
  CHECK(missing.json()["error"]["code"] == "file_not_found");

  test::TempFolder folder;
  const auto broken = runAttune({"inspect", folder.write("broken.gguf", std::string("GGUF\3\0\0\0 cut off", 16)), "--json"});
  CHECK(broken.code == 3);
  CHECK(broken.json()["kind"] == "gguf");
  CHECK(broken.json()["error"]["code"] == "malformed_file");

  const auto text = runAttune({"inspect", folder.write("broken.safetensors", "xx")});
  CHECK(text.code == 3);
  CHECK(text.err.find("attune: ") == 0);
}

TEST_CASE("inspect: a dataset and the starter model") {
  test::TempFolder folder;
  const auto rows = runAttune({"inspect", folder.write("rows.jsonl", "{\"instruction\":\"a\",\"output\":\"b\"}\n"), "--json"});
  CHECK(rows.code == 0);
  CHECK(rows.json()["kind"] == "dataset");
  CHECK(rows.json()["rows"] == 1);

  const auto model = runAttune({"inspect", test::starterModel(), "--json"});
  REQUIRE(model.code == 0);
  CHECK(model.json()["kind"] == "gguf");
  CHECK(model.json()["layers"] == 30);
  CHECK(model.json()["vocab_size"] == 49152);
}
