// Files over a real sshd, by SFTP and by commands.
#include "remote/ssh/exec.h"
#include "tests/remote/ssh/ssh_files.h"

#include <doctest/doctest.h>
#include <fstream>
#include <thread>

using namespace attune;
using namespace attune::remote;
using namespace attune::test;

namespace {

Result<std::string> readAll(RemoteFiles &files, const std::string &path, uint64_t offset, uint64_t length, const StopToken &stop = {}) {
  std::string text;
  const auto n = files.read(
      path, offset, length,
      [&](ByteView bytes) {
        text.append(reinterpret_cast<const char *>(bytes.data), bytes.size);
        return Status();
      },
      stop);
  if (!n.ok()) return n.error();
  CHECK(*n == text.size());
  return text;
}

} // namespace

TEST_CASE("files: ranges come back byte for byte, also beyond the end") {
  NEEDS_LOOPBACK(false);
  bool byCommands = false;
  SUBCASE("by SFTP") {}
  SUBCASE("by commands") { byCommands = true; }
  const SshFiles both(byCommands);
  const SshFixture &sshd = both.sshd;
  RemoteFiles &files = *both.files;
  const std::string data = noise(5'000'001);
  std::ofstream(sshd.cluster.value("LB_HOME") + "/data", std::ios::binary) << data;
  for (const auto &[offset, length] :
       {std::pair<uint64_t, uint64_t>{0, data.size()}, {1, 32768}, {32767, 3'000'000}, {4'999'000, 5'000'000}, {0, 0}, {6'000'000, 10}}) {
    const auto got = readAll(files, "data", offset, length);
    REQUIRE(got.ok());
    CHECK(*got == (offset < data.size() ? data.substr(offset, length) : ""));
  }
  CHECK(files.stat("data")->size == data.size());
  CHECK(readAll(files, "none", 0, 1).error().fault == "FILE-MISSING");
  CHECK(files.stat("none").error().fault == "FILE-MISSING");
  CHECK(readAll(files, "/etc/shadow", 0, 1).error().fault == "FILE-DENIED");
  CHECK(*files.freeBytes(".") > 0);
  outputOf("mkfifo " + sshd.cluster.value("LB_HOME") + "/pipe");
  CHECK_FALSE(files.find("none")->has_value());
  CHECK((*files.find("pipe"))->kind == RemoteFile::Kind::Other);
  if (byCommands) CHECK(readAll(files, "pipe", 0, 1).error().fault == "FILE-FAILED"); // sshd itself waits for a writer
  const StopSource stop;
  stop.requestStop();
  CHECK(readAll(files, "data", 0, data.size(), stop.token()).error().code == ErrorCode::Interrupted);
  CHECK(*readAll(files, "data", 7, 9) == data.substr(7, 9)); // the answers of the stopped one are not taken for its own
  ExecRequest command;
  command.command = "echo beside";
  CHECK(execute(**both.session, command)->out == "beside\n");
}

TEST_CASE("files: names from the other side are refused unless plain; links are seen as links") {
  for (const char *wrong : {"", ".", "..", "../x", "a/b", "/etc/passwd", "a\nb", "\x1b[31m", "a\x7f"}) CHECK_FALSE(isPlainName(wrong));
  CHECK_FALSE(isPlainName(std::string(256, 'a')));
  CHECK_FALSE(isPlainName(std::string("a\0b", 3)));
  for (const char *right : {"a", "...", ".hidden", "a b", "模型.bin", "-rf", "$(x)"}) CHECK(isPlainName(right));

  NEEDS_LOOPBACK(false);
  bool byCommands = false;
  SUBCASE("by SFTP") {}
  SUBCASE("by commands") { byCommands = true; }
  const SshFiles both(byCommands);
  const SshFixture &sshd = both.sshd;
  RemoteFiles &files = *both.files;
  outputOf("cd " + sshd.cluster.value("LB_HOME") +
           " && mkdir d && cd d && mkdir sub && echo x >plain && ln -s /etc/passwd link && mkfifo ../pipe && touch \"$(printf 'a\\nb')\"");
  const auto list = files.list("d");
  REQUIRE(list.ok());
  CHECK(list->files.size() == 3);
  CHECK(list->refused == 1);
  CHECK(list->complete);
  CHECK(files.stat("d/plain")->mode == 0644);
  for (const RemoteFile &file : list->files)
    CHECK(file.kind == (file.name == "sub"    ? RemoteFile::Kind::Folder
                        : file.name == "link" ? RemoteFile::Kind::Link
                                              : RemoteFile::Kind::File));
  CHECK(files.stat("d/link", true)->kind == RemoteFile::Kind::Link);
  CHECK_FALSE(files.list("d", 1)->complete);
  CHECK(files.list("none").error().fault == "FILE-MISSING");
  for (const char *none : {"d/plain", "pipe"}) CHECK(files.list(none).error().message == "This is no folder.");
}

TEST_CASE("sftp: a frozen other side is noticed, a server without it is told") {
  NEEDS_LOOPBACK(false);
  SshFixture sshd;
  sshd.options.silentSeconds = 0.5;
  sshd.options.probeSeconds = 1;
  const auto session = sshd.open();
  REQUIRE(session.ok());
  {
    const auto sftp = Sftp::open(**session);
    REQUIRE(sftp.ok());
    REQUIRE(sshd.cluster.act("stall"));
    CHECK((*sftp)->stat("x").error().fault == "NET-LOST");
    CHECK((*sftp)->stat("x").error().fault == "NET-LOST");
    sshd.cluster.act("unstall");
  }
  SshFixture none(sshdOnly(kNoSftp));
  const auto other = none.open();
  REQUIRE(other.ok());
  CHECK(Sftp::open(**other).error().fault == "SFTP-OFF");
}
