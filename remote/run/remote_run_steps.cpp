// The steps of a run that take long, its end, and what is told of it.
#include "core/base/atomic_file.h"
#include "core/base/shorten.h"
#include "remote/fault.h"
#include "remote/run/environment_check.h"
#include "remote/run/fetch.h"
#include "remote/run/remote_run.h"
#include "remote/slurm/salloc.h"

#include <algorithm>

namespace attune::remote {

using api::JobPhase;
using slurm::JobState;

namespace {

constexpr uint64_t kMostUnasked = uint64_t(1) << 30; // of a result that is fetched by itself
constexpr double kWriteEvery = 1;                    // cluster.json, where only the sentence changed

/// Whether the same step may succeed later without anybody doing anything.
bool passes(const Error &error) {
  for (const char *beginning : {"NET-", "SLURM-", "CMD-TIMEOUT", "CMD-BROKEN", "CHANNEL-", "LOCAL-FULL"})
    if (error.fault.rfind(beginning, 0) == 0) return error.fault != "SLURM-REFUSED";
  return false;
}

/// What the worker said before it gave up (": text"), where the log ends with that; else ".".
std::string lastWords(const LogSpool &log) {
  constexpr uint64_t kEnd = 8192;
  const uint64_t length = std::min(log.offset(), kEnd);
  const std::string text = log.stored(log.offset() - length, static_cast<size_t>(length));
  const std::string opening = "\nattune: ";
  const size_t at = text.rfind(opening);
  if (at == std::string::npos) return ".";
  const size_t from = at + opening.size();
  return ": " + shortened(slurm::printable(std::string_view(text).substr(from, text.find('\n', from) - from)), 400);
}

} // namespace

RemoteRun::Step RemoteRun::nextStep() const {
  const JobRecord &record = m_record;
  if (m_over) return Step::None;
  if (m_gone) return Step::Leave;
  if (!record.staged) return Step::Stage;
  if (!record.submitting) return Step::Submit;
  const JobState state = record.progress.state;
  if (slurm::isFinal(state)) return Step::Finish;
  if (record.progress.id.empty()) return Step::Find;
  if (m_idleLooks >= 2) return Step::GiveBack;
  if (record.target.mode == api::SubmitMode::Salloc && !record.inside && m_queueRuns) return Step::StartInside;
  return Step::None;
}

bool RemoteRun::hasWork() {
  if (m_clock.steady() < m_workAt) return false;
  const Step step = nextStep();
  return step == Step::Finish ? drained() : step != Step::None;
}

void RemoteRun::work(Host &host) {
  Status done;
  m_working = true;
  switch (nextStep()) {
  case Step::Stage: done = stageAll(host); break;
  case Step::Submit: done = submit(host); break;
  case Step::Find: done = find(host); break;
  case Step::StartInside: done = startInside(host); break;
  case Step::GiveBack: done = giveBack(host); break;
  case Step::Finish: done = bringHome(host); break;
  case Step::Leave: leave(); break;
  case Step::None: break;
  }
  m_working = false;
  if (done.ok()) {
    m_retry = 5;
    m_broken = 0;
    return;
  }
  if (m_abandon.stopRequested() && beforeSubmission()) return stopNow(&host);
  m_broken = done.error().fault == "CMD-BROKEN" ? m_broken + 1 : 0;
  if ((m_broken >= 3 && beforeSubmission()) || !passes(done.error())) return fail(done.error());
  m_problem = done.error();
  m_workAt = m_clock.steady() + m_retry;
  m_retry = std::min(m_retry * 2, 60.0);
  publish();
}

StageJob RemoteRun::stageJob() {
  StageJob job;
  job.config = m_setup.config;
  job.target = m_record.target;
  job.profile = m_setup.profile;
  job.token = m_record.token;
  job.runFolder = m_setup.folder;
  job.from = m_record.from;
  job.stopAfter = m_setup.stopAfter;
  job.progress = [this](const std::string &what) { publish(what); };
  job.stop = m_abandon.token();
  return job;
}

Status RemoteRun::stageAll(Host &host) {
  publish("Checking what is asked for.");
  ATTUNE_CHECK(m_events->add(api::StateChanged{api::RunState::Waiting}));
  const StageJob job = stageJob();
  ATTUNE_CHECK(preflight(host, job));
  if (const auto doubt = doubtWorker(host, m_setup.profile, job.stop)) warn(doubt->code, doubt->message);
  if (m_record.target.cards > 1 || m_record.target.nodes > 1)
    warn("one_card", "Several cards are asked for; for the time being this run uses one of them.");
  publish("Copying the run to the cluster.");
  ATTUNE_TRY(m_record.folder, stage(host, job));
  m_record.staged = true;
  m_problem.reset();
  ATTUNE_CHECK(save());
  publish();
  return {};
}

Status RemoteRun::submit(Host &host) {
  if (m_abandon.stopRequested()) return Error{ErrorCode::Interrupted, "The run was stopped before it was submitted.", "", ""};
  m_record.submitting = true;
  m_record.submittedAt = m_clock.wall();
  m_record.progress = {};
  m_record.progress.since = m_clock.wall();
  if (const Status saved = save(); !saved.ok()) { // without the journal it could be submitted twice
    m_record.submitting = false;
    return saved;
  }
  publish();
  slurm::JobProgress &progress = m_record.progress;
  std::optional<Error> problem;
  if (m_record.target.mode == api::SubmitMode::Salloc) {
    const auto allocation = slurm::allocate(host.runner(), m_setup.profile.host, submission());
    if (allocation.ok())
      slurm::onSubmitted(progress, allocation->id.job, m_clock.wall());
    else
      problem = allocation.error();
  } else {
    const auto id = host.client().submit(submission());
    if (id.ok())
      slurm::onSubmitted(progress, id->job, m_clock.wall());
    else
      problem = id.error();
  }
  if (problem && !passes(*problem)) {
    static_cast<void>(host.client().withdraw(submission()).ok()); // whatever Slurm meant
    return *problem;
  }
  m_problem = problem;
  if (problem) slurm::onSubmitUnknown(progress, m_clock.wall());
  m_workAt = problem ? m_clock.steady() + 2 : 0;
  m_lookAt = m_followAt = 0;
  static_cast<void>(save().ok()); // a restart finds it by its token
  publish();
  return {};
}

/// Looks for a job whose submission gave no answer; it is never submitted a second time.
Status RemoteRun::find(Host &host) {
  if (m_record.progress.state == JobState::Submitting) slurm::onSubmitUnknown(m_record.progress, m_clock.wall());
  m_workAt = m_clock.steady() + 5;
  auto ids = host.client().find(m_record.token);
  const double age = m_clock.wall() - m_record.submittedAt;
  const bool mayCome = age >= 0 && age < slurm::Client::kSubmitSeconds; // the call is perhaps still under way there
  if (ids.ok() && ids->empty() && !mayCome) {
    slurm::onLook(m_record.progress, {m_record.token, {}, {}, {}, ""}, m_clock.wall());
    if (m_record.progress.state == JobState::SubmitFailed) ids = giveUp(host);
  }
  if (!ids.ok()) {
    if (host.session().lost()) return {};
    m_problem = ids.error();
  } else if (!ids->empty()) {
    m_problem.reset();
    ATTUNE_CHECK(host.client().withdraw(submission(), true)); // it may have been given up when the look after that failed
    slurm::onSubmitted(m_record.progress, ids->front().job, m_clock.wall());
    m_lookAt = m_followAt = 0;
    if (m_record.progress.cancelAsked) static_cast<void>(host.client().cancel(key()).ok()); // asked for before it had a number
  } else if (m_record.progress.state == JobState::SubmitFailed) {
    m_problem =
        fault("SLURM-BUSY", "The cluster did not accept the job, and no trace of it is there.", m_setup.profile.host, "Submit it again.");
  }
  static_cast<void>(save().ok());
  publish();
  return {};
}

/// A submission without a trace is marked, so that its job ends at once if it comes after all, and looked for once more: what came
/// between is taken.
Result<std::vector<slurm::JobId>> RemoteRun::giveUp(Host &host) {
  const Status marked = host.client().withdraw(submission());
  auto ids = marked.ok() ? host.client().find(m_record.token) : Result<std::vector<slurm::JobId>>(marked.error());
  if (ids.ok() && ids->empty()) return ids;
  slurm::onSubmitUnknown(m_record.progress, m_clock.wall());
  return ids;
}

Status RemoteRun::startInside(Host &host) {
  const Status started = m_log->offset() > 0 ? Status() // by an earlier call that lost its answer
                                             : slurm::startInside(host.runner(), m_setup.profile.host, submission(), m_record.progress.id);
  m_workAt = m_clock.steady() + 5;
  if (started.ok()) {
    m_record.inside = true;
    return save();
  }
  if (started.error().fault == "SLURM-UNSEEN") ++m_unseenStarts;
  if (host.session().lost() || passes(started.error())) return {}; // asked again: it starts once
  const auto state = host.client().cancel(key());                  // an idle allocation is paid for
  if (!state.ok()) return {};
  m_problem = started.error();
  m_record.progress.state = JobState::LaunchFailed;
  publish();
  return save();
}

/// What ran in the allocation is over, and nobody there was left to end it: not the script, nor its srun on the login node.
Status RemoteRun::giveBack(Host &host) {
  m_workAt = m_clock.steady() + 5;
  m_gaveBack = true;
  static_cast<void>(host.client().cancel(key()).ok()); // tried again until a look shows that it ended
  m_lookAt = 0;
  return {};
}

/// A scheduler's "done" without the job's own word and the worker's end is none: a full disk ends like that.
void RemoteRun::doubtDone(Host &host) {
  slurm::JobProgress &progress = m_record.progress;
  if (progress.state != JobState::Done || progress.missing != "exit file" || m_events->workersEnd()) return;
  progress.state = JobState::Failed;
  const auto files = host.files();
  const auto room = files.ok() ? (*files)->freeBytes(m_record.folder) : Result<uint64_t>(files.error());
  const bool full = room.ok() && *room < 4096;
  m_problem = fault(full ? "DISK-FULL" : "JOB-SILENT",
                    full ? "The cluster's disk or your quota is full (0 B free)."
                         : "The job ended without a word, though the scheduler calls it done.",
                    m_setup.profile.host + ":" + m_record.folder, full ? "Make room there, then start the run again." : "Look at its log.");
}

/// An allocation that ended before anything was seen to run in it: where srun failed there, that is why.
Status RemoteRun::seeLaunch(Host &host) {
  slurm::JobProgress &progress = m_record.progress;
  const bool began = m_record.inside || m_log->offset() > 0;
  if (m_record.target.mode != api::SubmitMode::Salloc || progress.state != JobState::Cancelled || progress.cancelAsked || began) return {};
  const Status seen = slurm::startInside(host.runner(), m_setup.profile.host, submission(), progress.id, slurm::Start::Seen);
  if (seen.ok() || seen.error().fault != "RUN-LAUNCH") return host.session().lost() ? seen : Status();
  m_problem = seen.error();
  progress.state = JobState::LaunchFailed;
  return {};
}

/// The last step: what the run made is copied, then it is over.
Status RemoteRun::bringHome(Host &host) {
  doubtDone(host);
  ATTUNE_CHECK(seeLaunch(host));
  if (m_record.progress.state == JobState::Done && !m_record.fetched) {
    m_fetching = true;
    publish();
    FetchJob job{m_record.token, m_record.folder, m_setup.folder, m_record.resultDir, api::FetchWhat::Result, kMostUnasked, {}, {}};
    job.progress = [this](uint64_t done, uint64_t total) {
      if (total > (uint64_t(4) << 20)) publish("Fetching the result: " + std::to_string(done * 100 / total) + " %");
    };
    const Status fetched = fetchRun(host, job);
    m_fetching = false;
    if (!fetched.ok() && (host.session().lost() || passes(fetched.error()))) return fetched;
    m_record.fetched = fetched.ok();
    if (!fetched.ok()) warn(fetched.error().fault == "FETCH-LARGE" ? "not_fetched" : "fetch_failed", fetched.error().message);
  }
  finish();
  return {};
}

void RemoteRun::fail(const Error &error) {
  slurm::onRefused(m_record.progress, m_clock.wall());
  m_problem = error;
  finish();
}

/// What stands at the end of a run whose worker could not say it itself.
api::RunFinished RemoteRun::ending() const {
  const slurm::JobProgress &job = m_record.progress;
  api::RunFinished finished{api::RunOutcome::Failed, m_events->lastStep(), std::nullopt};
  const std::string saved =
      m_events->lastCheckpoint() > 0 ? " The checkpoint at step " + std::to_string(m_events->lastCheckpoint()) + " is safe." : "";
  const auto because = [&](const char *code, const std::string &message, const char *hint) {
    finished.error = api::RunErrorInfo{code, message + saved, hint};
  };
  switch (job.state) {
  case JobState::Done: finished.outcome = api::RunOutcome::Completed; break;
  case JobState::Cancelled:
    finished.outcome = api::RunOutcome::Stopped;
    if ((m_record.inside || m_gaveBack) && !job.cancelAsked)
      because("interrupted",
              m_gaveBack ? "Nothing ran in the allocation any more, so it was given back."
                         : "The allocation was cancelled from elsewhere, or ended with its srun.",
              "Look at the log, then continue the run from its checkpoint.");
    break;
  case JobState::SubmitFailed:
    because(m_problem ? errorCodeName(m_problem->code) : "io_failed", m_problem ? m_problem->text() : "The job was not accepted.",
            m_problem ? m_problem->hint.c_str() : "");
    break;
  case JobState::OutOfMemory: because("out_of_memory", "The node ran out of memory.", "Ask for more, or make the batches smaller."); break;
  case JobState::TimedOut:
    finished.outcome = api::RunOutcome::Stopped;
    because("interrupted", "The time limit was reached.", "Continue the run from its checkpoint.");
    break;
  case JobState::Preempted: because("interrupted", "The cluster took the node for a more urgent job.", "Continue the run."); break;
  case JobState::NodeLost: because("io_failed", "The cluster lost the node.", "Continue the run from its checkpoint."); break;
  case JobState::LaunchFailed:
    if (m_problem && m_problem->fault == "RUN-LAUNCH") // salloc: what srun said
      because("io_failed", m_problem->message, m_problem->hint.c_str());
    else
      because("io_failed", "The job's folder could not be opened on the node.", "Is the home folder there on the nodes?");
    break;
  case JobState::Lost:
    because("io_failed", "The cluster no longer knows this job, and it left no result file.", "Look at the log, then start it again.");
    break;
  default:
    if (job.missing == "exit file" && m_problem)
      because("io_failed", m_problem->message, m_problem->hint.c_str());
    else if (m_exit && m_exit->environmentFailed)
      because("io_failed",
              "The environment script " + slurm::printable(m_setup.profile.environmentScript) +
                  (m_exit->environmentEnded ? " ended the shell, by exit or set -e."
                                            : " failed (code " + std::to_string(m_exit->environmentCode) + ")."),
              "Look at the log. It is sourced: write return instead of exit, and let its last command succeed.");
    else if (job.exitCode == 127)
      because("io_failed", "The training program was not found on the node.",
              "Install it from the Cluster page, or mend its path in the profile.");
    else
      because("io_failed", "Training ended with code " + std::to_string(job.exitCode) + lastWords(*m_log), "Look at the log.");
  }
  return finished;
}

void RemoteRun::finish() {
  const JobState state = m_record.progress.state;
  const auto &end = m_events->workersEnd();
  const bool completed = end && std::get<api::RunFinished>(end->body).outcome == api::RunOutcome::Completed;
  const bool cut = state == JobState::Failed || state == JobState::Cancelled || state == JobState::TimedOut;
  if (end && (state == JobState::Done || (cut && !completed))) { // what did not end well was not completed
    m_events->push(*end);
  } else if (m_events->endedByUs()) { // before a crash
    m_events->push(*m_events->recordedEnd());
  } else if (const Status added = m_events->add(ending()); !added.ok()) {
    m_problem = added.error();
    m_events->push({0, m_clock.wall(), ending()});
  }
  m_record.over = true;
  m_over = true;
  static_cast<void>(save().ok()); // a restart ends it again
  letGo();
}

/// The run's folder was taken away: nothing can be kept of it. The job is left alone.
void RemoteRun::leave() {
  const std::string &id = m_record.progress.id;
  const bool ended = slurm::isFinal(m_record.progress.state);
  m_problem = Error{ErrorCode::FileNotFound,
                    "The run's folder was removed or moved while the run was followed. Its job " + id + " on " + m_setup.profile.name +
                        (ended ? " is over." : " goes on."),
                    m_setup.folder,
                    "Put the folder back to follow the run again. What the job makes lies on the cluster, in " + m_record.folder +
                        (ended ? "." : "; scancel " + id + " ends it there.")};
  api::RunFinished end{api::RunOutcome::Failed, m_events->lastStep(), std::nullopt};
  end.error = api::RunErrorInfo{errorCodeName(m_problem->code), m_problem->message, m_problem->hint};
  m_events->push({0, m_clock.wall(), end});
  m_record.progress.state = JobState::Lost; // to us
  m_over = true;
  letGo();
}

void RemoteRun::letGo() {
  publish();
  m_eventTail.reset();
  m_logTail.reset();
  m_events.reset();
  m_log.reset();
  m_journal.reset();
}

JobPhase RemoteRun::phase() const {
  const JobRecord &record = m_record;
  if (m_over) return JobPhase::Over;
  if (m_fetching) return JobPhase::Fetching;
  if (!record.staged) return m_problem || record.folder.empty() ? JobPhase::Preflight : JobPhase::Staging;
  if (!record.submitting) return JobPhase::Staging;
  const JobState state = record.progress.state == JobState::Unknown ? record.progress.before : record.progress.state;
  switch (state) {
  case JobState::Submitting: return JobPhase::Submitting;
  case JobState::SubmitUnknown: return JobPhase::SubmitUnknown;
  case JobState::Queued: return JobPhase::Queued;
  case JobState::Running: return JobPhase::Running;
  case JobState::Cancelling: return JobPhase::Cancelling;
  default: return JobPhase::Finishing;
  }
}

std::string RemoteRun::sentence() const {
  switch (phase()) {
  case JobPhase::Preflight: return "Waiting for the connection.";
  case JobPhase::Staging: return "Copying the run to the cluster.";
  case JobPhase::Submitting: return "Handing the job to the scheduler.";
  case JobPhase::SubmitUnknown: return "The scheduler is slow. Checking whether the job was accepted.";
  case JobPhase::Queued: {
    const std::string reason = slurm::plainReason(m_record.progress.reason);
    return reason.empty() ? "Waiting in the queue." : reason;
  }
  case JobPhase::Running: return m_nodes.empty() ? "Running." : "Running on " + m_nodes + ".";
  case JobPhase::Cancelling: return "Asked to end.";
  case JobPhase::Finishing: return "Ending.";
  case JobPhase::Fetching: return "Fetching the result.";
  case JobPhase::Over: break;
  }
  return m_record.fetched ? "Over; the result is here." : "Over.";
}

void RemoteRun::publish(const std::string &text) {
  api::ClusterJob job;
  job.folder = m_setup.folder;
  job.cluster = m_setup.profile.name;
  job.partition = m_record.target.partition;
  job.host = m_record.host;
  job.token = m_record.token;
  job.id = m_record.progress.id;
  job.remoteFolder = m_record.folder;
  job.phase = !text.empty() && !m_record.staged ? JobPhase::Staging : phase();
  if (m_over) job.result = slurm::jobStateName(m_record.progress.state);
  job.reason = m_record.progress.reason;
  job.text = text.empty() ? sentence() : text;
  job.neverClears = job.phase == JobPhase::Queued && slurm::neverClears(job.reason);
  job.unknown = m_record.progress.state == JobState::Unknown;
  job.attempt = m_record.progress.attempt;
  job.exitCode = m_record.progress.exitCode;
  job.submittedAt = m_record.submittedAt;
  job.startedAt = m_record.startedAt;
  job.nodes = m_nodes;
  job.expectedStart = m_expectedStart;
  job.fetched = m_record.fetched;
  job.removed = m_record.removed;
  job.problem = m_problem;
  const bool moved = job.phase != m_job.phase || job.id != m_job.id || m_job.token.empty(); // it changes here alone
  const std::string json = api::clusterJobJson(job);
  const bool told = json != m_written && (moved || text.empty() || m_clock.steady() - m_writtenAt >= kWriteEvery);
  if (told) {
    // Of the disk's troubles the journal speaks; this file is for those who look from outside.
    if (writeFileAtomic(m_setup.folder + "/cluster.json", json).ok()) m_written = json;
    m_writtenAt = m_clock.steady();
  }
  {
    const std::lock_guard<std::mutex> lock(m_mutex);
    m_job = job; // after the file: who sees that the run is over may remove its folder
  }
  if (told && m_setup.changed) m_setup.changed(job);
}

} // namespace attune::remote
