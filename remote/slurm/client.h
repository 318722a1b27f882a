// Slurm over the command runner of one host: what it can do, submit, look, cancel, hold, release, checkpoint.
// Blocks; one thread, the runner's. Fails with the runner's faults, SLURM-DOWN, SLURM-BUSY, SLURM-AUTH, CMD-MISSING, and REQ-...
// for a refused submission. A job is known by its token (its name in Slurm); an id alone is never trusted, as Slurm may reuse it.
#pragma once

#include "core/base/result.h"
#include "remote/slurm/job_script.h"
#include "remote/slurm/parse.h"
#include "remote/slurm/request.h"
#include "remote/ssh/command_runner.h"

#include <optional>
#include <string>
#include <vector>

namespace attune::remote::slurm {

struct Capabilities {
  std::string version; // "slurm-wlm 22.05.8"
  std::vector<Partition> partitions;
  std::string whichPartition; // what the site's command prints, printable; empty without it
  bool accounting = false;    // sacct answers
  int minJobAge = 300;        // seconds that squeue still shows a finished job
  int messageTimeout = 10;    // seconds
};

struct JobKey {
  std::string token;
  std::string id;       // digits; empty = not known yet
  bool hasStep = false; // an allocation in which something was started
};

struct Submission {
  std::string token;
  std::string folder; // on the cluster; holds run.sh and job.env
  JobRequest request;
};

/// What sbatch is called with, in the job's folder.
std::vector<std::string> sbatchWords(const Submission &submission);

struct JobLook {
  std::string token;
  std::optional<QueueRow> queue;
  std::optional<AccountRow> account; // asked for only where the queue has no row
  std::optional<ExitRecord> exit;
  std::string exitProblem; // of an exit.json that is there and cannot be believed
  bool idle = false;       // hasStep, and the scheduler shows no step of it
};

class Client {
public:
  /// `root` is the folder of the jobs' folders, on the cluster; relative to the home folder.
  Client(CommandRunner &runner, std::string host, std::string root = ".attune/jobs");

  Result<Capabilities> probe(const StopToken &stop = {});

  static constexpr double kSubmitSeconds = 130; // after which no call of submit() is still under way on the cluster
  /// The id that Slurm gave. Where Slurm gave none the token is looked for; SLURM-BUSY, SLURM-DOWN, SLURM-UNCLEAR or the runner's
  /// fault then means "not known": look again with find() and never submit a second time before that.
  Result<JobId> submit(const Submission &submission, const StopToken &stop = {});

  /// Lets a job of this folder that Slurm takes later than anybody waits for end at once, or, with `again`, run after all.
  Status withdraw(const Submission &submission, bool again = false, const StopToken &stop = {});

  /// Every job of this token that the queue, the accounting or the job's own log knows; more than one is a doubled job.
  Result<std::vector<JobId>> find(const std::string &token, const StopToken &stop = {});

  /// One look at all jobs in one command, and a second one to sacct for those that the queue lacks.
  Result<std::vector<JobLook>> look(const std::vector<JobKey> &jobs, bool accounting, const StopToken &stop = {});

  /// The state after it, looked at for up to 15 s: "CANCELLED", "COMPLETING", ... or empty when Slurm knows the job no more.
  /// CANCEL-SLOW when the job still waits or runs.
  Result<std::string> cancel(const JobKey &job, const StopToken &stop = {});
  /// Lets the training of a running job write a checkpoint and end by itself.
  Status stop(const JobKey &job, const StopToken &stop = {});
  Status hold(const JobKey &job, const StopToken &stop = {});
  Status release(const JobKey &job, const StopToken &stop = {});
  Status checkpoint(const JobKey &job, const StopToken &stop = {});

private:
  Result<CommandResult> run(const char *script, std::vector<std::string> arguments, double seconds, const StopToken &stop);
  Result<CommandResult> act(const char *script, const JobKey &job, const StopToken &stop);
  Status addAccounts(std::vector<JobLook> &looks, const StopToken &stop);

  CommandRunner &m_runner;
  std::string m_host;
  std::string m_root;
};

} // namespace attune::remote::slurm
