// The life of one job as a table of what was seen: looks at the scheduler and the job's folder in, a state out.
// Pure: the clock is a number handed in; one thread. It never guesses: final is what exit.json and the scheduler agree on, or the
// state says which of the two is missing. The link to the host is another machine (ssh); here it is only "the look failed".
#pragma once

#include "remote/slurm/client.h"

#include <string>

namespace attune::remote::slurm {

enum class JobState {
  Submitting,
  SubmitUnknown, // no answer to sbatch: never submit again before the looks are over
  SubmitFailed,
  Queued,
  Running,
  Cancelling,
  Finishing, // one of the two words is there, the other awaited
  Unknown,   // three looks failed; never final
  Done,
  Failed,
  OutOfMemory,
  TimedOut,
  Preempted,
  NodeLost,
  Cancelled,
  LaunchFailed,
  Lost, // no trace in scheduler and folder
};
const char *jobStateName(JobState state);
bool isFinal(JobState state);

/// What the journal keeps of a job.
struct JobProgress {
  JobState state = JobState::Submitting;
  std::string id;     // Slurm's, once known
  std::string reason; // Slurm's word for it: "Resources", "NonZeroExitCode"
  int attempt = 1;
  int exitCode = -1; // of exit.json, else of sacct; -1 = none
  int exitSignal = 0;
  std::string cancelledBy; // a user id, where sacct tells
  std::string missing;     // in a final state: "exit file" or "scheduler", when only the other spoke
  bool cancelAsked = false;
  bool ran = false;       // was ever seen to
  std::string staleNonce; // of an exit.json that an earlier attempt left

  JobState before = JobState::Submitting; // Unknown
  int failedLooks = 0;                    // in a row
  int emptyLooks = 0;                     // in SubmitUnknown, or while unseen
  double since = 0;                       // when the state began
  double waiting = 0;                     // when one word came without the other; 0 = not
  double unseen = 0;                      // when the job was first missing everywhere; 0 = not
};

/// A look that succeeded.
void onLook(JobProgress &job, const JobLook &look, double now);
/// A look that failed, for whatever cause.
void onFailedLook(JobProgress &job, double now);
/// sbatch gave this id.
void onSubmitted(JobProgress &job, const std::string &id, double now);
/// sbatch gave no answer.
void onSubmitUnknown(JobProgress &job, double now);
/// Slurm or we refused.
void onRefused(JobProgress &job, double now);
void onCancelAsked(JobProgress &job, double now);

/// True for a reason that never clears by itself: the user should cancel or change the request.
bool neverClears(const std::string &reason);
/// Slurm's reason in plain words; unknown ones as they are.
std::string plainReason(const std::string &reason);

/// Seconds until the next look. `random` in [0,1) spreads retries by 20 %.
double nextLook(const JobProgress &job, bool visible, double now, double random);

} // namespace attune::remote::slurm
