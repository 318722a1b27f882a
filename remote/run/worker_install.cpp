#include "remote/run/worker_install.h"

#include "core/base/json.h"
#include "core/base/sha256.h"
#include "remote/fault.h"
#include "remote/run/environment_check.h"
#include "remote/ssh/command_frame.h"

#include <algorithm>

namespace attune::remote {

using api::InstallPhase;

namespace {

constexpr double kReadEvery = 0.3, kLookEvery = 10, kLookSoon = 0.5;
constexpr uint64_t kMostAtOnce = uint64_t(256) << 10;

} // namespace

WorkerInstall::WorkerInstall(api::ClusterProfile profile, api::WorkerRequest request, api::InstallWatch watch, StopToken leave,
                             Answer answer)
    : m_profile(std::move(profile)), m_request(std::move(request)), m_watch(std::move(watch)), m_leave(std::move(leave)),
      m_answer(std::move(answer)),
      m_output({m_watch.line, [this](int percent, const std::string &words) { tell(InstallPhase::Building, percent, words); }}) {}

WorkerInstall::~WorkerInstall() { finish(Error{ErrorCode::Interrupted, "Attune is closing. A build goes on there.", m_profile.host, ""}); }

void WorkerInstall::finish(Result<api::WorkerReport> result) {
  m_step = Step::Over;
  if (const Answer answer = std::exchange(m_answer, {})) answer(std::move(result));
}

void WorkerInstall::tell(InstallPhase phase, int percent, const std::string &text) {
  if (m_watch.progress) m_watch.progress({phase, percent, text});
}

void WorkerInstall::onConnected(Host &) { m_readAt = m_lookAt = 0; }

bool WorkerInstall::hasWork() {
  if (m_step == Step::Over) return false;
  return m_leave.stopRequested() || m_step != Step::Follow || m_clock.steady() >= m_lookAt;
}

void WorkerInstall::work(Host &host) {
  if (m_leave.stopRequested())
    return finish(Error{ErrorCode::Interrupted, "No longer followed; a build goes on there.", m_profile.host, ""});
  const Status done = m_step == Step::Begin ? begin(host) : m_step == Step::Follow ? watchBuild(host) : check(host);
  if (!done.ok() && !host.session().lost()) finish(done.error()); // after a lost line the step is done again
}

Status WorkerInstall::begin(Host &host) {
  tell(InstallPhase::Looking);
  ATTUNE_TRY(m_folder, workerFolder(host, m_profile, m_request.bundle));
  if (!m_request.attach) {
    ATTUNE_TRY(m_folder.source, sourceOf(m_request.bundle));
  }
  ATTUNE_TRY(const WorkerLook look, lookAtWorkers(host, m_profile, m_folder));
  const std::string build = look.facts.of("build"), token = look.facts.of("build_token");
  std::string asked;
  for (const std::string &part :
       {m_folder.source, m_folder.environment, look.facts.of("environment_sha256"), m_request.torch, m_request.compiler, m_request.cmake})
    asked += part + "\n";
  m_wanted = sha256Hex(asked).substr(0, 12) + "-";
  const bool same = m_request.attach || token.rfind(m_wanted, 0) == 0;
  if (build == "running" && !same) {
    const std::string script = look.facts.of("build_environment");
    return fault("BUILD-OTHER",
                 "A build with other options goes on" + (script.empty() ? "." : ", for the environment script " + script + "."),
                 m_profile.host, "Wait for its end, or stop it first.");
  }
  const bool good = build == "ended" && (m_request.attach || look.facts.of("build_code") == "0");
  if (same && isPlainName(token) && (build == "running" || good)) {
    take(token);
    return {};
  }
  if (m_request.attach) return Error{ErrorCode::Usage, "No build goes on there.", m_profile.host, "Start one."};
  return start(host);
}

Status WorkerInstall::start(Host &host) {
  ATTUNE_CHECK(placeSource(host, m_folder, m_request.bundle, m_watch, m_leave));
  const std::string token = m_wanted + randomMark().substr(0, 12);
  std::vector<std::string> words = {"start", token, m_folder.environment, m_folder.source, "--workers", m_folder.root};
  const auto option = [&](const char *name, const std::string &value) {
    if (!value.empty()) words.insert(words.end(), {name, value});
  };
  option("--environment", m_folder.environment);
  if (!m_request.torch.empty()) {
    ATTUNE_TRY(const std::string torch, host.absolute(m_request.torch));
    option("--torch", torch);
  }
  option("--compiler", m_request.compiler);
  option("--cmake", m_request.cmake);
  option("--jobs", std::to_string(m_request.jobs));
  option("--memory", std::to_string(m_request.memory));
  ATTUNE_TRY(const CommandResult started, runBuildScript(host, m_folder, words, true));
  if (started.code == 75)
    return fault("BUILD-OTHER", "Another build was started at this moment.", m_profile.host, "Start again to see it.");
  if (started.code == 76) return buildFault("gone", "", m_profile.host);
  if (started.code != 0) return host.cannot("The build cannot be started", started, m_folder.root);
  take(token);
  return {};
}

void WorkerInstall::take(const std::string &token) {
  m_token = token;
  m_step = Step::Follow;
  m_lookAt = m_clock.steady() + kLookSoon;
  tell(InstallPhase::Building);
}

Result<bool> WorkerInstall::readLog(Host &host) {
  const auto keep = [this](ByteView bytes) -> Status {
    m_offset += bytes.size;
    m_output.take({reinterpret_cast<const char *>(bytes.data), bytes.size});
    return {};
  };
  ATTUNE_TRY(RemoteFiles *const files, host.files());
  const auto read = files->read(m_folder.root + "/build/" + m_token + ".log", m_offset, kMostAtOnce, keep);
  if (!read.ok() && read.error().fault == "FILE-MISSING") return false;
  if (!read.ok()) return read.error();
  return *read > 0;
}

bool WorkerInstall::follow(Host &host) {
  if (m_step != Step::Follow || m_clock.steady() < m_readAt) return false;
  const auto moved = readLog(host);
  m_readAt = m_clock.steady() + kReadEvery;
  if (m_output.ended()) m_lookAt = std::min(m_lookAt, m_clock.steady() + kLookSoon);
  if (!moved.ok() && !host.session().lost()) m_lookAt = 0; // work() says what is wrong
  return moved.ok() && *moved;
}

/// Whether it still lives, and what came of it when it does not.
Status WorkerInstall::watchBuild(Host &host) {
  ATTUNE_TRY(WorkerLook look, lookAtWorkers(host, m_profile, m_folder));
  const bool ours = look.facts.of("build_token") == m_token;
  if (ours && look.facts.of("build") == "running") {
    m_lookAt = m_clock.steady() + (m_output.ended() ? kLookSoon : kLookEvery);
    return {};
  }
  ATTUNE_TRY(const bool moved, readLog(host));
  m_lookAt = m_clock.steady() + (moved ? 0 : kLookSoon);
  m_silent = moved ? 0 : m_silent + 1;
  if (m_silent < 2) return {}; // its last lines may be on their way
  const std::string where = host.session().options().host + ":" + m_folder.root + "/build/" + m_token + ".log";
  if (!m_output.prefix().empty()) {
    // By its name: the home folder may be reached through a link.
    const std::string name = m_output.prefix().substr(m_output.prefix().rfind('/') + 1);
    const auto same = [&](const api::InstalledWorker &worker) { return worker.folder == m_folder.root + "/" + name; };
    const auto found = std::find_if(look.workers.begin(), look.workers.end(), same);
    if (found == look.workers.end())
      return fault("BUILD-FAILED", "The build ended well, and what it made is not there.", where, "Look at the build's output.");
    m_worker = *found;
    m_step = Step::Check;
    return {};
  }
  ATTUNE_TRY(const CommandResult seen, runBuildScript(host, m_folder, {"seen", m_token}));
  static_cast<void>(seen);
  return buildFault(m_output.code().empty() ? "gone" : m_output.code(), m_output.reason(), where);
}

/// `attune doctor` of the new program, by the job of the environment check.
Status WorkerInstall::check(Host &host) {
  tell(InstallPhase::Checking);
  api::ClusterProfile profile = m_profile;
  profile.environmentScript = m_worker.environment;
  profile.worker = m_worker.binary;
  api::WorkerReport report;
  report.findings = checkComputeNode(host, profile);
  if (host.session().lost()) return {};
  bool tried = false, works = true;
  for (const api::EnvironmentFinding &finding : report.findings) {
    if (finding.id.rfind("worker", 0) != 0) continue;
    tried = true;
    works = works && finding.status != "fail";
  }
  if (tried) {
    const std::string place = report.findings.front().place, words = "compute node ";
    const Json node = {{"format", 1}, {"node", place.substr(std::min(words.size(), place.size()))}, {"works", works}};
    ATTUNE_TRY(const CommandResult kept,
               runBuildScript(host, m_folder, {"tried", m_worker.folder.substr(m_folder.root.size() + 1), dumpJson(node, -1)}));
    if (kept.code != 0) return host.cannot("The finding cannot be kept", kept, m_worker.folder);
  }
  ATTUNE_TRY(const CommandResult seen, runBuildScript(host, m_folder, {"seen", m_token}));
  static_cast<void>(seen);
  ATTUNE_TRY(const WorkerLook look, lookAtWorkers(host, m_profile, m_folder));
  report.worker = m_worker;
  for (const api::InstalledWorker &worker : look.workers)
    if (worker.folder == m_worker.folder) report.worker = worker;
  finish(std::move(report));
  return {};
}

} // namespace attune::remote
