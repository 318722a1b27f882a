#include "remote/slurm/job_state.h"

#include <algorithm>
#include <cmath>

namespace attune::remote::slurm {
namespace {

constexpr double kAgree = 60;       // seconds that one word waits for the other: the scheduler lagged by 27, NFS by more
constexpr double kLost = 600;       // seconds without any trace
constexpr double kFindSeconds = 60; // of looks after an unanswered sbatch
constexpr int kFailedLooks = 3;
constexpr int kEmptyLooks = 3; // at least, so that a clock that jumps ends nothing

/// A clock that was set back: what began in the future begins now.
void onClock(JobProgress &job, double now) {
  for (double *begun : {&job.since, &job.waiting, &job.unseen}) *begun = std::min(*begun, now);
}

void enter(JobProgress &job, JobState state, double now) {
  if (job.state == state) return;
  job.state = state;
  job.since = now;
}

// Slurm's states, as a kind of ours. What is not here is alive as far as we know: a new word of Slurm's ends nothing.
struct Word {
  const char *state;
  JobState meaning;
};
constexpr Word kWords[] = {
    {"PENDING", JobState::Queued},
    {"CONFIGURING", JobState::Queued},
    {"REQUEUED", JobState::Queued},
    {"REQUEUE_HOLD", JobState::Queued},
    {"REQUEUE_FED", JobState::Queued},
    {"SPECIAL_EXIT", JobState::Queued},
    {"RESV_DEL_HOLD", JobState::Queued},
    {"RUNNING", JobState::Running},
    {"SUSPENDED", JobState::Running},
    {"STOPPED", JobState::Running},
    {"SIGNALING", JobState::Running},
    {"STAGE_OUT", JobState::Running},
    {"COMPLETING", JobState::Running},
    {"COMPLETED", JobState::Done},
    {"FAILED", JobState::Failed},
    {"BOOT_FAIL", JobState::NodeLost},
    {"NODE_FAIL", JobState::NodeLost},
    {"CANCELLED", JobState::Cancelled},
    {"OUT_OF_MEMORY", JobState::OutOfMemory},
    {"TIMEOUT", JobState::TimedOut},
    {"DEADLINE", JobState::TimedOut},
    {"PREEMPTED", JobState::Preempted},
    {"REVOKED", JobState::Cancelled},
};

JobState meaningOf(const std::string &word) {
  const auto found = std::find_if(std::begin(kWords), std::end(kWords), [&](const Word &w) { return word == w.state; });
  return found == std::end(kWords) ? JobState::Running : found->meaning;
}

void takeExit(JobProgress &job, const ExitRecord &exit) {
  job.exitCode = exit.code;
  job.exitSignal = exit.signal;
  job.attempt = std::max(job.attempt, exit.attempt);
}

// A final word of the scheduler, with the last word of the job where it is there.
JobState together(JobState scheduler, const JobLook &look, const std::string &reason, bool stopAsked) {
  if (!look.exit) return scheduler == JobState::Failed && reason == "JobLaunchFailure" ? JobState::LaunchFailed : scheduler;
  if (scheduler == JobState::Done || scheduler == JobState::Failed) {
    if (look.exit->code == 0) return JobState::Done;
    if (look.exit->stop == "term" && stopAsked) return JobState::Cancelled;
    return look.exit->stop == "limit" ? JobState::TimedOut : JobState::Failed;
  }
  // salloc: the wrapper's last act cancels its allocation; a training that ended by itself was not cut.
  if (scheduler == JobState::Cancelled && look.exit->stop.empty()) return look.exit->code == 0 ? JobState::Done : JobState::Failed;
  if (scheduler == JobState::Cancelled && look.exit->stop == "limit" && !stopAsked) return JobState::TimedOut;
  return scheduler;
}

void finish(JobProgress &job, JobState state, const char *missing, double now) {
  job.missing = missing;
  enter(job, state, now);
}

// One word came: final as soon as the other is there, or when it has been waited for.
void await(JobProgress &job, const JobLook &look, JobState scheduler, const std::string &reason, bool fromScheduler, double now) {
  if (job.waiting == 0) job.waiting = now;
  const bool never = fromScheduler && scheduler == JobState::Cancelled && !job.ran; // nobody is there to write a last word
  const bool late = never || now - job.waiting >= kAgree;
  if (fromScheduler && look.exit) return finish(job, together(scheduler, look, reason, job.cancelAsked), "", now);
  // A launch failure, a lost node and a cancel before the start leave no last word, yet one may still come.
  if (fromScheduler && late) return finish(job, together(scheduler, look, reason, job.cancelAsked), "exit file", now);
  if (!fromScheduler && late)
    return finish(job,
                  look.exit->code == 0         ? JobState::Done
                  : look.exit->stop == "limit" ? JobState::TimedOut
                                               : JobState::Failed,
                  "scheduler", now);
  enter(job, JobState::Finishing, now);
}

void alive(JobProgress &job, JobState meaning, double now) {
  const JobState known = job.state == JobState::Unknown ? job.before : job.state;
  if (meaning == JobState::Queued && (known == JobState::Running || known == JobState::Finishing)) {
    ++job.attempt;
    job.exitCode = -1;
    job.exitSignal = 0;
  }
  job.waiting = 0;
  enter(job, job.cancelAsked ? JobState::Cancelling : meaning, now);
}

void unseen(JobProgress &job, double now) {
  if (job.state == JobState::SubmitUnknown) {
    if (++job.emptyLooks >= kEmptyLooks && now - job.since >= kFindSeconds) enter(job, JobState::SubmitFailed, now);
    return;
  }
  if (job.unseen == 0) job.unseen = now, job.emptyLooks = 0;
  if (++job.emptyLooks >= kEmptyLooks && now - job.unseen >= kLost) finish(job, JobState::Lost, "", now);
}

struct Reason {
  const char *word;
  bool never; // clears by itself
  const char *plain;
};
constexpr Reason kReasons[] = {
    {"None", false, ""},
    {"Resources", false, "Waiting for free nodes or cards."},
    {"Priority", false, "Waiting behind jobs of higher priority."},
    {"BeginTime", false, "Requeued or asked for later: it may start after a given time."},
    {"Dependency", false, "Waiting for another job to end."},
    {"JobArrayTaskLimit", false, "Waiting for other tasks of its array."},
    {"Licenses", false, "Waiting for a licence."},
    {"ReqNodeNotAvail", false, "The nodes it needs are not available now (down, drained or reserved)."},
    {"Reservation", false, "Waiting for its reservation."},
    {"QOSMaxJobsPerUserLimit", false, "You run as many jobs as your quality of service allows."},
    {"AssocMaxJobsLimit", false, "Your account runs as many jobs as it may."},
    {"AssocGrpGRES", false, "Your group uses as many cards as it may."},
    {"NonZeroExitCode", false, "The training ended with an error."},
    {"TimeLimit", false, "The time limit was reached."},
    {"NodeDown", false, "The node was lost."},
    {"JobLaunchFailure", false, "The job's folder could not be opened on the node."},
    {"DependencyNeverSatisfied", true, "The job it waits for failed: this one will never start."},
    {"PartitionConfig", true, "The partition does not allow this request: it will never start as it is."},
    {"PartitionDown", true, "The partition is closed: it cannot start as it is."},
    {"PartitionInactive", true, "The partition is inactive: it cannot start as it is."},
    {"PartitionNodeLimit", true, "It asks for more nodes than the partition allows."},
    {"PartitionTimeLimit", true, "It asks for more time than the partition allows."},
    {"BadConstraints", true, "No node can fulfil this request."},
    {"JobHeldUser", true, "Held by you: release it to let it start."},
    {"JobHeldAdmin", true, "Held by the cluster's staff."},
    {"QOSTimeLimit", true, "It asks for more time than the quality of service allows."},
    {"AssocGrpCpuLimit", true, "Your group may not use that many cores."},
    {"InvalidAccount", true, "The account is not valid."},
    {"InvalidQOS", true, "The quality of service is not valid."},
};

const Reason *reasonOf(const std::string &word) {
  const auto found = std::find_if(std::begin(kReasons), std::end(kReasons), [&](const Reason &reason) { return word == reason.word; });
  return found == std::end(kReasons) ? nullptr : found;
}

} // namespace

const char *jobStateName(JobState state) {
  static const char *const names[] = {"submitting", "submit_unknown", "submit_failed", "queued",        "running",       "cancelling",
                                      "finishing",  "unknown",        "done",          "failed",        "out_of_memory", "timed_out",
                                      "preempted",  "node_lost",      "cancelled",     "launch_failed", "lost"};
  return names[static_cast<size_t>(state)];
}

bool isFinal(JobState state) { return state == JobState::SubmitFailed || state >= JobState::Done; }

void onLook(JobProgress &job, const JobLook &look, double now) {
  onClock(job, now);
  job.failedLooks = 0;
  if (isFinal(job.state) && job.state != JobState::Lost) return;
  if (job.state == JobState::Submitting && !look.queue && !look.exit && !look.account) return;
  if (look.queue && job.id.empty()) job.id = look.queue->id.job;
  if (look.account && job.id.empty()) job.id = look.account->id.job;
  if (job.state == JobState::Unknown) enter(job, job.before, now);
  if (!look.queue && !look.account && !look.exit) return unseen(job, now);
  job.unseen = 0;
  const std::string word = look.queue ? look.queue->state : look.account ? look.account->state : "";
  const JobState meaning = word.empty() ? JobState::Running : meaningOf(word);
  // What lies there while the job waits is an earlier attempt's last word: it says nothing of the next one.
  if (meaning == JobState::Queued && look.exit) job.staleNonce = look.exit->nonce;
  const bool spoke = look.exit && look.exit->nonce != job.staleNonce;
  job.ran = job.ran || spoke || (!word.empty() && meaning != JobState::Queued && meaning != JobState::Cancelled);
  JobLook seen = look;
  if (!spoke) seen.exit.reset();
  job.reason = look.queue ? look.queue->reason : "";
  if (look.account) {
    job.cancelledBy = look.account->by;
    if (!spoke) job.exitCode = look.account->exitCode, job.exitSignal = look.account->exitSignal;
  }
  if (spoke) takeExit(job, *look.exit);
  if (!word.empty() && isFinal(meaning)) return await(job, seen, meaning, job.reason, true, now);
  // The job has spoken and Slurm shows it as running still: that is awaited for as long as it says so.
  if (spoke && !word.empty()) return enter(job, JobState::Finishing, now);
  if (spoke) return await(job, seen, meaning, job.reason, false, now);
  if (!word.empty()) return alive(job, meaning, now);
  unseen(job, now);
}

void onFailedLook(JobProgress &job, double now) {
  onClock(job, now);
  ++job.failedLooks;
  if (isFinal(job.state) || job.state == JobState::Unknown || job.state == JobState::SubmitUnknown || job.state == JobState::Submitting)
    return;
  if (job.failedLooks < kFailedLooks) return;
  job.before = job.state;
  enter(job, JobState::Unknown, now);
}

void onSubmitted(JobProgress &job, const std::string &id, double now) {
  job.id = id;
  enter(job, JobState::Queued, now);
}

void onSubmitUnknown(JobProgress &job, double now) {
  job.emptyLooks = 0;
  enter(job, JobState::SubmitUnknown, now);
}

void onRefused(JobProgress &job, double now) { enter(job, JobState::SubmitFailed, now); }

void onCancelAsked(JobProgress &job, double now) {
  if (isFinal(job.state)) return;
  job.cancelAsked = true;
  if (job.state == JobState::Queued || job.state == JobState::Running) enter(job, JobState::Cancelling, now);
}

bool neverClears(const std::string &reason) {
  const Reason *known = reasonOf(reason);
  return known ? known->never : reason.compare(0, 7, "Invalid") == 0 || reason.compare(0, 7, "JobHeld") == 0;
}

std::string plainReason(const std::string &reason) {
  const Reason *known = reasonOf(reason);
  return known ? known->plain : printable(reason);
}

double nextLook(const JobProgress &job, bool visible, double now, double random) {
  const double age = now < job.since ? 120 : now - job.since; // a clock that was set back is no reason to hurry
  if (job.failedLooks > 0) return std::min(120.0, 5 * std::pow(2, std::min(job.failedLooks - 1, 10))) * (0.8 + 0.4 * random);
  switch (job.state) {
  case JobState::Submitting:
  case JobState::SubmitUnknown: return age < 6 ? 2 : 10;
  case JobState::Queued:
    if (age < 6) return 2;
    return age < 120 ? 10 : age < 1800 ? 30 : 60;
  case JobState::Running: return visible ? 15 : 60;
  case JobState::Cancelling:
  case JobState::Finishing: return age < 20 ? 2 : 10;
  default: return 60;
  }
}

} // namespace attune::remote::slurm
