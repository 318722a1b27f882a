// Files that grow, shrink and change under the reader, over a real sshd; the writer is this program.
#include "core/base/file_reader.h"
#include "remote/run/event_spool.h"
#include "remote/run/log_spool.h"
#include "tests/remote/run/run_host.h"
#include "tests/remote/ssh/ssh_files.h"
#include "tests/support/file_size_limit.h"

using namespace attune;
using namespace attune::test;
using remote::EventSpool;
using remote::FileTail;
using remote::LogSpool;

namespace {

/// One file on the other side and its tail here.
struct Followed : SshFiles {
  explicit Followed(bool byCommands = false) : SshFiles(byCommands), path(sshd.cluster.value("LB_HOME") + "/file") {
    auto spool = LogSpool::open(here.path());
    REQUIRE(spool.ok());
    log = std::move(*spool);
    tail = std::make_unique<FileTail>(*log, path);
  }
  void write(const std::string &text, bool append = false) const {
    std::ofstream(path, append ? std::ios::app | std::ios::binary : std::ios::trunc | std::ios::binary) << text;
    outputOf("chmod 644 " + path);
  }
  /// Until nothing new comes; at a time when what lies here is compared again.
  void poll() {
    now += 100;
    for (int quiet = 0, rounds = 0; quiet < 2 && rounds < 200; ++rounds) {
      const auto came = tail->poll(*files, now, uint64_t(1) << 20, {});
      REQUIRE_MESSAGE(came.ok(), (came.ok() ? "" : came.error().text()));
      quiet = *came ? 0 : quiet + 1;
    }
  }
  std::string text() const { return textOf(here.path() + "/log.txt"); }
  std::string earlier(int number) const { return textOf(here.path() + "/log." + std::to_string(number) + ".txt"); }

  TempFolder here;
  std::unique_ptr<LogSpool> log;
  std::unique_ptr<FileTail> tail;
  std::string path;
  double now = 0;
};

std::string lines(int from, int to) {
  std::string text;
  for (int i = from; i < to; ++i) text.append("line ").append(std::to_string(i)).append(" of a log that goes on\n");
  return text;
}

std::string step(int number, const char *more = "") {
  std::string line = "{\"type\":\"step\",\"seq\":";
  return line.append(std::to_string(number))
      .append(",\"time\":1,\"step\":")
      .append(std::to_string(number))
      .append(",\"loss\":1.5")
      .append(more)
      .append("}\n");
}

} // namespace

TEST_CASE("A file that is not there yet is no error; one that grows comes byte for byte, in pieces of any size") {
  NEEDS_LOOPBACK(false);
  Followed file;
  file.poll();
  CHECK(file.tail->missing());
  std::string bytes;
  for (int i = 0; i < 3000; ++i) bytes += static_cast<char>(i * 7);
  file.write(bytes);
  file.poll();
  CHECK(file.text() == bytes);
  for (int i = 0; i < 5; ++i) {
    bytes += std::string(static_cast<size_t>(40000 * i + 1), static_cast<char>('a' + i));
    file.write(bytes.substr(file.text().size()), true);
    file.poll();
    CHECK(file.text() == bytes);
  }
  CHECK(file.tail->restarts() == 0);
}

TEST_CASE("Fault 15: a log that is truncated, rewritten longer, replaced or deleted is told, and its earlier part is kept") {
  NEEDS_LOOPBACK(false);
  Followed file;
  const std::string first = lines(0, 500);
  file.write(first);
  file.poll();
  SUBCASE("truncated") {
    file.write("");
    file.poll();
    file.write(lines(1000, 1003), true);
    file.poll();
    CHECK(file.text() == lines(1000, 1003));
  }
  SUBCASE("truncated and rewritten longer between two looks") {
    file.write(lines(1000, 2000));
    file.poll();
    CHECK(file.text() == lines(1000, 2000));
  }
  SUBCASE("rewritten to the very same length") {
    std::string other = first;
    other[0] = 'L';
    file.write(other);
    file.poll();
    CHECK(file.text() == other);
  }
  SUBCASE("replaced by a rename") {
    std::ofstream(file.path + ".new") << lines(3000, 4000);
    std::filesystem::rename(file.path + ".new", file.path);
    file.poll();
    CHECK(file.text() == lines(3000, 4000));
  }
  SUBCASE("deleted, and another comes") {
    std::filesystem::remove(file.path);
    file.poll();
    CHECK(file.tail->missing());
    CHECK(file.text() == first);
    file.write(lines(5000, 5600));
    file.poll();
    CHECK(file.text() == lines(5000, 5600));
  }
  CHECK(file.earlier(1) == first);
  CHECK(file.tail->restarts() == 1);
}

TEST_CASE("A log is followed by commands, too: it grows, is cut and replaced, and nothing is lost") {
  NEEDS_LOOPBACK(false);
  Followed file(true);
  file.poll();
  CHECK(file.tail->missing());
  file.write(lines(0, 500));
  file.poll();
  file.write(lines(500, 60'000), true);
  file.poll();
  CHECK(file.text() == lines(0, 60'000));
  CHECK(file.tail->level());
  file.write(lines(7, 9));
  file.poll();
  CHECK(file.text() == lines(7, 9));
  std::ofstream(file.path + ".new") << lines(3000, 4000);
  std::filesystem::rename(file.path + ".new", file.path);
  file.poll();
  CHECK(file.text() == lines(3000, 4000));
  CHECK(file.earlier(1) == lines(0, 60'000));
  CHECK(file.earlier(2) == lines(7, 9));
  CHECK(file.tail->restarts() == 2);
}

TEST_CASE("A log goes on where it ended when the program starts again, and what it lacks is not asked for twice") {
  NEEDS_LOOPBACK(false);
  Followed file;
  file.write(lines(0, 100) + "half a li");
  file.poll();
  file.tail.reset();
  file.log = std::move(*LogSpool::open(file.here.path()));
  file.tail = std::make_unique<FileTail>(*file.log, file.path);
  file.write("ne\n" + lines(100, 200), true);
  file.poll();
  CHECK(file.text() == textOf(file.path));
  CHECK(file.tail->restarts() == 0);
}

TEST_CASE("A log that is longer than is kept here ends where the room ends, and one that begins anew has room again") {
  NEEDS_LOOPBACK(false);
  Followed file;
  file.tail.reset();
  file.log = std::move(*LogSpool::open(file.here.path(), 1000));
  file.tail = std::make_unique<FileTail>(*file.log, file.path);
  const std::string all = lines(0, 200);
  REQUIRE(all.size() > 2000);
  file.write(all);
  file.poll();
  CHECK(file.text() == all.substr(0, 1000));
  CHECK(file.log->room() == 0);
  CHECK(file.tail->level());
  file.write(lines(200, 300), true);
  file.poll();
  CHECK(file.text() == all.substr(0, 1000));
  file.write(lines(900, 905));
  file.poll();
  CHECK(file.text() == lines(900, 905));
  CHECK(file.earlier(1) == all.substr(0, 1000));
}

TEST_CASE("A full disk here stops nothing: the bytes come when there is room") {
  NEEDS_LOOPBACK(false);
  Followed file;
  file.write(lines(0, 100));
  file.poll();
  file.write(lines(100, 4000), true);
  {
    const FileSizeLimit full(file.text().size() + 1000);
    file.now += 100;
    const auto came = file.tail->poll(*file.files, file.now, uint64_t(1) << 20, {});
    REQUIRE(!came.ok());
    CHECK(came.error().fault == "LOCAL-FULL");
  }
  file.poll();
  CHECK(file.text() == textOf(file.path));
  CHECK(file.tail->restarts() == 0);
}

TEST_CASE("Events come in whole lines; a torn one that the worker cuts is no new file; ours between them do not count") {
  NEEDS_LOOPBACK(false);
  Followed file;
  auto sink = std::make_shared<KeptEvents>();
  auto events = std::move(*EventSpool::open(file.here.path(), sink));
  FileTail tail(*events, file.path);
  const auto poll = [&] {
    file.now += 100;
    for (int i = 0; i < 3; ++i) REQUIRE(tail.poll(*file.files, file.now, uint64_t(1) << 20, {}).ok());
  };
  REQUIRE(events->add(api::StateChanged{api::RunState::Waiting}).ok());
  file.write(step(1) + step(2) + "{\"type\":\"st");
  poll();
  CHECK(sink->all<api::StepMetrics>().size() == 2);
  REQUIRE(events->add(api::RunWarning{"one_card", "One."}).ok());
  file.write(step(1) + step(2) + step(3)); // killed in the line, taken up again
  poll();
  CHECK(tail.restarts() == 0);
  CHECK(sink->all<api::StepMetrics>().size() == 3);
  const std::string finish = R"({"type":"run_finished","seq":4,"time":1,"outcome":"stopped","step":3})";
  file.write(finish + "\n", true);
  poll();
  CHECK(!sink->finished()); // an attempt's end
  CHECK(events->workersEnd());
  file.write(R"({"type":"resumed","seq":5,"time":1,"from_step":3,"attempt":2})"
             "\n" +
                 step(4),
             true);
  poll();
  CHECK(!events->workersEnd());

  // Another process goes on where this one was, and hears nothing twice.
  events.reset();
  auto later = std::make_shared<KeptEvents>();
  events = std::move(*EventSpool::open(file.here.path(), later));
  CHECK(events->offset() == textOf(file.path).size());
  CHECK(events->lastStep() == 4);
  FileTail again(*events, file.path);
  file.write(step(5), true);
  file.now += 100;
  for (int i = 0; i < 3; ++i) REQUIRE(again.poll(*file.files, file.now, uint64_t(1) << 20, {}).ok());
  CHECK(later->all<api::StepMetrics>().size() == 1);

  // Replaced: both parts stay, and a third process knows where the second begins.
  file.write(step(1, ",\"lr\":1") + step(2));
  file.now += 100;
  for (int i = 0; i < 3; ++i) REQUIRE(again.poll(*file.files, file.now, uint64_t(1) << 20, {}).ok());
  CHECK(again.restarts() == 1);
  events.reset();
  events = std::move(*EventSpool::open(file.here.path(), later));
  CHECK(events->offset() == textOf(file.path).size());
  CHECK(api::eventsFromText(textOf(file.here.path() + "/events.jsonl")).size() == 2 + 3 + 1 + 1 + 1 + 1 + 2);
}

TEST_CASE("Fault 17: bytes that are no text reach the log as they are and no event") {
  NEEDS_LOOPBACK(false);
  Followed file;
  auto sink = std::make_shared<KeptEvents>();
  auto events = std::move(*EventSpool::open(file.here.path(), sink));
  FileTail tail(*events, file.path);
  const char bytes[] = "\xff\xfe\0\x1b]0;title\x07\r\n{\"type\":\"step\"\xed\xa0\x80}\n[1]\nnull\n";
  const std::string hostile = std::string(bytes, sizeof bytes - 1) + step(1);
  file.write(hostile);
  for (int i = 0; i < 3; ++i) REQUIRE(tail.poll(*file.files, 100, uint64_t(1) << 20, {}).ok());
  CHECK(sink->all<api::StepMetrics>().size() == 1);
  CHECK(textOf(file.here.path() + "/events.jsonl") == hostile);
  file.write(std::string(size_t(10) << 20, 'x')); // no line at all
  for (int i = 0; i < 20; ++i) REQUIRE(tail.poll(*file.files, 200 + i, uint64_t(1) << 20, {}).ok());
  CHECK(!events->readable());
}
