// The real run.sh in a folder of its own, with a trainer that is a line of shell. No cluster.
#include "remote/slurm/job_script.h"

#include "core/base/sha256.h"
#include "tests/support/temp_folder.h"

#include <chrono>
#include <csignal>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <functional>
#include <sstream>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace attune;
using namespace attune::remote::slurm;
using attune::test::TempFolder;

namespace {

const std::string kToken = "attune-0123456789ab";

std::string slurp(const std::string &path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

bool within(double seconds, const std::function<bool()> &state) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (!state()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

/// A job's folder; start() runs its run.sh.
class Job {
public:
  explicit Job(const std::string &trainer) {
    values.token = kToken, values.command = {"/bin/bash", "-c", trainer}, values.lockWaitSeconds = 1;
  }
  ~Job() {
    if (m_child > 0) ::kill(m_child, SIGKILL);
  }

  void start() {
    const auto text = jobEnvironment(values);
    REQUIRE(text.ok());
    folder.write("job.env", *text);
    const std::string script = folder.write("run.sh", runScript());
    m_child = ::fork();
    if (m_child == 0) {
      ::unsetenv("SLURM_JOB_ID");
      const std::string path = folder.path() + "/bin:/usr/bin:/bin";
      ::setenv("PATH", path.c_str(), 1);
      if (!jobId.empty()) ::setenv("SLURM_JOB_ID", jobId.c_str(), 1);
      if (::chdir(folder.path().c_str()) == 0) ::execl("/bin/bash", "bash", script.c_str(), nullptr);
      ::_exit(127);
    }
  }
  int end() {
    int status = 0;
    const pid_t child = m_child;
    CHECK(within(30, [&] { return ::waitpid(child, &status, WNOHANG) == child; }));
    m_child = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  int run() {
    start();
    return end();
  }
  pid_t pid() const { return m_child; }
  void signal(int number) { ::kill(m_child, number); }
  bool logs(const std::string &text) {
    return within(10, [&] { return log().find(text) != std::string::npos; });
  }
  std::string log() { return slurp(folder.path() + "/run.log"); }
  ExitRecord record() {
    const auto parsed = parseExitRecord(slurp(folder.path() + "/exit.json"), kToken);
    REQUIRE_MESSAGE(parsed.ok(), (parsed.ok() ? "" : parsed.error().text()));
    return *parsed;
  }

  TempFolder folder;
  JobValues values;
  std::string jobId;

private:
  pid_t m_child = -1;
};

// Not a shell: that cannot trap a signal which it was started with as ignored.
const char *const kTrainer =
    "exec perl -e '$| = 1; $SIG{USR1} = sub { print \"saved\\n\" }; $SIG{TERM} = sub { print \"stopping\\n\"; exit 130 };"
    "print \"ready\\n\"; select(undef, undef, undef, 0.05) while 1'";

} // namespace

TEST_CASE("A job that ends leaves its code, its log's size and its files' hashes") {
  Job job("mkdir -p out/deep; printf abc >out/deep/a.bin; : >'out/q\"b'; echo trained; exit 3");
  job.values.manifest = "out";
  CHECK(job.run() == 3);
  const ExitRecord record = job.record();
  CHECK(record.code == 3);
  CHECK(record.signal == 0);
  CHECK(record.stop == "");
  CHECK(!record.environmentFailed);
  CHECK(record.attempt == 1);
  CHECK(record.logSize == job.log().size());
  REQUIRE(record.manifest.size() == 2);
  CHECK(record.manifest.at("deep/a.bin").size == 3);
  CHECK(record.manifest.at("deep/a.bin").sha256 == sha256Hex("abc"));
  CHECK(record.manifest.at("q\"b").size == 0);
  const std::string log = job.log();
  LogMark mark;
  REQUIRE(parseLogMark(log.substr(0, log.find('\n')), kToken, mark));
  CHECK(mark.kind == "start");
  CHECK(mark.values.at("attempt") == "1");
  CHECK(mark.values.at("nonce") == record.nonce);
  const size_t last = log.rfind('\n', log.size() - 2) + 1;
  REQUIRE(parseLogMark(log.substr(last, log.size() - 1 - last), kToken, mark));
  CHECK(mark.kind == "end");
  CHECK(mark.values.at("rc") == "3");
  CHECK(mark.values.at("nonce") == record.nonce);
}

TEST_CASE("Values reach the trainer byte for byte and are never evaluated") {
  std::string every;
  for (int byte = 1; byte < 256; ++byte) every += static_cast<char>(byte);
  for (const std::string &hostile :
       {every, std::string("$(touch canary)"), std::string("`touch canary`"), std::string("'; touch canary; '"), std::string("\\c\\n%s"),
        std::string("-n"), std::string("a\n\n"), std::string(), std::string(255, 'x')}) {
    CAPTURE(hostile);
    Job job("");
    job.values.command = {"/bin/bash", "-c", "printf %s \"$1\" >got; printf %s \"$WORD\" >got2", "x", hostile};
    job.values.variables["WORD"] = hostile;
    CHECK(job.run() == 0);
    CHECK(slurp(job.folder.path() + "/got") == hostile);
    CHECK(slurp(job.folder.path() + "/got2") == hostile);
    CHECK(!std::filesystem::exists(job.folder.path() + "/canary"));
  }
}

TEST_CASE("job.env refuses what it cannot carry") {
  JobValues values;
  values.token = kToken;
  values.command = {"a"};
  CHECK(jobEnvironment(values).ok());
  values.command = {std::string("a\0b", 3)};
  CHECK(jobEnvironment(values).error().where == "job.env#COMMAND");
  values.command = {};
  CHECK(!jobEnvironment(values).ok());
  values.command = {"a"};
  values.variables["a[$(x)]"] = "1";
  CHECK(jobEnvironment(values).error().where == "job.env#VARIABLE");
  values.variables.clear();
  values.token = "attune-0123456789AB";
  CHECK(jobEnvironment(values).error().where == "job.env#TOKEN");
}

TEST_CASE("The environment script is sourced; one that fails, exits or uses unset names is told apart") {
  Job fine("echo value=$SITE; exit 0");
  fine.values.environment = fine.folder.write("env", "cd /\nexport SITE=$NOT_SET_ANYWHERE_x''here; set -u -e; exec >/dev/null\n");
  CHECK(fine.run() == 0);
  CHECK(fine.log().find("value=here") != std::string::npos);
  for (const char *script : {"false\n", "exit 0\n", "return 4\n"}) {
    CAPTURE(script);
    Job job("echo never");
    job.values.environment = job.folder.write("env", script);
    CHECK(job.run() == 71);
    CHECK(job.record().environmentFailed);
    CHECK(job.record().environmentCode != 0);
    CHECK(job.log().find("never") == std::string::npos);
    const bool exits = std::string(script) == "exit 0\n";
    CHECK(job.record().environmentEnded == exits);
    CHECK((job.log().find("attune: the environment script " + job.values.environment + " ended the shell") != std::string::npos) == exits);
  }
}

TEST_CASE("USR1 asks for a checkpoint and training goes on; TERM stops with one") {
  Job job(kTrainer);
  job.values.graceSeconds = 2;
  job.start();
  REQUIRE(job.logs("ready"));
  job.signal(SIGUSR1);
  REQUIRE(job.logs("saved"));
  CHECK(job.log().find("stopping") == std::string::npos);
  job.signal(SIGTERM); // to the wrapper alone: the trainer is stopped after the grace
  CHECK(job.end() == 130);
  CHECK(job.log().find("stopping") != std::string::npos);
  CHECK(job.record().stop == "term");
  CHECK(job.record().signal == 2);
}

TEST_CASE("INT is the user's wish to end: the trainer stops at once with its checkpoint") {
  Job job(kTrainer);
  job.start();
  REQUIRE(job.logs("ready"));
  job.signal(SIGINT);
  CHECK(job.end() == 130);
  CHECK(job.record().stop == "term");
  CHECK(job.log().find("stopping") != std::string::npos);
}

TEST_CASE("Near the time limit the trainer is stopped, and killed when it will not") {
  Job job(kTrainer);
  job.start();
  REQUIRE(job.logs("ready"));
  job.signal(SIGUSR2);
  CHECK(job.end() == 130);
  CHECK(job.record().stop == "limit");
  Job deaf("trap '' TERM; echo ready; while :; do sleep 0.05; done");
  deaf.values.graceSeconds = 1;
  deaf.start();
  REQUIRE(deaf.logs("ready"));
  deaf.signal(SIGUSR2);
  CHECK(deaf.end() == 137);
  CHECK(deaf.record().signal == 9);
}

TEST_CASE("At the time limit the job is requeued if asked, without a last word; the next attempt resumes") {
  Job job(std::string("echo first; ") + kTrainer);
  job.jobId = "42";
  job.values.resumeNeeds = "checkpoint";
  job.values.resume = {"/bin/sh", "-c", "echo resumed"};
  std::filesystem::create_directory(job.folder.path() + "/bin");
  std::filesystem::permissions(job.folder.write("bin/scontrol", "#!/bin/sh\necho asked \"$@\"; kill -TERM $(cat wrapper)\n"),
                               std::filesystem::perms::owner_all);
  job.start();
  REQUIRE(job.logs("ready"));
  job.folder.write("checkpoint", "");
  job.folder.write("wrapper", std::to_string(job.pid()));
  job.signal(SIGUSR2);
  CHECK(job.end() == 0);
  CHECK(job.log().find("asked requeue 42") != std::string::npos);
  CHECK(!std::filesystem::exists(job.folder.path() + "/exit.json"));
  CHECK(job.run() == 0);
  CHECK(job.log().find("resumed") != std::string::npos);
  CHECK(job.record().attempt == 2);
}

TEST_CASE("Two attempts never write at once, even when the first wrapper is dead and its trainer lives") {
  Job job(kTrainer);
  job.start();
  REQUIRE(job.logs("ready"));
  job.signal(SIGKILL);
  CHECK(job.end() == 137);
  CHECK(job.run() == 75);
  CHECK(job.log().find("@@attune refused " + kToken) != std::string::npos);
  CHECK(!std::filesystem::exists(job.folder.path() + "/exit.json"));
  for (const auto &entry : std::filesystem::directory_iterator("/proc")) {
    std::error_code ignored;
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") == std::string::npos &&
        std::filesystem::read_symlink(entry.path() / "cwd", ignored) == job.folder.path())
      ::kill(std::stoi(name), SIGKILL);
  }
  job.values.command = {"/bin/true"};
  CHECK(job.run() == 0);
  CHECK(job.record().attempt == 2);
}

TEST_CASE("A last word of an earlier attempt is kept aside") {
  Job job("exit 5");
  CHECK(job.run() == 5);
  CHECK(job.run() == 5);
  CHECK(job.record().attempt == 2);
  CHECK(parseExitRecord(slurp(job.folder.path() + "/exit.1.json"), kToken)->attempt == 1);
}

TEST_CASE("An exit.json that our script did not write is refused by its field") {
  const std::string good = "{\"token\":\"" + kToken +
                           "\",\"rc\":0,\"signal\":0,\"stop\":\"\",\"phase\":\"training\",\"environment_rc\":0,\"attempt\":1,"
                           "\"nonce\":\"0123456789abcdef\",\"log_size\":10,\"manifest\":{\"a/b\":{\"size\":1,\"sha256\":\"" +
                           std::string(64, 'a') + "\"}}}";
  REQUIRE(parseExitRecord(good, kToken).ok());
  CHECK(parseExitRecord(good, "attune-000000000000").error().where == "exit.json#token");
  const auto with = [&](const std::string &from, const std::string &to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    return parseExitRecord(text, kToken);
  };
  CHECK(with("\"rc\":0", "\"rc\":-1").error().where == "exit.json#rc");
  CHECK(with("\"rc\":0", "\"rc\":\"0\"").error().where == "exit.json#rc");
  CHECK(with("0123456789abcdef", "x").error().where == "exit.json#nonce");
  CHECK(with(":10", ":1e3").error().where == "exit.json#log_size");
  for (const char *path : {"../b", "a/../../b", "/etc/passwd", "a//b", "", "a\\u0000b", "a\\nb"}) {
    CAPTURE(path);
    CHECK(with("a/b", path).error().where == "exit.json#manifest");
  }
  CHECK(with(std::string(64, 'a'), "a").error().where == "exit.json#manifest.sha256");
  CHECK(!parseExitRecord("[]", kToken).ok());
  CHECK(!parseExitRecord(good.substr(0, 50), kToken).ok());
}

TEST_CASE("A mark counts under our token only") {
  LogMark mark;
  CHECK(parseLogMark("@@attune end " + kToken + " rc=0 attempt=1@@", kToken, mark));
  CHECK(!parseLogMark("@@attune end attune-000000000000 rc=0@@", kToken, mark));
  CHECK(!parseLogMark("x @@attune end " + kToken + " rc=0@@", kToken, mark));
  CHECK(!parseLogMark("@@attune end " + kToken + " rc=0", kToken, mark));
  CHECK(!parseLogMark("@@attune @@", kToken, mark));
  CHECK(!parseLogMark("@@attune end " + kToken + std::string(2000, 'x') + "@@", kToken, mark));
}
