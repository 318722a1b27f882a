// Runs on clusters: the job behind a run, as RUN/cluster.json tells it and as it changes; control of it; attaching again after a
// restart. Implemented in remote/run. Calls return at once unless they say that they read the disk; any thread.
#pragma once

#include "core/api/backend.h"
#include "core/api/cluster.h"
#include "core/api/cluster_prompts.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace attune::api {

/// Where a run stands, from the wish to the files at home.
enum class JobPhase {
  Preflight, // waits for the connection and checks the request
  Staging,   // its files go to the cluster
  Submitting,
  SubmitUnknown, // Slurm did not answer: looked for, never sent twice
  Queued,
  Running,
  Cancelling,
  Finishing, // the job's own word or Slurm's is still awaited
  Fetching,
  Over, // see `result`
};
/// "preflight", "submit_unknown", ...
const char *jobPhaseName(JobPhase phase);

struct ClusterJob {
  std::string folder;  // the local run folder
  std::string cluster; // profile
  std::string partition;
  std::string host;
  std::string token; // "attune-" and 12 hex digits: the job's name, for ever
  std::string id;    // Slurm's; empty until it is known
  std::string remoteFolder;
  JobPhase phase = JobPhase::Preflight;
  std::string result; // once Over: done | failed | out_of_memory | timed_out | preempted | node_lost | cancelled | launch_failed | lost |
                      // submit_failed
  std::string reason; // Slurm's word for waiting or ending
  std::string text;   // one sentence for people, in English
  bool neverClears = false; // it waits for something that does not come by itself
  bool unknown = false;     // the last looks at it failed; phase is what was last seen
  int attempt = 1;
  int exitCode = -1;                     // of the training; -1 = not known
  double submittedAt = 0, startedAt = 0; // seconds since the epoch; 0 = not yet
  std::string nodes;                     // where it runs
  std::string expectedStart;             // Slurm's estimate, of a waiting one
  bool fetched = false;                  // the result lies in the local folder
  bool removed = false;                  // the remote folder was removed
  std::optional<Error> problem;          // why it does not go on, or ended badly
};

/// RUN/cluster.json. FileNotFound for a run that never went to a cluster. Reads the disk.
Result<ClusterJob> readClusterJob(const std::string &folder);
/// The text of cluster.json; for who writes it.
std::string clusterJobJson(const ClusterJob &job);

/// What a submission would send and call.
struct JobPreview {
  std::string command; // of the scheduler, as one would type it, one long option a line
  std::string script;  // run.sh, constant text
  std::string values;  // job.env, which it reads
  std::string config;  // run.json with the paths there
};

enum class FetchWhat {
  Result,     // adapter or model, or the last checkpoint where there is neither
  Everything, // every checkpoint, too
};

class ClusterRun : public RunHandle {
public:
  virtual ClusterJob job() const = 0;
  /// requestStop() lets the training write a checkpoint and end; a waiting job is cancelled. This one ends the job whatever it does.
  /// The state after it; NET-LOST when there is no connection (it is not sent later).
  virtual void cancel(Cluster::Answer<std::string> answer) = 0;
  /// Copies what the run made, checked by hashes; what lies here already is not copied again.
  virtual void fetch(FetchWhat what, TransferProgress progress, StopToken stop, Cluster::Answer<void> answer) = 0;
  /// Removes the job's folder on the cluster. Usage while the job is not over.
  virtual void removeRemote(Cluster::Answer<void> answer) = 0;
};

class ClusterBackend : public Backend {
public:
  /// start() makes the local run folder at once (the disk, some milliseconds), then everything goes by itself.
  virtual Result<std::shared_ptr<ClusterRun>> startRun(const RunRequest &request, std::shared_ptr<EventSink> sink) = 0;
  /// Of a new run, before anything is sent: TOKEN stands for the job's, ~ for the home folder there. Fails as startRun() does for
  /// the request's mistakes. Reads the names of local files.
  virtual Result<JobPreview> preview(const RunRequest &request) = 0;
  /// Follows a run that was started before, in this process or another. The sink gets what comes after the events on disk, and
  /// at the end exactly one run_finished, also for a run that is over. Usage when another process follows it: look at its files.
  virtual Result<std::shared_ptr<ClusterRun>> attach(const std::string &folder, std::shared_ptr<EventSink> sink) = 0;
  /// Folders of runs below the workspace whose job is not over, oldest first. Reads the disk.
  virtual std::vector<std::string> unfinished() = 0;
  /// Called for every change of any run's job, on the clusters' threads or on that of startRun() and attach(); an empty function
  /// ends that.
  virtual void onJob(std::function<void(const ClusterJob &)> changed) = 0;
  /// While nobody looks, files are read less often.
  virtual void setVisible(bool visible) = 0;
};

/// Everything of the supercomputer for one workspace. Destruction waits for the threads (at most some seconds); runs go on.
class ClusterService {
public:
  virtual ~ClusterService() = default;
  virtual ClusterStore &profiles() = 0;
  /// The one connection to a profile's host; made, not connected. Usage for an unknown name.
  virtual Result<std::shared_ptr<Cluster>> cluster(const std::string &profile) = 0;
  virtual ClusterBackend &backend() = 0;
};

} // namespace attune::api
