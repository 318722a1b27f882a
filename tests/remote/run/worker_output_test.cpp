// What build_worker.sh prints and what lies in ROOT/worker, as hostile text.
#include "remote/run/installed_workers.h"
#include "remote/run/worker_output.h"

#include <algorithm>
#include <doctest/doctest.h>

using namespace attune;
using namespace attune::remote;

namespace {

struct Heard {
  std::vector<std::string> lines;
  std::vector<std::pair<int, std::string>> progress;
  WorkerOutput output{{[this](const std::string &line) { lines.push_back(line); },
                       [this](int percent, const std::string &words) { progress.emplace_back(percent, words); }}};
};

using Texts = std::vector<std::string>;

} // namespace

TEST_CASE("Worker output: lines and progress come whole, whatever the pieces they arrive in") {
  const std::string text = "libtorch:  2.1.0\n@@worker progress 5 configured@@\nnot\tall\r\n@@worker progress 43 compiling adam.cpp@@\n"
                           "@@worker done /home/u/.attune/worker/0.1.0-ab@@\nlast";
  for (size_t piece = 1; piece < text.size(); ++piece) {
    Heard heard;
    for (size_t at = 0; at < text.size(); at += piece) heard.output.take(std::string_view(text).substr(at, piece));
    CHECK(heard.lines == Texts{"libtorch:  2.1.0", "not all"}); // "last" has no end yet
    REQUIRE(heard.progress.size() == 2);
    CHECK(heard.progress[1] == std::make_pair(43, std::string("compiling adam.cpp")));
    CHECK(heard.output.prefix() == "/home/u/.attune/worker/0.1.0-ab");
    CHECK(heard.output.code().empty());
  }
}

TEST_CASE("Worker output: a failure has its code and its reason, and the last word counts") {
  Heard heard;
  heard.output.take(
      "@@worker done /x@@\nFailed: There is no libtorch: python3 knows no torch.\nWhat to do: load it\n@@worker failed no-torch@@\n");
  CHECK(heard.output.prefix().empty());
  CHECK(heard.output.code() == "no-torch");
  const Error error = buildFault(heard.output.code(), heard.output.reason(), "ln1");
  CHECK(error.fault == "BUILD-NO-TORCH");
  CHECK(error.message == "There is no libtorch: python3 knows no torch.");
  CHECK(error.hint.find("--torch") != std::string::npos);
  CHECK(buildFault("no-such-code", "", "ln1").fault == "BUILD-FAILED");
  for (const char *code :
       {"usage", "bundle", "environment", "no-torch", "old-torch", "no-compiler", "old-compiler", "no-cmake", "old-cmake", "no-make",
        "no-disk", "no-memory", "locked", "configure", "compile", "link", "run", "stopped", "gone"}) {
    const Error known = buildFault(code, "", "ln1");
    CAPTURE(std::string(code));
    CHECK(known.fault != "BUILD-FAILED");
    CHECK(!known.message.empty());
    CHECK(!known.hint.empty());
  }
}

TEST_CASE("Worker output: hostile lines are cut, made printable and obeyed by nobody") {
  Heard heard;
  heard.output.take("\x1b]0;title\x07\xff\n" + std::string(1 << 20, 'x') +
                    "\n@@worker progress 4000000000 x@@\n@@worker progress -5 x@@\n"
                    "@@worker progress 1e2 x@@\n@@worker progress 101 x@@\n@@worker progress 7@@\n@@worker done\n x@@worker done "
                    "/a@@\n@@worker @@\n@@worker "
                    "failed " +
                    std::string(5000, 'y') + "@@\n@@worker progress 9 " + std::string(1000, 'z') + "@@\n");
  REQUIRE(heard.lines.size() == 3);
  for (const std::string &line : heard.lines) {
    CHECK(line.size() <= WorkerOutput::kMaxLine + 3);
    CHECK(std::none_of(line.begin(), line.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }));
  }
  CHECK(heard.lines[1].size() == WorkerOutput::kMaxLine + 3);
  CHECK(heard.output.prefix().empty());
  CHECK(heard.output.code().empty());
  REQUIRE(heard.progress.size() == 1);
  CHECK(heard.progress[0].second.size() <= 203);
}

TEST_CASE("Installed workers: read from their records, the newest first; what is not one is left out") {
  const auto record = [](const std::string &built, const std::string &more) {
    return "{\"format\":1,\"version\":\"0.1.0\",\"bundle\":\"abc\",\"built\":\"" + built + "\",\"environment\":\"/home/u/env.sh\"" + more +
           "}";
  };
  const std::string output =
      "@@fact source abc\n@@fact environment_sha256 11\n"
      "@@worker old " +
      record("2026-01-01T00:00:00Z", ",\"environment_sha256\":\"10\"") +
      "\n"
      "@@worker new " +
      record("2026-02-01T00:00:00Z", ",\"environment_sha256\":\"11\",\"torch\":{\"build\":\"2.1\",\"kind\":\"dtk\"}") +
      "\n"
      "@@node new {\"format\":1,\"node\":\"e09\\u001b[2J\",\"works\":true}\n"
      "@@worker other {\"format\":1,\"bundle\":\"xyz\",\"environment\":\"\",\"built\":\"\\u001b[31m\",\"torch\":[]}\n"
      "@@worker newer {\"format\":2}\n@@worker broken {\"format\":1,\n@@worker ../up " +
      record("x", "") + "\n@@worker deep " + std::string(100000, '[') + "\n@@worker none\n@@worker number {\"format\":\"1\"}\n";
  const WorkerLook look =
      readLook(output, {"/home/u/.attune/worker", "/home/u/env.sh", "source-1"}, "/home/u/.attune/worker/new/bin/attune");
  REQUIRE(look.workers.size() == 3);
  std::map<std::string, api::InstalledWorker> by;
  for (const api::InstalledWorker &worker : look.workers) by[worker.folder] = worker;
  const api::InstalledWorker &newest = by.at("/home/u/.attune/worker/new"), &old = by.at("/home/u/.attune/worker/old"),
                             &other = by.at("/home/u/.attune/worker/other");
  CHECK(newest.binary == "/home/u/.attune/worker/new/bin/attune");
  CHECK(newest.inUse);
  CHECK(newest.forProfile);
  CHECK(newest.ofThisProgram);
  CHECK(!newest.environmentChanged);
  CHECK(newest.works);
  CHECK(newest.node.find('\x1b') == std::string::npos);
  CHECK(newest.torchKind == "dtk");
  CHECK(old.environmentChanged);
  CHECK(!old.inUse);
  CHECK(!other.ofThisProgram);
  CHECK(!other.forProfile);
  CHECK(other.built.find('\x1b') == std::string::npos);
  const auto at = [&](const std::string &folder) {
    return std::find_if(look.workers.begin(), look.workers.end(), [&](const auto &one) { return one.folder == folder; });
  };
  CHECK(at(newest.folder) < at(old.folder));
}
