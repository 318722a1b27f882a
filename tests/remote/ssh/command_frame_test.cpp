// The frame around a remote script, against real shells on this machine.
#include "remote/ssh/command_frame.h"
#include "tests/cluster/loopback.h"
#include "tests/support/temp_folder.h"

#include <doctest/doctest.h>

using namespace attune;
using namespace attune::remote;
using namespace attune::test;

namespace {

Result<CommandResult> runHere(const Command &command, const std::string &before = "") {
  const TempFolder folder;
  const std::string mark = randomMark();
  const auto text = frameCommand(command, mark);
  if (!text.ok()) return text.error();
  folder.write("in", *text);
  outputOf("(" + before + "/bin/sh -s <" + folder.path() + "/in) >" + folder.path() + "/out 2>" + folder.path() + "/err");
  return readFrame(outputOf("cat " + folder.path() + "/out"), outputOf("cat " + folder.path() + "/err"), mark, "here");
}

} // namespace

TEST_CASE("frame: code, output and values arrive as they are") {
  Command command;
  command.arguments = {"a'b", "$(touch /tmp/attune-canary-frame)", "-n `id` \\ \"x\"", ""};
  command.script = "printf '%s|' \"$@\"; echo; echo warn >&2; exit 7";
  const auto result = runHere(command);
  REQUIRE(result.ok());
  CHECK(result->code == 7);
  CHECK(result->out == "a'b|$(touch /tmp/attune-canary-frame)|-n `id` \\ \"x\"||\n");
  CHECK(result->err == "warn\n");
  CHECK(outputOf("ls /tmp/attune-canary-frame 2>/dev/null").empty());
}

TEST_CASE("frame: what start-up files print is not believed") {
  Command command;
  command.script = "printf 'no newline'";
  const auto result = runHere(command, "echo noise; echo 'x end 0'; echo more >&2; ");
  REQUIRE(result.ok());
  CHECK(result->out == "no newline");
  CHECK(result->err.empty());
}

TEST_CASE("frame: an answer without its closing mark is CMD-BROKEN, a value with a line break is refused") {
  CHECK(readFrame("\nabc begin\nhello", "", "abc", "h").error().fault == "CMD-BROKEN");
  CHECK(readFrame("\nabc begin\nhello\nabc end 0", "", "abc", "h").error().fault == "CMD-BROKEN"); // cut before its last byte
  CHECK(readFrame("", "", "abc", "h").error().fault == "CMD-BROKEN");
  CHECK(readFrame("\nabc begin\nx\nabd end 0\n", "", "abc", "h").error().fault == "CMD-BROKEN");
  Command command;
  command.arguments = {"two\nlines"};
  CHECK(frameCommand(command, "abc").error().code == ErrorCode::Usage);
  CHECK(randomMark() != randomMark());
  CHECK(randomMark().size() == 32);
}
