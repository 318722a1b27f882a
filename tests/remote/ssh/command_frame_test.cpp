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

TEST_CASE("frame: output that is handed on comes whole, however it is cut, and without start-up noise or marks") {
  const std::string mark(32, 'a'), data = "\n" + mark + " enough\n" + std::string(200, 'x') + "\n" + mark.substr(1) + " end 0\n";
  const std::string text = "noise\n\n" + mark + " begin\n" + data + "\n" + mark + " end 5\n";
  for (size_t step = 1; step <= text.size(); ++step) {
    CAPTURE(step);
    std::string got;
    FramedOutput framed(mark, [&](ByteView bytes) {
      got.append(reinterpret_cast<const char *>(bytes.data), bytes.size);
      return Status();
    });
    for (size_t at = 0; at < text.size(); at += step) {
      const std::string piece = text.substr(at, step);
      REQUIRE(framed.add({reinterpret_cast<const uint8_t *>(piece.data()), piece.size()}).ok());
      REQUIRE(data.compare(0, got.size(), got) == 0);
    }
    const auto last = readFrame(framed.rest(), "", mark, "h");
    REQUIRE(last.ok());
    CHECK(got + last->out == data);
    CHECK(last->code == 5);
  }
  FramedOutput flooded(mark, [](ByteView) { return Status(); });
  const std::string noise(size_t(65) << 10, '.');
  CHECK(flooded.add({reinterpret_cast<const uint8_t *>(noise.data()), noise.size()}).error().fault == "CMD-TOO-LONG");
}

TEST_CASE("frame: what follows for the script's stdin is never a command, and comes to it whole") {
  const TempFolder folder;
  Command command;
  command.login = false;
  command.input = [](char *, size_t) -> Result<size_t> { return 0; };
  command.script = "head -c 2; cat >&2; exit 4";
  const auto text = frameCommand(command, "abc");
  REQUIRE(text.ok());
  folder.write("in", *text + "}\ntouch " + folder.path() + "/canary\n");
  const std::string shell = std::string("cat ") + folder.path() + "/in | sh -c '" + shellFor(command) + "' 2>" + folder.path() + "/err";
  const std::string out = outputOf(shell);
  auto result = readFrame(out, outputOf("cat " + folder.path() + "/err"), "abc", "here");
  REQUIRE(result.ok());
  CHECK(result->code == 4);
  CHECK(result->out == "}\n");
  CHECK(result->err == "touch " + folder.path() + "/canary\n");
  command.script = "exit 4";
  folder.write("in", *frameCommand(command, "abc") + "}\ntouch " + folder.path() + "/canary\n");
  result = readFrame(outputOf(shell), "", "abc", "here");
  REQUIRE(result.ok());
  CHECK(result->code == 4);
  CHECK(outputOf("ls " + folder.path() + "/canary 2>/dev/null").empty());
}

TEST_CASE("frame: start-up files that read what is sent, print without end or ask, cannot take a script's values from it") {
  const TempFolder home;
  Command command;
  command.arguments = {"one"};
  command.script = "echo \"got $1\"; cat";
  const std::string mark(32, 'a'), in = home.write("in", *frameCommand(command, mark)), err = home.path() + "/err";
  const auto run = [&](const std::string &shell, const std::string &before = "") {
    const std::string out = outputOf("(" + before + "HOME=" + home.path() + " " + shell + ") <" + in + " 2>" + err);
    return readFrame(out, outputOf("cat " + err), mark, "here");
  };
  home.write(".bash_profile", "read -p 'Continue? ' x; cat; head -c 200000 /dev/zero | tr '\\0' x >&2; head -c 9000000 /dev/zero; OLD=1\n");
  command.script += "; echo warn >&2; touch " + home.path() + "/canary";
  home.write("in", *frameCommand(command, mark));
  for (const char *shell : {"sh", "bash", "csh", "fish", "zsh"}) {
    CAPTURE(std::string(shell));
    if (outputOf(std::string("command -v ") + shell).empty()) continue;
    home.write("command", shellFor(command));
    const auto result = run(std::string(shell) + " -c \"$(cat " + home.path() + "/command)\"");
    REQUIRE(result.ok());
    CHECK(result->out == "got one\n");
    CHECK(result->err == "warn\n");
    CHECK(outputOf("stat -c %s " + err).size() < 4); // of a flood nothing came
    CHECK(outputOf("rm " + home.path() + "/canary && echo ran") == "ran\n");
  }
  // What reads before that takes the whole command: an error, and nothing is run without its values.
  CHECK(run("sh -s", "read x; ").error().fault == "CMD-BROKEN");
  CHECK(outputOf("cat " + err).find("got") == std::string::npos);
  for (int bytes = 1; bytes < 120; bytes += 7) {
    CAPTURE(bytes);
    const auto cut = run("bash -s", "head -c " + std::to_string(bytes) + " >/dev/null; ");
    CHECK(!cut.ok());
  }
  CHECK(outputOf("ls " + home.path() + "/canary 2>/dev/null").empty());
}

TEST_CASE("frame: a start-up file's options change no answer, and whether all has come is seen from the closing marks") {
  const TempFolder home;
  Command command;
  command.script = "echo out; echo err >&2; exit 4";
  const std::string mark(32, 'a');
  home.write("in", *frameCommand(command, mark));
  home.write("command", shellFor(command));
  home.write(".bash_profile", "set -e; trap 'exit 9' ERR; set -C; exec 3>/dev/null 5>/dev/null\n");
  const std::string path = home.path();
  const std::string out = outputOf("HOME=" + path + " sh -c \"$(cat " + path + "/command)\" <" + path + "/in 2>" + path + "/err");
  const std::string err = outputOf("cat " + path + "/err");
  const auto result = readFrame(out, err, mark, "here");
  REQUIRE(result.ok());
  CHECK(result->code == 4);
  CHECK(result->out == "out\n");
  CHECK(result->err == "err\n");
  CHECK(isWhole(out, err, mark));
  for (size_t length = 0; length < out.size(); ++length) CHECK_FALSE(isWhole(out.substr(0, length), err, mark));
  for (size_t length = 0; length < err.size(); ++length) CHECK_FALSE(isWhole(out, err.substr(0, length), mark));
}
