// The supercomputer for the time of one verb: connects, asking on the terminal where there is one, and waits for answers.
// Main thread only; owns the threads of the connections, which its end waits for (some seconds at most). Jobs go on.
#pragma once

#include "app/cli/command/progress_line.h"
#include "app/cli/remote/terminal_prompts.h"
#include "core/api/cluster_run.h"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace attune::app {

class ClusterClient {
public:
  explicit ClusterClient(CommandContext &context);

  api::ClusterService &service() { return *m_service; }
  /// Whether a person can be asked.
  bool hasTerminal() const { return m_prompts != nullptr; }
  /// The profile; Usage for an unknown name, with the nearest.
  Result<api::ClusterProfile> profile(const std::string &name);
  /// Connected; else why not: the fault of the network, of the key or of the login, Interrupted for a Ctrl-C.
  Result<std::shared_ptr<api::Cluster>> connect(const std::string &name);

  /// Asks and waits; `meanwhile` is called every now and then, and ends it with an error. Interrupted for a Ctrl-C: the answer is
  /// then thrown away.
  template <typename T>
  Result<T> wait(const std::function<void(api::Cluster::Answer<T>)> &ask, const std::function<Status()> &meanwhile = {}) {
    struct Kept {
      std::mutex mutex;
      std::condition_variable arrived;
      std::optional<Result<T>> answer;
    };
    const auto kept = std::make_shared<Kept>();
    ask([kept](Result<T> answer) {
      const std::lock_guard<std::mutex> lock(kept->mutex);
      kept->answer = std::move(answer);
      kept->arrived.notify_all();
    });
    std::unique_lock<std::mutex> lock(kept->mutex);
    while (!kept->arrived.wait_for(lock, std::chrono::milliseconds(50), [&] { return kept->answer.has_value(); })) {
      if (m_context.stop.stopRequested()) return stopped();
      if (meanwhile) ATTUNE_CHECK(meanwhile());
    }
    return std::move(*kept->answer);
  }

  /// wait() for something that copies files, with its progress after `what`.
  Status transfer(const std::string &what, const std::function<void(api::TransferProgress, api::Cluster::Answer<void>)> &ask);

  static Error stopped() { return {ErrorCode::Interrupted, "Stopped.", "", "", {}, {}}; }

private:
  CommandContext &m_context;
  std::unique_ptr<TerminalPrompts> m_prompts;
  std::unique_ptr<api::ClusterService> m_service; // uses the prompts
};

/// A lost line comes back by itself; where that needs a person, one is asked once more.
class LinkWatch {
public:
  explicit LinkWatch(const ClusterClient &client) : m_client(client) {}
  /// What stands in the way, at this look at the cluster's link; nothing while there is hope.
  Status check(api::Cluster &cluster, const api::ClusterLink &link);

private:
  const ClusterClient &m_client;
  bool m_asked = false;
};

/// RUN as it was given, without slashes at its end.
std::string runFolderOf(std::string given);

/// A run folder's job; FileNotFound that says so for a run that never went to a cluster.
Result<api::ClusterJob> jobOf(const std::string &folder);

/// The job as one of the queue, to act on.
api::QueuedJob queuedJobOf(const api::ClusterJob &job);

/// Whether attach() failed because another process follows the run.
bool isFollowedElsewhere(const Error &error);

} // namespace attune::app
