// One cluster as its page and the command line use it: link, partitions, queue, files. Requests return at once; answers and
// link changes come on the cluster's own thread, in the order asked, each exactly once. A request made while connecting waits
// for the connection; without one it is answered with NET-LOST or why there is none, and never sent later. Any thread.
#pragma once

#include "core/api/cluster_profile.h"
#include "core/api/cluster_worker.h"
#include "core/api/environment_report.h"
#include "core/base/result.h"
#include "core/base/stop_token.h"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace attune::api {

enum class LinkState {
  Offline,    // not connected and not trying
  Connecting, // the first time, or asked for
  NeedsUser,  // waits for an answer, or for connect(): a key that changed, a login that failed
  Online,
  Degraded,     // the host has been silent for a while
  Reconnecting, // lost; tries again by itself at nextTry
};
/// "offline", "connecting", ...
const char *linkStateName(LinkState state);

struct ClusterLink {
  LinkState state = LinkState::Offline;
  std::string text;    // one sentence for people, in English; error.fault to translate by
  double nextTry = 0;  // seconds since the epoch; 0 = none
  Error error;         // of the last failure, while it matters
  bool failed = false; // whether `error` holds one
};

struct ClusterPartition {
  std::string name;
  bool up = false;
  int64_t limitMinutes = -1; // -1 = none
  int64_t nodes = 0, freeNodes = 0;
  int64_t coresPerNode = 0, memoryPerNode = 0;     // of its largest node; MiB
  std::map<std::string, int64_t> cardsPerNode;     // by gres name, the most that one node has
  std::map<std::string, int64_t> cards, freeCards; // over all nodes
};

struct ClusterOverview {
  std::string slurm; // "slurm-wlm 22.05.8"
  std::vector<ClusterPartition> partitions;
  std::string whichPartition; // what the site's own command prints; empty without it
  bool accounting = false;    // sacct answers
};

struct QueuedJob { // of our user; texts are printable
  std::string id;
  std::string name;
  std::string partition;
  std::string state;        // Slurm's word: "RUNNING"
  std::string reason;       // Slurm's word: "Resources"
  std::string plain;        // the reason in plain words; may be empty
  bool neverClears = false; // it will not start by itself
  std::string submitted, started, ends, nodes;
  std::string token; // of a job that Attune submitted; empty = another program's: to be looked at only
};

enum class JobAction { Cancel, Hold, Release, Checkpoint };

struct ClusterFile {
  enum class Kind { File, Folder, Link, Other };
  std::string name;
  Kind kind = Kind::Other;
  uint64_t size = 0;
  double changedAt = 0; // seconds since the epoch
};
struct ClusterFiles {
  std::string folder; // absolute
  std::vector<ClusterFile> files;
  size_t refused = 0;   // entries whose names could do harm here
  bool complete = true; // false where there are too many to list
};

using TransferProgress = std::function<void(uint64_t done, uint64_t total)>; // on the cluster's thread

class Cluster {
public:
  template <typename T> using Answer = std::function<void(Result<T>)>;
  virtual ~Cluster() = default;

  virtual ClusterProfile profile() const = 0;
  virtual ClusterLink link() const = 0;
  /// Called for every change from now on; an empty function ends that. Returns after a call under way is done, unless made
  /// from within one.
  virtual void onLink(std::function<void(const ClusterLink &)> changed) = 0;
  /// Connects, or tries again now. Nothing when online.
  virtual void connect() = 0;
  /// Connects, and where a host shows another key than the one on file asks this time whether it takes its place.
  virtual void replaceKey() = 0;
  virtual void disconnect() = 0;

  virtual void overview(Answer<ClusterOverview> answer) = 0;
  virtual void queue(Answer<std::vector<QueuedJob>> answer) = 0;
  /// What Slurm shows of a job afterwards ("CANCELLED"). Usage for a job that is not ours.
  virtual void act(const QueuedJob &job, JobAction action, Answer<std::string> answer) = 0;

  /// Paths are absolute or begin in the home folder; "" is the home folder.
  virtual void list(const std::string &folder, Answer<ClusterFiles> answer) = 0;
  /// Into `to` (its .part goes on where an earlier try ended), checked by its hash before it is put in place.
  virtual void download(const std::string &from, const std::string &to, TransferProgress progress, StopToken stop, Answer<void> answer) = 0;
  virtual void upload(const std::string &from, const std::string &to, TransferProgress progress, StopToken stop, Answer<void> answer) = 0;

  /// What the login node has and, by a job of a minute or two, a compute node: the environment script, Python, torch and what broke
  /// beside it before, compiler, cards, disk, network, the training program. What cannot be looked at is a finding.
  virtual void checkEnvironment(Answer<EnvironmentReport> answer) = 0;

  /// The training programs below ROOT/worker, and a build of one.
  virtual void workers(Answer<ClusterWorkers> answer) = 0;
  /// Builds the training program on the login node, detached, so that neither a lost line nor our end stops it, and tries it on a
  /// compute node. One that goes on with the same request is followed instead, one that ended meanwhile is taken over. Waits for the
  /// connection as long as it takes. `leave` ends the following alone. BUILD-... of a build that failed; BUILD-OTHER while one with
  /// other options goes on; FileNotFound without a source bundle; Usage where there is nothing to attach to.
  virtual void installWorker(const WorkerRequest &request, InstallWatch watch, StopToken leave, Answer<WorkerReport> answer) = 0;
  /// Ends the build that goes on; nothing where none does. BUILD-STUCK when it does not end in time.
  virtual void stopWorkerBuild(Answer<void> answer) = 0;
};

} // namespace attune::api
