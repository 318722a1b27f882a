// Files over a real sshd.
#include "remote/ssh/exec.h"
#include "remote/ssh/sftp.h"
#include "tests/remote/ssh/ssh_fixture.h"

#include <doctest/doctest.h>
#include <fstream>
#include <thread>

using namespace attune;
using namespace attune::remote;
using namespace attune::test;

namespace {

Result<std::string> readAll(Sftp &sftp, const std::string &path, uint64_t offset, uint64_t length, const StopToken &stop = {}) {
  std::string text;
  const auto n = sftp.read(
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

TEST_CASE("sftp: ranges come back byte for byte, also beyond the end") {
  NEEDS_LOOPBACK(false);
  SshFixture sshd;
  const auto session = sshd.open();
  REQUIRE(session.ok());
  const auto sftp = Sftp::open(**session);
  REQUIRE(sftp.ok());
  const std::string data = noise(5'000'001);
  std::ofstream(sshd.cluster.value("LB_HOME") + "/data", std::ios::binary) << data;
  for (const auto &[offset, length] :
       {std::pair<uint64_t, uint64_t>{0, data.size()}, {1, 32768}, {32767, 3'000'000}, {4'999'000, 5'000'000}, {0, 0}, {6'000'000, 10}}) {
    const auto got = readAll(**sftp, "data", offset, length);
    REQUIRE(got.ok());
    CHECK(*got == (offset < data.size() ? data.substr(offset, length) : ""));
  }
  CHECK((*sftp)->stat("data")->size == data.size());
  CHECK(readAll(**sftp, "none", 0, 1).error().fault == "FILE-MISSING");
  CHECK((*sftp)->stat("none").error().fault == "FILE-MISSING");
  CHECK(readAll(**sftp, "/etc/shadow", 0, 1).error().fault == "FILE-DENIED");
  CHECK(*(*sftp)->freeBytes(".") > 0);
  const StopSource stop;
  stop.requestStop();
  CHECK(readAll(**sftp, "data", 0, data.size(), stop.token()).error().code == ErrorCode::Interrupted);
  CHECK(*readAll(**sftp, "data", 7, 9) == data.substr(7, 9)); // the answers of the stopped one are not taken for its own
  ExecRequest command;
  command.command = "echo beside";
  CHECK(execute(**session, command)->out == "beside\n");
}

TEST_CASE("sftp: names from the other side are refused unless plain; links are seen as links") {
  for (const char *wrong : {"", ".", "..", "../x", "a/b", "/etc/passwd", "a\nb", "\x1b[31m", "a\x7f"}) CHECK_FALSE(isPlainName(wrong));
  CHECK_FALSE(isPlainName(std::string(256, 'a')));
  CHECK_FALSE(isPlainName(std::string("a\0b", 3)));
  for (const char *right : {"a", "...", ".hidden", "a b", "模型.bin", "-rf", "$(x)"}) CHECK(isPlainName(right));

  NEEDS_LOOPBACK(false);
  SshFixture sshd;
  const auto session = sshd.open();
  REQUIRE(session.ok());
  const auto sftp = Sftp::open(**session);
  REQUIRE(sftp.ok());
  outputOf("cd " + sshd.cluster.value("LB_HOME") +
           " && mkdir d && cd d && mkdir sub && echo x >plain && ln -s /etc/passwd link && touch \"$(printf 'a\\nb')\"");
  const auto list = (*sftp)->list("d");
  REQUIRE(list.ok());
  CHECK(list->files.size() == 3);
  CHECK(list->refused == 1);
  CHECK(list->complete);
  for (const RemoteFile &file : list->files)
    CHECK(file.kind == (file.name == "sub"    ? RemoteFile::Kind::Folder
                        : file.name == "link" ? RemoteFile::Kind::Link
                                              : RemoteFile::Kind::File));
  CHECK((*sftp)->stat("d/link", true)->kind == RemoteFile::Kind::Link);
  CHECK_FALSE((*sftp)->list("d", 1)->complete);
  CHECK((*sftp)->list("none").error().fault == "FILE-MISSING");
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
  SshFixture none(sshdOnly("Subsystem sftp /bin/false\n"));
  const auto other = none.open();
  REQUIRE(other.ok());
  CHECK(Sftp::open(**other).error().fault == "SFTP-OFF");
}
