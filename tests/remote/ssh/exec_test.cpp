// Commands over a real session: bytes, codes, signals, and lines that die.
#include "remote/ssh/exec.h"
#include "remote/ssh/ssh_command_runner.h"
#include "tests/remote/ssh/ssh_fixture.h"

#include <doctest/doctest.h>
#include <thread>

using namespace attune;
using namespace attune::remote;
using namespace attune::test;

namespace {

ExecRequest request(const std::string &command) {
  ExecRequest made;
  made.command = command;
  return made;
}

} // namespace

TEST_CASE("exec: output, errors, codes and signals") {
  NEEDS_LOOPBACK(false);
  SshFixture sshd;
  const auto session = sshd.open();
  REQUIRE(session.ok());
  const auto both = execute(**session, request("echo out; echo err >&2; exit 7"));
  REQUIRE(both.ok());
  CHECK(both->out == "out\n");
  CHECK(both->err == "err\n");
  CHECK(both->code == 7);
  CHECK(execute(**session, request("true"))->code == 0);
  CHECK(execute(**session, request("no-such-command-here"))->code == 127);
  const auto killed = execute(**session, request("kill -TERM $$"));
  REQUIRE(killed.ok());
  CHECK(killed->code == 143);
  CHECK(killed->signal == "TERM");
  for (int i = 0; i < 30; ++i) { // the status comes after the end
    const auto result = execute(**session, request("exit " + std::to_string(i)));
    REQUIRE_MESSAGE(result.ok(), i, result.error().text(), result.error().fault);
    CHECK(result->code == i);
  }
}

TEST_CASE("exec: 10 MB both ways, bounded output, a reader that goes away") {
  NEEDS_LOOPBACK(false);
  SshFixture sshd;
  const auto session = sshd.open();
  REQUIRE(session.ok());
  const std::string data = noise(10 << 20);
  ExecRequest echo = request("cat");
  echo.input = data;
  echo.maxOut = data.size();
  const auto result = execute(**session, echo);
  REQUIRE(result.ok());
  CHECK(result->out == data);
  echo.maxOut = data.size() - 1;
  CHECK(execute(**session, echo).error().fault == "CMD-TOO-LONG");
  echo.command = "head -c 3 | wc -c";
  const auto head = execute(**session, echo);
  REQUIRE(head.ok());
  CHECK(head->out == "3\n");
  const auto err = execute(**session, request("head -c 1000000 /dev/zero >&2"));
  REQUIRE(err.ok());
  CHECK(err->err.size() == 65536);
}

TEST_CASE("exec: 100 MB both ways at once through a source and a sink, whose errors end the command and not the session") {
  NEEDS_LOOPBACK(false);
  SshFixture sshd;
  const auto session = sshd.open();
  REQUIRE(session.ok());
  const uint64_t size = 100'000'000;
  const auto byteAt = [](uint64_t at) { return static_cast<char>((at * 2654435761u) >> 16); };
  uint64_t sent = 0, got = 0, wrong = 0, fails = UINT64_MAX;
  ExecRequest echo = request("cat");
  echo.input = "first";
  echo.source = [&](char *buffer, size_t most) -> Result<size_t> {
    if (sent > fails) return Error{ErrorCode::IoFailed, "source", "", ""};
    const auto n = static_cast<size_t>(std::min<uint64_t>(most, size - sent));
    for (size_t i = 0; i < n; ++i) buffer[i] = byteAt(sent + i);
    sent += n;
    return n;
  };
  echo.sink = [&](ByteView bytes) -> Status {
    for (size_t i = 0; i < bytes.size; ++i, ++got) wrong += static_cast<char>(bytes.data[i]) != (got < 5 ? "first"[got] : byteAt(got - 5));
    return {};
  };
  const auto both = execute(**session, echo);
  REQUIRE(both.ok());
  CHECK(both->code == 0);
  CHECK(both->out.empty());
  CHECK(got == size + 5);
  CHECK(wrong == 0);
  sent = got = 0;
  fails = 1'000'000;
  CHECK(execute(**session, echo).error().message == "source");
  sent = got = 0;
  fails = UINT64_MAX;
  echo.sink = [](ByteView) -> Status { return Error{ErrorCode::IoFailed, "sink", "", ""}; };
  CHECK(execute(**session, echo).error().message == "sink");
  sent = 0;
  echo.command = "head -c 3";
  std::string head;
  echo.sink = [&](ByteView bytes) -> Status {
    head.append(reinterpret_cast<const char *>(bytes.data), bytes.size);
    return {};
  };
  CHECK(execute(**session, echo).ok()); // it reads no further
  CHECK(head == "fir");
  CHECK(sent < size);
  echo.command = "sleep 60";
  echo.seconds = 0.5;
  CHECK(execute(**session, echo).error().fault == "CMD-TIMEOUT");
  echo.command = "for i in 1 2 3 4; do sleep 1; echo; done; cat >/dev/null";
  echo.seconds = 3; // less than it takes, more than each of its bytes
  CHECK(execute(**session, echo).ok());
  CHECK(execute(**session, request("echo still here"))->out == "still here\n");
}

TEST_CASE("exec: time limit, stop and more channels than there are") {
  NEEDS_LOOPBACK(false);
  SshFixture sshd;
  const auto session = sshd.open();
  REQUIRE(session.ok());
  ExecRequest slow = request("sleep 60");
  slow.seconds = 0.5;
  CHECK(execute(**session, slow).error().fault == "CMD-TIMEOUT");
  const StopSource stop;
  std::thread stopper([&] { stop.requestStop(); });
  CHECK(execute(**session, request("sleep 60"), stop.token()).error().code == ErrorCode::Interrupted);
  stopper.join();
  CHECK(execute(**session, request("echo still here"))->out == "still here\n");
  std::vector<ssh_channel_struct *> open;
  for (int i = 0; i < SshSession::kMaxChannels; ++i) open.push_back(*(*session)->openChannel(5, {}));
  CHECK(execute(**session, request("true")).error().fault == "CHANNEL-REFUSED");
  for (ssh_channel_struct *channel : open) (*session)->closeChannel(channel);
  CHECK(execute(**session, request("true"))->code == 0);
}

TEST_CASE("exec: a frozen other side is noticed, a slow command is not taken for one") {
  NEEDS_LOOPBACK(false);
  SshFixture sshd;
  sshd.options.silentSeconds = 0.5;
  sshd.options.probeSeconds = 1.5;
  const auto session = sshd.open();
  REQUIRE(session.ok());
  CHECK(execute(**session, request("sleep 2; echo done"))->out == "done\n");
  CHECK(probe(**session).ok());
  REQUIRE(sshd.cluster.act("stall"));
  const Clock clock = Clock::system();
  const double before = clock.steady();
  CHECK(execute(**session, request("sleep 100")).error().fault == "NET-LOST");
  CHECK(clock.steady() - before < 10);
  CHECK((*session)->lost());
  CHECK(execute(**session, request("true")).error().fault == "NET-LOST");
  sshd.cluster.act("unstall");
}

TEST_CASE("exec: a dropped line, and one that is given up from another thread") {
  NEEDS_LOOPBACK(false);
  SshFixture sshd;
  auto session = sshd.open();
  REQUIRE(session.ok());
  std::thread dropper([&] { sshd.cluster.act("drop"); });
  CHECK(execute(**session, request("sleep 100")).error().fault == "NET-LOST");
  dropper.join();
  session = sshd.open();
  REQUIRE(session.ok());
  std::thread aborter([&] { (*session)->abort(); });
  CHECK(execute(**session, request("sleep 100")).error().fault == "NET-LOST");
  aborter.join();
}

TEST_CASE("command runner: start-up files that print, a login shell that is none, values as they are") {
  NEEDS_LOOPBACK(false);
  SshFixture sshd;
  const auto session = sshd.open();
  REQUIRE(session.ok());
  const std::string home = sshd.cluster.value("LB_HOME");
  outputOf("echo 'echo noise; echo noise >&2; export FROM_PROFILE=yes' | tee " + home + "/.bashrc >" + home + "/.bash_profile");
  SshCommandRunner runner(**session);
  Command command;
  command.script = "printf '%s,' \"$FROM_PROFILE\" \"$@\"; exit 3";
  command.arguments = {"a'b", "$(touch ~/canary)"};
  const auto result = runner.run(command);
  REQUIRE(result.ok());
  CHECK(result->out == "yes,a'b,$(touch ~/canary),");
  CHECK(result->err.empty());
  CHECK(result->code == 3);
  CHECK(sshd.fileText(home + "/canary").empty());
  outputOf("echo 'exit 1' >" + home + "/.bash_profile");
  CHECK(runner.run(command).error().fault == "CMD-BROKEN");
  command.login = false;
  CHECK(runner.run(command)->code == 3);
}
