#include "app/cli/remote/run_follower.h"

#include "app/cli/command/output.h"
#include "app/cli/command/signals.h"
#include "core/api/event_json.h"
#include "core/base/shell_word.h"
#include "core/base/utf8.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace attune::app {

using api::JobPhase;
using api::LinkState;

namespace {

constexpr auto kLook = std::chrono::milliseconds(50);
constexpr auto kTakeOverEvery = std::chrono::seconds(5);
constexpr size_t kMostWarnings = 20;
constexpr size_t kMostAtOnce = size_t(1) << 20;

ErrorCode codeFromName(const std::string &name) {
  for (int i = 0; i <= static_cast<int>(ErrorCode::Interrupted); ++i)
    if (name == errorCodeName(static_cast<ErrorCode>(i))) return static_cast<ErrorCode>(i);
  return ErrorCode::IoFailed;
}

} // namespace

GrowingFile::~GrowingFile() {
  if (m_file >= 0) ::close(m_file);
}

void GrowingFile::reopenIfReplaced() {
  struct stat ours {
  }, theirs{};
  if (m_file >= 0 && ::fstat(m_file, &ours) == 0 && ::stat(m_path.c_str(), &theirs) == 0 && ours.st_ino == theirs.st_ino) return;
  const int file = ::open(m_path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return;
  if (m_file >= 0) ::close(m_file);
  m_file = file;
}

std::string GrowingFile::take() {
  if (m_file < 0) reopenIfReplaced();
  if (m_file < 0) return "";
  std::string text(kMostAtOnce, '\0');
  const ssize_t n = ::read(m_file, text.data(), text.size());
  text.resize(n > 0 ? static_cast<size_t>(n) : 0);
  if (n == 0) reopenIfReplaced(); // only once the old one is read to its end
  return text;
}

void LastEvent::push(const api::RunEvent &event) {
  const std::lock_guard<std::mutex> lock(m_mutex);
  if (const auto *warning = std::get_if<api::RunWarning>(&event.body); warning && m_warnings.size() < kMostWarnings)
    m_warnings.push_back(warning->message);
  if (std::holds_alternative<api::RunFinished>(event.body)) m_end = event;
}

std::vector<std::string> LastEvent::warnings() const {
  const std::lock_guard<std::mutex> lock(m_mutex);
  return m_warnings;
}

std::optional<api::RunEvent> LastEvent::end() const {
  const std::lock_guard<std::mutex> lock(m_mutex);
  return m_end;
}

RunFollower::RunFollower(CommandContext &context, ClusterClient &client, std::string folder)
    : m_context(context), m_client(client), m_link(client), m_folder(std::move(folder)), m_last(std::make_shared<LastEvent>()),
      m_printer(context), m_events(m_folder + "/events.jsonl"), m_log(m_folder + "/log.txt"), m_triedAt(std::chrono::steady_clock::now()) {}

void RunFollower::take(std::shared_ptr<api::ClusterRun> run, std::shared_ptr<LastEvent> last) {
  m_run = std::move(run);
  m_last = std::move(last);
  const auto cluster = m_client.service().cluster(m_run->job().cluster);
  if (cluster.ok()) m_cluster = *cluster;
}

Status RunFollower::attach() {
  m_triedAt = std::chrono::steady_clock::now();
  auto last = std::make_shared<LastEvent>();
  auto run = m_client.service().backend().attach(m_folder, last);
  if (run.ok()) {
    take(std::move(*run), std::move(last));
    return {};
  }
  return isFollowedElsewhere(run.error()) ? Status() : Status(run.error());
}

/// What stands in the way of following; nothing while there is hope without a person.
Status RunFollower::checkLink() {
  if (!m_cluster || m_run->finished()) return {};
  const api::ClusterLink link = m_cluster->link();
  const bool online = link.state == LinkState::Online;
  if (!online && !m_wasOnline && link.failed && link.state != LinkState::Connecting) return link.error;
  ATTUNE_CHECK(m_link.check(*m_cluster, link));
  if (online) {
    m_wasOnline = true;
    m_linkText.clear();
    return {};
  }
  if (m_wasOnline && link.state != LinkState::NeedsUser && link.text != m_linkText) {
    m_linkText = link.text;
    m_printer.say(link.text);
  }
  if (!m_wasOnline && link.state == LinkState::Connecting && m_context.progress) m_printer.status(link.text, false);
  return {};
}

Result<api::ClusterJob> RunFollower::look(bool withStatus) {
  if (!m_run && std::chrono::steady_clock::now() - m_triedAt > kTakeOverEvery) ATTUNE_CHECK(attach());
  if (m_run) ATTUNE_CHECK(checkLink());
  if (m_run && takeCheckpointRequest()) m_run->requestCheckpoint();
  if (m_run && m_run->finished()) return m_run->job();
  if (!m_run) return api::readClusterJob(m_folder);
  api::ClusterJob job = m_run->job();
  if (const std::string problem = job.problem ? job.problem->text() : ""; problem != std::exchange(m_problem, problem) && !problem.empty())
    m_printer.say(problem);
  if (withStatus && job.text != m_status && (!m_cluster || m_cluster->link().state != LinkState::NeedsUser)) {
    m_printer.status(job.text, job.phase != m_phase);
    m_status = job.text;
    m_phase = job.phase;
  }
  return job;
}

void RunFollower::rest() const { std::this_thread::sleep_for(kLook); }

namespace {

/// Somebody no longer wants to wait for the number of a job that the scheduler may have.
Error stillThere(const api::ClusterJob &job) {
  const std::string folder = printable(shellWord(job.folder));
  std::string hint = "Follow it with: attune watch ";
  hint.append(folder).append(", or end it with: attune cancel ").append(folder);
  return {ErrorCode::Interrupted, "Stopped looking; the job stays with the scheduler.", job.folder, std::move(hint), {}};
}

} // namespace

Result<api::ClusterJob> RunFollower::untilSubmitted() {
  for (bool asked = false;; rest()) {
    ATTUNE_TRY(const api::ClusterJob job, look(true));
    if (job.phase == JobPhase::Over || !job.id.empty()) {
      m_printer.finish();
      return job;
    }
    if (!m_context.stop.stopRequested()) continue;
    if (job.phase != JobPhase::Preflight && job.phase != JobPhase::Staging) return stillThere(job);
    if (!std::exchange(asked, true)) m_run->requestStop();
  }
}

void RunFollower::showNews(Show show) {
  if (show == Show::Log) {
    for (std::string text = m_log.take(); !text.empty(); text = m_log.take()) {
      m_partial += text;
      const size_t whole = m_partial.size() - utf8Unfinished(m_partial);
      printWritten(m_context.out, std::string_view(m_partial).substr(0, whole));
      m_partial.erase(0, whole);
    }
    return;
  }
  for (std::string text = m_events.take(); !text.empty(); text = m_events.take()) {
    m_partial += text;
    size_t at = 0;
    for (size_t end; (end = m_partial.find('\n', at)) != std::string::npos; at = end + 1) {
      const auto event = api::eventFromJson(std::string_view(m_partial).substr(at, end - at));
      if (!event) continue;
      if (std::holds_alternative<api::RunFinished>(event->body))
        m_fileEnd = event; // perhaps of an attempt only
      else if (show == Show::Events)
        m_printer.push(*event);
    }
    m_partial.erase(0, at);
  }
}

/// The end of a run whose folder tells none.
api::RunFinished RunFollower::end(const api::ClusterJob &job) const {
  api::RunFinished finished;
  if (job.result == "done") return finished;
  finished.outcome = job.result == "cancelled" ? api::RunOutcome::Stopped : api::RunOutcome::Failed;
  if (finished.outcome == api::RunOutcome::Failed)
    finished.error = api::RunErrorInfo{"io_failed", job.problem ? job.problem->text() : "The job ended: " + job.result + ".",
                                       job.problem ? job.problem->hint : ""};
  return finished;
}

Result<int> RunFollower::untilOver(Show show) {
  for (;; rest()) {
    ATTUNE_TRY(const api::ClusterJob job, look(show == Show::Events));
    showNews(show);
    if (job.phase != JobPhase::Over) {
      if (!m_context.stop.stopRequested()) continue;
      m_printer.say("The job goes on on " + job.cluster + ". Look at it again with: attune watch " + shellWord(m_folder));
      return exitCodeOf(ErrorCode::Interrupted);
    }
    showNews(Show::Log == show ? show : Show::Events);
    std::optional<api::RunEvent> last = m_last->end();
    if (!last) last = m_fileEnd;
    if (!last) last = api::RunEvent{0, job.submittedAt, end(job)};
    if (show == Show::Events) m_printer.push(*last);
    const auto &finished = std::get<api::RunFinished>(last->body);
    if (finished.outcome == api::RunOutcome::Failed) {
      const api::RunErrorInfo told = finished.error.value_or(api::RunErrorInfo{"io_failed", "The run failed.", ""});
      const Error error{codeFromName(told.code), told.message, m_folder, told.hint, {}, {}};
      if (m_context.json) return exitCodeOf(error.code); // run_finished has told it
      return error;
    }
    if (!job.fetched && finished.outcome == api::RunOutcome::Completed)
      m_printer.say("The result is on the cluster; copy it with: attune fetch " + shellWord(m_folder));
    const bool asMeant = finished.outcome == api::RunOutcome::Completed || job.result == "done";
    if (!asMeant) m_printer.say(finished.error ? finished.error->message : "The job was cancelled.");
    return asMeant ? 0 : exitCodeOf(ErrorCode::Interrupted);
  }
}

Result<api::ClusterJob> RunFollower::untilOver(double seconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  for (;; rest()) {
    ATTUNE_TRY(const api::ClusterJob job, look(true));
    if (job.phase == JobPhase::Over || std::chrono::steady_clock::now() > end) {
      m_printer.finish();
      return job;
    }
    if (m_context.stop.stopRequested()) return ClusterClient::stopped();
  }
}

} // namespace attune::app
