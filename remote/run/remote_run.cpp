#include "remote/run/remote_run.h"

#include "core/base/atomic_file.h"
#include "core/base/shorten.h"
#include "remote/fault.h"
#include "remote/run/fetch.h"
#include "remote/ssh/command_frame.h"

#include <algorithm>
#include <utility>

namespace attune::remote {

using api::JobPhase;
using slurm::JobState;

namespace {

constexpr uint64_t kMostAtOnce = uint64_t(4) << 20; // of a file in one turn
constexpr double kDrainSeconds = 15;                // without a new byte
// Somebody else may be writing for ever: after all that the job wrote is here, and where its last word is missing.
constexpr double kDrainWhole = 30, kDrainMost = 600;

// $1 the folder of the jobs' folders, $2 token
const char *const kRemove = R"sh(
cd -- "$1" && rm -rf --one-file-system -- "./$2"
)sh";

} // namespace

Result<std::shared_ptr<RemoteRun>> RemoteRun::begin(Setup setup, const api::ClusterTarget &target) {
  JobRecord record;
  record.token = "attune-" + randomMark().substr(0, 12);
  record.target = target;
  record.goesTo(setup.profile);
  record.resultDir = resultDirOf(setup.config);
  std::shared_ptr<RemoteRun> run(new RemoteRun(std::move(setup)));
  ATTUNE_TRY(auto journal, JobJournal::create(run->m_setup.folder, record));
  ATTUNE_CHECK(run->open(std::move(journal)));
  run->publish();
  return run;
}

Result<std::shared_ptr<RemoteRun>> RemoteRun::takeUp(Setup setup) {
  std::shared_ptr<RemoteRun> run(new RemoteRun(std::move(setup)));
  ATTUNE_TRY(auto journal, JobJournal::open(run->m_setup.folder));
  ATTUNE_CHECK(journal->record().checkGoesTo(run->m_setup.profile, run->m_setup.folder));
  ATTUNE_CHECK(run->open(std::move(journal)));
  if (const auto before = api::readClusterJob(run->m_setup.folder); before.ok()) {
    run->m_problem = before->problem;
    run->m_nodes = before->nodes;
  }
  // sbatch may have been run and its answer lost with the program.
  if (run->m_record.submitting && run->m_record.progress.id.empty() && run->m_record.progress.state == JobState::Submitting)
    slurm::onSubmitUnknown(run->m_record.progress, run->m_clock.wall());
  if (run->m_record.over) {
    run->m_over = true;
    if (const auto end = run->m_events->recordedEnd()) run->m_events->push(*end);
    run->publish();
    run->m_events.reset();
    run->m_log.reset();
    run->m_journal.reset();
  } else {
    run->publish();
  }
  return run;
}

Result<std::shared_ptr<RemoteRun>> RemoteRun::goOn(Setup setup, const api::ClusterTarget *target) {
  std::shared_ptr<RemoteRun> run(new RemoteRun(std::move(setup)));
  ATTUNE_TRY(auto journal, JobJournal::open(run->m_setup.folder));
  JobRecord record = journal->record();
  if (!record.over)
    return Error{ErrorCode::Usage, "The run is not over on the cluster.", run->m_setup.folder, "Wait for its end, or cancel it first."};
  if (record.folder.empty() || record.removed)
    return Error{ErrorCode::Usage, "Nothing of this run is left on the cluster.", run->m_setup.folder, "Start a new run."};
  ATTUNE_CHECK(record.checkGoesTo(run->m_setup.profile, run->m_setup.folder));
  JobRecord next;
  next.token = "attune-" + randomMark().substr(0, 12);
  next.target = target ? *target : record.target;
  next.goesTo(run->m_setup.profile);
  next.resultDir = record.resultDir;
  next.from = record.folder;
  ATTUNE_CHECK(journal->update(next));
  ATTUNE_CHECK(run->open(std::move(journal)));
  run->publish();
  return run;
}

Status RemoteRun::open(std::unique_ptr<JobJournal> journal) {
  m_journal = std::move(journal);
  m_record = m_journal->record();
  ATTUNE_TRY(m_events, EventSpool::open(m_setup.folder, m_setup.sink));
  ATTUNE_TRY(m_log, LogSpool::open(m_setup.folder));
  return {};
}

Status RemoteRun::save() {
  std::unique_ptr<JobJournal> lent; // of a run that is over
  if (!m_journal) {
    ATTUNE_TRY(lent, JobJournal::open(m_setup.folder));
  }
  const Status status = (m_journal ? m_journal : lent)->update(m_record);
  if (!status.ok()) m_problem = status.error();
  return status;
}

void RemoteRun::warn(const std::string &code, const std::string &message) {
  if (const Status status = m_events->add(api::RunWarning{code, message}); !status.ok()) m_problem = status.error();
}

api::ClusterJob RemoteRun::job() const {
  const std::lock_guard<std::mutex> lock(m_mutex);
  return m_job;
}

template <typename Do> void RemoteRun::onHost(Do work, bool isLong) {
  if (m_setup.worker->link().state == api::LinkState::Offline) m_setup.worker->connect();
  m_setup.worker->post(std::move(work), isLong);
}

void RemoteRun::requestStop() {
  {
    const std::lock_guard<std::mutex> lock(m_mutex);
    ++m_stopsAsked;
  }
  m_abandon.requestStop();
  m_setup.worker->post([self = shared_from_this()](Result<Host *> host) { self->stopNow(host); });
}

void RemoteRun::stopNow(Result<Host *> host) {
  if (m_over) return;
  int asked = 0;
  {
    const std::lock_guard<std::mutex> lock(m_mutex);
    asked = m_stopsAsked;
  }
  if (beforeSubmission()) {
    if (m_working) return; // it sees m_abandon
    m_record.progress.state = JobState::Cancelled;
    m_record.progress.cancelAsked = true;
    return finish();
  }
  const slurm::JobProgress before = m_record.progress;
  if (!host.ok() && !before.id.empty()) {
    m_problem = fault("NET-LOST", "The stop was not sent, for there is no connection.", m_setup.profile.host, "Connect, then stop again.");
    return publish();
  }
  slurm::onCancelAsked(m_record.progress, m_clock.wall());
  if (save().ok() && !before.id.empty()) {
    const bool gently = asked == 1 && before.state == JobState::Running;
    Status done = gently ? (*host)->client().stop(key()) : Status();
    if (!gently || (!done.ok() && done.error().fault == "JOB-WAITING")) { // taken back into the queue meanwhile
      const auto state = (*host)->client().cancel(key());
      done = state.ok() ? Status() : Status(state.error());
    }
    if (!done.ok() && done.error().fault != "JOB-GONE") m_problem = done.error();
  }
  m_lookAt = 0;
  publish();
}

void RemoteRun::requestCheckpoint() {
  m_setup.worker->post([self = shared_from_this()](Result<Host *> host) {
    if (self->m_over || self->m_record.progress.id.empty()) return;
    const Status done = host.ok() ? (*host)->client().checkpoint(self->key()) : Status(host.error());
    if (!done.ok()) self->warn("checkpoint_not_asked", "The checkpoint could not be asked for: " + done.error().message);
  });
}

void RemoteRun::cancel(api::Cluster::Answer<std::string> answer) {
  onHost(
      [self = shared_from_this(), answer](Result<Host *> host) {
        RemoteRun &run = *self;
        if (run.m_over) return answer(std::string("over"));
        if (run.beforeSubmission()) {
          run.m_abandon.requestStop();
          run.stopNow(host);
          return answer(std::string("CANCELLED"));
        }
        if (!host.ok()) return answer(host.error());
        slurm::onCancelAsked(run.m_record.progress, run.m_clock.wall());
        if (const Status saved = run.save(); !saved.ok()) return answer(saved.error());
        if (run.m_record.progress.id.empty()) return answer(std::string("")); // as soon as it is found
        auto state = (*host)->client().cancel(run.key());
        run.m_lookAt = 0;
        run.publish();
        answer(std::move(state));
      },
      false);
}

void RemoteRun::fetch(api::FetchWhat what, api::TransferProgress progress, StopToken stop, api::Cluster::Answer<void> answer) {
  onHost(
      [self = shared_from_this(), what, progress, stop, answer](Result<Host *> host) {
        RemoteRun &run = *self;
        if (!host.ok()) return answer(host.error());
        if (!run.m_over && !slurm::isFinal(run.m_record.progress.state))
          return answer(Error{ErrorCode::Usage, "The run is not over.", run.m_setup.folder, "Wait for its end, or cancel it."});
        const JobRecord &record = run.m_record;
        if (record.removed || record.folder.empty())
          return answer(Error{ErrorCode::Usage, "Nothing of this run is left on the cluster.", run.m_setup.folder, ""});
        const Status done =
            fetchRun(**host, {record.token, record.folder, run.m_setup.folder, record.resultDir, what, UINT64_MAX, progress, stop});
        if (done.ok()) {
          run.m_record.fetched = true;
          if (run.m_problem && run.m_problem->fault.rfind("FETCH-", 0) == 0) run.m_problem.reset();
          if (const Status kept = run.save(); !kept.ok()) return answer(kept);
          run.publish();
        }
        answer(done);
      },
      true);
}

void RemoteRun::removeRemote(api::Cluster::Answer<void> answer) {
  onHost(
      [self = shared_from_this(), answer](Result<Host *> host) {
        RemoteRun &run = *self;
        if (!host.ok()) return answer(host.error());
        const std::string &folder = run.m_record.folder, &token = run.m_record.token;
        if (!run.m_over)
          return answer(Error{ErrorCode::Usage, "The run is not over.", run.m_setup.folder, "Wait for its end, or cancel it."});
        if (run.m_record.removed || folder.empty()) return answer(Status());
        const size_t slash = folder.rfind('/');
        if (slash == std::string::npos || folder.substr(slash + 1) != token || !slurm::isToken(token))
          return answer(Error{ErrorCode::Usage, "The folder on the cluster is not one of ours.", folder, "Remove it by hand."});
        Command command = plainCommand(kRemove, {folder.substr(0, slash), token});
        command.seconds = 600;
        const auto result = (*host)->runner().run(command);
        if (!result.ok()) return answer(result.error());
        if (result->code != 0)
          return answer(fault("FILE-FAILED", "The folder cannot be removed: " + slurm::printable(shortLine(result->err, 300)),
                              run.m_setup.profile.host + ":" + folder, "Remove it by hand."));
        run.m_record.removed = true;
        const Status kept = run.save();
        run.publish();
        answer(kept);
      },
      true);
}

void RemoteRun::onConnected(Host &) {
  if (m_eventTail) m_eventTail->distrust();
  if (m_logTail) m_logTail->distrust();
  m_followAt = m_lookAt = m_workAt = 0;
  m_retry = 5;
  if (m_problem && m_problem->fault.rfind("NET-", 0) == 0) m_problem.reset();
}

bool RemoteRun::follow(Host &host) {
  const double now = m_clock.steady();
  if (m_over || m_gone || m_fetching || m_record.folder.empty() || m_record.progress.id.empty() || now < m_followAt) return false;
  if (!m_journal->isThere()) {
    m_gone = true;
    m_workAt = 0;
    return false;
  }
  if (!m_eventTail) {
    m_eventTail = std::make_unique<FileTail>(*m_events, m_record.folder + "/run/events.jsonl");
    m_logTail = std::make_unique<FileTail>(*m_log, m_record.folder + "/run.log");
  }
  const auto files = host.files();
  if (!files.ok()) {
    m_followAt = now + 2;
    return false;
  }
  bool moved = false;
  const int restarts = m_eventTail->restarts() + m_logTail->restarts();
  for (FileTail *tail : {m_eventTail.get(), m_logTail.get()}) {
    if (tail == m_eventTail.get() && !m_events->readable()) {
      if (!std::exchange(m_eventsGivenUp, true))
        warn("events_unreadable", "A line of the job's events is longer than 8 MiB; they are no longer followed. The log is; all of them "
                                  "lie on the cluster, in " +
                                      m_record.folder + "/run/events.jsonl.");
      continue;
    }
    const auto came = tail->poll(**files, now, kMostAtOnce, {});
    if (came.ok()) {
      moved = *came || moved;
      continue;
    }
    if (host.session().lost()) return moved;
    m_problem = came.error();
    m_pause = 2;
    publish();
  }
  if (m_eventTail->restarts() + m_logTail->restarts() != restarts)
    warn("log_restarted", "A file of the job began anew on the cluster; the earlier part is kept.");
  if (!m_logFull && m_log->room() == 0)
    warn("log_too_long", "The log is longer than is kept here; the rest lies on the cluster, in " + m_record.folder + "/run.log.");
  m_logFull = m_log->room() == 0;
  if (!m_logSeen && m_log->offset() > 0) m_lookAt = 0; // it runs
  m_logSeen = m_logSeen || m_log->offset() > 0;
  const bool ended = m_events->workersEnd().has_value();
  if (ended && !m_endSeen) m_lookAt = 0;
  m_endSeen = ended;
  const bool waits = m_record.progress.state == JobState::Queued && !moved;
  const double most = waits ? 2 : m_setup.worker->visible() ? 0.4 : 5;
  m_pause = moved ? 0.1 : std::min(std::max(m_pause, 0.1) * 1.5, most);
  m_followAt = m_clock.steady() + std::max(m_pause, (*files)->pace());
  return moved;
}

/// Whether everything that the job wrote lies here, now that it is over.
bool RemoteRun::drained() {
  if (!m_logTail) return m_record.progress.id.empty();
  const double now = m_clock.steady();
  if (m_drainBegun == 0) m_drainBegun = now;
  const bool whole = m_exit && (m_log->offset() >= m_exit->logSize || m_log->room() == 0);
  if (whole && m_wholeSince == 0) m_wholeSince = now;
  if (whole ? now - m_wholeSince > kDrainWhole : !m_exit && now - m_drainBegun > kDrainMost) return true;
  const uint64_t here = m_log->offset() + m_events->offset();
  if (m_drainSince == 0 || here != m_drainSize) {
    m_drainSize = here;
    m_drainSince = now;
    m_followAt = std::min(m_followAt, now);
    return false;
  }
  const bool level = m_logTail->level() && (m_eventTail->missing() || m_eventTail->level());
  if (level && whole && now - m_drainSince > 0.5) return true;
  return now - m_drainSince > (m_logTail->missing() && !m_exit ? 1 : kDrainSeconds);
}

bool RemoteRun::wantsLook(slurm::JobKey &wanted, double &when) {
  if (m_over || m_record.progress.id.empty() || slurm::isFinal(m_record.progress.state)) return false;
  wanted = key();
  when = m_lookAt;
  return true;
}

void RemoteRun::onLook(const slurm::JobLook &look) {
  const slurm::JobProgress before = m_record.progress;
  slurm::onLook(m_record.progress, look, m_clock.wall());
  if (look.exit) m_exit = look.exit;
  if (!look.exitProblem.empty() && !std::exchange(m_exitDoubted, true))
    warn("exit_unreadable", "The job's last word, " + m_record.folder +
                                "/exit.json, is damaged or longer than 1 MiB and is not used: how the "
                                "job ended is taken from Slurm. In detail: " +
                                look.exitProblem);
  m_queueRuns = look.queue && look.queue->state == "RUNNING";
  if (look.queue) {
    m_nodes = slurm::printable(look.queue->nodes);
    m_expectedStart = look.queue->state == "PENDING" && look.queue->started != "N/A" ? slurm::printable(look.queue->started) : "";
  }
  m_idleLooks = look.idle && m_queueRuns ? m_idleLooks + 1 : 0;
  if (m_problem && m_problem->fault.rfind("SLURM-", 0) == 0) m_problem.reset();
  onState(before);
  if (m_idleLooks == 1) m_lookAt = std::min(m_lookAt, m_clock.steady() + 3);
}

void RemoteRun::onFailedLook(const Error &error) {
  const slurm::JobProgress before = m_record.progress;
  slurm::onFailedLook(m_record.progress, m_clock.wall());
  m_problem = error;
  onState(before);
}

/// After a look: what changed goes to the journal, the events and whoever listens.
void RemoteRun::onState(const slurm::JobProgress &before) {
  const slurm::JobProgress &now = m_record.progress;
  const double random = std::uniform_real_distribution<double>(0, 1)(m_random);
  m_lookAt = m_clock.steady() + slurm::nextLook(now, m_setup.worker->visible(), m_clock.wall(), random);
  if (now.state == JobState::Running && m_record.startedAt == 0) m_record.startedAt = m_clock.wall();
  if (now.attempt > before.attempt && now.state == JobState::Queued) {
    warn("requeued",
         "The cluster took the job back into its queue; attempt " + std::to_string(now.attempt) + " goes on from the last checkpoint.");
    if (const Status added = m_events->add(api::StateChanged{api::RunState::Waiting}); !added.ok()) m_problem = added.error();
  }
  static_cast<void>(save().ok()); // m_problem has it; the next look tries again
  publish();
}

} // namespace attune::remote
