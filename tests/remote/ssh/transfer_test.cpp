// Uploads and downloads over a real sshd: by a command's stream, and by SFTP where the server lets none.
#include "core/base/sha256.h"
#include "remote/fault.h"
#include "remote/ssh/download.h"
#include "remote/ssh/file_stream.h"
#include "remote/ssh/sftp.h"
#include "remote/ssh/ssh_command_runner.h"
#include "remote/ssh/upload.h"
#include "tests/remote/ssh/ssh_fixture.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/file.h>
#include <unistd.h>

using namespace attune;
using namespace attune::remote;
using namespace attune::test;

namespace fs = std::filesystem;

namespace {

std::string bytesOf(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A server whose commands take no stream, as one without bash.
class NoStreams : public CommandRunner {
public:
  explicit NoStreams(CommandRunner &runner) : m_runner(runner) {}
  Result<CommandResult> run(const Command &command, const StopToken &stop) override {
    if (command.input || command.output) return fault("CMD-BROKEN", "", "", "");
    return m_runner.run(command, stop);
  }

private:
  CommandRunner &m_runner;
};

struct Line { // a session with what transfers need
  explicit Line(SshFixture &sshd) : session(sshd.open()) {
    REQUIRE(session.ok());
    auto opened = Sftp::open(**session);
    REQUIRE(opened.ok());
    sftp = std::move(*opened);
    runner = std::make_unique<SshCommandRunner>(**session);
  }
  Status up(const Upload &job, const StopToken &stop = {}) { return upload(*sftp, *runner, job, stop); }
  Status down(const Download &job, const StopToken &stop = {}) { return download(*sftp, *runner, job, stop); }
  Result<CommandResult> run(const std::string &script) {
    Command command;
    command.script = script;
    return runner->run(command);
  }
  Result<std::unique_ptr<SshSession>> session;
  std::unique_ptr<Sftp> sftp;
  std::unique_ptr<SshCommandRunner> runner;
};

} // namespace

TEST_CASE("transfer: files of any size go and come byte for byte, for the user alone") {
  NEEDS_LOOPBACK(false);
  SshFixture sshd;
  REQUIRE(sshd.cluster.started());
  const std::string home = sshd.cluster.value("LB_HOME"), back = sshd.folder.path() + "/back";
  Line line(sshd);
  NoStreams none(*line.runner);
  CommandRunner *runner = line.runner.get();
  SUBCASE("as a stream") {}
  SUBCASE("by SFTP, where there are no streams") { runner = &none; }
  const size_t piece = size_t(32) << 20; // of the script
  for (const size_t size : {size_t(0), size_t(1), size_t(262143), size_t(262144), size_t(262145), piece - 1, piece, 2 * piece + 1}) {
    CAPTURE(size);
    const std::string data = noise(size), local = sshd.folder.write("local", data);
    uint64_t last = 1, whole = 1;
    const auto told = [&](uint64_t done, uint64_t total) {
      last = done;
      whole = total;
    };
    REQUIRE(upload(*line.sftp, *runner, {local, "there", told}).ok());
    CHECK(last == size);
    CHECK(whole == size);
    CHECK(bytesOf(home + "/there") == data);
    CHECK(outputOf("stat -c %a " + home + "/there") == "600\n");
    fs::remove(back);
    REQUIRE(download(*line.sftp, *runner, {"there", back, "", told}).ok());
    CHECK(last == size);
    CHECK(whole == size);
    CHECK(bytesOf(back) == data);
    CHECK(!fs::exists(back + ".part"));
    CHECK(!fs::exists(home + "/there.part"));
  }
}

TEST_CASE("transfer: names as long as a disk allows, and folders here that are not there") {
  NEEDS_LOOPBACK(false);
  SshFixture sshd;
  REQUIRE(sshd.cluster.started());
  Line line(sshd);
  const std::string name(255, 'n'), local = sshd.folder.write(name, "data"), back = sshd.folder.path() + "/back";
  REQUIRE(line.up({local, name, {}}).ok());
  fs::create_directory(back);
  REQUIRE(line.down({name, back + "/" + name, "", {}}).ok());
  CHECK(bytesOf(back + "/" + name) == "data");
  CHECK(std::distance(fs::directory_iterator(back), fs::directory_iterator()) == 1);
  CHECK(outputOf("ls " + sshd.cluster.value("LB_HOME")) == name + "\n");
  const int other = ::open((back + "/two.part").c_str(), O_RDWR | O_CREAT, 0600); // of another program
  REQUIRE(::flock(other, LOCK_EX) == 0);
  CHECK(line.down({name, back + "/two", "", {}}).error().message == "This file is being copied already.");
  ::close(other);
  CHECK(line.down({name, back + "/two", "", {}}).ok());
  const Status missing = line.down({name, back + "/none/x", "", {}});
  CHECK(missing.error().fault == "LOCAL-FILE");
  CHECK(missing.error().hint.find("folder") != std::string::npos);
}

TEST_CASE("transfer: what another user put in the place of an unfinished upload is neither written through nor kept") {
  NEEDS_LOOPBACK(false);
  SshFixture sshd;
  REQUIRE(sshd.cluster.started());
  const std::string home = sshd.cluster.value("LB_HOME"), user = sshd.cluster.value("LB_SSH_USER");
  Line line(sshd);
  NoStreams none(*line.runner);
  CommandRunner *runner = line.runner.get();
  SUBCASE("as a stream") {}
  SUBCASE("by SFTP, where there are no streams") { runner = &none; }
  const std::string data = noise(100000), local = sshd.folder.write("local", data);
  outputOf("cd " + home + " && mkdir -m 777 shared && echo precious >victim && chown " + user + ": victim");
  std::string plant = "ln -s ../victim shared/there.part";
  SUBCASE("a link") {}
  if (runner != &none) { // SFTP tells of neither
    SUBCASE("a hard link") { plant = "ln victim shared/there.part"; }
    SUBCASE("a file of theirs") { plant = "head -c 5000 /dev/zero >shared/there.part && chmod 666 shared/there.part"; }
  }
  outputOf("cd " + home + " && " + plant);
  REQUIRE(upload(*line.sftp, *runner, {local, "shared/there", {}}).ok());
  CHECK(bytesOf(home + "/victim") == "precious\n");
  CHECK(bytesOf(home + "/shared/there") == data);
  CHECK(outputOf("stat -c '%U %a' " + home + "/shared/there") == user + " 600\n");
}

TEST_CASE("transfer: a file that changes while it is copied is copied again, and given up when that does not end") {
  NEEDS_LOOPBACK(false);
  SshFixture sshd;
  REQUIRE(sshd.cluster.started());
  const std::string there = sshd.cluster.value("LB_HOME") + "/there", here = sshd.folder.path() + "/here";
  const std::string data = noise(20'000'000);
  std::ofstream(there, std::ios::binary) << data;
  Line line(sshd);
  Download job{"there", here, "", {}};
  int changes = 0, most = 1;
  uint64_t before = 0;
  std::function<void()> change;
  job.progress = [&](uint64_t done, uint64_t) {
    const bool begins = done < before || before == 0;
    before = done;
    if (begins && changes < most) {
      ++changes;
      change();
    }
  };
  SUBCASE("it shrinks") {
    change = [&] { fs::resize_file(there, 300'000); };
    REQUIRE(line.down(job).ok());
    CHECK(bytesOf(here) == data.substr(0, 300'000));
  }
  SUBCASE("it grows") {
    change = [&] { std::ofstream(there, std::ios::binary | std::ios::app) << "more"; };
    REQUIRE(line.down(job).ok());
    CHECK(bytesOf(here) == data + "more");
  }
  SUBCASE("it grows for ever") {
    most = 100;
    change = [&] { std::ofstream(there, std::ios::binary | std::ios::app) << "more"; };
    sshd.folder.write("here", "old");
    CHECK(line.down(job).error().fault == "FETCH-CHANGED");
    CHECK(changes == 3);
    CHECK(bytesOf(here) == "old");
  }
  CHECK(changes > 0);
}

TEST_CASE("transfer: a download that is cut in its middle goes on; what lies here is believed by its hash alone") {
  NEEDS_LOOPBACK(false);
  SshFixture sshd;
  REQUIRE(sshd.cluster.started());
  const std::string here = sshd.folder.path() + "/here", data = noise(60'000'000);
  std::ofstream(sshd.cluster.value("LB_HOME") + "/there", std::ios::binary) << data;
  sshd.folder.write("here", "old");
  Download job{"there", here, "", {}};
  uint64_t cutAt = 0;
  {
    Line line(sshd);
    job.progress = [&](uint64_t done, uint64_t) {
      if (done < data.size() / 2 || cutAt) return;
      cutAt = done;
      sshd.cluster.act("drop");
    };
    CHECK(line.down(job).error().fault == "NET-LOST");
  }
  CHECK(cutAt > 0);
  CHECK(bytesOf(here) == "old");
  const std::string begun = bytesOf(here + ".part");
  CHECK(begun.size() >= cutAt);
  CHECK(begun.size() < data.size());
  CHECK(data.compare(0, begun.size(), begun) == 0); // no hole: what is there is right
  Line line(sshd);
  uint64_t first = UINT64_MAX;
  job.progress = [&](uint64_t done, uint64_t) { first = std::min(first, done); };
  REQUIRE(line.down(job).ok());
  CHECK(first > begun.size()); // it did not begin anew
  CHECK(bytesOf(here) == data);

  for (const size_t size : {data.size(), data.size() - 5, data.size() + 5}) { // of the right length or not: another's
    sshd.folder.write("here.part", std::string(size, '\0'));
    REQUIRE(line.down(job).ok());
    CHECK(bytesOf(here) == data);
  }
}

TEST_CASE("transfer: an upload that is cut in its middle goes on and ends byte-equal, in place only when whole") {
  NEEDS_LOOPBACK(false);
  SshFixture sshd;
  REQUIRE(sshd.cluster.started());
  const std::string home = sshd.cluster.value("LB_HOME"), data = noise(40'000'000);
  const std::string local = sshd.folder.write("model", data);
  outputOf("echo old >'" + home + "/it is; here'");
  Upload job{local, "it is; here", {}};
  uint64_t cutAt = 0;
  {
    const auto session = sshd.open();
    REQUIRE(session.ok());
    const auto sftp = Sftp::open(**session);
    REQUIRE(sftp.ok());
    SshCommandRunner runner(**session);
    job.progress = [&](uint64_t done, uint64_t) {
      if (done < data.size() / 2 || cutAt) return;
      cutAt = done;
      sshd.cluster.act("drop");
    };
    CHECK(upload(**sftp, runner, job).error().fault == "NET-LOST");
    CHECK(cutAt > 0);
    CHECK(bytesOf(home + "/it is; here") == "old\n");
  }
  const auto session = sshd.open();
  REQUIRE(session.ok());
  const auto sftp = Sftp::open(**session);
  REQUIRE(sftp.ok());
  SshCommandRunner runner(**session);
  uint64_t first = UINT64_MAX;
  job.progress = [&](uint64_t done, uint64_t) { first = std::min(first, done); };
  REQUIRE(upload(**sftp, runner, job).ok());
  CHECK(first >= cutAt / 2); // it did not begin anew
  CHECK(bytesOf(home + "/it is; here") == data);
  CHECK(outputOf("ls " + home + "/*.part 2>/dev/null").empty());

  // Left by another, whatever its length: found by its hash.
  for (const std::string &left : {std::string("something else"), std::string(data.size(), '\0'), std::string(data.size() + 5, '\0')}) {
    CAPTURE(left.size());
    std::ofstream(home + "/it is; here.part", std::ios::binary) << left;
    outputOf("chown " + sshd.options.user + " '" + home + "/it is; here.part'");
    first = UINT64_MAX;
    REQUIRE(upload(**sftp, runner, job).ok());
    CHECK(first == 0);
    CHECK(bytesOf(home + "/it is; here") == data);
  }
}

TEST_CASE("transfer: one that is stopped leaves the session and its part, and goes on") {
  NEEDS_LOOPBACK(false);
  SshFixture sshd;
  REQUIRE(sshd.cluster.started());
  const std::string home = sshd.cluster.value("LB_HOME"), data = noise(60'000'000);
  const std::string local = sshd.folder.write("local", data), here = sshd.folder.path() + "/here";
  Line line(sshd);
  const StopSource stop;
  uint64_t first = UINT64_MAX, last = 0;
  std::function<void(uint64_t, uint64_t)> stopping = [&](uint64_t done, uint64_t size) {
    last = done;
    if (done >= size / 2) stop.requestStop();
  };
  std::function<void(uint64_t, uint64_t)> counting = [&](uint64_t done, uint64_t) { first = std::min(first, done); };
  CHECK(line.up({local, "there", stopping}, stop.token()).error().code == ErrorCode::Interrupted);
  CHECK(last < data.size());
  CHECK(!fs::exists(home + "/there"));
  CHECK(line.run("echo beside")->out == "beside\n");
  REQUIRE(line.up({local, "there", counting}).ok());
  CHECK(first > 0);
  CHECK(bytesOf(home + "/there") == data);
  const StopSource again;
  stopping = [&](uint64_t done, uint64_t size) {
    last = done;
    if (done >= size / 2) again.requestStop();
  };
  CHECK(line.down({"there", here, "", stopping}, again.token()).error().code == ErrorCode::Interrupted);
  CHECK(last < data.size());
  CHECK(!fs::exists(here));
  CHECK(line.run("echo beside")->out == "beside\n");
  first = UINT64_MAX;
  REQUIRE(line.down({"there", here, "", counting}).ok());
  CHECK(first > data.size() / 2);
  CHECK(bytesOf(here) == data);
}

TEST_CASE("transfer: other work on the session goes on between the pieces, both ways") {
  NEEDS_LOOPBACK(false);
  SshFixture sshd;
  REQUIRE(sshd.cluster.started());
  const std::string data = noise(60'000'000), local = sshd.folder.write("local", data), here = sshd.folder.path() + "/here";
  outputOf("echo events >" + sshd.cluster.value("LB_HOME") + "/events");
  Line line(sshd);
  int commands = 0, reads = 0;
  const auto beside = [&](uint64_t done, uint64_t size) {
    if (done == 0 || done == size) return;
    const auto asked = line.run("echo queue");
    REQUIRE(asked.ok());
    commands += asked->out == "queue\n";
    REQUIRE(line.sftp
                ->read("events", 0, 100,
                       [&](ByteView bytes) {
                         reads += bytes.size == 7;
                         return Status();
                       })
                .ok());
  };
  REQUIRE(line.up({local, "there", beside}).ok());
  CHECK(commands > 3);
  const int up = commands;
  REQUIRE(line.down({"there", here, "", beside}).ok());
  CHECK(commands > up + 3);
  CHECK(reads == commands);
  CHECK(bytesOf(here) == data);
}

TEST_CASE("transfer: a disk that fills up on the way, folders and files that are not ours or not there") {
  NEEDS_LOOPBACK(false);
  SshFixture sshd;
  REQUIRE(sshd.cluster.started());
  const std::string home = sshd.cluster.value("LB_HOME"), local = sshd.folder.write("local", noise(12'000'000));
  Line line(sshd);
  int code = 1;
  outputOf("mkdir " + home + "/small && mount -t tmpfs -o size=16m tmpfs " + home + "/small && chmod 777 " + home + "/small", &code);
  if (code == 0) {
    bool filled = false;
    Upload job{local, "small/it", [&](uint64_t done, uint64_t) {
                 if (!filled && done > 4'000'000) outputOf("head -c 11000000 /dev/zero >" + home + "/small/other");
                 filled = filled || done > 4'000'000;
               }};
    CHECK(line.up(job).error().fault == "DISK-FULL");
    CHECK(filled);
    CHECK(!fs::exists(home + "/small/it"));
    CHECK(line.up(job).error().fault == "DISK-FULL"); // told before anything is sent
    fs::remove(home + "/small/other");
    REQUIRE(line.up(job).ok());
    CHECK(bytesOf(home + "/small/it") == bytesOf(local));
    outputOf("umount -l " + home + "/small");
  } else {
    MESSAGE("skipped: no small disk can be mounted here");
  }
  outputOf("mkdir " + home + "/theirs && echo secret >" + home + "/theirs/it && chmod 600 " + home + "/theirs/it");
  CHECK(line.up({local, "theirs/new", {}}).error().fault == "FILE-DENIED");
  CHECK(line.up({local, "none/new", {}}).error().fault == "FILE-MISSING");
  CHECK(line.down({"theirs/it", sshd.folder.path() + "/it", "", {}}).error().fault == "FILE-DENIED");
  CHECK(line.down({"theirs/none", sshd.folder.path() + "/it", "", {}}).error().fault == "FILE-MISSING");
  outputOf("mkfifo " + home + "/it.part; mkdir " + home + "/that.part");
  CHECK(line.up({local, "it", {}}).error().fault == "FILE-FAILED");
  CHECK(line.up({local, "that", {}}).error().fault == "FILE-FAILED");
}

TEST_CASE("transfer: an upload goes to the file of a link, leaves a file its mode, and to no folder or pipe") {
  NEEDS_LOOPBACK(false);
  SshFixture sshd;
  REQUIRE(sshd.cluster.started());
  const std::string home = sshd.cluster.value("LB_HOME"), local = sshd.folder.write("local", noise(100'000));
  Line line(sshd);
  REQUIRE(line.run("mkdir folder there; mkfifo pipe; echo old >there/real; chmod 640 there/real; ln -s there/real link").ok());
  REQUIRE(line.up({local, "link", {}}).ok());
  CHECK(fs::is_symlink(home + "/link"));
  CHECK(bytesOf(home + "/there/real") == bytesOf(local));
  CHECK(outputOf("stat -c %a " + home + "/there/real") == "640\n");
  bool sent = false;
  for (const char *to : {"folder", "pipe"})
    CHECK(line.up({local, to, [&](uint64_t, uint64_t) { sent = true; }}).error().fault == "FILE-FAILED");
  CHECK_FALSE(sent); // told before anything is
  CHECK_FALSE(fs::exists(home + "/folder.part"));
}

TEST_CASE("transfer: a hostile name is only a name, hostile bytes are only bytes") {
  NEEDS_LOOPBACK(false);
  SshFixture sshd;
  REQUIRE(sshd.cluster.started());
  const std::string home = sshd.cluster.value("LB_HOME"), canary = home + "/canary", back = sshd.folder.path() + "/back";
  const std::string name = "-x $(touch canary) `touch canary` '; touch canary; ' \" \\ * \xF0\x9F\x98\x80\xff";
  std::string lines;
  while (lines.size() < 3'000'000) lines += "\n}\n)\n'\nEOF\ntouch " + canary + "\n";
  const std::string local = sshd.folder.write("local", lines);
  Line line(sshd);
  REQUIRE(line.up({local, name, {}}).ok());
  CHECK(bytesOf(home + "/" + name) == lines);
  REQUIRE(line.down({name, back, "", {}}).ok());
  CHECK(bytesOf(back) == lines);
  // As a stream as well, and not by SFTP in its place.
  size_t sent = 0;
  const auto source = [&](char *buffer, size_t most) -> Result<size_t> {
    const size_t n = lines.copy(buffer, most, sent);
    sent += n;
    return n;
  };
  const std::string hash = sha256Hex(lines), there = home + "/also " + name;
  CHECK(*streamUp(*line.runner, there, 0, source, {}) == hash);
  std::string got;
  const auto sink = [&](ByteView bytes) -> Status {
    got.append(reinterpret_cast<const char *>(bytes.data), bytes.size);
    return {};
  };
  CHECK(*streamDown(*line.runner, there, 0, lines.size(), true, sink, {}) == hash);
  CHECK(got == lines);
  got.clear();
  CHECK(*streamDown(*line.runner, there, 7, 1000, false, sink, {}) == "");
  CHECK(got == lines.substr(7, 1000));
  sent = 1000;
  CHECK(*streamUp(*line.runner, there, 1000, source, {}) == hash);
  CHECK(*hashThere(*line.runner, there, {}) == hash);
  CHECK(streamDown(*line.runner, home + "/none", 0, 1, false, sink, {}).error().fault == "FILE-MISSING");

  Command early; // ends before it read what there is
  early.script = "exit 3";
  early.login = false;
  early.input = source;
  sent = 0;
  const auto ended = line.runner->run(early);
  REQUIRE(ended.ok());
  CHECK(ended->code == 3);
  CHECK(line.run("true")->code == 0);
  CHECK(outputOf("find " + home + " -name canary").empty());
}
