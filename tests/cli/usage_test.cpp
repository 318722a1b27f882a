#include "app/cli/command/command.h"
#include "app/cli/command/verb_list.h"
#include "core/base/nearest_name.h"
#include "tests/support/run_program.h"

#include <chrono>
#include <doctest/doctest.h>

using namespace attune;
using attune::test::runAttune;

TEST_CASE("attune --help is quick and names every verb") {
  const auto before = std::chrono::steady_clock::now();
  const auto help = runAttune({"--help"});
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - before;
  CHECK(help.code == 0);
  CHECK(taken.count() < 0.3); // the program must not load libtorch for this
  for (const app::VerbEntry &verb : app::kVerbs) CHECK(help.out.find(verb.name) != std::string::npos);
}

TEST_CASE("Every verb has help with its options and an example") {
  for (const app::VerbEntry &verb : app::kVerbs) {
    if (verb.engine && std::string(verb.name) != "doctor") continue;
    CAPTURE(std::string(verb.name));
    const auto help = runAttune({verb.name, "--help"});
    CHECK(help.code == 0);
    CHECK(help.out.find(std::string("Usage: attune ") + verb.name) != std::string::npos);
    CHECK(help.out.find("--json") != std::string::npos);
    CHECK(help.out.find("Example:\n  attune ") != std::string::npos);
    CHECK(help.err.empty());
  }
}

TEST_CASE("Wrong usage is exit code 2 and names the nearest") {
  CHECK(runAttune({}).code == 2);

  const auto verb = runAttune({"tokenise", "--json"});
  CHECK(verb.code == 2);
  CHECK(verb.json()["error"]["code"] == "usage");
  CHECK(verb.json()["error"]["hint"] == "Did you mean tokenize?");

  const auto option = runAttune({"inspect", "--jsn", "x"});
  CHECK(option.code == 2);
  CHECK(option.out.empty());
  CHECK(option.err.find("--json") != std::string::npos);

  const auto missing = runAttune({"tokenize", "--json"});
  CHECK(missing.code == 2);
  CHECK(missing.json()["error"]["message"].get<std::string>().find("--model") != std::string::npos);

  const auto number = runAttune({"doctor", "--threads", "many", "--json"});
  CHECK(number.code == 2);
  CHECK(number.json()["error"]["code"] == "usage");

  CHECK(runAttune({"inspect", "a", "b"}).code == 2);
}

TEST_CASE("The nearest name is found by edit distance and not forced") {
  CHECK(nearestName("--modle", {"--model", "--messages"}) == "--model");
  CHECK(nearestName("--zzzzzz", {"--model", "--messages"}).empty());
  CHECK(nearestName(std::string(100000, 'a'), {"a"}).empty());
}
